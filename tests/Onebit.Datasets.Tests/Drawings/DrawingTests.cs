using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>
/// Drawings in many manners, read by a CNN that was trained on MNIST alone. Nothing of <see cref="DigitImage"/> was chosen
/// on those of <see cref="Seed"/>: for that there are other seeds.
/// </summary>
public class DrawingTests
{
    private const int Seed = 1;

    private static readonly BitModel s_model = BitModel.Load(
        Environment.GetEnvironmentVariable("ONEBIT_MODEL") ?? Path.Combine(AppContext.BaseDirectory, "Drawings", "cnn.onebit")
    );

    // Some seconds to make, and large: once for all tests.
    private static readonly Lazy<(Drawing Drawing, Picture Picture)[]> s_drawings = new(() => Decode(Drawing.All(Seed)));

    private static readonly Lazy<(Drawing Drawing, bool Right)[]> s_read = new(() => Read(s_drawings.Value, DigitSteps.All));

    [Fact]
    public void At_least_nine_of_ten_drawings_are_read_right()
    {
        (Drawing Drawing, bool Right)[] read = s_read.Value;
        string wrong = string.Join(", ", read.Where(r => !r.Right).Select(r => $"{r.Drawing.Digit} {r.Drawing.Manner}"));
        Assert.True(read.Length >= 40);
        Assert.True(read.Count(r => r.Right) >= 0.9 * read.Length, $"{read.Count(r => r.Right)} of {read.Length}; wrong: {wrong}");
    }

    /// <summary>
    /// The table of docs/images.md: <c>dotnet run --project tests/Onebit.Datasets.Tests -- -showliveoutput -class '*DrawingTests'</c>.
    /// ONEBIT_DRAWINGS names a folder to write the drawings and what was made of them to, ONEBIT_SEED another seed, ONEBIT_MODEL another
    /// model.
    /// </summary>
    [Fact]
    public void What_each_step_is_worth()
    {
        ITestOutputHelper output = TestContext.Current.TestOutputHelper!;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ONEBIT_SEED"), out int other) ? other : Seed;
        (Drawing, Picture)[] drawings = seed == Seed ? s_drawings.Value : Decode(Drawing.All(seed));
        DigitSteps[] each = [.. Enum.GetValues<DigitSteps>().Where(s => s is not (DigitSteps.None or DigitSteps.All))];
        (string Name, DigitSteps Steps)[] columns =
        [
            ("all", DigitSteps.All),
            .. each.Select(s => ($"no {s}", DigitSteps.All & ~s)),
            ("none", DigitSteps.None),
        ];
        (Drawing Drawing, bool Right)[][] read =
        [
            .. columns.Select(c => seed == Seed && c.Steps == DigitSteps.All ? s_read.Value : Read(drawings, c.Steps)),
        ];
        output.WriteLine($"| manner | {string.Join(" | ", columns.Select(c => c.Name))} |");
        output.WriteLine($"|---{string.Concat(columns.Select(_ => "|---"))}|");
        foreach (string manner in drawings.Select(d => d.Item1.Manner).Distinct())
        {
            output.WriteLine($"| {manner} | {string.Join(" | ", read.Select(r => r.Count(d => d.Drawing.Manner == manner && d.Right)))} |");
        }

        output.WriteLine($"| **all {drawings.Length}** | {string.Join(" | ", read.Select(r => r.Count(d => d.Right)))} |");
        output.WriteLine(
            "wrong with all: " + string.Join(", ", read[0].Where(r => !r.Right).Select(r => $"{r.Drawing.Digit} {r.Drawing.Manner}"))
        );
        // Pictures that are as MNIST's already should lose nothing.
        ImageSet mnist = DatasetLoader.LoadTest("mnist");
        int right = Enumerable
            .Range(0, mnist.Count)
            .AsParallel()
            .Count(i => Predict(Digits.Picture(mnist, i), DigitSteps.All) == mnist.Labels.Span[i]);
        int plain = Enumerable.Range(0, mnist.Count).AsParallel().Count(i => s_model.Predict(mnist.Image(i)) == mnist.Labels.Span[i]);
        output.WriteLine($"MNIST's test images through all steps: {right} of {mnist.Count} right; as they are: {plain}");
        Assert.True(read[^1].Count(r => r.Right) < read[0].Count(r => r.Right), "The steps together gain nothing.");
        Assert.InRange(right, 9900, mnist.Count);
        // Nine of ten widths of MNIST's lines should need no change; every 50th image of the training set tells.
        ImageSet train = DatasetLoader.Load("mnist").AllTrain;
        double[] widths = [.. Enumerable.Range(0, train.Count / 50).AsParallel().Select(i => Width(train.Image(50 * i))).Order()];
        double within = (double)widths.Count(w => w is >= StrokeWidth.Thin and <= StrokeWidth.Thick) / widths.Length;
        string[] percentiles = [.. new[] { 5, 50, 95 }.Select(p => $"{widths[widths.Length * p / 100]:F2}")];
        output.WriteLine(
            $"widths of MNIST's lines, 5th, 50th, 95th percentile: {string.Join(" ", percentiles)}; {within:P1} are left as they are"
        );
        Assert.InRange(within, 0.85, 0.95);
        if (Environment.GetEnvironmentVariable("ONEBIT_DRAWINGS") is { Length: > 0 } folder)
        {
            Write(folder, drawings, read[0]);
        }
    }

    private static (Drawing, Picture)[] Decode(IEnumerable<Drawing> drawings) =>
        [.. drawings.AsParallel().AsOrdered().Select(d => (d, Picture.Decode(d.File, d.Manner)))];

    private static (Drawing Drawing, bool Right)[] Read((Drawing Drawing, Picture Picture)[] drawings, DigitSteps steps) =>
        [.. drawings.AsParallel().AsOrdered().Select(d => (d.Drawing, Predict(d.Picture, steps) == d.Drawing.Digit))];

    private static int? Predict(Picture picture, DigitSteps steps)
    {
        try
        {
            return s_model.Predict(DigitImage.From(picture, "", steps));
        }
        catch (DatasetException)
        {
            return null; // No ink was found.
        }
    }

    /// <summary>As <see cref="StrokeWidth"/> measures lines of larger pictures.</summary>
    private static double Width(ReadOnlySpan<byte> image)
    {
        const int Zoom = 12;
        var plane = new Plane(28, 28);
        for (int i = 0; i < plane.Values.Length; i++)
        {
            plane.Values[i] = image[i];
        }

        return StrokeWidth.Measure(plane.Resample(28 * Zoom, 28 * Zoom)) / Zoom;
    }

    private static void Write(string folder, (Drawing Drawing, Picture Picture)[] drawings, (Drawing, bool Right)[] read)
    {
        Directory.CreateDirectory(folder);
        foreach ((Drawing drawing, _) in drawings)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{drawing.Manner}-{drawing.Digit}.img"), drawing.File);
        }
        // A sheet: a row a manner, the drawing beside what the network sees, a red bar under what it read wrongly.
        const int Cell = 84;
        using var sheet = new SKBitmap(10 * 2 * Cell, drawings.Length / 10 * (Cell + 6));
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.Gray);
        for (int i = 0; i < drawings.Length; i++)
        {
            int x = i % 10 * 2 * Cell,
                y = i / 10 * (Cell + 6);
            using SKBitmap shown = SKBitmap.Decode(drawings[i].Drawing.File);
            float scale = (float)(Cell - 4) / Math.Max(shown.Width, shown.Height);
            using SKImage image = SKImage.FromBitmap(shown);
            canvas.DrawImage(
                image,
                SKRect.Create(x, y, shown.Width * scale, shown.Height * scale),
                new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear)
            );
            try
            {
                byte[] digit = DigitImage.From(drawings[i].Picture, "");
                using SKImage seen = SKImage.FromPixelCopy(new SKImageInfo(28, 28, SKColorType.Gray8, SKAlphaType.Opaque), digit);
                canvas.DrawImage(seen, SKRect.Create(x + Cell, y, Cell - 4, Cell - 4), new SKSamplingOptions(SKFilterMode.Nearest));
            }
            catch (DatasetException) { }
            using var bar = new SKPaint { Color = read[i].Right ? SKColors.Green : SKColors.Red };
            canvas.DrawRect(x, y + Cell, 2 * Cell - 4, 3, bar);
        }
        using SKData png = sheet.Encode(SKEncodedImageFormat.Png, 90);
        File.WriteAllBytes(Path.Combine(folder, "sheet.png"), png.ToArray());
    }
}
