namespace Onebit.Study;

/// <summary>The hard test images.</summary>
/// <param name="Curated">Whether they were found now, by the rule of <see cref="HardSet"/>; else they are the shipped ones.</param>
/// <param name="Indices">Of the test images, ascending.</param>
/// <param name="ByClass">Their number by class.</param>
public sealed record HardSetResults(bool Curated, IReadOnlyList<int> Indices, IReadOnlyList<int> ByClass);
