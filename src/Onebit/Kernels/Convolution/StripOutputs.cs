using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>The outputs of a convolution that adds terms from a table, strip of rows by strip of rows, and the end of the layer.</summary>
internal sealed class StripOutputs<TOps, TVector>
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    private readonly FusedLinear _layer;
    private readonly int _vectors;
    private readonly bool _isWhole;
    private readonly bool _rowsPooled;
    private readonly int _stripPositions;
    private readonly int _positions;
    private readonly int _bitBytes;
    private readonly short[] _thresholds;
    private readonly Requantization? _direct; // Ends each output as it is made, if not null.
    private readonly OutputPooling _pooling;

    /// <param name="layer">The layer.</param>
    /// <param name="pitch">Positions from one row to the next.</param>
    /// <param name="stride">The stride of the positions that the layer keeps, see <see cref="OutputPooling"/>.</param>
    /// <param name="strips">Strips of an output.</param>
    /// <param name="vectors">Vectors of positions in a strip.</param>
    /// <param name="isOneSum">Whether a sum is made at once, so that it can end as it is made.</param>
    /// <param name="rowsPooled">Whether a vector is a row, and two rows of a window are pooled as they are made.</param>
    public StripOutputs(FusedLinear layer, int pitch, int stride, int strips, int vectors, bool isOneSum, bool rowsPooled = false)
    {
        (_layer, _vectors, _rowsPooled) = (layer, vectors, rowsPooled);
        _isWhole = isOneSum && layer.Epilogue is Threshold;
        _stripPositions = vectors * Lanes / (rowsPooled ? 2 : 1);
        _positions = strips * _stripPositions;
        _bitBytes = (_positions / 8 + 63) & ~63;
        _thresholds = layer.Epilogue is Threshold threshold
            ? [.. threshold.Thresholds.ToArray().Select(t => (short)Math.Clamp(t, short.MinValue + 1, short.MaxValue))]
            : [];
        _pooling = new OutputPooling(layer, pitch, _positions, stride, rowsPooled);

        // What is written beyond an output is overwritten by the next, or lies behind the value.
        bool hasNoGaps = layer.Pool is null && stride == 1 && (layer.Result.Height == 1 || pitch == layer.Result.Width);
        if (isOneSum && strips == 1 && hasNoGaps && _positions - layer.Result.Area <= Vector512<byte>.Count)
        {
            _direct = _pooling.Requantization is { GivesBytes: true, IsNarrow: true } narrow ? narrow : null;
        }

        Bytes =
            layer.Linear.Outputs * (_isWhole ? _bitBytes : _positions * sizeof(int))
            + OutputPooling.SpareElements(layer, pitch, stride) * sizeof(int);
    }

    /// <summary>Bytes of memory.</summary>
    public int Bytes { get; }

    private static int Lanes => Unsafe.SizeOf<TVector>() / sizeof(short);

    /// <summary>Makes or adds to the sums of one group of channels in one strip.</summary>
    /// <param name="table">The terms, see <see cref="TermSums{TOps, TVector}"/>.</param>
    /// <param name="offsets">The places of the terms, output by output.</param>
    /// <param name="terms">The number of terms of an output.</param>
    /// <param name="group">The group of channels.</param>
    /// <param name="strip">The strip.</param>
    /// <param name="add">Whether to add to what is there.</param>
    /// <param name="memory">Of <see cref="Bytes"/>.</param>
    /// <param name="result">The result of the layer.</param>
    public void Add(ref byte table, ref int offsets, int terms, int group, int strip, bool add, ref byte memory, ref byte result)
    {
        int count = _layer.Linear.Outputs / _layer.Linear.Groups,
            first = group * count;
        if (_isWhole)
        {
            ref byte bits = ref Unsafe.Add(ref memory, first * _bitBytes + strip * _stripPositions / 8);
            ReadOnlySpan<short> thresholds = _thresholds.AsSpan(first, count);
            if (_rowsPooled)
            {
                TermSums<TOps, TVector>.ComparePooled(ref table, ref offsets, terms, _vectors, thresholds, ref bits, _bitBytes);
            }
            else
            {
                TermSums<TOps, TVector>.Compare(ref table, ref offsets, terms, _vectors, thresholds, ref bits, _bitBytes);
            }
        }
        else if (_direct is not null)
        {
            int area = _layer.Result.Area;
            ref byte codes = ref Unsafe.Add(ref result, first * area);
            TermSums<TOps, TVector>.Codes(ref table, ref offsets, terms, _vectors, _direct, first, count, ref codes, area);
        }
        else
        {
            ref int sums = ref Unsafe.Add(ref Unsafe.As<byte, int>(ref memory), first * _positions + strip * _stripPositions);
            TermSums<TOps, TVector>.Integers(ref table, ref offsets, terms, _vectors, count, add, ref sums, _positions);
        }
    }

    /// <summary>Ends the layer once all sums are made.</summary>
    public void End(ref byte memory, ref byte result)
    {
        if (_isWhole)
        {
            _pooling.Bits((Threshold)_layer.Epilogue!, ref memory, _bitBytes, ref Unsafe.As<byte, ulong>(ref result));
        }
        else if (_direct is null)
        {
            _pooling.Integers(MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref memory), Bytes / sizeof(int)), ref result);
        }
    }
}
