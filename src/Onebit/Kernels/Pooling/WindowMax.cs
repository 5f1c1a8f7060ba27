using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>Max-pooling of 32-bit integers: the windows at all positions, then a copy of those that the stride keeps.</summary>
internal static class WindowMax
{
    /// <summary>
    /// Replaces each integer by the largest of its window, which begins with it. Up to a whole vector of integers behind the last one
    /// are lost.
    /// </summary>
    /// <param name="place">The first integer.</param>
    /// <param name="count">The number of integers.</param>
    /// <param name="size">Rows and columns of the window.</param>
    /// <param name="column">Elements from one column of the window to the next.</param>
    /// <param name="row">Elements from one row to the next.</param>
    public static void Run(ref int place, int count, int size, int column, int row)
    {
        for (int i = 0; i < count; i += Vector512<int>.Count)
        {
            Vector512<int> max = Vector512.LoadUnsafe(ref place, (nuint)i);
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    max = Vector512.Max(max, Vector512.LoadUnsafe(ref place, (nuint)(i + y * row + x * column)));
                }
            }

            max.StoreUnsafe(ref place, (nuint)i);
        }
    }

    /// <summary>
    /// Copies each <paramref name="step"/>-th integer. Source and destination may overlap where the destination comes first.
    /// </summary>
    /// <param name="from">The first integer.</param>
    /// <param name="step">Elements from one to the next. With 2, one more element is read.</param>
    /// <param name="to">Receives the integers, one after another.</param>
    /// <param name="count">The number of integers copied.</param>
    public static void CopyStrided(ref int from, int step, ref int to, int count)
    {
        int i = 0;
        for (; step <= 2 && i + Vector256<int>.Count <= count; i += Vector256<int>.Count)
        {
            // The lower halves of 64-bit numbers are every second integer.
            Vector256<int> some = Vector256.LoadUnsafe(ref from, (nuint)(i * step));
            (
                step == 1
                    ? some
                    : Vector256.Narrow(some.AsInt64(), Vector256.LoadUnsafe(ref from, (nuint)(2 * i + Vector256<int>.Count)).AsInt64())
            ).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < count; i++)
        {
            Unsafe.Add(ref to, i) = Unsafe.Add(ref from, i * step);
        }
    }
}
