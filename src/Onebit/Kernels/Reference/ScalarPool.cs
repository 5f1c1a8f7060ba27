namespace Onebit;

/// <summary>Pooling without padding: the windows that fit, channel by channel, row by row.</summary>
internal static class ScalarPool
{
    /// <summary>The largest element of each window, or their sum.</summary>
    public static void Run(ReadOnlySpan<int> x, ValueInfo shape, int size, int stride, bool sum, Span<int> pooled)
    {
        int next = 0;
        for (int channel = 0; channel < x.Length; channel += shape.Height * shape.Width)
        {
            for (int top = 0; top <= shape.Height - size; top += stride)
            {
                for (int left = 0; left <= shape.Width - size; left += stride)
                {
                    int result = sum ? 0 : int.MinValue;
                    for (int y = top; y < top + size; y++)
                    {
                        foreach (int element in x.Slice(channel + y * shape.Width + left, size))
                        {
                            result = sum ? result + element : Math.Max(result, element);
                        }
                    }

                    pooled[next++] = result;
                }
            }
        }
    }
}
