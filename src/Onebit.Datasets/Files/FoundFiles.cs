namespace Onebit.Datasets;

/// <summary>What a search for files found.</summary>
/// <param name="Files">Their paths, in ordinal order.</param>
/// <param name="LeftOut">What else was there.</param>
public sealed record FoundFiles(IReadOnlyList<string> Files, LeftOut LeftOut);
