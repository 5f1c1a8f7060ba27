namespace Onebit.Export;

/// <summary>Where values and a layer's own arrays lie in the work buffer. What is never needed at the same time may share bytes.</summary>
internal static class MemoryPlan
{
    /// <summary>Something that needs memory from one layer to another.</summary>
    /// <param name="Bytes">How much.</param>
    /// <param name="Alignment">A multiple of which its offset is.</param>
    /// <param name="First">The first layer that uses it.</param>
    /// <param name="Last">The last one.</param>
    /// <param name="Owner">The only one of the layers between that uses it, where they take turns.</param>
    /// <param name="IsAtStart">Its offset is 0, and it may share bytes with others there, whenever they are needed.</param>
    internal sealed record Block(long Bytes, int Alignment, int First, int Last, int? Owner = null, bool IsAtStart = false);

    /// <summary>An offset for each block: the largest first, each as low as it fits.</summary>
    public static long[] Offsets(IReadOnlyList<Block> blocks)
    {
        long[] offsets = new long[blocks.Count];
        var placed = new List<int>();
        foreach (
            int b in Enumerable.Range(0, blocks.Count).OrderByDescending(i => blocks[i].IsAtStart).ThenByDescending(i => blocks[i].Bytes)
        )
        {
            Block block = blocks[b];
            long offset = 0;
            foreach (int other in placed.Where(p => !block.IsAtStart && Meet(blocks[p], block)).OrderBy(p => offsets[p]))
            {
                if (offset + block.Bytes <= offsets[other])
                {
                    break;
                }

                offset = Math.Max(offset, Align(offsets[other] + blocks[other].Bytes, block.Alignment));
            }

            offsets[b] = offset;
            placed.Add(b);
        }

        return offsets;
    }

    /// <summary>The next multiple of an alignment.</summary>
    public static long Align(long offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

    private static bool Meet(Block x, Block y) =>
        x.First <= y.Last && y.First <= x.Last && (x.Owner is null || y.Owner is null || x.Owner == y.Owner);
}
