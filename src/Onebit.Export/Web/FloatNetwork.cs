using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Onebit.Export;

/// <summary>
/// A trained network in full precision, to stand beside packed models: convolutions, max-pools, batch normalization and ReLU. Numbers are
/// float32; sums are taken in double precision, in one order, so that every machine gives the same class.
/// </summary>
public sealed class FloatNetwork
{
    private readonly Dictionary<string, float[]> _tensors = [];
    private readonly double _mean,
        _deviation,
        _epsilon;

    private FloatNetwork(string name, JsonArray layers, byte[] file, double accuracy)
    {
        (Name, Layers, File, Accuracy) = (name, layers, file, accuracy);
        int end = 8 + (int)BitConverter.ToInt64(file);
        JsonObject header = JsonNode.Parse(file.AsSpan(8, end - 8))!.AsObject();
        foreach ((string tensor, JsonNode? about) in header)
        {
            if (about!["data_offsets"] is JsonArray offsets)
            {
                int first = offsets[0]!.GetValue<int>(),
                    last = offsets[1]!.GetValue<int>();
                _tensors[tensor] = MemoryMarshal.Cast<byte, float>(file.AsSpan(end + first, last - first)).ToArray();
            }
        }

        _mean = Number("pixelMean");
        _deviation = Number("pixelDeviation");
        _epsilon = Number("batchNormEpsilon");

        double Number(string key) => double.Parse(header["__metadata__"]![key]!.GetValue<string>(), CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The CNN of <c>onebit train quick/cnn-float32</c>, seed 1, which reads MNIST's digits: models/demo/cnn-float32.safetensors.
    /// </summary>
    public static FloatNetwork Shipped { get; } = Load();

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>The safetensors file.</summary>
    public ReadOnlyMemory<byte> File { get; }

    /// <summary>Share of MNIST's test images that it reads rightly.</summary>
    public double Accuracy { get; }

    /// <summary>Bytes of an image: one channel, 28 x 28.</summary>
    internal const int Pixels = Side * Side;

    private const int Side = 28;

    /// <summary>The layers as an experiment describes them.</summary>
    internal JsonArray Layers { get; }

    /// <summary>The class of an image.</summary>
    /// <param name="pixels">1 x 28 x 28 bytes.</param>
    public int Classify(ReadOnlySpan<byte> pixels)
    {
        var x = new Values(1, Side, Side, new double[pixels.Length]);
        for (int i = 0; i < pixels.Length; i++)
        {
            x.Data[i] = (pixels[i] - _mean) / _deviation;
        }

        for (int i = 0; i < Layers.Count; i++)
        {
            x = Run(Layers[i]!, $"layers.{i}.", x);
        }

        return Array.IndexOf(x.Data, x.Data.Max());
    }

    private Values Run(JsonNode layer, string name, Values x)
    {
        switch (layer["type"]!.GetValue<string>())
        {
            case "conv":
                int kernel = layer["kernel"]!.GetValue<int>();
                return Convolve(x, _tensors[name + "weight"], kernel, kernel);
            case "dense":
                return Convolve(x, _tensors[name + "weight"], x.Height, x.Width);
            case "maxPool":
                return MaxPool(x, layer["size"]!.GetValue<int>());
            case "batchNorm":
                Normalize(x, _tensors[name + "gamma"], _tensors[name + "beta"], _tensors[name + "mean"], _tensors[name + "variance"]);
                return x;
            default:
                foreach (ref double value in x.Data.AsSpan())
                {
                    value = Math.Max(0, value);
                }

                return x;
        }
    }

    private void Normalize(Values x, float[] gamma, float[] beta, float[] mean, float[] variance)
    {
        int area = x.Height * x.Width;
        for (int i = 0; i < x.Data.Length; i++)
        {
            int c = i / area;
            x.Data[i] = gamma[c] * (x.Data[i] - mean[c]) / Math.Sqrt(variance[c] + _epsilon) + beta[c];
        }
    }

    private static Values Convolve(Values x, float[] weights, int kernelHeight, int kernelWidth)
    {
        int height = x.Height - kernelHeight + 1,
            width = x.Width - kernelWidth + 1,
            outputs = weights.Length / (x.Channels * kernelHeight * kernelWidth),
            next = 0;
        double[] sums = new double[outputs * height * width];
        for (int o = 0; o < outputs; o++)
        {
            for (int c = 0; c < x.Channels; c++)
            {
                for (int i = 0; i < kernelHeight; i++)
                {
                    for (int j = 0; j < kernelWidth; j++)
                    {
                        double weight = weights[next++];
                        for (int y = 0; y < height; y++)
                        {
                            ReadOnlySpan<double> from = x.Data.AsSpan((c * x.Height + y + i) * x.Width + j, width);
                            Span<double> to = sums.AsSpan((o * height + y) * width, width);
                            for (int z = 0; z < to.Length; z++)
                            {
                                to[z] += weight * from[z];
                            }
                        }
                    }
                }
            }
        }

        return new Values(outputs, height, width, sums);
    }

    private static Values MaxPool(Values x, int size)
    {
        int height = x.Height / size,
            width = x.Width / size;
        double[] pooled = new double[x.Channels * height * width];
        for (int n = 0; n < pooled.Length; n++)
        {
            int top = n / width % height * size + n / (height * width) * x.Height,
                left = n % width * size;
            double largest = double.NegativeInfinity;
            for (int i = 0; i < size * size; i++)
            {
                largest = Math.Max(largest, x.Data[(top + i / size) * x.Width + left + i % size]);
            }

            pooled[n] = largest;
        }

        return new Values(x.Channels, height, width, pooled);
    }

    private static FloatNetwork Load()
    {
        // As run.json of that run says, and FloatNetworkTests measures.
        const double Measured = 0.9943;
        JsonNode network = JsonNode.Parse(WebScripts.Resource("cnn.json"))!;
        return new FloatNetwork("cnn-float32", network["layers"]!.AsArray(), WebScripts.Resource("cnn-float32.safetensors"), Measured);
    }

    private sealed record Values(int Channels, int Height, int Width, double[] Data);
}
