namespace Onebit.Datasets;

/// <summary>How a folder of images was read as a data set.</summary>
/// <param name="Images">Number of images that were read.</param>
/// <param name="Split">One sentence: which images are for training, validation and test.</param>
/// <param name="LeftOut">What was not read.</param>
public sealed record FolderReading(int Images, string Split, LeftOut LeftOut);
