using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>One plane of binarized weights.</summary>
/// <param name="Signs">-1 and +1, outputs x (channels / groups) x rows x columns.</param>
/// <param name="Scale">Their factor, outputs x 1 x 1 x 1; null: 1.</param>
public sealed record WeightPlane(Tensor Signs, Tensor? Scale);
