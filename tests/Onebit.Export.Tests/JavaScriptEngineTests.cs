using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Onebit.Datasets;
using Onebit.Tests;

namespace Onebit.Export.Tests;

/// <summary>The engine of web pages, run by Node, gives the scores of the runtime.</summary>
public class JavaScriptEngineTests
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private static string[] Files =>
        [
            .. Repository
                .Classifiers.Concat(Directory.GetFiles(Path.Combine(Repository.Root, "models", "demo"), "*.onebit"))
                .Order(StringComparer.Ordinal),
        ];

    [Fact]
    public void Every_operation_has_a_function()
    {
        string[] operations =
        [
            .. typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract).Select(t => t.Name),
        ];
        Assert.NotEmpty(operations);
        Assert.Equal(operations.Order(StringComparer.Ordinal), WebScripts.OperationsIn(WebScripts.Engine()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_page_of_one_model_has_the_functions_that_it_needs_alone()
    {
        string engine = WebScripts.Engine(new HashSet<string> { "Linear", "MaxPool" });
        Assert.Equal(["Linear", "MaxPool", "SumPool"], WebScripts.OperationsIn(engine).Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// 200 test images of MNIST. All 10,000 of them, and docs/results/javascript.json:
    /// <c>ONEBIT_ALL=1 dotnet run --project tests/Onebit.Export.Tests -- -method '*_in_Node_on_test_images'</c>.
    /// </summary>
    [Fact]
    public void Shipped_models_give_the_scores_of_the_runtime_in_Node_on_test_images() =>
        RequireRuntimeScores(Files.Select(file => (Path.GetRelativePath(Repository.Root, file), BitModel.Load(file))), 200);

    /// <summary>The MLP that was trained with each method, as above.</summary>
    [Fact]
    public void Trained_models_of_every_method_give_the_scores_of_the_runtime_in_Node_on_test_images()
    {
        string runs = Path.Combine("docs", "results", "runs", "methods");
        RequireRuntimeScores(
            from file in Directory.GetFiles(Path.Combine(Repository.Root, runs), "mlp-*-seed1.zip").Order(StringComparer.Ordinal)
            let model = Packed(file)
            where model is not null
            select (Path.Combine(runs, Path.GetFileName(file)), model),
            20
        );

        static BitModel? Packed(string zip)
        {
            using ZipArchive archive = ZipFile.OpenRead(zip);
            using Stream? stream = archive.GetEntry("model.onebit")?.Open();
            return stream is null ? null : BitModel.Load(stream);
        }
    }

    [Fact]
    public void A_model_of_every_method_gives_the_scores_of_the_runtime_in_Node()
    {
        RequireNode();
        var random = new Random(13);
        foreach ((BitModel model, string name) in PackedModels.OneOfEachMethod(random))
        {
            Assert.True(Mismatches(model, Images(model, 20, random)) == 0, name);
        }
    }

    [Fact]
    public void Models_of_any_operations_give_the_scores_of_the_runtime_in_Node()
    {
        RequireNode();
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        foreach (BitModel model in Enumerable.Range(0, 60).Select(_ => RandomModels.Create(random)).Append(Build.SumOfLargeTerms()))
        {
            Assert.True(Mismatches(model, Images(model, 4, random)) == 0, string.Join('\n', model.Operations));
        }
    }

    /// <summary>Multipliers, offsets and results that need all of 64 bits.</summary>
    [Theory]
    [InlineData(int.MaxValue, long.MaxValue - (255L * 4 * int.MaxValue), 0)]
    [InlineData(int.MinValue, long.MinValue + (255L * 4 * (1L << 31)), 0)]
    [InlineData(int.MaxValue, long.MaxValue - (255L * 4 * int.MaxValue), 55)]
    [InlineData(int.MinValue, (1L << 53) + 1, 39)]
    [InlineData(3, -(1L << 60) + 1, 53)]
    [InlineData(-1, (1L << 53) - 1, 46)]
    public void Arithmetic_of_64_bits_is_exact(int multiplier, long offset, int shift)
    {
        RequireNode();
        var random = new Random(1);
        BitModel model = new(
            Build.Bytes(1, 2, 2),
            [
                new Linear(0, 3, 2, 2, 1, 0, 1, Build.Weights(random, 12)),
                new Requantize(1, new int[] { multiplier, multiplier / 2, -1 }, new long[] { offset, offset / 2, 77 }, shift, 16),
                new Requantize(2, new int[] { 1, 1, 1 }, new long[] { 0, 0, 0 }, 8, 8),
                new Linear(3, 2, 1, 1, 1, 0, 1, Build.Weights(random, 6)),
                new Scores(4, new int[] { int.MaxValue, int.MinValue }, new long[] { long.MaxValue / 2, long.MinValue / 2 }, shift),
            ]
        );
        Assert.Equal(0, Mismatches(model, Images(model, 200, random)));
    }

    /// <summary>Files that are damaged behind a right checksum: both readers refuse them, or both give the same scores.</summary>
    [Fact]
    public void Damaged_files_are_refused_in_one_sentence_or_mean_the_same_in_Node()
    {
        RequireSameMeaning(
            120,
            20,
            random =>
            {
                byte[] file = RandomModels.Create(random).ToBytes();
                file[random.Next(4, file.Length - 4)] ^= (byte)(1 << random.Next(8));
                return FileBytes.WithChecksum(file.AsSpan(0, file.Length - 4));
            },
            damaged => JavaScriptEngine.Scores(damaged, []),
            (read, random) => Assert.Equal(0, Mismatches(read, Images(read, 2, random)))
        );
    }

    [Fact]
    public void Files_that_are_no_models_are_refused_in_one_sentence()
    {
        RequireNode();
        byte[] model = File.ReadAllBytes(Files[0]);
        byte[] newer = [.. model];
        newer[4] = 4;
        foreach (
            byte[] file in new[]
            {
                [],
                "<html>"u8.ToArray(),
                model[..20],
                model[..^1],
                FileBytes.WithChecksum(newer.AsSpan(0, newer.Length - 4)),
            }
        )
        {
            Assert.EndsWith(".", Refusal(() => JavaScriptEngine.Scores(file, [])), StringComparison.Ordinal);
        }

        byte[] unknown = FileBytes.WithChecksum(newer.AsSpan(0, newer.Length - 4));
        Assert.Contains("the model has 4", Refusal(() => JavaScriptEngine.Scores(unknown, [])), StringComparison.Ordinal);
    }

    /// <summary>Noise, every step and the image.</summary>
    [Theory]
    [InlineData(16)]
    [InlineData(1)]
    public void Diffusion_models_draw_the_pixels_of_the_runtime_in_Node(int bits)
    {
        RequireNode();
        foreach ((int i, long seed) in new[] { (0, 0L), (1, 7L), (2, -3L), (3, long.MaxValue), (4, long.MinValue) })
        {
            BitModel model = SmallDiffusion.Denoiser(new Random(i), i == 2 ? ["a", "b", "c"] : null, bits);
            Assert.Equal(
                Drawn(model, i % SmallDiffusion.Classes, seed, 1 + i),
                JavaScriptEngine.Draw(model.ToBytes(), i % SmallDiffusion.Classes, seed, 1 + i)
            );
        }

        // 60 steps, whose factors are small.
        BitModel fine = SmallDiffusion.Denoiser(new Random(5), null, bits);
        var schedule = NoiseSchedule.Cosine(60);
        var diffusion = new DiffusionInput(bits == 1 ? new NoiseSchedule(schedule.Signal) : schedule, SmallDiffusion.Classes);
        fine = new BitModel(fine.Input with { Diffusion = diffusion }, fine.Operations);
        Assert.Equal(Drawn(fine, 1, 9, 60), JavaScriptEngine.Draw(fine.ToBytes(), 1, 9, 60));
        Assert.Contains("1 to 60 steps", Refusal(() => JavaScriptEngine.Draw(fine.ToBytes(), 1, 9, 61)), StringComparison.Ordinal);
        foreach (int label in new[] { -1, SmallDiffusion.Classes })
        {
            Assert.Contains("no such class", Refusal(() => JavaScriptEngine.Draw(fine.ToBytes(), label, 9, 1)), StringComparison.Ordinal);
        }

        Assert.Contains("reads none", Refusal(() => JavaScriptEngine.Scores(fine.ToBytes(), [])), StringComparison.Ordinal);
        byte[] classifier = File.ReadAllBytes(Files[0]);
        Assert.Contains("draws nothing", Refusal(() => JavaScriptEngine.Draw(classifier, 0, 1, 1)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1)]
    public void Damaged_diffusion_models_are_refused_in_one_sentence_or_draw_the_same_in_Node(int bits)
    {
        RequireSameMeaning(
            60,
            3,
            random =>
            {
                byte[] content = SmallDiffusion.Denoiser(random, bits: bits).ToBytes()[..^4];
                content[random.Next(5, content.Length)] = (byte)random.Next(256);
                return FileBytes.WithChecksum(content);
            },
            damaged => JavaScriptEngine.Draw(damaged, 0, 1, 1),
            (read, random) =>
            {
                int seed = random.Next();
                Assert.Equal(Drawn(read, 0, seed, 1), JavaScriptEngine.Draw(read.ToBytes(), 0, seed, 1));
            }
        );
    }

    /// <summary>A shipped model draws the same, too.</summary>
    [Fact]
    public void Shipped_diffusion_models_draw_the_pixels_of_the_runtime_in_Node()
    {
        RequireNode();
        Assert.NotEmpty(Repository.Generators);
        foreach (string path in Repository.Generators)
        {
            byte[] file = File.ReadAllBytes(path);
            Assert.Equal(Drawn(BitModel.Read(file), 7, 1, 5), JavaScriptEngine.Draw(file, 7, 1, 5));
        }
    }

    /// <summary>Damaged files are refused by both readers, in one sentence by Node's, or they mean the same to both.</summary>
    private static void RequireSameMeaning(
        int count,
        int least,
        Func<Random, byte[]> damage,
        Func<byte[], object> read,
        Action<BitModel, Random> compare
    )
    {
        RequireNode();
        int seed = Random.Shared.Next(),
            refused = 0,
            same = 0;
        TestContext.Current.TestOutputHelper!.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            byte[] damaged = damage(random);
            BitModel model;
            try
            {
                model = BitModel.Read(damaged);
            }
            catch (InvalidDataException e)
            {
                string sentence = Refusal(() => read(damaged));
                Assert.True(sentence is { Length: > 10 and < 200 } && sentence[^1] == '.', $"{sentence} for {e.Message}");
                refused++;
                continue;
            }

            Assert.Equal(damaged, model.ToBytes());
            compare(model, random);
            same++;
        }

        Assert.True(refused > least && same > least, $"{refused} refused, {same} the same");
    }

    private static byte[] Drawn(BitModel model, int classIndex, long seed, int steps)
    {
        var frames = new List<byte>();
        byte[] pixels = new byte[model.Input.Shape.Count];
        new Generator(model).Generate(classIndex, seed, pixels, steps, (_, x) => frames.AddRange(x.ToArray()));
        return [.. frames];
    }

    private static string Refusal(Func<object> action) => Assert.Throws<InvalidDataException>(action).Message;

    private static void RequireRuntimeScores(IEnumerable<(string Path, BitModel Model)> models, int count)
    {
        RequireNode();
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        bool all = Environment.GetEnvironmentVariable("ONEBIT_ALL") == "1";
        count = all ? images.Count : count;
        foreach ((string path, BitModel model) in models)
        {
            string name = path.Replace('\\', '/');
            int mismatches = Mismatches(model, images.Pixels.Span[..(count * images.Shape.Count)]);
            if (all)
            {
                Note(name, count, model.ClassCount, mismatches);
            }

            Assert.True(mismatches == 0, $"{name}: {mismatches} of {count} images have other scores");
        }
    }

    /// <summary>Writes a line of the results, one per model.</summary>
    private static void Note(string model, int images, int classes, int mismatches)
    {
        string path = Path.Combine(Repository.Root, "docs", "results", "javascript.json");
        var line = new JsonObject
        {
            ["model"] = model,
            ["target"] = "javascript",
            ["tool"] = JavaScriptEngine.Tool,
            ["images"] = images,
            ["scores"] = images * classes,
            ["mismatches"] = mismatches,
        };
        JsonNode[] lines =
        [
            .. (File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsArray() : [])
                .Select(other => other!.DeepClone())
                .Where(other => other["model"]!.GetValue<string>() != model)
                .Append(line)
                .OrderBy(other => other["model"]!.GetValue<string>(), StringComparer.Ordinal),
        ];
        File.WriteAllText(path, new JsonArray(lines).ToJsonString(s_json).ReplaceLineEndings("\n") + "\n");
    }

    private static void RequireNode() =>
        Assert.SkipUnless(CProgram.Find(JavaScriptEngine.Tool) is not null, $"{JavaScriptEngine.Tool} is not installed.");

    private static byte[] Images(BitModel model, int count, Random random) =>
        [.. Build.Many(count, () => RandomModels.Image(model, random)).SelectMany(image => image)];

    /// <summary>Images of which some score differs.</summary>
    private static int Mismatches(BitModel model, ReadOnlySpan<byte> images)
    {
        int size = model.Input.Shape.Count,
            classes = model.ClassCount,
            different = 0;
        ReadOnlySpan<long> found = JavaScriptEngine.Scores(model.ToBytes(), images);
        Assert.Equal(images.Length / size * classes, found.Length);
        long[] expected = new long[classes];
        for (int i = 0; i * size < images.Length; i++)
        {
            model.Predict(images.Slice(i * size, size), expected);
            different += found.Slice(i * classes, classes).SequenceEqual(expected) ? 0 : 1;
        }

        return different;
    }
}
