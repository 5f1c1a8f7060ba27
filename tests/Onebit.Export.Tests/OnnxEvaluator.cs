using Onebit.Training;

namespace Onebit.Export.Tests;

/// <summary>
/// Computes QONNX files node by node, in double precision, as the definitions of ONNX and QONNX say. It knows nothing of packed models.
/// </summary>
internal sealed class OnnxEvaluator
{
    private readonly OnnxFile _file;
    private readonly Dictionary<string, OnnxTensor> _constants = [];
    private readonly List<OnnxNode> _nodes = [];

    public OnnxEvaluator(byte[] file)
    {
        _file = OnnxFile.Read(file);
        foreach ((string name, OnnxTensor constant) in _file.Constants)
        {
            _constants[name] = constant;
        }

        foreach (OnnxNode node in _file.Nodes)
        {
            // What depends on no image is computed once.
            if (node.Inputs.All(_constants.ContainsKey))
            {
                _constants[node.Outputs[0]] = Run(node, [.. node.Inputs.Select(i => _constants[i])]);
            }
            else
            {
                _nodes.Add(node);
            }
        }
    }

    /// <summary>The output for one image of pixels of 0 to 1.</summary>
    public double[] Run(ReadOnlySpan<byte> pixels)
    {
        double[] image = Array.ConvertAll(pixels.ToArray(), p => (double)(p / 255f));
        (string name, long[] dimensions) = _file.Inputs.Single(i => !_file.Constants.ContainsKey(i.Name));
        var values = new Dictionary<string, OnnxTensor> { [name] = new([1, .. dimensions[1..].Select(d => (int)d)], image) };
        foreach (OnnxNode node in _nodes)
        {
            values[node.Outputs[0]] = Run(node, [.. node.Inputs.Select(i => values.TryGetValue(i, out OnnxTensor? v) ? v : _constants[i])]);
        }

        return values[_file.Outputs[0]].Values;
    }

    /// <summary>The lowest class with the largest number.</summary>
    public static int Best(double[] logits) => Array.IndexOf(logits, logits.Max());

    private static OnnxTensor Run(OnnxNode node, OnnxTensor[] x) =>
        node.Operation switch
        {
            "Constant" => (OnnxTensor)node.Attributes["value"],
            "Identity" or "Cast" => x[0],
            "Unsqueeze" or "Squeeze" => new([x[0].Values.Length], x[0].Values),
            "Shape" => new([x[0].Dimensions.Length], [.. x[0].Dimensions.Select(d => (double)d)]),
            "Gather" => new([x[1].Values.Length], [.. x[1].Values.Select(i => x[0].Values[(int)i])]),
            "Concat" => new([x.Sum(t => t.Values.Length)], [.. x.SelectMany(t => t.Values)]),
            "Reshape" or "Flatten" => new([1, x[0].Values.Length], x[0].Values),
            "Transpose" => Transposed(x[0]),
            "Add" => Combined(x[0], x[1], (a, b) => a + b),
            "Sub" => Combined(x[0], x[1], (a, b) => a - b),
            "Mul" => Combined(x[0], x[1], (a, b) => a * b),
            "Div" => Combined(x[0], x[1], (a, b) => a / b),
            "Pow" => Combined(x[0], x[1], Math.Pow),
            "Relu" => x[0] with { Values = Array.ConvertAll(x[0].Values, v => Math.Max(0, v)) },
            "BatchNormalization" => ByChannel(
                x[0],
                (v, c) =>
                    (v - x[3].Values[c])
                        / Math.Sqrt(x[4].Values[c] + (double)node.Attributes.GetValueOrDefault("epsilon", 1e-5))
                        * x[1].Values[c]
                    + x[2].Values[c]
            ),
            "MatMul" => Product(x[0], x[1], null),
            "Gemm" => Product(
                x[0],
                (long)node.Attributes.GetValueOrDefault("transB", 0L) == 1 ? Transposed(x[1]) : x[1],
                x.ElementAtOrDefault(2)
            ),
            "Pad" => Padded(x[0], [.. x[1].Values.Select(v => (int)v)], x.Length > 2 ? x[2].Values[0] : 0),
            "Conv" => Convolved(node, x[0], x[1], x.ElementAtOrDefault(2)),
            "MaxPool" => Pooled(x[0], Ints(node, "kernel_shape")[0], Ints(node, "strides", 1)[0], window => window.Max()),
            "AveragePool" => Pooled(x[0], Ints(node, "kernel_shape")[0], Ints(node, "strides", 1)[0], window => window.Average()),
            "GlobalAveragePool" => Pooled(x[0], x[0].Dimensions[2], 1, window => window.Average()),
            "BipolarQuant" => Combined(x[0], x[1], (v, scale) => v >= 0 ? scale : -scale),
            "Quant" => Quantized(node, x),
            var other => throw new NotSupportedException(other),
        };

    private static OnnxTensor Quantized(OnnxNode node, OnnxTensor[] x)
    {
        bool isSigned = (long)node.Attributes["signed"] == 1;
        double zero = x[2].Values[0],
            levels = Math.Pow(2, x[3].Values[0]),
            narrow = (long)node.Attributes["narrow"],
            lowest = isSigned ? -levels / 2 + narrow : 0,
            highest = isSigned ? levels / 2 - 1 : levels - 1 - narrow;
        Func<double, double> round = (string)node.Attributes["rounding_mode"] switch
        {
            "ROUND" => v => Math.Round(v, MidpointRounding.ToEven),
            "FLOOR" => Math.Floor,
            "CEIL" => Math.Ceiling,
            var other => throw new NotSupportedException(other),
        };
        return Combined(x[0], x[1], (v, scale) => (Math.Clamp(round(v / scale + zero), lowest, highest) - zero) * scale);
    }

    /// <summary>With the shapes of numpy's broadcasting.</summary>
    private static OnnxTensor Combined(OnnxTensor a, OnnxTensor b, Func<double, double, double> combine)
    {
        int rank = Math.Max(a.Dimensions.Length, b.Dimensions.Length);
        int[] left = [.. Enumerable.Repeat(1, rank - a.Dimensions.Length), .. a.Dimensions],
            right = [.. Enumerable.Repeat(1, rank - b.Dimensions.Length), .. b.Dimensions],
            shape =

            [
                .. left.Zip(
                    right,
                    (l, r) =>
                        l == r || r == 1 ? l
                        : l == 1 ? r
                        : throw new NotSupportedException("shapes")
                ),
            ];
        double[] values = new double[shape.Aggregate(1, (p, d) => p * d)];
        for (int i = 0; i < values.Length; i++)
        {
            (int rest, int atA, int atB, int strideA, int strideB) = (i, 0, 0, 1, 1);
            for (int d = rank - 1; d >= 0; d--)
            {
                int index = rest % shape[d];
                rest /= shape[d];
                (atA, atB) = (atA + (left[d] == 1 ? 0 : index) * strideA, atB + (right[d] == 1 ? 0 : index) * strideB);
                (strideA, strideB) = (strideA * left[d], strideB * right[d]);
            }

            values[i] = combine(a.Values[atA], b.Values[atB]);
        }

        return new OnnxTensor(shape, values);
    }

    private static OnnxTensor ByChannel(OnnxTensor x, Func<double, int, double> map)
    {
        int area = x.Dimensions[2..].Aggregate(1, (p, d) => p * d);
        return x with { Values = [.. x.Values.Select((v, i) => map(v, i / area % x.Dimensions[1]))] };
    }

    private static OnnxTensor Transposed(OnnxTensor x)
    {
        (int rows, int columns) = (x.Dimensions[0], x.Dimensions[1]);
        return new OnnxTensor(
            [columns, rows],
            [.. Enumerable.Range(0, rows * columns).Select(i => x.Values[i % rows * columns + i / rows])]
        );
    }

    private static OnnxTensor Product(OnnxTensor x, OnnxTensor weights, OnnxTensor? bias)
    {
        (int rows, int columns) = (weights.Dimensions[0], weights.Dimensions[1]);
        Assert.Equal([1, rows], x.Dimensions);
        double[] sums = bias is null ? new double[columns] : [.. bias.Values];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                sums[j] += x.Values[i] * weights.Values[i * columns + j];
            }
        }

        return new OnnxTensor([1, columns], sums);
    }

    private static OnnxTensor Padded(OnnxTensor x, int[] pads, double number)
    {
        (int channels, int height, int width) = (x.Dimensions[1], x.Dimensions[2], x.Dimensions[3]);
        (int rows, int columns) = (height + pads[2] + pads[6], width + pads[3] + pads[7]);
        double[] values = [.. Enumerable.Repeat(number, channels * rows * columns)];
        for (int i = 0; i < x.Values.Length; i++)
        {
            (int c, int row, int column) = (i / (height * width), i / width % height, i % width);
            values[(c * rows + row + pads[2]) * columns + column + pads[3]] = x.Values[i];
        }

        return new OnnxTensor([1, channels, rows, columns], values);
    }

    private static OnnxTensor Convolved(OnnxNode node, OnnxTensor input, OnnxTensor weights, OnnxTensor? bias)
    {
        int[] pads = Ints(node, "pads", 0, 0, 0, 0);
        OnnxTensor x = Padded(input, [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]], 0);
        int stride = Ints(node, "strides", 1)[0],
            groups = (int)(long)node.Attributes.GetValueOrDefault("group", 1L);
        (int outputs, int channels, int kernelRows, int kernelColumns) = (
            weights.Dimensions[0],
            weights.Dimensions[1],
            weights.Dimensions[2],
            weights.Dimensions[3]
        );
        (int height, int width) = ((x.Dimensions[2] - kernelRows) / stride + 1, (x.Dimensions[3] - kernelColumns) / stride + 1);
        double[] sums = new double[outputs * height * width];
        for (int i = 0; i < sums.Length; i++)
        {
            (int o, int y, int z) = (i / (height * width), i / width % height, i % width);
            sums[i] = bias?.Values[o] ?? 0;
            for (int k = 0; k < channels * kernelRows * kernelColumns; k++)
            {
                (int c, int row, int column) = (k / (kernelRows * kernelColumns), k / kernelColumns % kernelRows, k % kernelColumns);
                int channel = o / (outputs / groups) * channels + c;
                sums[i] +=
                    weights.Values[o * channels * kernelRows * kernelColumns + k]
                    * x.Values[(channel * x.Dimensions[2] + y * stride + row) * x.Dimensions[3] + z * stride + column];
            }
        }

        return new OnnxTensor([1, outputs, height, width], sums);
    }

    private static OnnxTensor Pooled(OnnxTensor x, int size, int stride, Func<IEnumerable<double>, double> pool)
    {
        (int channels, int rows, int columns) = (x.Dimensions[1], x.Dimensions[2], x.Dimensions[3]);
        (int height, int width) = ((rows - size) / stride + 1, (columns - size) / stride + 1);
        return new OnnxTensor(
            [1, channels, height, width],
            [
                .. Enumerable
                    .Range(0, channels * height * width)
                    .Select(i =>
                        pool(
                            Enumerable
                                .Range(0, size * size)
                                .Select(k =>
                                    x.Values[
                                        (i / (height * width) * rows + i / width % height * stride + k / size) * columns
                                            + i % width * stride
                                            + k % size
                                    ]
                                )
                        )
                    ),
            ]
        );
    }

    private static int[] Ints(OnnxNode node, string name, params long[] standard) =>
        [.. ((long[])node.Attributes.GetValueOrDefault(name, standard)).Select(v => (int)v)];
}
