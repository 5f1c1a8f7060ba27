namespace Onebit.Export;

/// <summary>
/// Which layers on bits add columns of weights, see <see cref="ColumnLinear"/>. What a convolution of them gives is stored position by
/// position: one bit for each channel, whole words.
/// </summary>
internal sealed class ColumnPlan
{
    private const int WordBits = 32,
        // A layer of fewer outputs leaves most bits of a word idle. Counting bits is as fast then.
        LeastOutputs = 16,
        // An offset into the columns of a word has 16 bits.
        MostInputs = 16000;

    private readonly HashSet<FusedLinear> _layers = [];

    /// <summary>No layer adds columns: this takes the least memory.</summary>
    public static ColumnPlan None { get; } = new();

    /// <summary>The plan of the fastest code.</summary>
    public static ColumnPlan Of(BitModel model, IReadOnlyList<FusedLayer> layers)
    {
        var plan = new ColumnPlan();
        plan._layers.UnionWith(layers.OfType<FusedLinear>().Where(IsCandidate));
        while (plan._layers.RemoveWhere(layer => !plan.CanRead(layer) || !plan.CanGive(model, layers, layer)) > 0) { }

        return plan;
    }

    /// <summary>The layer adds columns.</summary>
    public bool Contains(FusedLayer layer) => layer is FusedLinear linear && _layers.Contains(linear);

    /// <summary>The value is stored position by position.</summary>
    public bool IsByPosition(int value) => _layers.Any(l => l.Output == value && l.Result.Area > 1);

    /// <summary>
    /// Where an input of a layer comes among the stored bits that the layer reads. Its weights are in the order of channels.
    /// </summary>
    public int Place(FusedLinear layer, int input)
    {
        int area = layer.Linear.KernelHeight * layer.Linear.KernelWidth;
        return IsByPosition(layer.Linear.Input) ? input % area * layer.Source.Channels + input / area : input;
    }

    private static bool IsCandidate(FusedLinear layer) =>
        layer is { Epilogue: Threshold, Linear: { Groups: 1, Outputs: >= LeastOutputs }, FanIn: <= MostInputs }
        && CType.Of(layer.Source).IsBits
        && (layer.Result.Area == 1 || layer.Linear.Outputs % WordBits == 0);

    private bool CanRead(FusedLinear layer) =>
        layer.IsDense
        || IsByPosition(layer.Linear.Input)
        || (layer.Source.Channels == 1 && layer.Linear.Padding == 0 && layer.Linear.KernelWidth < WordBits);

    private bool CanGive(BitModel model, IReadOnlyList<FusedLayer> layers, FusedLinear layer) =>
        layer.Result.Area == 1
        || layers
            .Where(l => l.Operations.Any(o => o.Inputs.Span.Contains(layer.Output)))
            .All(l => l is FusedLinear reader && (reader.IsDense || _layers.Contains(reader)) && model.Operations.Count != layer.Output);
}
