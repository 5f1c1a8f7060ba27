namespace Onebit.Training;

/// <summary>Where a run stands; also the content of <c>progress.json</c> in its folder.</summary>
/// <param name="Epoch">The epoch at hand, from 1.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="Done">Share of the whole run done, 0 to 1.</param>
/// <param name="Loss">Mean training loss of the epoch so far.</param>
/// <param name="ValidationAccuracy">After the last whole epoch; null before.</param>
/// <param name="SecondsLeft">At this run's speed; null while unknown.</param>
public sealed record TrainingProgress(int Epoch, int Epochs, double Done, double Loss, double? ValidationAccuracy, double? SecondsLeft);
