using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// What images and labels mean: the loss, the evaluation and the metrics. The trainer, checkpoints and seeds know nothing else of them.
/// </summary>
internal interface ITask : IDisposable
{
    /// <summary>The loss of a batch, one number.</summary>
    /// <param name="network">In training mode.</param>
    /// <param name="pixels">The batch, augmented, batch x channels x height x width.</param>
    /// <param name="indices">Which training images they are, int64.</param>
    Tensor Loss(Network network, Tensor pixels, Tensor indices);

    /// <summary>Runs the network on a batch as training does, for statistics of batch normalization.</summary>
    /// <param name="network">Batch normalization alone is in training mode.</param>
    /// <param name="pixels">The batch, batch x channels x height x width.</param>
    /// <param name="indices">Which training images they are, int64.</param>
    void Forward(Network network, Tensor pixels, Tensor indices);

    /// <summary>Evaluates the validation images after an epoch.</summary>
    /// <returns>The values to add to the curves, by name.</returns>
    IReadOnlyList<(string Curve, double Value)> Validate(Network network);

    /// <summary>The last whole epoch in a few words for a progress bar; null: there is none yet.</summary>
    string? Describe(TrainingCurves curves);

    /// <summary>How good a network is on some images. The larger, the better.</summary>
    double Score(Network network, ImageSet images);

    /// <summary>Packs a trained network.</summary>
    /// <exception cref="PackingException">It cannot be packed.</exception>
    BitModel Pack(Network network);

    /// <summary>Evaluates a finished run: the validation images, and once the test images.</summary>
    /// <param name="run">What every run tells.</param>
    /// <param name="network">The trained network.</param>
    /// <param name="model">The packed model; null where there is none.</param>
    /// <returns>The same run with the task's metrics.</returns>
    RunResult Evaluate(RunResult run, Network network, BitModel? model);
}
