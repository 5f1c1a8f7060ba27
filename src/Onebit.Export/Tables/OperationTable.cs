namespace Onebit.Export;

/// <summary>The numbers that each operation holds, under the names that files of numbers give them.</summary>
/// <param name="Numbers">Single numbers.</param>
/// <param name="Arrays">Numbers in a row.</param>
internal sealed record OperationTable((string Name, int Value)[] Numbers, params NumberArray[] Arrays)
{
    /// <summary>One row per operation, and no other way.</summary>
    public static IReadOnlyDictionary<Type, Func<Operation, OperationTable>> Rows { get; } =
        new Dictionary<Type, Func<Operation, OperationTable>>
        {
            [typeof(Linear)] = Row<Linear>(o =>
                new(
                    [
                        ("outputs", o.Outputs),
                        ("kernelHeight", o.KernelHeight),
                        ("kernelWidth", o.KernelWidth),
                        ("stride", o.Stride),
                        ("padding", o.Padding),
                        ("groups", o.Groups),
                    ],
                    NumberArray.Of(Weights, o.Weights)
                )
            ),
            [typeof(Threshold)] = Row<Threshold>(o => new([], NumberArray.Of("thresholds", o.Thresholds), Flags(o.Flipped))),
            [typeof(Requantize)] = Row<Requantize>(o =>
                new(
                    [("outputBits", o.OutputBits), ("shift", o.Shift)],
                    NumberArray.Of("multipliers", o.Multipliers),
                    NumberArray.Of("offsets", o.Offsets)
                )
            ),
            [typeof(PiecewiseLinear)] = Row<PiecewiseLinear>(o =>
                new(
                    [("shift", o.Shift)],
                    NumberArray.Of("breaks", o.Breaks),
                    NumberArray.Of("lowMultipliers", o.LowMultipliers),
                    NumberArray.Of("lowOffsets", o.LowOffsets),
                    NumberArray.Of("highMultipliers", o.HighMultipliers),
                    NumberArray.Of("highOffsets", o.HighOffsets)
                )
            ),
            [typeof(Quantize)] = Row<Quantize>(o =>
                new([("bits", o.Bits)], NumberArray.Of("thresholds", o.Thresholds, o.Flipped.Length, (1 << o.Bits) - 1), Flags(o.Flipped))
            ),
            [typeof(Scores)] = Row<Scores>(o =>
                new([("shift", o.Shift)], NumberArray.Of("multipliers", o.Multipliers), NumberArray.Of("offsets", o.Offsets))
            ),
            [typeof(Add)] = Row<Add>(_ => new([])),
            [typeof(WeightedSum)] = Row<WeightedSum>(o =>
                new([], NumberArray.Of("multipliers", o.Multipliers, o.Inputs.Length, o.Multipliers.Length / o.Inputs.Length))
            ),
            [typeof(BitPlane)] = Row<BitPlane>(o => new([("bit", o.Bit)])),
            [typeof(Lookup)] = Row<Lookup>(o => new([], NumberArray.Of("table", o.Table))),
            [typeof(PositionalEmbedding)] = Row<PositionalEmbedding>(o =>
                new([], NumberArray.Of("signs", o.Signs), NumberArray.Of("multipliers", o.Multipliers))
            ),
            [typeof(AddEmbedding)] = Row<AddEmbedding>(o => new([("element", o.Element)], NumberArray.Of("table", o.Table))),
            [typeof(MaxPool)] = Row<MaxPool>(o => new([("size", o.Size), ("stride", o.Stride)])),
            [typeof(SumPool)] = Row<SumPool>(o => new([("size", o.Size), ("stride", o.Stride)])),
            [typeof(Upsample)] = Row<Upsample>(_ => new([])),
            [typeof(Concat)] = Row<Concat>(_ => new([])),
            [typeof(Slice)] = Row<Slice>(o =>
                new([("first", o.Start), ("channels", o.Shape.Channels), ("height", o.Shape.Height), ("width", o.Shape.Width)])
            ),
            [typeof(AttentionScores)] = Row<AttentionScores>(o =>
                new([("heads", o.Heads), ("queryZero", o.QueryZero), ("keyZero", o.KeyZero)])
            ),
            [typeof(Softmax)] = Row<Softmax>(o =>
                new(
                    [("heads", o.Heads), ("shift", o.Shift), ("thresholdShift", o.ThresholdShift)],
                    NumberArray.Of("multipliers", o.Multipliers),
                    NumberArray.Of("table", o.Table),
                    NumberArray.Of("thresholds", o.Thresholds)
                )
            ),
            [typeof(AttentionSum)] = Row<AttentionSum>(o => new([("heads", o.Heads)])),
            [typeof(AttentionMean)] = Row<AttentionMean>(o => new([("heads", o.Heads), ("fractionBits", o.FractionBits)])),
        };

    private const string Weights = "weights";

    /// <summary>
    /// The tables of a model's operations, in their order. Of weights that several layers share, the first layer alone has the array; the
    /// others have its index as the number <c>weightsOf</c>. Arrays without numbers are left out.
    /// </summary>
    public static OperationTable[] Of(BitModel model)
    {
        var firsts = new List<(Linear Layer, int Index)>();
        return
        [
            .. model.Operations.Select(
                (operation, i) =>
                {
                    OperationTable table = Rows[operation.GetType()](operation);
                    if (operation is Linear layer)
                    {
                        int first = firsts.FindIndex(f => f.Layer.SharesWeights(layer));
                        if (first >= 0)
                        {
                            return new OperationTable([.. table.Numbers, ("weightsOf", firsts[first].Index)]);
                        }

                        firsts.Add((layer, i));
                    }

                    return table with
                    {
                        Arrays = [.. table.Arrays.Where(a => a.Values.Length > 0)],
                    };
                }
            ),
        ];
    }

    private static NumberArray Flags(ReadOnlyMemory<bool> flipped) =>
        new("flipped", Array.ConvertAll(flipped.ToArray(), f => (byte)(f ? 1 : 0)), [flipped.Length]);

    private static Func<Operation, OperationTable> Row<T>(Func<T, OperationTable> table)
        where T : Operation => operation => table((T)operation);
}
