using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Onebit.Tests;

namespace Onebit.Export.Tests;

/// <summary>
/// The forms that hold a model's numbers alone: the model is made from a safetensors file again, and C reads the same from a header.
/// </summary>
public class NumberFilesTests
{
    private static readonly Type[] s_operations =
    [
        .. typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract),
    ];

    [Fact]
    public void Every_operation_has_a_row()
    {
        Assert.NotEmpty(s_operations);
        Assert.Empty(s_operations.Except(OperationTable.Rows.Keys));
    }

    [Fact]
    public void A_model_is_made_again_from_the_tensors_and_the_text()
    {
        var seen = new HashSet<Type>();
        foreach (BitModel model in Models(new Random(5)))
        {
            (JsonObject text, Dictionary<string, Array> tensors) = ReadSafeTensors(model);
            Assert.Equal(model.ToBytes(), Rebuilt(text, tensors).ToBytes());
            seen.UnionWith(model.Operations.Select(o => o.GetType()));
            Assert.Equal(
                model.Values.Skip(1).Select(v => $"{v.Kind} {v.Bits}: {v.Channels} {v.Height} {v.Width}"),
                text["operations"]!
                    .AsArray()
                    .Select(o => o!["gives"]!)
                    .Select(g => $"{g["kind"]} {g["bits"]}: {string.Join(' ', g["shape"]!.AsArray())}")
            );
        }

        Assert.Empty(s_operations.Except(seen));
    }

    [Fact]
    public void Weights_that_layers_share_are_written_once()
    {
        byte[] weights = Build.Weights(new Random(1), 4 * 4);
        var model = new BitModel(
            Build.Bytes(1, 2, 2),
            [
                new Linear(0, 4, 2, 2, 1, 0, 1, weights),
                Build.Threshold(1, 0, 0, 0, 0),
                new Linear(0, 4, 2, 2, 1, 0, 1, weights),
                new Add(1, 3),
                Build.Scores(4, 4),
            ]
        );
        (JsonObject text, Dictionary<string, Array> tensors) = ReadSafeTensors(model);
        Assert.Equal(0, (int)text["operations"]![2]!["weightsOf"]!);
        Assert.Single(tensors.Keys, name => name.EndsWith(".weights", StringComparison.Ordinal));
        Assert.Contains("#define two_op2_weights two_op0_weights\n", HeaderExporter.Write(model, "two"), StringComparison.Ordinal);
    }

    [Fact]
    public void C_reads_the_numbers_of_the_tensors_from_the_header()
    {
        Assert.SkipUnless(CProgram.Links("gcc"), "There is no gcc here.");
        using var folder = new TemporaryFolder();
        BitModel[] models = [.. Models(new Random(5))];
        var main = new StringBuilder("#include <inttypes.h>\n#include <stdio.h>\n");
        var expected = new StringBuilder();
        for (int m = 0; m < models.Length; m++)
        {
            string prefix = $"m{m}";
            folder.Add($"{prefix}_data.h", HeaderExporter.Write(models[m], prefix));
            main.Append($"#include \"{prefix}_data.h\"\n");
        }

        main.Append("#define SHOW(a) for (unsigned i = 0; i < sizeof(a) / sizeof(a[0]); i++) printf(\"%\" PRId64 \" \", (int64_t)a[i])\n");
        main.Append("int main(void) {\n");
        for (int m = 0; m < models.Length; m++)
        {
            (JsonObject text, Dictionary<string, Array> tensors) = ReadSafeTensors(models[m]);
            ShowNumber($"M{m}_INPUT_BITS", (long)text["input"]!["bits"]!);
            ShowNumber($"M{m}_OPERATIONS", text["operations"]!.AsArray().Count);
            for (int i = 0; i < text["operations"]!.AsArray().Count; i++)
            {
                JsonObject operation = text["operations"]![i]!.AsObject();
                foreach ((string name, JsonNode? value) in operation)
                {
                    if (name is not ("operation" or "inputs" or "gives" or "weightsOf"))
                    {
                        ShowNumber($"M{m}_OP{i}_{Snake(name).ToUpperInvariant()}", (long)value!);
                    }
                }

                int[] inputs = operation["inputs"].Deserialize<int[]>()!;
                for (int k = 0; k < inputs.Length; k++)
                {
                    ShowNumber($"M{m}_OP{i}_INPUT{k}", inputs[k]);
                }

                foreach ((string name, Array values) in Tensors(text, tensors, i))
                {
                    main.Append($"SHOW(m{m}_op{i}_{Snake(name)});\nputchar('\\n');\n");
                    foreach (object number in values)
                    {
                        expected.Append(CultureInfo.InvariantCulture, $"{number} ");
                    }

                    expected.Append('\n');
                }
            }
        }

        main.Append("return 0;\n}\n");
        folder.Add("main.c", main.ToString());
        string[] strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
        Assert.Equal("", ProgramRun.Of("gcc", folder.Path, [.. strict, "main.c", "-o", "program"]).Output);
        Assert.Equal(expected.ToString(), ProgramRun.Of(folder.File("program"), folder.Path).Output);

        void ShowNumber(string name, long value)
        {
            main.Append($"printf(\"%\" PRId64 \"\\n\", (int64_t){name});\n");
            expected.Append(CultureInfo.InvariantCulture, $"{value}\n");
        }
    }

    /// <summary>Models of all operations: those at random, one that draws, and a shipped one.</summary>
    private static IEnumerable<BitModel> Models(Random random)
    {
        int[] Table(int rows) => Build.Many(rows * 2, () => random.Next(-90, 90));
        yield return BitModel.Load(Path.Combine(Repository.Root, "models", "mnist-micro.onebit"));
        yield return new BitModel(
            new ModelInput(1, 3, 3, 16, 0) { Diffusion = new DiffusionInput(NoiseSchedule.Cosine(4), 3) },
            [
                new Slice(0, 0, new Onebit.Shape(1, 3, 3)),
                new Requantize(1, new[] { int.MinValue }, new[] { long.MinValue / 2 }, 7, 8),
                new Linear(2, 2, 3, 3, 1, 1, 1, Build.Weights(random, 2 * 9)),
                new AddEmbedding(3, 0, 9, Table(4)),
                new AddEmbedding(4, 0, 10, Table(3)),
                new Requantize(5, Build.Repeat(1, 2), Build.Repeat(0L, 2), 0, 8),
                new Linear(6, 1, 3, 3, 1, 1, 1, Build.Weights(random, 2 * 9)),
                new Requantize(7, new[] { 1 }, new[] { -300L }, 0, 16),
            ],
            ["\"a\\", "*/", "ü"]
        );
        for (int i = 0; i < 60; i++)
        {
            yield return RandomModels.Create(random);
        }
    }

    /// <summary>An independent reader of safetensors: of the types that are written, with all its rules for offsets.</summary>
    private static (JsonObject Text, Dictionary<string, Array> Tensors) ReadSafeTensors(BitModel model)
    {
        using var stream = new MemoryStream();
        SafeTensorsExporter.Write(stream, model);
        byte[] file = stream.ToArray();
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file),
            end = 0;
        JsonObject header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        byte[] data = file[(8 + length)..];
        var tensors = new Dictionary<string, Array>();
        foreach ((string name, JsonNode? entry) in header.Where(e => e.Key != "__metadata__"))
        {
            int[] offsets = entry!["data_offsets"].Deserialize<int[]>()!;
            Assert.Equal(end, offsets[0]);
            end = offsets[1];
            byte[] bytes = data[offsets[0]..offsets[1]];
            tensors[name] = (string)entry["dtype"]! switch
            {
                "U8" => bytes,
                "I32" => MemoryMarshal.Cast<byte, int>(bytes).ToArray(),
                "I64" => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
                var other => throw new NotSupportedException(other),
            };
            Assert.Equal(tensors[name].Length, entry["shape"].Deserialize<int[]>()!.Aggregate(1, (a, b) => a * b));
        }

        Assert.Equal(data.Length, end);
        return (JsonNode.Parse((string)header["__metadata__"]!["onebit"]!)!.AsObject(), tensors);
    }

    /// <summary>The arrays of an operation by name; weights that it shares are those of the first layer.</summary>
    private static Dictionary<string, Array> Tensors(JsonObject text, Dictionary<string, Array> tensors, int operation)
    {
        string prefix = $"operations.{operation}.";
        Dictionary<string, Array> own = tensors
            .Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);
        if (text["operations"]![operation]!["weightsOf"] is { } first)
        {
            own.Add("weights", tensors[$"operations.{(int)first}.weights"]);
        }

        return own;
    }

    /// <summary>A model made of the file's content alone.</summary>
    private static BitModel Rebuilt(JsonObject text, Dictionary<string, Array> tensors)
    {
        JsonNode read = text["input"]!;
        var input = new ModelInput(
            (int)read["channels"]!,
            (int)read["height"]!,
            (int)read["width"]!,
            (int)read["bits"]!,
            (byte)read["pixelThreshold"]!
        );
        string[] names = text["classNames"].Deserialize<string[]>()!;
        if (tensors.TryGetValue("input.signal", out Array? signal))
        {
            input = input with
            {
                Diffusion = new DiffusionInput(new NoiseSchedule((int[])signal, (int[])tensors["input.noise"]), names.Length),
            };
        }

        var operations = new List<Operation>();
        foreach (JsonNode? entry in text["operations"]!.AsArray())
        {
            Dictionary<string, Array> arrays = Tensors(text, tensors, operations.Count);
            int N(string name) => (int)entry![name]!;
            byte[] Bytes(string name) => (byte[])arrays[name];
            int[] Ints(string name) => arrays.TryGetValue(name, out Array? ints) ? (int[])ints : [];
            long[] Longs(string name) => (long[])arrays[name];
            bool[] Flipped() => Array.ConvertAll(Bytes("flipped"), f => f == 1);
            int[] inputs = entry!["inputs"].Deserialize<int[]>()!;
            int x = inputs[0];
            operations.Add(
                (string)entry["operation"]! switch
                {
                    "Linear" => new Linear(
                        x,
                        N("outputs"),
                        N("kernelHeight"),
                        N("kernelWidth"),
                        N("stride"),
                        N("padding"),
                        N("groups"),
                        Bytes("weights")
                    ),
                    "Threshold" => new Threshold(x, Ints("thresholds"), Flipped()),
                    "Requantize" => new Requantize(x, Ints("multipliers"), Longs("offsets"), N("shift"), N("outputBits")),
                    "PiecewiseLinear" => new PiecewiseLinear(
                        x,
                        Ints("breaks"),
                        Ints("lowMultipliers"),
                        Longs("lowOffsets"),
                        Ints("highMultipliers"),
                        Longs("highOffsets"),
                        N("shift")
                    ),
                    "Quantize" => new Quantize(x, N("bits"), Ints("thresholds"), Flipped()),
                    "Scores" => new Scores(x, Ints("multipliers"), Longs("offsets"), N("shift")),
                    "Add" => new Add(x, inputs[1]),
                    "WeightedSum" => new WeightedSum(inputs, Ints("multipliers")),
                    "BitPlane" => new BitPlane(x, N("bit")),
                    "Lookup" => new Lookup(x, Bytes("table")),
                    "PositionalEmbedding" => new PositionalEmbedding(x, Bytes("signs"), Ints("multipliers")),
                    "AddEmbedding" => new AddEmbedding(x, inputs[1], N("element"), Ints("table")),
                    "MaxPool" => new MaxPool(x, N("size"), N("stride")),
                    "SumPool" => new SumPool(x, N("size"), N("stride")),
                    "Upsample" => new Upsample(x),
                    "Concat" => new Concat(inputs),
                    "Slice" => new Slice(x, N("first"), new Onebit.Shape(N("channels"), N("height"), N("width"))),
                    "AttentionScores" => new AttentionScores(x, inputs[1], N("heads"), N("queryZero"), N("keyZero")),
                    "Softmax" => new Softmax(x, Ints("multipliers"), N("shift"), Bytes("table"), Ints("thresholds"), N("thresholdShift")),
                    "AttentionSum" => new AttentionSum(x, inputs[1], N("heads")),
                    "AttentionMean" => new AttentionMean(x, inputs[1], N("heads"), N("fractionBits")),
                    var other => throw new NotSupportedException(other),
                }
            );
        }

        return new BitModel(input, operations, names).WithPreparation(Enum.Parse<ImagePreparation>((string)text["preparation"]!));
    }

    private static string Snake(string name) => string.Concat(name.Select(c => char.IsUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{c}"));
}
