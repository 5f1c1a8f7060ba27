using Onebit.Export;

namespace Onebit.Training;

/// <summary>
/// Layers several times, one pass after another. A network's graph has the passes in its place: the first pass reads what this reads, each
/// other one the pass before, and a name inside means the same pass. Its name stands for what the last pass gives.
/// </summary>
/// <param name="Times">Number of passes.</param>
/// <param name="Layers">The layers of a pass.</param>
/// <param name="Shared">All passes use the modules of the first, and so one set of weights.</param>
public sealed record RepeatLayer(int Times, IReadOnlyList<Layer> Layers, bool Shared = false) : Layer
{
    internal override string? Brief => $"{Times} x ({BriefOf(Layers)})";

    internal override Shape OutputShape(BuildContext context, IReadOnlyList<Shape> inputs) => throw Expanded();

    internal override LayerModule CreateModule(BuildContext context, LayerNode node, Shape input) => throw Expanded();

    internal override int AddTo(FloatGraphBuilder graph, IReadOnlyList<int> inputs, int classes) => throw Expanded();

    private static NotSupportedException Expanded() => new("A repetition is no node of a network's graph.");
}
