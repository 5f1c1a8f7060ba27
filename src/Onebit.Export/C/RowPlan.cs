namespace Onebit.Export;

/// <summary>Which layers run some rows at a time, and which of them run in turn, so that only some rows between them are stored.</summary>
internal sealed class RowPlan
{
    private const int MaxLinks = 6;

    private RowPlan(BitModel model, IReadOnlyList<FusedLayer> layers, uint joined)
    {
        Steps = [.. layers.Select(l => RowStep.Of(l, model.Values[l.First + 1]))];
        Groups = new int[layers.Count];
        var layouts = new Dictionary<int, RowLayout>();
        for (int i = 0; i < layers.Count; i++)
        {
            Groups[i] = i == 0 ? 0 : Groups[i - 1] + 1;
            if (Steps[i] is not { Layer: var layer } step)
            {
                continue;
            }

            int value = layer.Linear.Input,
                padding = layer.Linear.Padding,
                before = Enumerable.Range(0, i).FirstOrDefault(b => layers[b].Output == value, -1);
            bool isAlone = layers.Sum(l => l.Operations.Sum(o => o.Inputs.ToArray().Count(input => input == value))) == 1;
            if (before < 0 || Steps[before] is not { } source || !isAlone)
            {
                // Its input is not stored row by row, so there are no zeros around it.
                Steps[i] = padding == 0 ? step : null;
                continue;
            }

            int rows = layer.Source.Height + 2 * padding,
                ring = source.RingRows(step);
            bool isJoined = false;
            if (before == i - 1 && ring < rows)
            {
                isJoined = (joined >> Links & 1) != 0;
                Links++;
            }

            Groups[i] = isJoined ? Groups[i - 1] : Groups[i];
            layouts.Add(value, new RowLayout(layer.Source, padding, isJoined ? ring : rows));
        }

        Layouts = layouts;
    }

    /// <summary>The step of each layer, or null where it runs at once.</summary>
    public RowStep?[] Steps { get; }

    /// <summary>The number of each layer's group, which grows. Layers of a group run in turn.</summary>
    public int[] Groups { get; }

    /// <summary>The values that are stored row by row.</summary>
    public IReadOnlyDictionary<int, RowLayout> Layouts { get; }

    /// <summary>
    /// The layer whose output may take the place of the image, row by row behind the last row that is read; -1 if there is none. It ends
    /// the group of the only layer that reads the image.
    /// </summary>
    /// <param name="layers">The layers.</param>
    /// <param name="reader">The layer that reads the image.</param>
    public int Overwriting(IReadOnlyList<LayerWriter> layers, int reader)
    {
        int last = Array.LastIndexOf(Groups, Groups[reader]);
        if (
            Steps[reader] is not { Layer.Source: { Channels: 1 } image }
            || layers.Count(l => l.Sources.Contains(0)) > 1
            || !Layouts.TryGetValue(layers[last].Layer.Output, out RowLayout? output)
        )
        {
            return -1;
        }

        int[] done = new int[last + 1];
        for (int step = 0; step < Steps[last]!.Count; step++)
        {
            Give(last);
            int free = done[reader] * Steps[reader]!.Advance * image.Width,
                written = (output.Padding + (step + 1) * Steps[last]!.Rows) * output.RowStride;
            if (written > free && done[reader] < Steps[reader]!.Count)
            {
                return -1;
            }

            done[last]++;
        }

        return last;

        // What the layers before give until a layer can do its next step.
        void Give(int layer)
        {
            if (layer == reader)
            {
                return;
            }

            RowStep before = Steps[layer - 1]!;
            int padding = Steps[layer]!.Layer.Linear.Padding;
            while (done[layer - 1] * before.Rows + padding < done[layer] * Steps[layer]!.Advance + Steps[layer]!.InputRows)
            {
                Give(layer - 1);
                done[layer - 1]++;
            }
        }
    }

    private int Links { get; set; }

    /// <summary>All plans worth a try, those that store whole values first.</summary>
    public static IEnumerable<RowPlan> All(BitModel model, IReadOnlyList<FusedLayer> layers)
    {
        var none = new RowPlan(model, layers, 0);
        uint all = uint.MaxValue;
        return none.Links > MaxLinks
            ? [none, new RowPlan(model, layers, all)]
            : Enumerable.Range(0, 1 << none.Links).Select(joined => new RowPlan(model, layers, (uint)joined));
    }
}
