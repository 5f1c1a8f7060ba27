namespace Onebit.Training;

/// <summary>How far a training is, besides tensors.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Epoch">Whole epochs done.</param>
/// <param name="TrainSeconds">Wall time of the training steps.</param>
/// <param name="ProcessorSeconds">Processor time of the training steps.</param>
/// <param name="PeakBytes">Largest resident size of the process.</param>
/// <param name="Curves">One value per epoch.</param>
internal sealed record TrainingState(
    int Seed,
    int Epoch,
    double TrainSeconds,
    double ProcessorSeconds,
    long PeakBytes,
    TrainingCurves Curves
)
{
    /// <summary>What the run comes from, see <see cref="RunResult.Parents"/>.</summary>
    public IReadOnlyDictionary<string, string>? Parents { get; init; }
}
