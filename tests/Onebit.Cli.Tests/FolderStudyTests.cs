using System.Text.Json.Nodes;
using SkiaSharp;

namespace Onebit.Cli.Tests;

/// <summary>Somebody's own data: a folder of colour images in three classes, from study and a look at it to prediction.</summary>
public class FolderStudyTests
{
    private static readonly string[] s_classes = ["[red] cross", "disk", "žaba"]; // The first is markup to the terminal's library.

    [Fact]
    public void A_folder_of_three_classes_trains_packs_and_predicts_by_class_name()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(1);
        foreach (string name in s_classes)
        {
            for (int i = 0; i < 60; i++)
            {
                folder.Add($"shapes/{name}/{name} {i}.png", Draw(name, random));
            }
        }
        folder.Add(
            "presets/small.json",
            """
            { "network": "mlp", "method": "binaryconnect", "epochs": 12, "batchSize": 20, "optimizer": { "type": "adam", "rate": 0.01 } }
            """
        );
        string data = folder.File("shapes"),
            study = folder.File("study");
        (int code, _, string error) = OnebitProcess.Run(
            "study",
            "--preset",
            folder.File("presets"),
            "--data",
            data,
            "--size",
            "16",
            "--epochs",
            "12",
            "--out",
            study
        );
        Assert.True(code == 0, error);
        Assert.Contains("180 images", error, StringComparison.Ordinal);

        JsonNode results = JsonNode.Parse(File.ReadAllText(Path.Combine(study, "results.json")))!;
        Assert.Equal(s_classes, Names(results["dataset"]!));
        Assert.Equal("16x16", (string?)results["dataset"]!["size"]);
        double accuracy = (double)results["runs"]![0]!["testAccuracy"]!["mean"]!;
        Assert.InRange(accuracy, 0.8, 1);
        string report = File.ReadAllText(Path.Combine(study, "report.html"));
        Assert.Contains("<th scope=\"row\">[red] cross</th>", report, StringComparison.Ordinal);
        Assert.Contains("--size 16x16", report, StringComparison.Ordinal);

        string model = Path.Combine(study, "runs", "small-seed1", "model.onebit");
        JsonNode eval = JsonNode.Parse(OnebitProcess.Run("eval", model, "--data", data, "--json").Output)!;
        Assert.Equal(accuracy, (double)eval["accuracy"]!, 12);
        Assert.Equal(30, (int)eval["count"]!);
        Assert.Equal(s_classes, Names(eval));
        Assert.Contains("[red] cross", OnebitProcess.Run("eval", model, "--data", data).Output, StringComparison.Ordinal);

        JsonNode inspect = JsonNode.Parse(OnebitProcess.Run("inspect", model, "--json").Output)!;
        Assert.Equal(s_classes, Names(inspect));
        Assert.Equal((3, 16), ((int)inspect["input"]!["channels"]!, (int)inspect["input"]!["width"]!));
        Assert.Contains("3 classes ([red] cross, disk, žaba)", OnebitProcess.Run("inspect", model).Output, StringComparison.Ordinal);
        Assert.Contains("[red] cross", OnebitProcess.Run("data", data).Output, StringComparison.Ordinal);

        string look = folder.File("look");
        (code, string looked, error) = OnebitProcess.Run(
            "explore",
            "--data",
            data,
            "--size",
            "16",
            "--models",
            Path.Combine(study, "runs"),
            "--points",
            "60",
            "--seeds",
            "1",
            "--out",
            look
        );
        Assert.True(code == 0, error);
        Assert.Contains("[red] cross/", looked, StringComparison.Ordinal);
        JsonNode explored = JsonNode.Parse(File.ReadAllText(Path.Combine(look, "explore.json")))!;
        Assert.Equal(s_classes, Names(explored["dataset"]!));
        Assert.Equal("16x16", (string?)explored["dataset"]!["size"]);
        Assert.Equal(
            accuracy,
            (double)explored["classifiers"]!.AsArray().Single(c => (string)c!["name"]! == "small-seed1")!["accuracy"]!,
            12
        );
        Assert.Contains(
            "<th scope=\"row\">[red] cross</th>",
            File.ReadAllText(Path.Combine(look, "explore.html")),
            StringComparison.Ordinal
        );

        string[] images = [.. Enumerable.Range(0, 30).Select(i => folder.Add($"new/{i}.png", Draw(s_classes[i % 3], random)))];
        (code, string output, error) = OnebitProcess.Run(["predict", model, .. images, "--json"]);
        Assert.True(code == 0, error);
        Assert.InRange(
            JsonNode.Parse(output)!.AsArray().Select((a, i) => (string)a!["class"]! == s_classes[i % 3]).Count(right => right),
            24,
            30
        );
        Assert.Contains("[red] cross", OnebitProcess.Run("predict", model, images[0], images[3]).Output, StringComparison.Ordinal);
    }

    private static string[] Names(JsonNode node) => [.. node["classNames"]!.AsArray().Select(n => (string)n!)];

    /// <summary>A shape of a colour of its own, of any size, anywhere, on any light ground.</summary>
    private static byte[] Draw(string name, Random random)
    {
        int width = random.Next(30, 90),
            height = random.Next(30, 90);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(new SKColor((byte)random.Next(190, 256), (byte)random.Next(190, 256), (byte)random.Next(190, 256)));
        float size = 0.3f * Math.Min(width, height),
            x = width * (0.35f + 0.3f * random.NextSingle()),
            y = height * (0.35f + 0.3f * random.NextSingle());
        using var paint = new SKPaint
        {
            StrokeWidth = size / 2,
            IsAntialias = true,
            Color =
                name == "žaba" ? SKColors.Green
                : name == "disk" ? SKColors.Navy
                : SKColors.Red,
        };
        if (name == "disk")
        {
            canvas.DrawCircle(x, y, size, paint);
        }
        else if (name == "žaba")
        {
            canvas.DrawRect(x - size, y - size / 2, 2 * size, size, paint);
        }
        else
        {
            canvas.DrawLine(x - size, y - size, x + size, y + size, paint);
            canvas.DrawLine(x - size, y + size, x + size, y - size, paint);
        }
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
