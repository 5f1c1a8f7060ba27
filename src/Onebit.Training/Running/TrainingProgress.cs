namespace Onebit.Training;

/// <summary>How far a run is; also the content of <c>progress.json</c> in its folder.</summary>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="Done">Share of the whole run done, 0 to 1.</param>
/// <param name="Loss">Mean training loss of the epoch so far.</param>
/// <param name="SecondsLeft">At this run's speed.</param>
/// <param name="Validation">The last whole epoch in the task's words, such as <c>validation 97.31 %</c>; null before.</param>
public sealed record TrainingProgress(int Epoch, int Epochs, double Done, double Loss, double SecondsLeft, string? Validation = null);
