using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary><see cref="Scores"/>: <c>multiplier * x + offset</c> in 64-bit integers, and the class with the largest score.</summary>
internal static class Scoring
{
    /// <summary>One score.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Score(int x, int multiplier, long offset) => (long)multiplier * x + offset;

    /// <summary>Eight scores of one class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> EightScores(ReadOnlySpan<int> sums, int first, int multiplier, long offset)
    {
        // The lower halves of 64-bit numbers are multiplied.
        Vector512<long> wide = Avx512F.ConvertToVector512Int64(Vector256.Create(sums[first..]));
        return Avx512F.Multiply(wide.AsInt32(), Vector512.Create(multiplier)) + Vector512.Create(offset);
    }

    /// <summary>The scores of one image.</summary>
    public static void Score(Scores operation, ReadOnlySpan<int> sums, Span<long> scores)
    {
        ReadOnlySpan<int> multipliers = operation.Multipliers.Span;
        ReadOnlySpan<long> offsets = operation.Offsets.Span;
        for (int c = 0; c < sums.Length; c++)
        {
            scores[c] = Score(sums[c], multipliers[c], offsets[c]);
        }
    }

    /// <summary>The class with the largest score, for each image of a batch.</summary>
    /// <param name="operation">The affine functions.</param>
    /// <param name="sums">The sums of all images for class 0, then for class 1 and so on.</param>
    /// <param name="stride">Elements from one class to the next.</param>
    /// <param name="classes">Receives one class per image, for at most <paramref name="stride"/> images.</param>
    public static void Classify(Scores operation, ReadOnlySpan<int> sums, int stride, Span<int> classes)
    {
        ReadOnlySpan<int> multipliers = operation.Multipliers.Span;
        ReadOnlySpan<long> offsets = operation.Offsets.Span;
        int image = 0,
            count = Math.Min(stride, classes.Length);
        for (; Avx512F.IsSupported && image + Vector512<long>.Count <= count; image += Vector512<long>.Count)
        {
            Vector512<long> best = EightScores(sums, image, multipliers[0], offsets[0]),
                bestClass = Vector512<long>.Zero;
            for (int c = 1; c < multipliers.Length; c++)
            {
                Vector512<long> some = EightScores(sums, c * stride + image, multipliers[c], offsets[c]),
                    better = Vector512.GreaterThan(some, best);
                best = Vector512.Max(some, best);
                bestClass = Vector512.ConditionalSelect(better, Vector512.Create((long)c), bestClass);
            }

            Avx512F.ConvertToVector256Int32(bestClass).CopyTo(classes[image..]);
        }

        for (; image < count; image++)
        {
            (long best, int bestClass) = (Score(sums[image], multipliers[0], offsets[0]), 0);
            for (int c = 1; c < multipliers.Length; c++)
            {
                long score = Score(sums[c * stride + image], multipliers[c], offsets[c]);
                (best, bestClass) = score > best ? (score, c) : (best, bestClass);
            }

            classes[image] = bestClass;
        }
    }
}
