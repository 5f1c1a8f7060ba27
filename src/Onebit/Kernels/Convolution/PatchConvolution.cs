using System.Numerics;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// A <see cref="Linear"/> operation of any shape, position by position, by popcounts of 64-bit words. The patch of the input under the
/// kernel becomes one bit-plane of signs or k bit-planes of codes. Each output counts its row of weights against them. It needs no lists
/// and little memory, so it takes the layers that are too large for other kernels.
/// </summary>
internal sealed class PatchConvolution : IntegerKernel
{
    private readonly Linear _linear;
    private readonly ValueInfo _input;
    private readonly ValueInfo _output;
    private readonly int _fanIn;
    private readonly int _words;
    private readonly bool _wholeInput;
    private readonly ulong[] _weights;

    public PatchConvolution(Linear linear, ValueInfo input, ValueInfo output)
    {
        (_linear, _input, _output) = (linear, input, output);
        _fanIn = input.Channels / linear.Groups * linear.KernelHeight * linear.KernelWidth;
        _words = (_fanIn + 63) / 64;
        _wholeInput = linear.Padding == 0 && linear.KernelHeight == input.Height && linear.KernelWidth == input.Width;
        _weights = new ulong[linear.Outputs * _words];
        for (int o = 0; o < linear.Outputs; o++)
        {
            for (int w = 0; w < _words; w++)
            {
                long start = (long)o * _fanIn + w * 64;
                _weights[o * _words + w] = PackedBits.Read(linear.Weights.Span, start, Math.Min(64, _fanIn - w * 64));
            }
        }
    }

    /// <summary>Elements of scratch for one patch.</summary>
    private int PatchElements => _wholeInput ? 0 : (_fanIn + 1) & ~1; // What comes next are 64-bit words.

    /// <summary>Words of scratch for the bit-planes of one patch.</summary>
    private int PlaneWords => _input.Bits * _words;

    public override int ScratchElements => PatchElements + 2 * PlaneWords;

    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch) =>
        Run(x, y, scratch[..PatchElements], MemoryMarshal.Cast<int, ulong>(scratch[PatchElements..])[..PlaneWords]);

    private void Run(ReadOnlySpan<int> x, Span<int> sums, Span<int> patch, Span<ulong> planes)
    {
        int inputsOfGroup = _input.Count / _linear.Groups;
        int positions = _output.Height * _output.Width;
        for (int position = 0; position < positions; position++)
        {
            int top = position / _output.Width * _linear.Stride - _linear.Padding;
            int left = position % _output.Width * _linear.Stride - _linear.Padding;
            for (int group = 0; group < _linear.Groups; group++)
            {
                ReadOnlySpan<int> inputs = x.Slice(group * inputsOfGroup, inputsOfGroup);
                if (!_wholeInput)
                {
                    Gather(inputs, top, left, patch[.._fanIn]);
                    inputs = patch[.._fanIn];
                }

                Span<int> outputs = sums[position..];
                int first = group * (_linear.Outputs / _linear.Groups),
                    end = first + _linear.Outputs / _linear.Groups;
                if (_input.Kind == ElementKind.Signs)
                {
                    SumSigns(inputs, first, end, outputs, positions, planes[.._words]);
                }
                else
                {
                    SumCodes(inputs, first, end, outputs, positions, planes[..PlaneWords]);
                }
            }
        }
    }

    /// <summary>The inputs under the kernel, in the order of the weights.</summary>
    private void Gather(ReadOnlySpan<int> inputs, int top, int left, Span<int> patch)
    {
        int padding = _input.Kind == ElementKind.Signs ? -1 : 0;
        int i = 0;
        for (int channel = 0; channel < inputs.Length; channel += _input.Height * _input.Width)
        {
            for (int y = top; y < top + _linear.KernelHeight; y++)
            {
                for (int x = left; x < left + _linear.KernelWidth; x++)
                {
                    bool inside = (uint)y < (uint)_input.Height && (uint)x < (uint)_input.Width;
                    patch[i++] = inside ? inputs[channel + y * _input.Width + x] : padding;
                }
            }
        }
    }

    /// <summary>
    /// <c>w . x = n - 2 popcount(W ^ X)</c>. With the plane of the negatives <c>N = ~X</c>, that is <c>2 popcount(W ^ N) - n</c>. Unused
    /// bits of W and N are 0.
    /// </summary>
    private void SumSigns(ReadOnlySpan<int> signs, int first, int end, Span<int> outputs, int step, Span<ulong> plane)
    {
        Pack(signs, 31, 1, plane); // the sign bit
        for (int o = first; o < end; o++)
        {
            ReadOnlySpan<ulong> row = _weights.AsSpan(o * _words, plane.Length);
            int agreements = 0;
            for (int w = 0; w < row.Length; w++)
            {
                agreements += BitOperations.PopCount(row[w] ^ plane[w]);
            }

            outputs[o * step] = 2 * agreements - _fanIn;
        }
    }

    /// <summary>
    /// <c>w . x = sum over p of 2^p (2 popcount(W &amp; X_p) - popcount(X_p))</c>. The last terms add up to the sum of x.
    /// </summary>
    private void SumCodes(ReadOnlySpan<int> codes, int first, int end, Span<int> outputs, int step, Span<ulong> planes)
    {
        long total = 0;
        foreach (int code in codes)
        {
            total += code;
        }

        int bits = _input.Bits;
        Pack(codes, 0, bits, planes);
        for (int o = first; o < end; o++)
        {
            ReadOnlySpan<ulong> row = _weights.AsSpan(o * _words, _words);
            long positive = 0;
            for (int w = 0; w < row.Length; w++)
            {
                ulong weights = row[w];
                ReadOnlySpan<ulong> levels = planes.Slice(w * bits, bits);
                for (int p = 0; p < levels.Length; p++)
                {
                    positive += (long)BitOperations.PopCount(weights & levels[p]) << p;
                }
            }

            outputs[o * step] = (int)(2 * positive - total);
        }
    }

    /// <summary>
    /// Takes <paramref name="count"/> bits of every number from bit <paramref name="first"/> on. The planes are interleaved: a word of each
    /// for the first 64 numbers, then for the next 64. Unused bits are 0.
    /// </summary>
    private static void Pack(ReadOnlySpan<int> numbers, int first, int count, Span<ulong> planes)
    {
        planes.Clear();
        for (int i = 0; i < numbers.Length; i += 8)
        {
            ReadOnlySpan<int> some = numbers.Slice(i, Math.Min(8, numbers.Length - i));
            Span<ulong> words = planes.Slice(i / 64 * count, count);
            for (int p = 0; p < count; p += 8)
            {
                // One byte of each of eight numbers. The multiplication moves the lowest bit of each byte into the highest byte.
                ulong bytes = 0;
                for (int j = 0; j < some.Length; j++)
                {
                    bytes |= (ulong)(byte)(some[j] >> (first + p)) << (8 * j);
                }

                for (int q = p; q < Math.Min(count, p + 8); q++, bytes >>= 1)
                {
                    words[q] |= (bytes & 0x0101010101010101) * 0x0102040810204080 >> 56 << (i & 63);
                }
            }
        }
    }
}
