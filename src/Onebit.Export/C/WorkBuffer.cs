namespace Onebit.Export;

/// <summary>Where values and the arrays of layers lie in the work buffer.</summary>
internal sealed class WorkBuffer
{
    private readonly List<(string Name, string Content, MemoryPlan.Block Block)> _parts = [];
    private readonly long[] _offsets;
    private readonly CUnit _unit;
    private readonly int[] _groups;

    /// <param name="unit">The file.</param>
    /// <param name="layers">The layers in the order they run, which have been written.</param>
    /// <param name="plan">Which layers run in turn.</param>
    public WorkBuffer(CUnit unit, IReadOnlyList<LayerWriter> layers, RowPlan plan)
    {
        (_unit, _groups) = (unit, plan.Groups);
        int overwriting = -1;
        if (unit.IsInPlace)
        {
            int reader = Enumerable.Range(0, layers.Count).LastOrDefault(i => layers[i].Sources.Contains(0), -1);
            bool isRead = reader >= 0 && IsPixels(0);
            overwriting = isRead ? plan.Overwriting(layers, reader) : -1;
            long pixels = unit.Model.Values[0].Count;
            _parts.Add(("IMAGE", "the image", new MemoryPlan.Block(pixels, 1, -1, isRead ? Group(reader) : -1, IsAtStart: true)));
        }

        if (!IsPixels(0) && layers.Any(l => l.Sources.Contains(0)))
        {
            AddValue(0, layers, -1);
        }

        for (int i = 0; i < layers.Count; i++)
        {
            if (!unit.IsScores(layers[i].Layer.Output))
            {
                AddValue(layers[i].Layer.Output, layers, i, isAtStart: i == overwriting);
            }

            foreach ((CType type, string name, long[] dimensions) in layers[i].Scratch)
            {
                long length = dimensions.Aggregate(1L, (x, y) => x * y);
                var block = new MemoryPlan.Block(length * type.Bytes, type.Bytes, Group(i), Group(i), Owner: i);
                _parts.Add((LayerWriter.PlaceOf(layers[i].Name, name), $"{length} of {type.Name}", block));
            }
        }

        _offsets = MemoryPlan.Offsets([.. _parts.Select(p => p.Block)]);
        long end = _parts.Select((p, i) => _offsets[i] + p.Block.Bytes).DefaultIfEmpty().Max();
        Bytes = Math.Max(sizeof(uint), MemoryPlan.Align(end, sizeof(uint)));
    }

    /// <summary>Bytes of the buffer, a multiple of 4.</summary>
    public long Bytes { get; }

    /// <summary>The type, which holds elements of any size.</summary>
    public string Declaration =>
        $$"""
            typedef union {{_unit.Prefix}}_work {
            {{(_unit.IsInPlace ? $"uint8_t pixels[{_unit.Model.Values[0].Count}];" : "")}}
            uint8_t bytes[{{Bytes}}];
            uint16_t halves[{{Bytes / sizeof(ushort)}}];
            uint32_t words[{{Bytes / sizeof(uint)}}];
            } {{_unit.Prefix}}_work;
            """;

    /// <summary>The offset of each part, as constants.</summary>
    public string Places =>
        _parts.Count == 0
            ? ""
            : $$"""
                /* Where values, and what layers need for themselves, begin in the work buffer.
                * Parts that share bytes are never needed at the same time. */
                enum {
                {{string.Join("\n", _parts.Select((p, i) => $"{p.Name} = {_offsets[i]}, /* {p.Content} */"))}}
                };
                """;

    /// <summary>Where a value lies: in the buffer, or in the caller's image or scores.</summary>
    public string Address(int value) =>
        _unit.IsScores(value) ? "scores"
        : IsPixels(value) ? Pixels
        : $"(void *)(memory + {PlaceOf(value)})";

    /// <summary>Where the image lies.</summary>
    public string Pixels => _unit.IsInPlace ? "work->pixels" : "pixels";

    /// <summary>The value is the image itself.</summary>
    public bool IsPixels(int value) => value == 0 && _unit.Model.Input.Bits == 8;

    private static string PlaceOf(int value) => $"VALUE{value}";

    private void AddValue(int value, IReadOnlyList<LayerWriter> layers, int first, bool isAtStart = false)
    {
        ValueInfo info = _unit.Model.Values[value];
        CType type = CType.Of(info);
        // The sampler needs the noisy image and the predicted one behind all layers.
        bool isKept = _unit.Draws && (value == 0 || value == _unit.Model.Operations.Count);
        int last = isKept
            ? layers.Count - 1
            : Enumerable.Range(0, layers.Count).LastOrDefault(i => layers[i].Sources.Contains(value), first);
        (string content, long length) = _unit.Layouts.TryGetValue(value, out RowLayout? rows)
            ? ($"{rows.Rows} rows of {info.Channels} x {rows.ChannelStride} bytes", rows.Bytes)
            : (new CValue(info, type, "").Description, (long)type.Length(info.Count));
        var block = new MemoryPlan.Block(length * type.Bytes, type.Bytes, Group(first), Group(last), IsAtStart: isAtStart);
        _parts.Add((PlaceOf(value), content, block));
    }

    private int Group(int layer) => layer < 0 ? -1 : _groups[layer];
}
