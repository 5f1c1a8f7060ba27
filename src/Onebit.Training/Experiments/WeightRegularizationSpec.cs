namespace Onebit.Training;

/// <summary>
/// Pushes latent weights away from 0, so that fewer signs flip late in training: the loss grows by <c>weight * (|w| - 1)^2</c>, the mean
/// over all latent weights. After the regularization of BHViT (Gao et al. 2025), for weights that flip to and fro under Adam.
/// </summary>
/// <param name="Weight">Its weight in the loss.</param>
/// <param name="Start">The share of the training after which it begins.</param>
public sealed record WeightRegularizationSpec(double Weight, double Start = 0.9);
