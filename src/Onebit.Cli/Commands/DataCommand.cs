using System.CommandLine;
using System.Text.Json;
using Onebit.Datasets;
using Onebit.Study;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit data</c>: fetches where needed, checks and counts a data set.</summary>
internal static class DataCommand
{
    internal static Command Create()
    {
        var name = new Argument<string>("NAME|FOLDER")
        {
            Description = "A known data set (mnist, fashion-mnist) or a folder of IDX files.",
            DefaultValueFactory = _ => "mnist",
        };
        Option<bool> json = SharedOptions.Json();
        var command = new Command("data", """
            Check a data set and count what it holds; a known one that is not there yet is fetched.

            Example: onebit data fashion-mnist
            """) { name, json };
        command.SetAction(parsed =>
        {
            Dataset data = LoadShowingDownloads(parsed.GetRequiredValue(name));
            (string Part, ImageSet Images)[] parts = [("train", data.Train), ("validation", data.Validation), ("test", data.Test)];
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    name = data.Name,
                    channels = data.Test.Channels,
                    height = data.Test.Height,
                    width = data.Test.Width,
                    classes = data.ClassCount,
                    parts = parts.ToDictionary(p => p.Part, p => new { count = p.Images.Count, byClass = ByClass(p.Images, data.ClassCount) }),
                }, JsonSerializerOptions.Web));
                return 0;
            }
            AnsiConsole.WriteLine($"{data.Name}: images of {data.Test.Channels} x {data.Test.Height} x {data.Test.Width} (channels x height x width), {data.ClassCount} classes.");
            var table = new Table().Border(TableBorder.Simple).AddColumn("").AddColumn(new TableColumn("images").RightAligned());
            for (int c = 0; c < data.ClassCount; c++)
                table.AddColumn(new TableColumn($"{c}").RightAligned());
            foreach ((string part, ImageSet images) in parts)
                table.AddRow([part, $"{images.Count:N0}", .. ByClass(images, data.ClassCount).Select(n => $"{n:N0}")]);
            AnsiConsole.Write(table);
            return 0;
        });
        return command;
    }

    internal static Dataset LoadShowingDownloads(string nameOrFolder) =>
        ProgressDisplay.Show(display => DatasetLoader.Load(nameOrFolder, Downloads(display)));

    internal static ImageSet LoadTestShowingDownloads(string nameOrFolder) =>
        ProgressDisplay.Show(display => DatasetLoader.LoadTest(nameOrFolder, Downloads(display)));

    private static SynchronousProgress<DownloadProgress> Downloads(ProgressDisplay display) => new(p =>
        display.Report(p.File, p.TotalBytes is > 0 ? (double)p.ReceivedBytes / p.TotalBytes.Value : 0, $"{p.ReceivedBytes / 1024:N0} KB"));

    private static int[] ByClass(ImageSet images, int classes)
    {
        int[] counts = new int[classes];
        foreach (byte label in images.Labels.Span)
            counts[label]++;
        return counts;
    }
}
