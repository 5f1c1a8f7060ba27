namespace Onebit.Study;

/// <summary>A training of a study that is not finished.</summary>
/// <param name="Experiment">The experiment's name.</param>
/// <param name="Seed">Its seed.</param>
public sealed record MissingRun(string Experiment, int Seed);
