using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;

namespace Onebit.Benchmarks;

/// <summary>Whole models of random weights on random pixels.</summary>
public class ModelBenchmarks : WidthBenchmark
{
    private const int Pixels = 784;
    private const int Classes = 10;

    [Params("784-128-128-10", "cnn 20-50-64")]
    public string Network { get; set; } = "";

    [Params(1, 256)]
    public int Images { get; set; }

    private protected override Action PlainRun()
    {
        BitModel model = Create(VectorWidth.Widest);
        Memory<byte> images = Work.Bytes(Images * Pixels);
        var scores = new long[Classes];
        return () =>
        {
            for (int i = 0; i < Images; i++)
            {
                model.PredictPlainly(images.Span.Slice(i * Pixels, Pixels), scores);
            }
        };
    }

    private protected override Action Run<TOps, TVector>()
    {
        BitModel model = Create(8 * Unsafe.SizeOf<TVector>());
        Memory<byte> images = Work.Bytes(Images * Pixels);
        var classes = new int[Images];
        return () => model.PredictBatch(images.Span, classes);
    }

    private BitModel Create(int widestVector)
    {
        var random = new Random(4);
        bool cnn = Network.StartsWith("cnn", StringComparison.Ordinal);
        var operations = new List<Operation>();
        if (cnn)
        {
            Block(Work.Dense(0, 20, 1, 5, 5), 1500);
            Block(Work.Dense(3, 50, 20, 5, 5), 20);
            Dense(64, 50, 4);
        }
        else
        {
            Dense(128, 1, 28);
            Dense(128, 128, 1);
        }

        operations.Add(Work.Dense(operations.Count, Classes, cnn ? 64 : 128, 1, 1));
        operations.Add(new Scores(operations.Count, Array.ConvertAll(new int[Classes], _ => 1), new long[Classes], 0));
        return new BitModel(new ModelInput(1, 28, 28, cnn ? 8 : 1, (byte)(cnn ? 0 : 128)), operations, widestVector);

        void Block(Linear linear, int spread)
        {
            operations.Add(linear);
            operations.Add(new MaxPool(operations.Count, 2, 2));
            Sign(linear.Outputs, spread);
        }

        void Dense(int outputs, int channels, int size)
        {
            operations.Add(Work.Dense(operations.Count, outputs, channels, size, size));
            Sign(outputs, 20);
        }

        // Of the size of the sums, so that about half of the activations are +1.
        void Sign(int channels, int spread) =>
            operations.Add(
                new Threshold(operations.Count, Array.ConvertAll(new int[channels], _ => random.Next(-spread, spread)), new bool[channels])
            );
    }
}
