using Onebit.Datasets;
using Onebit.Tests;
using Onebit.Training;

namespace Onebit.Export.Tests;

/// <summary>Networks as Brevitas writes them give, once imported, what their files compute.</summary>
public class QonnxImportTests
{
    private const string Domain = "qonnx.custom_op.general";

    public static TheoryData<int, bool, string, string> Quantizations
    {
        get
        {
            var rows = new TheoryData<int, bool, string, string>();
            for (int bits = 1; bits <= 8; bits++)
            {
                string[] weights = ["signs", "ternary", "two bits"];
                rows.Add(bits, bits % 2 == 0, "ROUND", weights[bits % 3]);
                rows.Add(bits, bits % 2 == 1, "FLOOR", weights[(bits + 1) % 3]);
            }

            rows.Add(4, true, "CEIL", "two bits per output");
            rows.Add(2, false, "ROUND", "two bits per output");
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Quantizations))]
    public void A_network_of_few_bits_gives_the_logits_of_its_file(int bits, bool signed, string rounding, string weights)
    {
        var random = new Random(bits);
        int distinct = 0;
        for (int i = 0; i < 3; i++)
        {
            var network = new Builder(random);
            // A convolution, batch normalization, activations, a pool.
            string x = network.Quant("pixels", 1 / 255f, 8, signed: false, "ROUND");
            x = network.Node("Conv", [x, network.Weights(weights, 6, 2, 3, 3)], ("kernel_shape", new[] { 3, 3 }));
            x = network.Quant(network.Normalized(x, 6), 2.2f / (1 << bits), bits, signed, rounding);
            x = network.Node("MaxPool", [x], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }));
            // A product with a transposed matrix, a scale and an offset, activations whose scale is a power of two.
            x = network.Node("Flatten", [x]);
            x = network.Node("MatMul", [x, network.Transposed(network.Weights(weights, 12, 6 * 4))]);
            x = network.Node("Mul", [x, network.Numbers(-0.3f, 0.7f, 12)]);
            x = network.Node("Add", [x, network.Numbers(-1, 2, 12)]);
            x = network.Quant(x, MathF.ScaleB(1, 2 - bits), bits, signed, rounding);
            x = network.Node("Gemm", [x, network.Weights(weights, 5, 12), network.Constant([5], [1, 0.25f, -2, 0, 3])], ("transB", 1));
            distinct += RequireLogitsOfFile(network.File(x, 5, new Shape(2, 6, 6)), new Shape(2, 6, 6), random);
        }

        Assert.True(distinct > 3, "Images hardly make a difference.");
    }

    [Fact]
    public void Two_branches_are_added_and_a_mean_is_taken()
    {
        var random = new Random(2);
        for (int i = 0; i < 10; i++)
        {
            var network = new Builder(random);
            string pixels = network.Node("Mul", ["pixels", network.Constant([], [255])]);
            pixels = network.Quant(pixels, 1, 8, signed: false, "ROUND");
            string Branch(string read) =>
                network.Node(
                    "Conv",
                    [read, network.Weights("signs", 4, 1, 3, 3)],
                    ("kernel_shape", new[] { 3, 3 }),
                    ("pads", new[] { 1, 1, 1, 1 })
                );
            string scaled = network.Node("Mul", [Branch(pixels), network.Constant([4, 1, 1], [0.5f, -3, 0, 1.5f])]);
            string sum = network.Node("Add", [Branch(pixels), scaled]);
            string codes = network.Quant(network.Node("Relu", [network.Normalized(sum, 4)]), 0.25f, 3, signed: false, "ROUND");
            string mean = network.Node("GlobalAveragePool", [codes]);
            string logits = network.Node("MatMul", [network.Node("Flatten", [mean]), network.Transposed(network.Weights("signs", 3, 4))]);
            logits = network.Node("Mul", [logits, network.Constant([], [49])]);
            Assert.True(RequireLogitsOfFile(network.File(logits, 3, new Shape(1, 7, 7)), new Shape(1, 7, 7), random) > 1);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pixels_of_one_bit_are_read_as_such(bool isRounded)
    {
        var random = new Random(3);
        var network = new Builder(random);
        string pixels = isRounded ? network.Quant("pixels", 1 / 255f, 8, signed: false, "ROUND") : "pixels";
        string read = network.Quant(network.Node("Add", [pixels, network.Constant([], [0.3f])]), 1, 1, signed: false, "FLOOR");
        string logits = network.Node("MatMul", [network.Node("Flatten", [read]), network.Transposed(network.Weights("signs", 3, 16))]);
        byte[] file = network.File(logits, 3, new Shape(1, 4, 4));
        Assert.True(RequireLogitsOfFile(file, new Shape(1, 4, 4), random) > 1);
        Assert.Equal((1, 179), (QonnxImporter.Read(file).Input.Bits, QonnxImporter.Read(file).Input.PixelThreshold));
    }

    [Theory]
    [InlineData("weights", "Node 'n2' (Quant): weights have 1 or 2 bits, no zero point, and one scale, or one for each output.")]
    [InlineData("halves", "Node 'n3' (Quant): integers do not give its codes of 8 bits in channel 0;")]
    [InlineData("unknown", "Node 'n3' (Sigmoid): a packed model cannot hold this operation.")]
    [InlineData("scales", "Node 'n4' (Add): the scales of the two values are no whole multiples of a common one.")]
    [InlineData("padding", "Node 'n3' (Conv): its padding is 0, and must be -1, the lowest level of what it reads.")]
    [InlineData("float", "Node 'n0' (MatMul): it must multiply 4 flattened elements with a matrix of as many rows.")]
    public void What_cannot_be_held_is_refused_by_the_name_of_its_node(string mistake, string message)
    {
        var network = new Builder(new Random(1));
        string Read() => network.Quant(network.Node("Mul", ["pixels", network.Constant([], [255])]), 1, 8, signed: false, "ROUND");
        string Layer(string read) =>
            network.Node("Conv", [read, network.Constant([3, 1, 1, 1], [1, -1, 1])], ("kernel_shape", new[] { 1, 1 }));
        string last = mistake switch
        {
            "weights" => network.Node("Conv", [Read(), network.Quant(network.Constant([1, 1, 1, 1], [5]), 1, 3, true, "ROUND")]),
            "halves" => network.Quant(Layer(Read()), 2, 8, signed: false, "ROUND"),
            "unknown" => network.Node("Sigmoid", [Layer(Read())]),
            "scales" => network.Node("Add", [Read(), network.Node("Mul", [Layer(Read()), network.Constant([], [MathF.PI])])]),
            "padding" => network.Node(
                "Conv",
                [network.Node("BipolarQuant", [Read(), network.Constant([], [1])], Domain), network.Constant([3, 1, 1, 1], [1, -1, 1])],
                ("pads", new[] { 1, 1, 1, 1 })
            ),
            _ => network.Node("MatMul", ["pixels", network.Constant([2, 2], [1, -1, 1, 1])]),
        };
        if (mistake == "scales")
        {
            // The reads are of one channel; the layer has as many.
            network = new Builder(new Random(1));
            string read = Read(),
                first = network.Node("Conv", [read, network.Constant([2, 1, 1, 1], [1, -1])], ("kernel_shape", new[] { 1, 1 }));
            last = network.Node("Add", [first, network.Node("Mul", [first, network.Constant([], [MathF.PI])])]);
        }

        InvalidDataException e = Assert.Throws<InvalidDataException>(() => QonnxImporter.Read(network.File(last, 3, new Shape(1, 2, 2))));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_published_network_gives_the_classes_of_its_file()
    {
        // Xilinx's 784-64-64-64-10 of one bit; its licence text is not with the file, so the file is not in the repository.
        string path = Path.Combine(Repository.Root, "..", "shared", "interchange", "TFC_1W1A.onnx");
        Assert.SkipUnless(File.Exists(path), $"There is no {path}.");
        byte[] file = File.ReadAllBytes(path);
        BitModel model = QonnxImporter.Read(file),
            again = QonnxImporter.Read(QonnxExporter.Write(model));
        var evaluator = new OnnxEvaluator(file);
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        double one = Math.ScaleB(1, ((Scores)model.Operations[^1]).Shift);
        int right = 0;
        for (int i = 0; i < images.Count; i++)
        {
            byte[] image = images.Pixels.Slice(i * 784, 784).ToArray();
            long[] scores = new long[10],
                others = new long[10];
            int best = model.Predict(image, scores);
            Assert.Equal(best, again.Predict(image, others));
            Assert.Equal(scores, others);
            double[] logits = evaluator.Run(image);
            Assert.Equal(OnnxEvaluator.Best(logits), best);
            // The last layer's scales are rounded to 14 bits.
            Assert.All(logits, (logit, c) => Assert.Equal(logit, scores[c] / one, 0.01));
            right += best == images.Labels.Span[i] ? 1 : 0;
        }

        // The authors give 93.17 %.
        Assert.InRange(right, 9287, 9347);
    }

    /// <summary>Ten images at random.</summary>
    /// <returns>How many different scores they have.</returns>
    private static int RequireLogitsOfFile(byte[] file, Shape shape, Random random)
    {
        BitModel model = QonnxImporter.Read(file);
        var evaluator = new OnnxEvaluator(file);
        double one = Math.ScaleB(1, ((Scores)model.Operations[^1]).Shift);
        var seen = new HashSet<string>();
        for (int n = 0; n < 10; n++)
        {
            byte[] image = new byte[shape.Count];
            random.NextBytes(image);
            long[] scores = new long[model.ClassCount];
            int best = model.Predict(image, scores);
            double[] logits = evaluator.Run(image);
            Assert.All(logits, (logit, c) => Assert.Equal(logit, scores[c] / one, 1e-9));
            Assert.Equal(OnnxEvaluator.Best(logits), best);
            seen.Add(string.Join(' ', scores));
        }

        return seen.Count;
    }

    /// <summary>Writes networks with the nodes and names of Brevitas' exports.</summary>
    private sealed class Builder(Random random)
    {
        private readonly OnnxGraph _onnx = new();

        public string Constant(int[] shape, float[] values) => _onnx.Constant<float>(shape, values);

        public string Numbers(float lowest, float highest, int count) =>
            Constant([count], Build.Many(count, () => lowest + (highest - lowest) * random.NextSingle()));

        public string Node(string operation, string[] inputs, params (string, object)[] attributes) =>
            _onnx.Node(operation, inputs, attributes);

        public string Node(string operation, string[] inputs, string domain) => _onnx.Node(operation, inputs, domain: domain);

        public string Transposed(string matrix) => _onnx.Transpose(matrix, 1, 0);

        public string Quant(string input, float scale, int bits, bool signed, string rounding) =>
            Quant(input, Constant([], [scale]), bits, signed, narrow: false, rounding);

        public string Normalized(string input, int channels) =>
            _onnx.Node(
                "BatchNormalization",
                [input, Numbers(-0.8f, 1.2f, channels), Numbers(-1, 1, channels), Numbers(-2, 2, channels), Numbers(0.5f, 9, channels)],
                [("epsilon", 1e-5f)]
            );

        public string Weights(string kind, params int[] shape)
        {
            int count = shape.Aggregate(1, (p, d) => p * d);
            string values = Constant(shape, Build.Many(count, () => random.NextSingle() * 2 - 1)),
                scales = Constant(
                    [shape[0], .. Enumerable.Repeat(1, shape.Length - 1)],
                    Build.Many(shape[0], () => MathF.ScaleB(1, -random.Next(1, 4)))
                );
            return kind switch
            {
                "signs" => _onnx.Node("BipolarQuant", [values, Constant([], [0.25f])], domain: Domain),
                "ternary" => Quant(values, Constant([], [0.5f]), 2, signed: true, narrow: true, "ROUND"),
                "two bits" => Quant(values, Constant([], [0.5f]), 2, signed: true, narrow: false, "ROUND"),
                _ => Quant(values, scales, 2, signed: true, narrow: false, "ROUND"),
            };
        }

        public byte[] File(string output, int classes, Shape input)
        {
            _onnx.Output<float>(output, classes);
            return _onnx.ToModel<float>("pixels", input, "network");
        }

        private string Quant(string input, string scale, int bits, bool signed, bool narrow, string rounding) =>
            _onnx.Node(
                "Quant",
                [input, scale, Constant([], [0]), Constant([], [bits])],
                [("signed", signed ? 1 : 0), ("narrow", narrow ? 1 : 0), ("rounding_mode", rounding)],
                Domain
            );
    }
}
