namespace Onebit.Training;

/// <summary>A network as data: a name for tables, and its layers.</summary>
/// <param name="Name">The registered name, such as <c>mlp</c>.</param>
/// <param name="Layers">The layers, input first.</param>
public sealed record NetworkSpec(string Name, IReadOnlyList<LayerSpec> Layers);
