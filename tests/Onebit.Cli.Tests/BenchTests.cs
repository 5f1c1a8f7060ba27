using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Onebit.Cli.Tests;

public class BenchTests
{
    [Fact]
    public void Bench_of_models_prints_the_contract_s_json()
    {
        using var folder = new TemporaryFolder();
        string dense = folder.File("dense.onebit"),
            convolution = folder.File("convolution.onebit");
        Dense(8).Save(dense);
        Convolution().Save(convolution);
        (int code, string output, string error) = OnebitProcess.Run("bench", dense, convolution, "--batch", "1", "--batch", "16", "--json");
        Assert.True(code == 0, error);
        Assert.Contains(dense, error, StringComparison.Ordinal);
        JsonObject result = JsonNode.Parse(output)!.AsObject();
        Assert.Equal(["machine", "rows"], result.Select(p => p.Key));
        Assert.NotEmpty((string)result["machine"]!["processor"]!);
        Assert.InRange((double)result["machine"]!["clockGigahertz"]!, 0.1, 10);
        JsonObject[] rows = [.. result["rows"]!.AsArray().Select(r => r!.AsObject())];
        Assert.Equal(
            [(dense, 1), (dense, 16), (convolution, 1), (convolution, 16)],
            rows.Select(r => ((string)r["model"]!, (int)r["batch"]!))
        );
        foreach (JsonObject row in rows)
        {
            Assert.Equal(
                [
                    "model",
                    "batch",
                    "onebitNanoseconds",
                    "onnxRuntimeNanoseconds",
                    "onnxRuntimeInt8Nanoseconds",
                    "libtorchNanoseconds",
                    "csharpNanoseconds",
                    "ratio",
                    "binaryMacsPerNanosecond",
                ],
                row.Select(p => p.Key)
            );
            bool isDense = (string?)row["model"] == dense;
            Assert.Equal(isDense, row["csharpNanoseconds"] is not null);
            Assert.All(row.Where(p => p.Key != "model" && p.Value is not null), p => Assert.InRange((double)p.Value!, 1e-9, 1e9));
            double own = (double)row["onebitNanoseconds"]!;
            Assert.Equal((double)row["onnxRuntimeNanoseconds"]! / own, (double)row["ratio"]!, 9);
            // 8 x 784 + 10 x 8 of one bit; 2 x 24 x 24 positions of 25 weights on 8 bits, 10 x 2 x 24 x 24 on signs.
            Assert.Equal(isDense ? 6352 : 28_800 * 8 + 11_520, own * (double)row["binaryMacsPerNanosecond"]!, 3);
        }
    }

    [Fact]
    public void Bench_of_a_diffusion_model_times_one_step()
    {
        string model = Path.Combine(AppContext.BaseDirectory, "models", "mnist-draw-8bit.onebit");
        (int code, string output, string error) = OnebitProcess.Run("bench", model, "--batch", "1", "--batch", "16", "--json");
        Assert.True(code == 0, error);
        JsonNode row = JsonNode.Parse(output)!["rows"]!.AsArray().Single()!;
        Assert.Equal((model, 1), ((string)row["model"]!, (int)row["batch"]!));
        var generator = Generator.Load(model);
        byte[] pixels = new byte[784];
        var clock = Stopwatch.StartNew();
        generator.Generate(0, 1, pixels, steps: 20);
        // A step is not a whole image, even where nothing was compiled yet.
        Assert.InRange((double)row["onebitNanoseconds"]!, 1e3, clock.Elapsed.TotalNanoseconds);
    }

    [Fact]
    public void A_model_of_another_shape_than_the_images_is_named()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("small.onebit");
        new BitModel(new ModelInput(1, 2, 2, 1, 128), [new Linear(0, 2, 2, 2, 1, 0, 1, new byte[1]), Scores(1, 2)]).Save(file);
        (int code, string output, string error) = OnebitProcess.Run("bench", file);
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.Contains("--data", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    private static BitModel Dense(int units) =>
        new(
            new ModelInput(1, 28, 28, 1, 128),
            [
                new Linear(0, units, 28, 28, 1, 0, 1, new byte[units * 98]),
                new Threshold(1, new int[units], new bool[units]),
                new Linear(2, 10, 1, 1, 1, 0, 1, new byte[10 * units / 8]),
                Scores(3, 10),
            ]
        );

    private static BitModel Convolution() =>
        new(
            new ModelInput(1, 28, 28, 8, 0),
            [
                new Linear(0, 2, 5, 5, 1, 0, 1, new byte[7]),
                new Threshold(1, new int[2], new bool[2]),
                new Linear(2, 10, 24, 24, 1, 0, 1, new byte[10 * 2 * 24 * 24 / 8]),
                Scores(3, 10),
            ]
        );

    private static Scores Scores(int input, int classes) => new(input, Enumerable.Repeat(1, classes).ToArray(), new long[classes], 0);
}
