using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary>
/// The outputs of a <see cref="SharedSumConvolution{TOps, TVector}"/> in one strip: sums of entries of the tables, the maximum of windows,
/// and codes of 8 bits. Where a layer ends otherwise, the sums themselves in 32 bits.
/// </summary>
internal sealed class SharedSumOutputs<TOps, TVector>
    where TOps : struct, ILookupOps<TVector>
    where TVector : struct
{
    private readonly int _windows;
    private readonly int _listed; // Places of an output in a window.
    private readonly int _chunk; // Places whose sum fits into 16 bits.
    private readonly ushort[] _places; // of 16-bit integers in the tables
    private readonly int[] _offsets;
    private readonly int _shift;
    private readonly bool _givesSums;

    /// <summary>Of the codes, one per output.</summary>
    public readonly int[] Multipliers;

    /// <param name="layer">The layer.</param>
    /// <param name="sums">What the tables hold.</param>
    /// <param name="chunks">Sums of 16 bits that make up an output.</param>
    /// <param name="center">What codes are less, in the tables.</param>
    /// <param name="entryBytes">Bytes of an entry of a table.</param>
    public SharedSumOutputs(FusedLinear layer, SharedSums sums, int chunks, int center, int entryBytes)
    {
        Linear linear = layer.Linear;
        var end = SharedEnd.Of(layer);
        _givesSums = end is null;
        (Multipliers, _offsets, _shift) = end ?? (Enumerable.Repeat(1, linear.Outputs).ToArray(), new int[linear.Outputs], 0);
        (_windows, _listed) = (sums.Windows, sums.Units * sums.Terms);
        _chunk = (sums.Units + chunks - 1) / chunks * sums.Terms;
        _places = new ushort[linear.Outputs * _windows * _listed];
        for (int output = 0; output < linear.Outputs; output++)
        {
            long weights = (long)output * layer.FanIn;
            for (int i = 0; i < _windows * _listed; i++)
            {
                (int table, int place, int weight, int next) = sums.At(i / _listed, i % _listed / sums.Terms, i % sums.Terms);
                int pattern = 0;
                for (int input = 0; input < sums.Inputs(table); input++)
                {
                    pattern |= (int)PackedBits.Read(linear.Weights.Span, weights + weight + input * next, 1) << input;
                }

                int entry = (table * sums.Entries + pattern) * entryBytes / sizeof(short);
                _places[output * _windows * _listed + i] = (ushort)(entry + place);
            }

            // Products may wrap; what they are added to makes up for it.
            int total = 0;
            for (int i = 0; i < layer.FanIn; i++)
            {
                total += PackedBits.Read(linear.Weights.Span, weights + i, 1) != 0 ? 1 : -1;
            }

            _offsets[output] = unchecked(_offsets[output] + Multipliers[output] * center * total);
        }
    }

    /// <summary>Bytes of an output at a position.</summary>
    public int ElementBytes => _givesSums ? sizeof(int) : 1;

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    private static int Lanes => VectorBytes / sizeof(short);

    /// <summary>Makes the codes or sums of some outputs, at whole vectors of positions.</summary>
    /// <param name="table">The tables of the strip.</param>
    /// <param name="vectors">Vectors of positions.</param>
    /// <param name="first">The first output.</param>
    /// <param name="count">How many outputs.</param>
    /// <param name="codes">Receives the first output.</param>
    /// <param name="step">Bytes from one output to the next.</param>
    public void Run(ref byte table, int vectors, int first, int count, ref byte codes, int step)
    {
        if (_chunk >= _listed)
        {
            Narrow(ref table, vectors, first, count, ref codes, step);
        }
        else
        {
            Wide(ref table, vectors, first, count, ref codes, step);
        }
    }

    /// <summary>Outputs whose sums fit into 16 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Narrow(ref byte table, int vectors, int first, int count, ref byte codes, int step)
    {
        (int terms, int shift, int windows, int bytes) = (_listed, _shift, _windows, Lanes * ElementBytes);
        ref ushort places = ref _places[first * windows * terms];
        for (int output = first; output < first + count; output++, codes = ref Unsafe.Add(ref codes, step))
        {
            (int multiplier, int offset, int vector) = (Multipliers[output], _offsets[output], 0);
            ref ushort list = ref places;
            for (; vector + 4 <= vectors; vector += 4)
            {
                ref byte from = ref Unsafe.Add(ref table, vector * VectorBytes),
                    to = ref Unsafe.Add(ref codes, vector * bytes);
                Sum4(ref from, ref list, terms, out TVector a, out TVector b, out TVector c, out TVector d);
                for (int window = 1; window < windows; window++)
                {
                    ref ushort other = ref Unsafe.Add(ref list, window * terms);
                    Sum4(ref from, ref other, terms, out TVector a1, out TVector b1, out TVector c1, out TVector d1);
                    (a, b, c, d) = (TOps.Max16(a, a1), TOps.Max16(b, b1), TOps.Max16(c, c1), TOps.Max16(d, d1));
                }

                Store(a, multiplier, offset, shift, ref to);
                Store(b, multiplier, offset, shift, ref Unsafe.Add(ref to, bytes));
                Store(c, multiplier, offset, shift, ref Unsafe.Add(ref to, 2 * bytes));
                Store(d, multiplier, offset, shift, ref Unsafe.Add(ref to, 3 * bytes));
            }

            for (; vector + 2 <= vectors; vector += 2)
            {
                ref byte from = ref Unsafe.Add(ref table, vector * VectorBytes),
                    to = ref Unsafe.Add(ref codes, vector * bytes);
                Sum2(ref from, ref list, terms, out TVector a, out TVector b);
                for (int window = 1; window < windows; window++)
                {
                    Sum2(ref from, ref Unsafe.Add(ref list, window * terms), terms, out TVector a1, out TVector b1);
                    (a, b) = (TOps.Max16(a, a1), TOps.Max16(b, b1));
                }

                Store(a, multiplier, offset, shift, ref to);
                Store(b, multiplier, offset, shift, ref Unsafe.Add(ref to, bytes));
            }

            if (vector < vectors)
            {
                ref byte from = ref Unsafe.Add(ref table, vector * VectorBytes);
                TVector a = Sum1(ref from, ref list, terms);
                for (int window = 1; window < windows; window++)
                {
                    a = TOps.Max16(a, Sum1(ref from, ref Unsafe.Add(ref list, window * terms), terms));
                }

                Store(a, multiplier, offset, shift, ref Unsafe.Add(ref codes, vector * bytes));
            }

            places = ref Unsafe.Add(ref places, windows * terms);
        }
    }

    /// <summary>Outputs whose sums need 32 bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Wide(ref byte table, int vectors, int first, int count, ref byte codes, int step)
    {
        (int terms, int shift, int windows, int bytes) = (_listed, _shift, _windows, Lanes * ElementBytes);
        ref ushort places = ref _places[first * windows * terms];
        for (int output = first; output < first + count; output++, codes = ref Unsafe.Add(ref codes, step))
        {
            (int multiplier, int offset, int vector) = (Multipliers[output], _offsets[output], 0);
            ref ushort list = ref places;
            for (; vector + 2 <= vectors; vector += 2)
            {
                ref byte from = ref Unsafe.Add(ref table, vector * VectorBytes),
                    to = ref Unsafe.Add(ref codes, vector * bytes);
                TVector low = TOps.Fill(0),
                    high = low,
                    nextLow = low,
                    nextHigh = low;
                for (int window = 0; window < windows; window++)
                {
                    ref ushort other = ref Unsafe.Add(ref list, window * terms);
                    TVector l = TOps.Fill(0),
                        h = l,
                        nl = l,
                        nh = l;
                    for (int i = 0; i < terms; i += _chunk)
                    {
                        Sum2(ref from, ref Unsafe.Add(ref other, i), Math.Min(_chunk, terms - i), out TVector a, out TVector b);
                        (TVector aLow, TVector aHigh) = TOps.Widen16(a);
                        (TVector bLow, TVector bHigh) = TOps.Widen16(b);
                        (l, h, nl, nh) = (TOps.Add32(l, aLow), TOps.Add32(h, aHigh), TOps.Add32(nl, bLow), TOps.Add32(nh, bHigh));
                    }

                    low = window == 0 ? l : TOps.Max32(low, l);
                    high = window == 0 ? h : TOps.Max32(high, h);
                    nextLow = window == 0 ? nl : TOps.Max32(nextLow, nl);
                    nextHigh = window == 0 ? nh : TOps.Max32(nextHigh, nh);
                }

                Store(low, high, multiplier, offset, shift, ref to);
                Store(nextLow, nextHigh, multiplier, offset, shift, ref Unsafe.Add(ref to, bytes));
            }

            if (vector < vectors)
            {
                ref byte from = ref Unsafe.Add(ref table, vector * VectorBytes);
                TVector low = TOps.Fill(0),
                    high = low;
                for (int window = 0; window < windows; window++)
                {
                    ref ushort other = ref Unsafe.Add(ref list, window * terms);
                    TVector l = TOps.Fill(0),
                        h = l;
                    for (int i = 0; i < terms; i += _chunk)
                    {
                        (TVector aLow, TVector aHigh) = TOps.Widen16(
                            Sum1(ref from, ref Unsafe.Add(ref other, i), Math.Min(_chunk, terms - i))
                        );
                        (l, h) = (TOps.Add32(l, aLow), TOps.Add32(h, aHigh));
                    }

                    low = window == 0 ? l : TOps.Max32(low, l);
                    high = window == 0 ? h : TOps.Max32(high, h);
                }

                Store(low, high, multiplier, offset, shift, ref Unsafe.Add(ref codes, vector * bytes));
            }

            places = ref Unsafe.Add(ref places, windows * terms);
        }
    }

    /// <summary>Stores outputs of a vector of positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(TVector integers, int multiplier, int offset, int shift, ref byte to)
    {
        if (_givesSums)
        {
            (TVector low, TVector high) = TOps.Widen16(integers);
            Store(low, high, multiplier, offset, shift, ref to);
            return;
        }

        TOps.StoreCodes(integers, multiplier, offset, shift, ref to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(TVector low, TVector high, int multiplier, int offset, int shift, ref byte to)
    {
        if (_givesSums)
        {
            TVector center = TOps.Fill32(offset);
            TOps.Store(TOps.Add32(low, center), ref to);
            TOps.Store(TOps.Add32(high, center), ref Unsafe.Add(ref to, VectorBytes));
            return;
        }

        TOps.StoreCodes(low, high, multiplier, offset, shift, ref to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum1(ref byte table, ref ushort places, int terms)
    {
        TVector a = TOps.Fill(0);
        for (nint i = 0; i < terms; i++)
        {
            a = TOps.Add16(a, TOps.Load(ref Unsafe.Add(ref table, sizeof(short) * (nint)Unsafe.Add(ref places, i))));
        }

        return a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum2(ref byte table, ref ushort places, int terms, out TVector a, out TVector b)
    {
        a = b = TOps.Fill(0);
        for (nint i = 0; i < terms; i++)
        {
            ref byte sum = ref Unsafe.Add(ref table, sizeof(short) * (nint)Unsafe.Add(ref places, i));
            a = TOps.Add16(a, TOps.Load(ref sum));
            b = TOps.Add16(b, TOps.Load(ref Unsafe.Add(ref sum, VectorBytes)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum4(ref byte table, ref ushort places, int terms, out TVector a, out TVector b, out TVector c, out TVector d)
    {
        a = b = c = d = TOps.Fill(0);
        for (nint i = 0; i < terms; i++)
        {
            ref byte sum = ref Unsafe.Add(ref table, sizeof(short) * (nint)Unsafe.Add(ref places, i));
            a = TOps.Add16(a, TOps.Load(ref sum));
            b = TOps.Add16(b, TOps.Load(ref Unsafe.Add(ref sum, VectorBytes)));
            c = TOps.Add16(c, TOps.Load(ref Unsafe.Add(ref sum, 2 * VectorBytes)));
            d = TOps.Add16(d, TOps.Load(ref Unsafe.Add(ref sum, 3 * VectorBytes)));
        }
    }
}
