using System.Diagnostics;
using Onebit.Datasets;
using Onebit.Study;
using Onebit.Tests;

namespace Onebit.Export.Tests;

/// <summary>
/// Exported ONNX files give the scores and classes of the runtime in ONNX Runtime. All 10,000 test images:
/// <c>ONEBIT_ALL=1 dotnet run --project tests/Onebit.Export.Tests -- -class '*OnnxExporterTests'</c>.
/// </summary>
public class OnnxExporterTests
{
    private static readonly bool s_isLong = Environment.GetEnvironmentVariable("ONEBIT_ALL") == "1";

    public static TheoryData<string> Shipped => [.. Repository.Classifiers.Select(path => Path.GetFileName(path))];

    [Fact]
    public void Every_operation_has_a_row()
    {
        Type[] operations = [.. typeof(Operation).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract)];
        Assert.NotEmpty(operations);
        Assert.Empty(operations.Except(OnnxTable.Writers.Keys));
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_model_gives_the_scores_of_the_runtime(string name)
    {
        int count = s_isLong ? 10_000 : 200;
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        RequireSame(BitModel.Load(Path.Combine(Repository.Root, "models", name)), images.Pixels[..(count * 784)]);
    }

    [Fact]
    public void A_model_of_every_method_gives_the_scores_of_the_runtime()
    {
        var random = new Random(11);
        foreach ((BitModel model, _) in PackedModels.OneOfEachMethod(random))
        {
            RequireSame(model, RandomImages(model, random, 20));
        }
    }

    [Fact]
    public void Models_of_any_operations_give_the_scores_of_the_runtime()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        int count = s_isLong ? 3000 : 100;
        for (int i = 0; i < count; i++)
        {
            BitModel model = RandomModels.Create(random);
            RequireSame(model, RandomImages(model, random, 3));
        }
    }

    [Fact]
    public void The_checker_of_python_has_no_complaint()
    {
        const string Python = "/usr/bin/python3"; // Debian's, which python3-onnx belongs to.
        Assert.SkipUnless(File.Exists(Python) && Start("import onnx").Code == 0, "There is no Debian package python3-onnx here.");
        using var folder = new TemporaryFolder();
        var random = new Random(7);
        IEnumerable<BitModel> models =
        [
            .. Shipped.Select(row => BitModel.Load(Path.Combine(Repository.Root, "models", row.Data))),
            .. Build.Many(20, () => RandomModels.Create(random)),
        ];
        string[] paths =
        [
            .. models.Select(
                (model, i) =>
                {
                    string path = Path.Combine(folder.Path, $"{i}.onnx");
                    File.WriteAllBytes(path, OnnxExporter.Write(model));
                    return path;
                }
            ),
        ];
        (int code, string errors) = Start(
            """
            import sys, onnx
            for path in sys.argv[1:]:
                model = onnx.load(path)
                onnx.checker.check_model(model, full_check=True)
                assert model.producer_name == "onebit" and model.producer_version and model.doc_string
                assert [o.version for o in model.opset_import] == [17] and {n.domain for n in model.graph.node} == {""}
                weights = [i for i in model.graph.initializer if len(i.dims) in (2, 4) and i.data_type == onnx.TensorProto.INT8]
                assert weights and {"onebit.score_shift", "onebit.class_names"} <= {p.key for p in model.metadata_props}
            """,
            paths
        );
        Assert.True(code == 0, errors);
    }

    private static void RequireSame(BitModel model, ReadOnlyMemory<byte> images)
    {
        const int Batch = 100;
        using var onnx = new OnnxClassifier(OnnxExporter.Write(model));
        int size = model.Input.Shape.Count,
            count = images.Length / size;
        for (int first = 0; first < count; first += Batch)
        {
            int some = Math.Min(Batch, count - first);
            ReadOnlySpan<byte> pixels = images.Span.Slice(first * size, some * size);
            var classes = new int[some];
            var scores = new long[some * model.ClassCount];
            model.PredictBatch(pixels, classes, scores);
            (long[] actualScores, int[] actualClasses) = onnx.Predict(pixels);
            Assert.Equal(scores, actualScores);
            Assert.Equal(classes, actualClasses);
        }
    }

    private static byte[] RandomImages(BitModel model, Random random, int count) =>
        [.. Build.Many(count, () => RandomModels.Image(model, random)).SelectMany(i => i)];

    private static (int Code, string Errors) Start(string script, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("/usr/bin/python3", ["-c", script, .. arguments]) { RedirectStandardError = true }
        )!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
