namespace Onebit.Export;

/// <summary>The work buffer as a union: a member per value, and one per layer that needs arrays of its own.</summary>
internal sealed class WorkBuffer
{
    private readonly List<(string Name, string[] Fields, MemoryPlan.Block Block)> _members = [];
    private readonly long[] _offsets;
    private readonly CUnit _unit;

    /// <param name="unit">The file.</param>
    /// <param name="layers">The layers in the order they run, which have been written.</param>
    public WorkBuffer(CUnit unit, IReadOnlyList<LayerWriter> layers)
    {
        _unit = unit;
        int scores = unit.Model.Operations.Count;
        for (int i = 0; i < layers.Count; i++)
        {
            if (i == 0 && !IsPixels(0) && layers.Any(l => l.Sources.Contains(0)))
            {
                AddValue(0, layers, -1);
            }

            if (layers[i].Layer.Output != scores)
            {
                AddValue(layers[i].Layer.Output, layers, i);
            }

            // The widest elements first: nothing lies between the arrays.
            (CType Type, string Name, long[] Dimensions)[] arrays = [.. layers[i].Scratch.OrderByDescending(a => a.Type.Bytes)];
            if (arrays.Length > 0)
            {
                long bytes = arrays.Sum(a => Length(a) * a.Type.Bytes);
                string[] fields = [.. arrays.Select(a => $"{a.Type.Name} {a.Name}[{string.Join("][", a.Dimensions)}];")];
                _members.Add((layers[i].Name, fields, new MemoryPlan.Block(bytes, arrays[0].Type.Bytes, i, i)));
            }
        }

        _offsets = MemoryPlan.Offsets([.. _members.Select(m => m.Block)]);
        int alignment = _members.Select(m => m.Block.Alignment).DefaultIfEmpty(1).Max();
        Bytes = Math.Max(1, MemoryPlan.Align(_members.Select((m, i) => _offsets[i] + m.Block.Bytes).DefaultIfEmpty().Max(), alignment));
    }

    /// <summary>Bytes of the buffer.</summary>
    public long Bytes { get; }

    /// <summary>Nothing lies in it.</summary>
    public bool IsEmpty => _members.Count == 0;

    /// <summary>The type.</summary>
    public CText Declaration()
    {
        var text = new CText();
        text.Add($"typedef union {_unit.Prefix}_work {{");
        if (IsEmpty)
        {
            text.Add("uint8_t unused[1];");
        }

        foreach (((string name, string[] fields, MemoryPlan.Block _), long offset) in _members.Zip(_offsets))
        {
            string before = offset == 0 ? "" : $"uint8_t before[{offset}];";
            text.Add($"struct {{\n{before}\n{string.Join("\n", fields)}\n}} {name};");
        }

        return text.Add($"}} {_unit.Prefix}_work;");
    }

    /// <summary>Where a value lies: in the buffer, or in the caller's image or scores.</summary>
    public string Address(int value) =>
        value == _unit.Model.Operations.Count ? "scores"
        : IsPixels(value) ? "pixels"
        : $"work->value{value}.at";

    /// <summary>The value is the image itself.</summary>
    public bool IsPixels(int value) => value == 0 && _unit.Model.Input.Bits == 8;

    private void AddValue(int value, IReadOnlyList<LayerWriter> layers, int first)
    {
        ValueInfo info = _unit.Model.Values[value];
        CType type = CType.Of(info);
        int last = first;
        for (int i = first + 1; i < layers.Count; i++)
        {
            last = layers[i].Sources.Contains(value) ? i : last;
        }

        int length = type.Length(info.Count);
        _members.Add(
            (
                $"value{value}",
                [$"{type.Name} at[{length}];"],
                new MemoryPlan.Block((long)length * type.Bytes, type.Bytes, first, last)
            )
        );
    }

    private static long Length((CType Type, string Name, long[] Dimensions) array) => array.Dimensions.Aggregate(1L, (x, y) => x * y);
}
