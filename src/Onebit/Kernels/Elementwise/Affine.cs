using System.Numerics;
using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary>The affine function <c>(multiplier * x + offset) >> shift</c> in 64-bit integers, with an arithmetic shift.</summary>
internal readonly struct Affine(long multiplier, long offset, int shift)
{
    /// <summary>The function, clamped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Clamped(int x, int min, int max) => (int)Math.Clamp((multiplier * x + offset) >> shift, min, max);

    /// <summary>The same for each element of a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<int> Clamped(Vector<int> x, int min, int max)
    {
        Vector.Widen(x, out Vector<long> low, out Vector<long> high);
        low = (low * multiplier + new Vector<long>(offset)) >> shift;
        high = (high * multiplier + new Vector<long>(offset)) >> shift;
        return Vector.Min(Vector.Max(Vector.NarrowWithSaturation(low, high), new(min)), new(max));
    }
}
