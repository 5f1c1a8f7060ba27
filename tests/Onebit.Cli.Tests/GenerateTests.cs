using SkiaSharp;

namespace Onebit.Cli.Tests;

public class GenerateTests
{
    private const int Size = 8;

    [Fact]
    public void Grids_animations_and_single_images_are_drawn()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder);
        string grid = folder.File("grid.png"),
            gif = folder.File("steps.gif"),
            images = folder.File("images");
        (int code, string output, string error) = OnebitProcess.Run([
            "generate",
            model,
            "--count",
            "6",
            "--scale",
            "3",
            "--out",
            grid,
            "--gif",
            gif,
            "--folder",
            images,
        ]);
        Assert.Equal(0, code);
        Assert.Equal(3, output.Trim().Split('\n').Length);
        Assert.Contains("Drawn in", error, StringComparison.Ordinal);
        // Every class in turn: 3 columns and 2 rows, gaps of 2.
        using SKBitmap picture = SKBitmap.Decode(grid);
        Assert.Equal((3 * 3 * Size + 2 * 2, 2 * 3 * Size + 2), (picture.Width, picture.Height));
        Assert.Equal("GIF89a"u8.ToArray(), File.ReadAllBytes(gif)[..6]);
        Assert.Equal(
            ["0000-class0.png", "0001-class1.png", "0002-class2.png", "0003-class0.png", "0004-class1.png", "0005-class2.png"],
            Directory.GetFiles(images).Select(f => Path.GetFileName(f)).Order()
        );

        // What the library draws.
        byte[] pixels = new byte[Size * Size];
        Generator.Load(model).Generate(2, 3, pixels);
        using SKBitmap third = SKBitmap.Decode(Path.Combine(images, "0002-class2.png"));
        Assert.Equal(pixels, from i in Enumerable.Range(0, Size * Size) select third.GetPixel(3 * (i % Size), 3 * (i / Size)).Red);
    }

    [Fact]
    public void Bits_are_drawn_without_a_class()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("bits.onebit"),
            images = folder.File("images");
        var input = new ModelInput(1, Size, Size, 1, 0)
        {
            Diffusion = new DiffusionInput(new NoiseSchedule(NoiseSchedule.Cosine(4).Signal), 1),
        };
        new BitModel(input, [new Slice(0, 0, input.Shape), new Requantize(1, new[] { 1 }, new[] { 0L }, 0, 16)]).Save(path);
        Assert.Equal(0, OnebitProcess.Run("generate", path, "--count", "2", "--folder", images).ExitCode);
        Assert.Equal(["0000.png", "0001.png"], Directory.GetFiles(images).Select(f => Path.GetFileName(f)).Order());
        using SKBitmap second = SKBitmap.Decode(Path.Combine(images, "0001.png"));
        byte[] pixels = new byte[Size * Size];
        Generator.Load(path).Generate(0, 2, pixels);
        Assert.Equal(pixels, from i in Enumerable.Range(0, Size * Size) select second.GetPixel(2 * (i % Size), 2 * (i / Size)).Red);

        (int code, _, string error) = OnebitProcess.Run("generate", path, "--class", "0", "--out", folder.File("grid.png"));
        Assert.Equal(1, code);
        Assert.Contains("draws without a class; leave out --class", error, StringComparison.Ordinal);
        (_, string told, _) = OnebitProcess.Run("inspect", path);
        Assert.Contains("1 bit with one of 4 noise levels", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_is_known_by_its_name_and_mistakes_get_a_sentence()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder),
            grid = folder.File("new/grid.png");
        Assert.Equal(0, OnebitProcess.Run("generate", model, "--class", "<b>cat</b>", "--count", "5", "--out", grid).ExitCode);
        using SKBitmap picture = SKBitmap.Decode(grid);
        Assert.Equal((3 * 2 * Size + 2 * 2, 2 * 2 * Size + 2), (picture.Width, picture.Height)); // 5 images in 3 columns.
        foreach (
            (int expected, string sentence, string[] arguments) in new (int, string, string[])[]
            {
                (2, "Say where the images go", []),
                (2, "from 1 to 10000, not '0'", ["--count", "0", "--out", grid]),
                (2, "from 1 to 16, not '17'", ["--scale", "17", "--out", grid]),
                (1, "too large; give a smaller --count", ["--count", "10000", "--scale", "16", "--gif", grid]),
                (1, "no class 'dog'", ["--class", "dog", "--out", grid]),
                (1, "has 4 noise levels", ["--steps", "5", "--out", grid]),
            }
        )
        {
            (int code, _, string error) = OnebitProcess.Run(["generate", model, .. arguments]);
            Assert.Equal(expected, code);
            Assert.Contains(sentence, error, StringComparison.Ordinal);
        }

        string classifier = Path.Combine(Repository.Root, "models", "mnist-micro.onebit");
        (int other, _, string draws) = OnebitProcess.Run("generate", classifier, "--out", grid);
        Assert.Equal(1, other);
        Assert.Contains("draws nothing", draws, StringComparison.Ordinal);
        foreach (string[] command in new string[][] { ["eval", model], ["verify", model], ["predict", model, grid] })
        {
            (int code, _, string error) = OnebitProcess.Run(command);
            Assert.Equal(1, code);
            Assert.Contains("use 'onebit generate'", error, StringComparison.Ordinal);
            Assert.Single(error.Trim().Split('\n'));
        }

        Assert.Equal(0, OnebitProcess.Run("inspect", model).ExitCode);
        Assert.Contains("A network without layers has no float graph", OnebitProcess.Run("bench", model).Error, StringComparison.Ordinal);
        (int exported, _, string boards) = OnebitProcess.Run("export", model, "--board", "cortex-m3", "--out", folder.File("c"));
        Assert.Equal(1, exported);
        Assert.Contains("--board are for classifiers", boards, StringComparison.Ordinal);
        Assert.Contains("_generate.", OnebitProcess.Run("export", model, "--out", folder.File("c")).Output, StringComparison.Ordinal);
        string page = folder.File("demo.html");
        Assert.Equal(0, OnebitProcess.Run("demo", model, "--out", page).ExitCode);
        Assert.Contains("Let a network draw", File.ReadAllText(page), StringComparison.Ordinal);
        (int tiny, _, string refused) = OnebitProcess.Run("demo", model, "--tiny", "--out", page);
        Assert.Equal(1, tiny);
        Assert.Contains("a tiny page none", refused, StringComparison.Ordinal);
    }

    /// <summary>A model that darkens noise by level and class.</summary>
    private static string Model(TemporaryFolder folder)
    {
        string path = folder.File("draw.onebit");
        var input = new ModelInput(1, Size, Size, 16, 0) { Diffusion = new DiffusionInput(NoiseSchedule.Cosine(4), 3) };
        new BitModel(
            input,
            [
                new Slice(0, 0, input.Shape),
                new AddEmbedding(1, 0, Size * Size, new[] { 0, 100, 200, 300 }),
                new AddEmbedding(2, 0, Size * Size + 1, new[] { -900, 0, 900 }),
                new Requantize(3, new[] { 1 }, new[] { 0L }, 1, 16),
            ],
            ["zero", "<b>cat</b>", "two"]
        ).Save(path);
        return path;
    }
}
