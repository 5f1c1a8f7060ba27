using Onebit.Training;

namespace Onebit.Study;

/// <summary>A training that a study needs.</summary>
/// <param name="Experiment">What to train.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Folder">The run's own folder.</param>
/// <param name="Cost">Its share of the study's work, 0 to 1.</param>
internal sealed record PlannedRun(Experiment Experiment, int Seed, string Folder, double Cost)
{
    /// <summary>Experiment and seed.</summary>
    internal string Name => Experiment.Seeds.Count == 1 ? Experiment.Name : $"{Experiment.Name}, seed {Seed}";
}
