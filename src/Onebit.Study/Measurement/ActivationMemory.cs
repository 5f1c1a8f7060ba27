namespace Onebit.Study;

/// <summary>The memory that a model's values need on a machine that has little of it.</summary>
public static class ActivationMemory
{
    /// <summary>
    /// The maximum bytes of values, the input included, that must be held at once when operations run fused. Every operation but
    /// <see cref="Linear"/> reads its input position by position or window by window. So it runs fused with the operation that makes the
    /// input, unless that has other readers. A sign takes a bit, a code its bits, an integer 1, 2, 4 or 8 bytes. Weights, multipliers and
    /// the sums of one window are not counted. Several readers of one value are never fused here, so with them it is an upper bound.
    /// </summary>
    public static int Peak(BitModel model)
    {
        var readers = new int[model.Values.Count];
        var held = new bool[model.Values.Count];
        held[0] = held[^1] = true;
        foreach (Operation operation in model.Operations)
        {
            foreach (int value in operation.Inputs.Span)
            {
                held[value] |= operation is Linear || ++readers[value] > 1;
            }
        }

        int[] lastUses = ValueLifetimes.LastUses(model.Operations, held),
            order = [.. Enumerable.Range(0, held.Length).Where(v => held[v])];
        return order.Max(made =>
            Bytes(model.Values[made]) + order.Where(v => v < made && lastUses[v] >= made).Sum(v => Bytes(model.Values[v]))
        );
    }

    private static int Bytes(ValueInfo value) =>
        value.Kind != ElementKind.Integers
            ? (value.Count * value.Bits + 7) / 8
            : value.Count
                * (
                    value.Bits <= 8 ? 1
                    : value.Bits <= 16 ? 2
                    : value.Bits <= 32 ? 4
                    : 8
                );
}
