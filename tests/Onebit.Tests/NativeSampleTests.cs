using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Onebit.Tests;

/// <summary>samples/Onebit.Classify, published as native AOT: the runtime under the other compiler.</summary>
public sealed class NativeSampleTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_published_sample_starts_at_once_and_gives_the_classes_of_this_process()
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, "clang")) || File.Exists(Path.Combine(folder, "gcc"))),
            "Native AOT links with clang or gcc, and neither is on the PATH."
        );
        string program = Publish();
        string modelPath = _folder.File("model.onebit");
        string imagesPath = _folder.File("images.idx");

        // 1-bit and 8-bit inputs, dense and convolutional; 300 images are more than one batch.
        var random = new Random(8);
        foreach (BitModel model in (BitModel[])[.. Build.Many(20, () => RandomModels.Create(random)), Build.Mlp(random)])
        {
            byte[][] images = Build.Many(300, () => RandomModels.Image(model, random));
            model.Save(modelPath);
            File.WriteAllBytes(imagesPath, Idx(model.Input, images));
            Assert.Equal(images.Select(image => model.Predict(image)), Classify());
        }

        File.WriteAllBytes(imagesPath, Idx(Build.Bytes(1, 28, 28), [new byte[784]]));
        double[] milliseconds =
        [
            .. Build
                .Many(
                    11,
                    () =>
                    {
                        long start = Stopwatch.GetTimestamp();
                        Assert.Single(Classify());
                        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                    }
                )
                .Order(),
        ];
        output.WriteLine(
            $"From before the process starts to after it ends, one image: "
                + $"median {milliseconds[5]:F1} ms of {milliseconds[0]:F1} to {milliseconds[^1]:F1}."
        );
        // 5 ms where nothing else runs; test machines are busy.
        Assert.InRange(milliseconds[5], 0, 1000);

        IEnumerable<int> Classify() =>
            PublishedProgram
                .Run(program, modelPath, imagesPath)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => int.Parse(line, CultureInfo.InvariantCulture));
    }

    private string Publish()
    {
        string target = _folder.File("published");
        PublishedProgram.Publish(Path.Combine("samples", "Onebit.Classify"), target, _folder.File("artifacts"));
        Assert.False(File.Exists(Path.Combine(target, "classify.dll")), "The published sample is not native.");
        return Path.Combine(target, "classify");
    }

    private static byte[] Idx(ModelInput input, byte[][] images)
    {
        int[] sizes =
            input.Channels == 1 ? [images.Length, input.Height, input.Width] : [images.Length, input.Channels, input.Height, input.Width];
        var header = new byte[4 + 4 * sizes.Length];
        header[2] = 8;
        header[3] = (byte)sizes.Length;
        for (int i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), sizes[i]);
        }

        return [.. header, .. images.SelectMany(image => image)];
    }
}
