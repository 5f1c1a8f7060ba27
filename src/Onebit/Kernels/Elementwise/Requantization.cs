using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>
/// <see cref="Requantize"/>: <c>clamp((multiplier * x + offset) >> shift)</c>. It runs in 32-bit integers where the range of x allows it.
/// </summary>
internal sealed class Requantization
{
    private readonly int _shift;
    private readonly int _lowest;
    private readonly int _highest;
    private readonly int[] _multipliers;
    private readonly long[] _offsets;

    // The same offsets, or none where products need 64 bits.
    private readonly int[] _narrowOffsets;

    /// <param name="requantize">The operation.</param>
    /// <param name="magnitude">No input is further from 0.</param>
    public Requantization(Requantize requantize, long magnitude)
    {
        (_multipliers, _offsets) = (requantize.Multipliers.ToArray(), requantize.Offsets.ToArray());
        (_lowest, _highest) = requantize.OutputBits == 8 ? (0, byte.MaxValue) : (short.MinValue, short.MaxValue);
        bool isNarrow = _multipliers.Zip(_offsets).All(c => Int128.Abs(c.First) * magnitude + Int128.Abs(c.Second) <= int.MaxValue);
        _narrowOffsets = isNarrow ? [.. _offsets.Select(offset => (int)offset)] : [];
        _shift = isNarrow ? Math.Min(requantize.Shift, 31) : requantize.Shift;
    }

    /// <summary>The end of a layer with weights; null where it ends otherwise.</summary>
    /// <param name="layer">The layer.</param>
    public static Requantization? Of(FusedLinear layer) =>
        layer.Epilogue is Requantize requantize
            ? new(requantize, (long)layer.FanIn * Math.Max(layer.Source.Maximum, -(long)layer.Source.Minimum))
            : null;

    /// <summary>Whether all fits into 32 bits.</summary>
    public bool IsNarrow => _narrowOffsets.Length > 0;

    /// <summary>Whether it gives codes of 8 bits.</summary>
    public bool GivesBytes => _highest == byte.MaxValue;

    /// <summary>One integer per channel.</summary>
    public ReadOnlySpan<int> Multipliers => _multipliers;

    /// <summary>One integer per channel, where all fits into 32 bits.</summary>
    public ReadOnlySpan<int> NarrowOffsets => _narrowOffsets;

    /// <summary>Bits that are shifted out.</summary>
    public int Shift => _shift;

    /// <summary>An operation by itself.</summary>
    /// <param name="requantize">The operation.</param>
    /// <param name="source">What it reads.</param>
    public static Requantization Of(Requantize requantize, ValueInfo source) =>
        new(requantize, Math.Max(source.Maximum, -(long)source.Minimum));

    /// <summary>Codes of 8 bits from one integer per channel.</summary>
    public void Channels(ReadOnlySpan<int> x, Span<byte> codes)
    {
        int c = 0;
        ref int first = ref MemoryMarshal.GetReference(x);
        if (IsNarrow)
        {
            ref int multipliers = ref MemoryMarshal.GetArrayDataReference(_multipliers),
                offsets = ref MemoryMarshal.GetArrayDataReference(_narrowOffsets);
            for (; c + Vector256<int>.Count <= x.Length; c += Vector256<int>.Count)
            {
                Vector256<int> scaled =
                    (
                        Vector256.LoadUnsafe(ref first, (nuint)c) * Vector256.LoadUnsafe(ref multipliers, (nuint)c)
                        + Vector256.LoadUnsafe(ref offsets, (nuint)c)
                    ) >> _shift;
                scaled = Vector256.Min(Vector256.Max(scaled, Vector256<int>.Zero), Vector256.Create((int)byte.MaxValue));
                Vector128<ushort> halves = Vector256.Narrow(scaled.AsUInt32(), scaled.AsUInt32()).GetLower();
                BinaryPrimitives.WriteUInt64LittleEndian(codes[c..], Vector128.Narrow(halves, halves).AsUInt64()[0]);
            }
        }
        else
        {
            for (; Avx512F.IsSupported && c + Vector512<long>.Count <= x.Length; c += Vector512<long>.Count)
            {
                Vector512<int> factors = Avx512F.ConvertToVector512Int64(Vector256.Create(_multipliers.AsSpan(c))).AsInt32();
                BinaryPrimitives.WriteUInt64LittleEndian(
                    codes[c..],
                    EightCodes(Vector256.Create(x[c..]), factors, Vector512.Create(_offsets.AsSpan(c)))
                );
            }
        }

        for (; c < x.Length; c++)
        {
            codes[c] = Code(x[c], c);
        }
    }

    /// <summary>Codes of 8 bits from several integers per channel.</summary>
    /// <param name="x">The integers of the first channel.</param>
    /// <param name="step">Integers from one channel to the next.</param>
    /// <param name="codes">Receives the codes of the first channel.</param>
    /// <param name="codeStep">Codes from one channel to the next.</param>
    /// <param name="count">Integers of a channel.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Codes(ref int x, int step, ref byte codes, nint codeStep, int count)
    {
        (int shift, int last) = (_shift, count - Vector128<byte>.Count);
        bool isNarrow = IsNarrow && last >= 0;
        for (int c = 0; c < _multipliers.Length; c++, x = ref Unsafe.Add(ref x, step), codes = ref Unsafe.Add(ref codes, codeStep))
        {
            int i = 0,
                multiplier = _multipliers[c];
            if (isNarrow)
            {
                // The last vector begins earlier and repeats some.
                int offset = _narrowOffsets[c];
                for (; i < last; i += Vector128<byte>.Count)
                {
                    SixteenCodes(ref Unsafe.Add(ref x, i), multiplier, offset, shift).StoreUnsafe(ref codes, (nuint)i);
                }

                SixteenCodes(ref Unsafe.Add(ref x, last), multiplier, offset, shift).StoreUnsafe(ref codes, (nuint)last);
                continue;
            }

            for (; Avx512F.IsSupported && i + Vector512<long>.Count <= count; i += Vector512<long>.Count)
            {
                Vector256<int> some = Vector256.LoadUnsafe(ref x, (nuint)i);
                ulong eight = EightCodes(some, Vector512.Create(multiplier), Vector512.Create(_offsets[c]));
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref codes, i), eight);
            }

            for (; i < count; i++)
            {
                Unsafe.Add(ref codes, i) = Code(Unsafe.Add(ref x, i), c);
            }
        }
    }

    /// <summary>Integers from several integers per channel.</summary>
    /// <param name="x">The integers of the first channel.</param>
    /// <param name="step">Integers from one channel to the next.</param>
    /// <param name="y">Receives the integers, without gaps.</param>
    /// <param name="count">Integers of a channel.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Integers(ref int x, int step, ref int y, int count)
    {
        (int shift, int last) = (_shift, count - Vector<int>.Count);
        (Vector<int> lowest, Vector<int> highest) = (new(_lowest), new(_highest));
        for (int c = 0; c < _multipliers.Length; c++, x = ref Unsafe.Add(ref x, step), y = ref Unsafe.Add(ref y, count))
        {
            int i = 0;
            if (IsNarrow && last >= 0)
            {
                (Vector<int> multiplier, Vector<int> offset) = (new(_multipliers[c]), new(_narrowOffsets[c]));
                for (; i < count; i += Vector<int>.Count)
                {
                    int at = Math.Min(i, last);
                    Vector<int> scaled = (Vector.LoadUnsafe(ref x, (nuint)at) * multiplier + offset) >> shift;
                    Vector.Min(Vector.Max(scaled, lowest), highest).StoreUnsafe(ref y, (nuint)at);
                }

                continue;
            }

            var affine = new Affine(_multipliers[c], _offsets[c], shift);
            for (; i <= last; i += Vector<int>.Count)
            {
                affine.Clamped(Vector.LoadUnsafe(ref x, (nuint)i), _lowest, _highest).StoreUnsafe(ref y, (nuint)i);
            }

            for (; i < count; i++)
            {
                Unsafe.Add(ref y, i) = affine.Clamped(Unsafe.Add(ref x, i), _lowest, _highest);
            }
        }
    }

    /// <summary>One code. It clamps without branches, whose outcome would be as uncertain as the pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Code(int x, int channel)
    {
        long value = ((long)_multipliers[channel] * x + _offsets[channel]) >> _shift;
        value &= ~(value >> 63);
        long above = (byte.MaxValue - value) >> 63;
        return (byte)(value | above);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> SixteenCodes(ref int x, int multiplier, int offset, int shift) =>
        Vector512.IsHardwareAccelerated
            ? AffineCodes.Sixteen(Vector512.LoadUnsafe(ref x), multiplier, offset, shift)
            : AffineCodes.Sixteen(
                Vector256.LoadUnsafe(ref x),
                Vector256.LoadUnsafe(ref x, (nuint)Vector256<int>.Count),
                multiplier,
                offset,
                shift
            );

    /// <summary>Eight codes by 64-bit integers. Factors are in the lower halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong EightCodes(Vector256<int> x, Vector512<int> factors, Vector512<long> offsets)
    {
        Vector512<int> wide = Avx512F.ConvertToVector512Int64(x).AsInt32();
        Vector512<long> scaled = (Avx512F.Multiply(wide, factors) + offsets) >> _shift;
        scaled = Vector512.Min(Vector512.Max(scaled, Vector512<long>.Zero), Vector512.Create(255L));
        return Avx512F.ConvertToVector128Byte(scaled).AsUInt64()[0];
    }
}
