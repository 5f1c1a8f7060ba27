using Onebit.Training;

namespace Onebit.Study;

/// <summary>One run of a study as it stands.</summary>
/// <param name="Name">Experiment and seed.</param>
/// <param name="Cost">Its share of the study's work, 0 to 1.</param>
/// <param name="Done">Share of it done, 0 to 1.</param>
/// <param name="Training">What it last said; null before it began and once it is done.</param>
/// <param name="Result">Once it is done.</param>
public sealed record RunProgress(string Name, double Cost, double Done, TrainingProgress? Training, RunResult? Result);

/// <summary>What a study measures after its trainings.</summary>
/// <param name="Experiment">Which experiment is timed.</param>
/// <param name="Done">Share of all done, 0 to 1.</param>
public sealed record MeasuringProgress(string Experiment, double Done);
