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
            Description =
                "A known data set (mnist, fashion-mnist), a folder of IDX files, or a folder of images with one subfolder per class.",
            DefaultValueFactory = _ => "mnist",
        };
        Option<Shape?> size = SharedOptions.Size();
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "data",
            """
            Check a data set and count its images. A known data set is downloaded first if necessary.

            Example: onebit data fashion-mnist
            """
        )
        {
            name,
            size,
            json,
        };
        command.SetAction(parsed =>
        {
            Dataset data = LoadShowingProgress(parsed.GetRequiredValue(name), parsed.GetValue(size));
            (string Part, ImageSet Images)[] parts = [("train", data.Train), ("validation", data.Validation), ("test", data.Test)];
            if (parsed.GetValue(json))
            {
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            name = data.Name,
                            channels = data.Test.Channels,
                            height = data.Test.Height,
                            width = data.Test.Width,
                            classes = data.ClassCount,
                            classNames = data.ClassNames,
                            parts = parts.ToDictionary(
                                p => p.Part,
                                p => new { count = p.Images.Count, byClass = ByClass(p.Images, data.ClassCount) }
                            ),
                        },
                        JsonSerializerOptions.Web
                    )
                );
                return 0;
            }
            AnsiConsole.WriteLine($"{data.Name}: images of {SharedOptions.Describe(data.Test)}, {data.ClassCount} classes.");
            var table = new Table().Border(TableBorder.Simple).AddColumn("").AddColumn(new TableColumn("images").RightAligned());
            foreach (string className in data.ClassNames)
            {
                table.AddColumn(new TableColumn(Markup.Escape(className)).RightAligned());
            }

            foreach ((string part, ImageSet images) in parts)
            {
                table.AddRow([part, $"{images.Count:N0}", .. ByClass(images, data.ClassCount).Select(n => $"{n:N0}")]);
            }

            AnsiConsole.Write(table);
            return 0;
        });
        return command;
    }

    internal static Dataset LoadShowingProgress(string nameOrFolder, Shape? size = null) =>
        ProgressDisplay.Show(display => DatasetLoader.Load(nameOrFolder, Loading(display), size));

    /// <summary>
    /// The test images as a model reads them. Images of a folder are scaled to its input and get labels from the names of its classes.
    /// </summary>
    internal static ImageSet LoadTestShowingProgress(string nameOrFolder, BitModel? model = null)
    {
        Shape? shape = model?.Input is { Channels: 1 or 3 } input ? new Shape(input.Channels, input.Height, input.Width) : null;
        return ProgressDisplay.Show(display => DatasetLoader.LoadTest(nameOrFolder, Loading(display), shape, model?.ClassNames));
    }

    internal static SynchronousProgress<LoadProgress> Loading(ProgressDisplay display) =>
        new(p =>
            display.Report(
                p.What,
                p.Total is > 0 ? (double)p.Done / p.Total.Value : 0,
                p.Unit == "bytes" ? $"{p.Done / 1024:N0} KB" : $"{p.Done:N0} {p.Unit}"
            )
        );

    private static int[] ByClass(ImageSet images, int classes)
    {
        int[] counts = new int[classes];
        foreach (byte label in images.Labels.Span)
        {
            counts[label]++;
        }

        return counts;
    }
}
