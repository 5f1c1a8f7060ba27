namespace Onebit.Study;

/// <summary>The memory that a model's values need on a machine that has little of it.</summary>
public static class ActivationMemory
{
    /// <summary>
    /// The most bytes of values, the input's among them, that must be held at once where nothing is held that can be used as it
    /// arises: operations that see a value position by position or window by window, all but <see cref="Linear"/>, run fused
    /// with what makes it, unless it has other readers too. A sign takes a bit, a code its bits, an integer 1, 2, 4 or 8 bytes.
    /// Weights, multipliers and the sums of one window are not counted. Several readers that could take a value as it arises, the
    /// planes of one sum say, are not fused here: with them it is an upper bound.
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
