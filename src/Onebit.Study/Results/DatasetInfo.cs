namespace Onebit.Study;

/// <summary>The data that a study used.</summary>
/// <param name="Name">Known name or folder.</param>
/// <param name="TrainImages">Images trained on, unless a run says otherwise.</param>
/// <param name="ValidationImages">Images held out, on which every choice is made.</param>
/// <param name="TestImages">Images read once a finished run.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="HardImages">Test images that are known to be hard; null: none are.</param>
public sealed record DatasetInfo(string Name, int TrainImages, int ValidationImages, int TestImages, int Classes, int? HardImages);
