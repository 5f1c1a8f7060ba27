using Onebit.Datasets;

namespace Onebit.Study;

/// <summary>
/// Networks for <see cref="Bench"/> with random weights from a fixed seed: three dense ones whose weights, activations and
/// pixels are one bit, and the CNN 20-50-64 on pixels of 8 bits. A threshold is the median of its channel's sums on some
/// images, so that about half of the activations are +1, as in a trained network.
/// </summary>
public static class BenchNetworks
{
    private const int Classes = 10;
    private const int Images = 15;
    private const byte PixelThreshold = 128;

    /// <summary>The four networks by name.</summary>
    /// <param name="images">Images that they are to read.</param>
    public static IEnumerable<(string Name, BitModel Model)> All(ImageSet images) =>
        [.. new int[][] { [128, 128], [256, 256, 256], [1024, 1024, 1024] }.Select(hidden => Dense(images, hidden)), Cnn(images)];

    private static (string Name, BitModel Model) Dense(ImageSet images, int[] hidden)
    {
        var layers = new Layers(images, bits: 1);
        foreach (int units in hidden)
        {
            layers.Dense(units);
            layers.Sign();
        }
        return (string.Join('-', [layers.Pixels, .. hidden, Classes]), layers.Build());
    }

    private static (string Name, BitModel Model) Cnn(ImageSet images)
    {
        var layers = new Layers(images, bits: 8);
        foreach (int filters in new[] { 20, 50 })
        {
            layers.Convolve(filters, 5);
            layers.Add(new MaxPool(layers.Last, 2, 2));
            layers.Sign();
        }
        layers.Dense(64);
        layers.Sign();
        return ("cnn 20-50-64", layers.Build());
    }

    private sealed class Layers(ImageSet images, int bits)
    {
        private readonly ModelInput _input = new(images.Channels, images.Height, images.Width, bits, bits == 1 ? PixelThreshold : (byte)0);
        private readonly List<Operation> _operations = [];
        private readonly Random _random = new(1);

        internal int Last => _operations.Count;

        internal int Pixels => images.Channels * images.Height * images.Width;

        internal void Add(Operation operation) => _operations.Add(operation);

        internal void Dense(int units)
        {
            ValueInfo x = Value();
            Add(Linear(units, x.Height, x.Width));
        }

        internal void Convolve(int filters, int kernel) => Add(Linear(filters, kernel, kernel));

        internal void Sign()
        {
            ValueInfo x = Value();
            int[][] sums = Trace(x);
            int area = x.Height * x.Width;
            int[] medians =
            [
                .. Enumerable
                    .Range(0, x.Channels)
                    .Select(channel =>
                    {
                        int[] ordered = [.. sums.SelectMany(s => s.Skip(channel * area).Take(area)).Order()];
                        return ordered[ordered.Length / 2];
                    }),
            ];
            Add(new Threshold(Last, medians, new bool[x.Channels]));
        }

        internal BitModel Build()
        {
            Dense(Classes);
            return new BitModel(_input, [.. _operations, new Scores(Last, Enumerable.Repeat(1, Classes).ToArray(), new long[Classes], 0)]);
        }

        private ValueInfo Value()
        {
            var builder = new ModelBuilder(_input);
            foreach (Operation operation in _operations)
            {
                builder.Append(operation);
            }

            return builder.Values[^1];
        }

        private Linear Linear(int outputs, int height, int width)
        {
            int weights = outputs * Value().Channels * height * width;
            byte[] plane = new byte[(weights + 7) / 8];
            _random.NextBytes(plane);
            if (weights % 8 != 0)
            {
                plane[^1] &= (byte)((1 << weights % 8) - 1);
            }

            return new Linear(Last, outputs, height, width, 1, 0, 1, plane);
        }

        /// <summary>The last value on some images, by a model that ends right after it.</summary>
        private int[][] Trace(ValueInfo x)
        {
            var model = new BitModel(
                _input,
                [
                    .. _operations,
                    new Threshold(Last, new int[x.Channels], new bool[x.Channels]),
                    new Linear(Last + 1, 2, x.Height, x.Width, 1, 0, 1, new byte[(2 * x.Count + 7) / 8]),
                    new Scores(Last + 2, new int[2], new long[2], 0),
                ]
            );
            return [.. Enumerable.Range(0, Math.Min(Images, images.Count)).Select(i => model.Trace(images.Image(i))[Last])];
        }
    }
}
