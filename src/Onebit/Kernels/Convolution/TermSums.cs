using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary>
/// Sums of terms that a list names: the terms of an output lie anywhere in a table, each for all positions of a strip, in 16 bits.
/// </summary>
internal static class TermSums<TOps, TVector>
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    private static int Lanes => VectorBytes / sizeof(short);

    /// <summary>Stores one bit per output and position: 1 where the sum is at least the threshold.</summary>
    /// <param name="table">The terms.</param>
    /// <param name="offsets">The places of the terms of the first output, in bytes.</param>
    /// <param name="terms">The number of terms of an output.</param>
    /// <param name="vectors">Vectors of positions, an even number.</param>
    /// <param name="thresholds">A threshold for each output, which is not the smallest integer.</param>
    /// <param name="bits">Receives the bits of the first output.</param>
    /// <param name="step">Bytes from one output to the next.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Compare(
        ref byte table,
        ref int offsets,
        int terms,
        int vectors,
        ReadOnlySpan<short> thresholds,
        ref byte bits,
        int step
    )
    {
        foreach (short threshold in thresholds)
        {
            int vector = 0;
            for (; vector + 4 <= vectors; vector += 4)
            {
                ref byte place = ref Unsafe.Add(ref bits, vector * Lanes / 8);
                Sum(
                    ref Unsafe.Add(ref table, vector * VectorBytes),
                    ref offsets,
                    terms,
                    out TVector a,
                    out TVector b,
                    out TVector c,
                    out TVector d
                );
                TOps.StoreAtLeast16(a, threshold, ref place);
                TOps.StoreAtLeast16(b, threshold, ref Unsafe.Add(ref place, Lanes / 8));
                TOps.StoreAtLeast16(c, threshold, ref Unsafe.Add(ref place, 2 * Lanes / 8));
                TOps.StoreAtLeast16(d, threshold, ref Unsafe.Add(ref place, 3 * Lanes / 8));
            }

            for (; vector < vectors; vector += 2)
            {
                ref byte place = ref Unsafe.Add(ref bits, vector * Lanes / 8);
                Sum(ref Unsafe.Add(ref table, vector * VectorBytes), ref offsets, terms, out TVector a, out TVector b);
                TOps.StoreAtLeast16(a, threshold, ref place);
                TOps.StoreAtLeast16(b, threshold, ref Unsafe.Add(ref place, Lanes / 8));
            }

            offsets = ref Unsafe.Add(ref offsets, terms);
            bits = ref Unsafe.Add(ref bits, step);
        }
    }

    /// <summary>The same where a vector is a row: the larger of each two rows. The vectors are a multiple of four.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ComparePooled(
        ref byte table,
        ref int offsets,
        int terms,
        int vectors,
        ReadOnlySpan<short> thresholds,
        ref byte bits,
        int step
    )
    {
        foreach (short threshold in thresholds)
        {
            for (int vector = 0; vector < vectors; vector += 4)
            {
                ref byte begin = ref Unsafe.Add(ref table, vector * VectorBytes),
                    place = ref Unsafe.Add(ref bits, vector * Lanes / 16);
                Sum(ref begin, ref offsets, terms, out TVector a, out TVector b, out TVector c, out TVector d);
                TOps.StoreAtLeast16(TOps.Max16(a, b), threshold, ref place);
                TOps.StoreAtLeast16(TOps.Max16(c, d), threshold, ref Unsafe.Add(ref place, Lanes / 8));
            }

            offsets = ref Unsafe.Add(ref offsets, terms);
            bits = ref Unsafe.Add(ref bits, step);
        }
    }

    /// <summary>Stores the sums in 32 bits, or adds them to what is there.</summary>
    /// <param name="table">The terms.</param>
    /// <param name="offsets">The places of the terms of the first output, in bytes.</param>
    /// <param name="terms">The number of terms of an output.</param>
    /// <param name="vectors">Vectors of positions, an even number.</param>
    /// <param name="outputs">The number of outputs.</param>
    /// <param name="add">Whether to add.</param>
    /// <param name="sums">Receives the sums of the first output.</param>
    /// <param name="step">Integers from one output to the next.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Integers(ref byte table, ref int offsets, int terms, int vectors, int outputs, bool add, ref int sums, int step)
    {
        for (; outputs > 0; outputs--)
        {
            int vector = 0;
            for (; vector + 4 <= vectors; vector += 4)
            {
                ref int place = ref Unsafe.Add(ref sums, vector * Lanes);
                Sum(
                    ref Unsafe.Add(ref table, vector * VectorBytes),
                    ref offsets,
                    terms,
                    out TVector a,
                    out TVector b,
                    out TVector c,
                    out TVector d
                );
                TOps.Store32(a, add, ref place);
                TOps.Store32(b, add, ref Unsafe.Add(ref place, Lanes));
                TOps.Store32(c, add, ref Unsafe.Add(ref place, 2 * Lanes));
                TOps.Store32(d, add, ref Unsafe.Add(ref place, 3 * Lanes));
            }

            for (; vector < vectors; vector += 2)
            {
                ref int place = ref Unsafe.Add(ref sums, vector * Lanes);
                Sum(ref Unsafe.Add(ref table, vector * VectorBytes), ref offsets, terms, out TVector a, out TVector b);
                TOps.Store32(a, add, ref place);
                TOps.Store32(b, add, ref Unsafe.Add(ref place, Lanes));
            }

            offsets = ref Unsafe.Add(ref offsets, terms);
            sums = ref Unsafe.Add(ref sums, step);
        }
    }

    /// <summary>Stores the sums as codes of 8 bits. Outputs are written in order, each in whole vectors.</summary>
    /// <param name="table">The terms.</param>
    /// <param name="offsets">The places of the terms of the first output, in bytes.</param>
    /// <param name="terms">The number of terms of an output.</param>
    /// <param name="vectors">Vectors of positions, an even number.</param>
    /// <param name="requantization">What turns sums into codes, in 32 bits.</param>
    /// <param name="first">The first output.</param>
    /// <param name="outputs">The number of outputs.</param>
    /// <param name="codes">Receives the codes of the first output.</param>
    /// <param name="step">Codes from one output to the next.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Codes(
        ref byte table,
        ref int offsets,
        int terms,
        int vectors,
        Requantization requantization,
        int first,
        int outputs,
        ref byte codes,
        int step
    )
    {
        ReadOnlySpan<int> multipliers = requantization.Multipliers.Slice(first, outputs),
            ends = requantization.NarrowOffsets.Slice(first, outputs);
        int shift = requantization.Shift;
        for (int i = 0; i < multipliers.Length; i++)
        {
            (int multiplier, int end) = (multipliers[i], ends[i]);
            for (int vector = 0; vector < vectors; vector += 2)
            {
                ref byte place = ref Unsafe.Add(ref codes, vector * Lanes);
                Sum(ref Unsafe.Add(ref table, vector * VectorBytes), ref offsets, terms, out TVector a, out TVector b);
                TOps.StoreCodes(a, multiplier, end, shift, ref place);
                TOps.StoreCodes(b, multiplier, end, shift, ref Unsafe.Add(ref place, Lanes));
            }

            offsets = ref Unsafe.Add(ref offsets, terms);
            codes = ref Unsafe.Add(ref codes, step);
        }
    }

    /// <summary>The sums of two vectors of positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum(ref byte table, ref int offsets, int terms, out TVector a, out TVector b)
    {
        a = b = TOps.Fill(0);
        for (nint i = 0; i < terms; i++)
        {
            ref byte term = ref Unsafe.Add(ref table, (nint)(uint)Unsafe.Add(ref offsets, i));
            a = TOps.Add16(a, TOps.Load(ref term));
            b = TOps.Add16(b, TOps.Load(ref Unsafe.Add(ref term, VectorBytes)));
        }
    }

    /// <summary>The sums of four vectors of positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum(ref byte table, ref int offsets, int terms, out TVector a, out TVector b, out TVector c, out TVector d)
    {
        a = b = c = d = TOps.Fill(0);
        for (nint i = 0; i < terms; i++)
        {
            ref byte term = ref Unsafe.Add(ref table, (nint)(uint)Unsafe.Add(ref offsets, i));
            a = TOps.Add16(a, TOps.Load(ref term));
            b = TOps.Add16(b, TOps.Load(ref Unsafe.Add(ref term, VectorBytes)));
            c = TOps.Add16(c, TOps.Load(ref Unsafe.Add(ref term, 2 * VectorBytes)));
            d = TOps.Add16(d, TOps.Load(ref Unsafe.Add(ref term, 3 * VectorBytes)));
        }
    }
}
