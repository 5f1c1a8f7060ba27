using Onebit.Datasets;
using Onebit.Tests;

namespace Onebit.Export.Tests;

/// <summary>Exported C, compiled with what is installed, gives the classes and scores of the runtime.</summary>
public class CExporterTests
{
    private static readonly string[] s_sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

    private static (BitModel Model, string Prefix)[] Shipped =>
        [.. Repository.Classifiers.Select(path => (BitModel.Load(path), CExporter.PrefixOf(path)))];

    [Fact]
    public void Every_operation_has_a_row()
    {
        Type[] operations = [.. typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract)];
        Assert.NotEmpty(operations);
        Assert.Empty(operations.Except(LayerTable.Writers.Keys));
    }

    [Theory]
    [InlineData("gcc", "-O2")]
    [InlineData("clang", "-Os")]
    public void Shipped_models_give_the_scores_of_the_runtime(string compiler, string optimization)
    {
        const int Count = 200;
        RequireTool(compiler);
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        int size = images.Channels * images.Height * images.Width;
        byte[][] some = [.. Enumerable.Range(0, Count).Select(i => images.Pixels.Slice(i * size, size).ToArray())];
        using var program = new CProgram(Shipped);
        program.Compile(compiler, optimization);
        program.RequireRuntimeScores([.. Shipped.Select(_ => some)]);
    }

    [Theory]
    [InlineData("gcc", false)]
    [InlineData("clang", true)]
    public void The_sanitizers_have_nothing_to_report_whatever_the_bytes_of_an_image(string compiler, bool inPlace)
    {
        RequireTool(compiler, s_sanitizers);
        var random = new Random(5);
        using var program = new CProgram(Shipped, inPlace);
        program.Compile(compiler, ["-O0", .. s_sanitizers]);
        program.RequireRuntimeScores([.. Shipped.Select(m => Build.Many(2, () => RandomModels.Image(m.Model, random)))]);
    }

    [Theory]
    [InlineData("gcc", 30, "-O0", true, false)]
    [InlineData("gcc", 15, "-O2", false, true)]
    [InlineData("clang", 20, "-Os", true, true)]
    public void Models_of_any_operations_give_the_scores_of_the_runtime(
        string compiler,
        int count,
        string optimization,
        bool isSanitized,
        bool inPlace
    )
    {
        RequireTool(compiler, isSanitized ? s_sanitizers : []);
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        (BitModel Model, string Prefix)[] models =
        [
            .. Enumerable.Range(0, count).Select(i => (RandomModels.Create(random), $"random_{i}")),
            (Build.Mlp(random), "mlp"),
            (Build.SumOfLargeTerms(), "terms"),
        ];
        using var program = new CProgram(models, inPlace);
        program.Compile(compiler, [optimization, .. isSanitized ? s_sanitizers : []]);
        program.RequireRuntimeScores([.. models.Select(m => Build.Many(4, () => RandomModels.Image(m.Model, random)))]);
    }

    [Theory]
    [InlineData("gcc", "-O0", false)]
    [InlineData("clang", "-O2", false)]
    [InlineData("gcc", "-O2", true)]
    public void Convolutions_of_bits_give_the_scores_of_the_runtime(string compiler, string optimization, bool inPlace)
    {
        RequireTool(compiler);
        var random = new Random(13);
        (BitModel Model, string Prefix)[] models = [.. Enumerable.Range(0, 12).Select(i => (Convolutions(random, i), $"bits_{i}"))];
        Assert.Equal(
            !inPlace,
            models.All(m => CExporter.Write(m.Model, m.Prefix, inPlace).Source.Contains("layer3_columns[", StringComparison.Ordinal))
        );
        using var program = new CProgram(models, inPlace);
        program.Compile(compiler, optimization);
        program.RequireRuntimeScores([.. models.Select(m => Build.Many(20, () => Sparse(RandomModels.Image(m.Model, random))))]);

        byte[] Sparse(byte[] image) => [.. image.Select(x => random.Next(3) > 0 ? (byte)0 : x)];
    }

    /// <summary>Convolutions of all forms that add columns, a dense layer of them, and one that counts bits.</summary>
    private static BitModel Convolutions(Random random, int form)
    {
        int pool = form % 3,
            stride = 1 + form / 3 % 2,
            padding = form / 6;
        List<Operation> operations = [];
        Linear Convolution(int outputs, int channels, int kernel, int step, int border) =>
            new(operations.Count, outputs, kernel, kernel, step, border, 1, Build.Weights(random, outputs * channels * kernel * kernel));
        void AddThreshold(int outputs, int reach) =>
            operations.Add(
                new Threshold(
                    operations.Count,
                    Build.Many(outputs, () => random.Next(-reach, reach)),
                    Build.Many(outputs, () => form % 2 == 1 && random.Next(3) == 0)
                )
            );
        int height = 15 - 3,
            width = 14 - 3;
        operations.Add(Convolution(32, 1, 4, 1, 0));
        if (pool > 0)
        {
            operations.Add(new MaxPool(operations.Count, 2, pool));
            (height, width) = ((height - 2) / pool + 1, (width - 2) / pool + 1);
        }

        AddThreshold(32, 5);
        operations.Add(Convolution(64, 32, 3, stride, padding));
        AddThreshold(64, 30);
        operations.Add(Convolution(32, 64, 2, 1, padding));
        AddThreshold(32, 30);
        (height, width) = ((height + 2 * padding - 3) / stride + 2 * padding, (width + 2 * padding - 3) / stride + 2 * padding);
        operations.Add(new Linear(operations.Count, 40, height, width, 1, 0, 1, Build.Weights(random, 40 * 32 * height * width)));
        AddThreshold(40, 30);
        operations.Add(Convolution(10, 40, 1, 1, 0));
        operations.Add(Build.Scores(operations.Count, 10));
        return new BitModel(new ModelInput(1, 15, 14, 1, 100), operations);
    }

    [Fact]
    public void A_model_of_every_method_gives_the_scores_of_the_runtime()
    {
        const string Compiler = "gcc";
        RequireTool(Compiler);
        var random = new Random(11);
        (BitModel Model, string Prefix)[] models = [.. PackedModels.OneOfEachMethod(random)];
        using var program = new CProgram(models);
        program.Compile(Compiler, "-O2");
        program.RequireRuntimeScores([.. models.Select(m => Build.Many(20, () => RandomModels.Image(m.Model, random)))]);
    }

    [Theory]
    [InlineData("gcc")]
    [InlineData("clang")]
    [InlineData("clang", "--target=wasm32")]
    [InlineData("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb")]
    [InlineData("riscv64-unknown-elf-gcc", "-march=rv32i", "-mabi=ilp32")]
    [InlineData("avr-gcc", "-mmcu=atmega2560")]
    public void A_model_needs_no_library(string compiler, params string[] flags)
    {
        RequireTool(compiler);
        var random = new Random(12);
        using var program = new CProgram([Shipped.Single(m => m.Prefix == "mnist_micro"), (Build.Mlp(random), "mlp")]);
        program.CompileAlone(compiler, ["-ffreestanding", "-nostdlib", "-Os", .. flags]);
    }

    [Fact]
    public void The_header_says_what_the_model_takes()
    {
        (BitModel model, string prefix) = Shipped.Single(m => m.Prefix == "mnist_micro");
        CFiles files = CExporter.Write(model, prefix);
        Assert.Contains($"{files.ConstantBytes} bytes of weights and tables", files.Header, StringComparison.Ordinal);
        Assert.Contains($"#define MNIST_MICRO_WORK_BYTES {files.WorkBytes}\n", files.Header, StringComparison.Ordinal);
        Assert.Contains($"{files.MultiplyAccumulates} multiply-accumulates", files.Header, StringComparison.Ordinal);
        Assert.Contains(
            "int mnist_micro_predict(const uint8_t *pixels, mnist_micro_score *scores,",
            files.Header,
            StringComparison.Ordinal
        );
        Assert.InRange(files.WorkBytes, 1600, 1736);
        Assert.InRange(files.ConstantBytes, 900, 1000);
        Assert.DoesNotContain("float", files.Source, StringComparison.Ordinal);
        Assert.DoesNotContain("int64_t", files.Source, StringComparison.Ordinal);
        Assert.Equal(
            ["#include \"mnist_micro.h\""],
            files.Source.Split('\n').Where(l => l.StartsWith("#include", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void Names_of_classes_cannot_leave_their_comment()
    {
        BitModel model = new(Build.Bytes(1, 1, 1), [Build.Dense(0, 2, 1, 1, "+-"), Build.Scores(1, 2)], ["*/ int x; /*", "\\"]);
        Assert.Contains("2 classes (___int_x____, _)", CExporter.Write(model, "a").Header, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models/mnist-micro.onebit", "mnist_micro")]
    [InlineData("Größe 7.onebit", "gr__e_7")]
    [InlineData("7.onebit", "model")]
    [InlineData(".onebit", "model")]
    public void A_prefix_is_made_of_the_file_s_name(string path, string prefix)
    {
        Assert.Equal(prefix, CExporter.PrefixOf(path));
        Assert.True(CExporter.IsPrefix(prefix));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7a")]
    [InlineData("a-b")]
    [InlineData("ä")]
    public void What_is_no_name_of_C_is_no_prefix(string prefix)
    {
        Assert.False(CExporter.IsPrefix(prefix));
        Assert.Throws<ArgumentException>(() => CExporter.Write(Build.Mlp(new Random(1)), prefix));
    }

    [Fact]
    public void Values_that_live_at_the_same_time_do_not_overlap()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            MemoryPlan.Block[] blocks = Build.Many(
                random.Next(1, 12),
                () =>
                {
                    int first = random.Next(8),
                        alignment = 1 << random.Next(4);
                    return new MemoryPlan.Block(alignment * random.Next(1, 20), alignment, first, first + random.Next(4));
                }
            );
            long[] offsets = MemoryPlan.Offsets(blocks);
            for (int a = 0; a < blocks.Length; a++)
            {
                Assert.Equal(0, offsets[a] % blocks[a].Alignment);
                for (int b = 0; b < a; b++)
                {
                    bool meet = blocks[a].First <= blocks[b].Last && blocks[b].First <= blocks[a].Last,
                        overlap = offsets[a] < offsets[b] + blocks[b].Bytes && offsets[b] < offsets[a] + blocks[a].Bytes;
                    Assert.False(meet && overlap);
                }
            }
        }
    }

    private static void RequireTool(string name, params string[] flags)
    {
        Assert.SkipUnless(CProgram.Find(name) is not null, $"{name} is not installed.");
        Assert.SkipUnless(flags.Length == 0 || CProgram.Links(name, flags), $"{name} does not link with {string.Join(' ', flags)}.");
    }
}
