namespace Onebit.Export;

/// <summary>Where values and a layer's own arrays lie in the work buffer. What is never needed at the same time may share bytes.</summary>
internal static class MemoryPlan
{
    /// <summary>Something that needs memory from one layer to another.</summary>
    /// <param name="Bytes">How much.</param>
    /// <param name="Alignment">A multiple of which its offset is.</param>
    /// <param name="First">The first layer that uses it.</param>
    /// <param name="Last">The last one.</param>
    internal sealed record Block(long Bytes, int Alignment, int First, int Last);

    /// <summary>An offset for each block: the largest first, each as low as it fits.</summary>
    public static long[] Offsets(IReadOnlyList<Block> blocks)
    {
        long[] offsets = new long[blocks.Count];
        var placed = new List<int>();
        foreach (int b in Enumerable.Range(0, blocks.Count).OrderByDescending(i => blocks[i].Bytes))
        {
            Block block = blocks[b];
            long offset = 0;
            foreach (int other in placed.Where(p => Meet(blocks[p], block)).OrderBy(p => offsets[p]))
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

    private static bool Meet(Block x, Block y) => x.First <= y.Last && y.First <= x.Last;
}
