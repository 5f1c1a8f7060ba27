using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>Counts reached thresholds where each sum has its own: those of one position's channels.</summary>
internal sealed class ChannelThresholds
{
    private readonly int _channels;
    private readonly int _levels;
    private readonly int[] _thresholds;
    private readonly int[] _flips;

    private ChannelThresholds(ReadOnlySpan<int> thresholds, ReadOnlySpan<bool> flipped)
    {
        (_channels, _levels) = (flipped.Length, thresholds.Length / flipped.Length);

        // The first threshold of each channel, then the second of each ...
        _thresholds = new int[thresholds.Length];
        _flips = new int[_channels];
        for (int c = 0; c < _channels; c++)
        {
            for (int level = 0; level < _levels; level++)
            {
                _thresholds[level * _channels + c] = thresholds[c * _levels + level];
            }

            _flips[c] = flipped[c] ? -1 : 0;
        }
    }

    /// <summary>Those of an operation, or null where it has none or where its channels have more than one position.</summary>
    public static ChannelThresholds? Of(Operation operation, ValueInfo value) =>
        value is not { Height: 1, Width: 1 }
            ? null
            : operation switch
            {
                Threshold threshold => new ChannelThresholds(threshold.Thresholds.Span, threshold.Flipped.Span),
                Quantize quantize => new ChannelThresholds(quantize.Thresholds.Span, quantize.Flipped.Span),
                _ => null,
            };

    /// <summary>How many thresholds each sum reaches, or misses where flipped: 1 is the sign +1.</summary>
    public void Count(ReadOnlySpan<int> sums, Span<int> codes)
    {
        int c = 0;
        for (; c + Vector512<int>.Count <= _channels; c += Vector512<int>.Count)
        {
            // Without AVX-512 .NET makes it of narrower vectors. -1 is a threshold reached.
            Vector512<int> sum = Vector512.Create(sums[c..]),
                reached = Vector512<int>.Zero;
            for (int i = c; i < _thresholds.Length; i += _channels)
            {
                reached -= Vector512.GreaterThanOrEqual(sum, Vector512.Create(_thresholds.AsSpan(i)));
            }

            // ~reached + levels + 1 is levels - reached.
            Vector512<int> flip = Vector512.Create(_flips.AsSpan(c));
            ((reached ^ flip) + (flip & Vector512.Create(_levels + 1))).CopyTo(codes[c..]);
        }

        for (; c < _channels; c++)
        {
            int reached = 0;
            for (int i = c; i < _thresholds.Length; i += _channels)
            {
                reached += sums[c] >= _thresholds[i] ? 1 : 0;
            }

            codes[c] = (reached ^ _flips[c]) + (_flips[c] & (_levels + 1));
        }
    }
}
