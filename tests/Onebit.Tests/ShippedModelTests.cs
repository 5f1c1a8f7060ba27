using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Onebit.Tests;

/// <summary>The models of the repository.</summary>
public class ShippedModelTests
{
    public static TheoryData<string> Models => [.. Repository.Classifiers.Select(path => Path.GetFileName(path))];

    [Fact]
    public void The_test_vectors_of_a_model_are_its_values()
    {
        string models = Path.Combine(Repository.Root, "models");
        BitModel model = BitModel.Load(Path.Combine(models, "mnist-micro.onebit"));
        JsonNode[] vectors = [.. JsonNode.Parse(File.ReadAllText(Path.Combine(models, "mnist-micro-vectors.json")))!["images"]!.AsArray()!];
        Assert.Equal(3, vectors.Length);
        using var test = new GZipStream(
            File.OpenRead(Path.Combine(Repository.Root, "data", "mnist", "t10k-images-idx3-ubyte.gz")),
            CompressionMode.Decompress
        );
        test.ReadExactly(new byte[16]);
        foreach (JsonNode vector in vectors)
        {
            byte[] pixels = new byte[784];
            test.ReadExactly(pixels);
            (int[][] values, long[] scores, int best) = ReferenceInterpreter.Run(model, pixels);
            Assert.Equal(Crc(pixels), (string?)vector["pixels"]);
            Assert.Equal(
                values.Select(value => Crc(MemoryMarshal.AsBytes<int>(value))),
                vector["values"]!.AsArray().Select(v => (string)v!)
            );
            Assert.Equal(scores, vector["scores"]!.AsArray().Select(s => (long)s!));
            Assert.Equal(best, (int)vector["class"]!);
        }

        static string Crc(ReadOnlySpan<byte> bytes) => $"{FileBytes.Crc32C(bytes):x8}";
    }

    [Fact]
    public void A_model_is_saved_as_the_bytes_it_was_read_from() =>
        Assert.All(
            Repository.Classifiers.Concat(Repository.Generators),
            path => Assert.Equal(File.ReadAllBytes(path), BitModel.Load(path).ToBytes())
        );

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_predicts_what_the_reference_interpreter_says(string name)
    {
        BitModel model = BitModel.Load(Path.Combine(Repository.Root, "models", name));
        var random = new Random(1);
        var scores = new long[model.ClassCount];
        for (int i = 0; i < 2; i++)
        {
            byte[] pixels = RandomModels.Image(model, random);
            (_, long[] expected, int expectedClass) = ReferenceInterpreter.Run(model, pixels);
            Assert.Equal(expectedClass, model.Predict(pixels, scores));
            Assert.Equal(expected, scores);
        }
    }

    /// <summary>
    /// Two images. A thousand: <c>ONEBIT_ALL=1 dotnet run -c Release --project tests/Onebit.Tests -- -method '*_diffusion_*'</c>.
    /// </summary>
    [Fact]
    public void Every_kernel_path_of_a_shipped_diffusion_model_draws_the_pixels_of_the_reference_interpreter()
    {
        int count = Environment.GetEnvironmentVariable("ONEBIT_ALL") == "1" ? 1000 : 2;
        Assert.NotEmpty(Repository.Generators);
        foreach (string path in Repository.Generators)
        {
            BitModel model = BitModel.Load(path);
            Generator[] generators =
            [
                .. new[] { 64, 128, 256, 512 }.Select(width => new Generator(new BitModel(model.Input, model.Operations, width))),
            ];
            int steps = generators[0].MaxSteps;
            Parallel.For(
                0,
                count,
                i =>
                {
                    byte[] expected = new byte[model.Input.Shape.Count],
                        drawn = new byte[expected.Length];
                    ReferenceInterpreter.Generate(model, i % model.ClassCount, i, expected, steps);
                    foreach (Generator generator in generators)
                    {
                        generator.Generate(i % model.ClassCount, i, drawn, steps);
                        Assert.Equal(expected, drawn);
                    }
                }
            );
        }
    }
}
