namespace Onebit.Study;

/// <summary>What to look at, and how closely.</summary>
/// <param name="Points">Images of the larger t-SNE picture.</param>
/// <param name="Perplexity">Effective number of neighbours; of fewer than three times as many points, a third of them.</param>
/// <param name="Seed">Of samples, clusters and first positions.</param>
/// <param name="Seeds">Samples that the reading of each class is taken from.</param>
/// <param name="CurateHardSet">Find the hard test images anew instead of taking the shipped ones.</param>
public sealed record ExplorationOptions(int Points = 2000, double Perplexity = 30, int Seed = 1, int Seeds = 5, bool CurateHardSet = false);
