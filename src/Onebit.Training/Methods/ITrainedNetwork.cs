using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A trained network as its method sees it before it is packed.</summary>
public interface ITrainedNetwork
{
    /// <summary>It has batch normalization.</summary>
    bool HasBatchNorm { get; }

    /// <summary>
    /// Replaces the binarized weights. Batch-normalization statistics become those of training, and the generator is seeded with the run's
    /// seed: equal calls give equal networks.
    /// </summary>
    /// <param name="form">Gives a layer's weights from its latent ones; null: they are binarized in each pass, as in training.</param>
    /// <param name="recalibrate">Measure batch-normalization statistics anew for these weights.</param>
    void Use(Func<Tensor, Tensor>? form, bool recalibrate);

    /// <summary>Evaluates the network as it is now. The larger a score, the better.</summary>
    (double Validation, double Test) Evaluate();
}
