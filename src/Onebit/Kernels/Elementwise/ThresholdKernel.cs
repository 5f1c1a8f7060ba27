using System.Numerics;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// <see cref="Threshold"/> and <see cref="Quantize"/> as integers: how many of its channel's thresholds each element reaches. A
/// <see cref="Threshold"/> gives 1 for the sign +1 and 0 for -1.
/// </summary>
internal sealed class ThresholdKernel : IntegerKernel
{
    private readonly int _channels;
    private readonly int _levels;
    private readonly int _area;
    private readonly bool[] _flipped;

    // Channel by channel; with one position per channel level by level, so that a vector holds the thresholds of many channels.
    private readonly int[] _thresholds;
    private readonly int[] _flips;

    /// <param name="thresholds">The thresholds of a channel, then those of the next one.</param>
    /// <param name="flipped">One flag per channel.</param>
    /// <param name="area">Positions of a channel.</param>
    public ThresholdKernel(ReadOnlySpan<int> thresholds, ReadOnlySpan<bool> flipped, int area)
    {
        (_channels, _levels, _area) = (flipped.Length, thresholds.Length / flipped.Length, area);
        _flipped = flipped.ToArray();
        _flips = [.. _flipped.Select(flip => flip ? -1 : 0)];
        _thresholds = thresholds.ToArray();
        for (int i = 0; area == 1 && i < thresholds.Length; i++)
        {
            _thresholds[i % _levels * _channels + i / _levels] = thresholds[i];
        }
    }

    public override void Run(int input, ReadOnlySpan<int> x, Span<int> y, Span<int> scratch)
    {
        if (_area == 1)
        {
            Channels(x, y);
            return;
        }

        for (int c = 0; c < _channels; c++)
        {
            Positions(c, x.Slice(c * _area, _area), y.Slice(c * _area, _area));
        }
    }

    /// <summary>One position of each channel.</summary>
    private void Channels(ReadOnlySpan<int> x, Span<int> y)
    {
        int c = 0;
        for (; c + Vector512<int>.Count <= _channels; c += Vector512<int>.Count)
        {
            // .NET emulates 512 bits by narrower vectors where the processor lacks them. -1 is a threshold reached.
            Vector512<int> sum = Vector512.Create(x[c..]),
                reached = Vector512<int>.Zero;
            for (int i = c; i < _thresholds.Length; i += _channels)
            {
                reached -= Vector512.GreaterThanOrEqual(sum, Vector512.Create(_thresholds.AsSpan(i)));
            }

            // ~reached + levels + 1 is levels - reached.
            Vector512<int> flip = Vector512.Create(_flips.AsSpan(c));
            ((reached ^ flip) + (flip & Vector512.Create(_levels + 1))).CopyTo(y[c..]);
        }

        for (; c < _channels; c++)
        {
            y[c] = ThresholdCompare.Count(x[c], _thresholds.AsSpan(c), _channels, _flipped[c]);
        }
    }

    /// <summary>All positions of one channel.</summary>
    private void Positions(int channel, ReadOnlySpan<int> x, Span<int> y)
    {
        ReadOnlySpan<int> thresholds = _thresholds.AsSpan(channel * _levels, _levels);
        bool flipped = _flipped[channel];
        int none = flipped ? _levels : 0,
            step = flipped ? -1 : 1,
            e = 0;
        for (; e <= x.Length - Vector<int>.Count; e += Vector<int>.Count)
        {
            Vector<int> some = new(x[e..]),
                reached = Vector<int>.Zero;
            foreach (int threshold in thresholds)
            {
                reached -= Vector.GreaterThanOrEqual(some, new Vector<int>(threshold)); // -1 is a threshold reached.
            }

            (new Vector<int>(none) + reached * step).CopyTo(y[e..]);
        }

        for (; e < x.Length; e++)
        {
            y[e] = ThresholdCompare.Count(x[e], thresholds, 1, flipped);
        }
    }
}
