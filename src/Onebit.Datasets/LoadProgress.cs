namespace Onebit.Datasets;

/// <summary>How far a data set's download, or the decoding of its images, is.</summary>
/// <param name="What">The file that is fetched, without its folder; or the folder whose images are decoded.</param>
/// <param name="Done">Bytes received, or images decoded, so far.</param>
/// <param name="Total">All of them, or null where the server does not say.</param>
/// <param name="Unit">What is counted: <c>bytes</c> or <c>images</c>.</param>
public readonly record struct LoadProgress(string What, long Done, long? Total, string Unit);
