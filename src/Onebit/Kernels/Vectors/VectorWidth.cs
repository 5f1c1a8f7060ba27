using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>Which vectors to use.</summary>
internal static class VectorWidth
{
    private static readonly int[] s_all = [64, 128, 256, 512];

    /// <summary>Bits of the widest vectors that this processor has, 64 where it has none.</summary>
    public static int Widest { get; } =
        Vector512.IsHardwareAccelerated ? 512
        : Vector256.IsHardwareAccelerated ? 256
        : Vector128.IsHardwareAccelerated ? 128
        : 64;

    /// <summary>The narrowest vector that holds so many bits, or else the widest allowed.</summary>
    public static int For(long bits, int widest) => s_all.First(w => w >= Math.Min(bits, widest));

    /// <summary>Widths of batches, the widest first. A batch of less than half the widest would take longer than single images.</summary>
    public static IEnumerable<int> ForBatches(int widest) => s_all.Reverse().Where(w => w <= widest && w >= widest / 2);
}
