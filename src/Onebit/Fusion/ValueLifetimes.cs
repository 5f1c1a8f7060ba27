namespace Onebit;

/// <summary>
/// How long each value of a model must be stored. A value lives from the operation that gives it to the last one that reads it.
/// </summary>
public static class ValueLifetimes
{
    /// <summary>The lifetimes where each layer stores its output, and no other value but the model's input.</summary>
    /// <param name="operations">The model's operations.</param>
    /// <param name="layers">Its layers, see <see cref="FusedLayer.ListOf"/>.</param>
    /// <returns>See <see cref="LastUses(IReadOnlyList{Operation}, IReadOnlyList{bool})"/>.</returns>
    public static int[] LastUses(IReadOnlyList<Operation> operations, IReadOnlyList<FusedLayer> layers)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(layers);
        var stored = new bool[operations.Count + 1];
        stored[0] = true;
        foreach (FusedLayer layer in layers)
        {
            stored[layer.Output] = true;
        }

        return LastUses(operations, stored);
    }

    /// <summary>
    /// The lifetimes where only some values are stored. An operation whose value is not stored runs with those that read it.
    /// </summary>
    /// <param name="operations">The model's operations.</param>
    /// <param name="stored">Whether each value is stored, the model's input first.</param>
    /// <returns>
    /// For each value the index of the last stored value that is computed from it without another stored value in between.
    /// 0 means that there is none.
    /// </returns>
    public static int[] LastUses(IReadOnlyList<Operation> operations, IReadOnlyList<bool> stored)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(stored);
        var lastUses = new int[operations.Count + 1];
        for (int value = operations.Count; value > 0; value--)
        {
            Operation operation = operations[value - 1];
            int use = stored[value] ? value : lastUses[value];
            foreach (int input in operation.Inputs.Span)
            {
                lastUses[input] = Math.Max(lastUses[input], use);
            }
        }

        return lastUses;
    }
}
