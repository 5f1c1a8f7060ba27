using System.Numerics;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>What scores say: the class, and for display the probabilities.</summary>
internal static class ClassScores
{
    /// <summary>The first of the largest scores, without a branch to be guessed where vectors hold them.</summary>
    public static int Best(ReadOnlySpan<long> scores)
    {
        int best = 0,
            last = scores.Length - Vector512<long>.Count;
        if (last < 0 || !Vector512.IsHardwareAccelerated)
        {
            for (int c = 1; c < scores.Length; c++)
            {
                best = scores[c] > scores[best] ? c : best;
            }

            return best;
        }

        // Vectors one after another; the last one ends with the scores.
        Vector512<long> max = Vector512.Create(scores[last..]);
        for (int c = 0; c < last; c += Vector512<long>.Count)
        {
            max = Vector512.Max(max, Vector512.Create(scores[c..]));
        }

        Vector256<long> four = Vector256.Max(max.GetLower(), max.GetUpper());
        Vector128<long> two = Vector128.Max(four.GetLower(), four.GetUpper());
        max = Vector512.Create(Math.Max(two[0], two[1]));
        while (true)
        {
            best = Math.Min(best, last);
            ulong found = Vector512.Equals(Vector512.Create(scores[best..]), max).ExtractMostSignificantBits();
            if (found != 0)
            {
                return best + BitOperations.TrailingZeroCount(found);
            }

            best += Vector512<long>.Count;
        }
    }

    /// <summary>Softmax of <c>score / 2^shift</c>.</summary>
    public static void Probabilities(ReadOnlySpan<long> scores, int shift, Span<double> probabilities)
    {
        long max = scores[Best(scores)];
        double sum = SumOfExponentials(scores, max, shift);
        for (int c = 0; c < scores.Length; c++)
        {
            probabilities[c] = Exponential(scores[c], max, shift) / sum;
        }
    }

    /// <summary>The sum of <c>exp((score - max) / 2^shift)</c>, in which the largest score counts 1.</summary>
    public static double SumOfExponentials(ReadOnlySpan<long> scores, long max, int shift)
    {
        double sum = 0;
        foreach (long score in scores)
        {
            sum += Exponential(score, max, shift);
        }

        return sum;
    }

    // The distance to the largest score may take all 64 bits, but it is never negative.
    private static double Exponential(long score, long max, int shift) =>
        Math.Exp(-Math.ScaleB(unchecked((ulong)max - (ulong)score), -shift));
}
