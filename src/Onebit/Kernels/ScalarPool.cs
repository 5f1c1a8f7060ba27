namespace Onebit;

/// <summary>Pooling without padding: the windows that fit, channel by channel, row by row.</summary>
internal static class ScalarPool
{
    public static void Max(ReadOnlySpan<int> x, ValueInfo shape, int size, int stride, Span<int> pooled)
    {
        int next = 0;
        for (int channel = 0; channel < x.Length; channel += shape.Height * shape.Width)
        {
            for (int top = 0; top <= shape.Height - size; top += stride)
            {
                for (int left = 0; left <= shape.Width - size; left += stride)
                {
                    int largest = int.MinValue;
                    for (int y = top; y < top + size; y++)
                    {
                        foreach (int element in x.Slice(channel + y * shape.Width + left, size))
                        {
                            largest = Math.Max(largest, element);
                        }
                    }

                    pooled[next++] = largest;
                }
            }
        }
    }

    public static void Sum(ReadOnlySpan<int> x, ValueInfo shape, int size, int stride, Span<int> pooled)
    {
        int next = 0;
        for (int channel = 0; channel < x.Length; channel += shape.Height * shape.Width)
        {
            for (int top = 0; top <= shape.Height - size; top += stride)
            {
                for (int left = 0; left <= shape.Width - size; left += stride)
                {
                    int sum = 0;
                    for (int y = top; y < top + size; y++)
                    {
                        foreach (int element in x.Slice(channel + y * shape.Width + left, size))
                        {
                            sum += element;
                        }
                    }

                    pooled[next++] = sum;
                }
            }
        }
    }
}
