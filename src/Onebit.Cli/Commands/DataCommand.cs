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
                "A known data set (such as mnist; 'onebit list' has all), a folder of IDX files, "
                + "or a folder of images with one subfolder per class.",
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
            FolderReading reading = null!;
            Dataset data = ProgressDisplay.Show(display =>
                DatasetLoader.Load(parsed.GetRequiredValue(name), Loading(display), parsed.GetValue(size), r => reading = r)
            );
            (string Part, ImageSet Images)[] parts = [("train", data.Train), ("validation", data.Validation), ("test", data.Test)];
            if (parsed.GetValue(json))
            {
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            name = data.Name,
                            folder = data.Folder,
                            channels = data.Test.Channels,
                            height = data.Test.Height,
                            width = data.Test.Width,
                            classes = data.ClassCount,
                            classNames = data.ClassNames,
                            parts = parts.ToDictionary(
                                p => p.Part,
                                p => new { count = p.Images.Count, byClass = ByClass(p.Images, data.ClassCount) }
                            ),
                            images = reading.Images,
                            split = reading.Split,
                            leftOut = reading.LeftOut.Counts.ToDictionary(),
                        },
                        JsonSerializerOptions.Web
                    )
                );
                return 0;
            }
            string images = $"{reading.Images:N0} images of {SharedOptions.Describe(data.Test)}";
            AnsiConsole.WriteLine($"{VisibleText.Of(data.Name)}: {images}, {data.ClassCount} classes.");
            foreach (string sentence in Sentences(reading))
            {
                AnsiConsole.WriteLine(sentence);
            }

            var table = new Table().Border(TableBorder.Simple).AddColumn("class").ShowFooters();
            table.Columns[0].Footer = new Text("all");
            foreach ((string part, ImageSet set) in parts)
            {
                table.AddColumn(new TableColumn(part) { Alignment = Justify.Right, Footer = new Text($"{set.Count:N0}") });
            }

            int[][] counts = [.. parts.Select(p => ByClass(p.Images, data.ClassCount))];
            for (int c = 0; c < data.ClassCount; c++)
            {
                table.AddTextRow([data.ClassNames[c], .. counts.Select(n => $"{n[c]:N0}")]);
            }

            AnsiConsole.Write(table);
            return 0;
        });
        return command;
    }

    internal static Dataset LoadShowingProgress(string nameOrFolder, Shape? size = null)
    {
        FolderReading? reading = null;
        Dataset data = ProgressDisplay.Show(display => DatasetLoader.Load(nameOrFolder, Loading(display), size, r => reading = r));
        Tell(reading);
        return data;
    }

    /// <summary>
    /// The test images as a model reads them. Images of a folder are scaled to its input and get labels from the names of its classes.
    /// </summary>
    /// <exception cref="DatasetException">They have another size, other classes or other pictures than the model.</exception>
    internal static ImageSet LoadTestShowingProgress(string nameOrFolder, BitModel model, string path)
    {
        Shape? shape = model.Input is { Channels: 1 or 3 } input ? new Shape(input.Channels, input.Height, input.Width) : null;
        ImageSet images = LoadTestShowingProgress(nameOrFolder, shape, model.ClassNames);
        SharedOptions.RequireSameSize(model, path, images);
        ModelFit.Require(model, path, nameOrFolder, images);
        return images;
    }

    internal static ImageSet LoadTestShowingProgress(string nameOrFolder, Shape? shape = null, IReadOnlyList<string>? classNames = null)
    {
        FolderReading? reading = null;
        ImageSet images = ProgressDisplay.Show(display =>
            DatasetLoader.LoadTest(nameOrFolder, Loading(display), shape, classNames, r => reading = r)
        );
        Tell(reading);
        return images;
    }

    /// <summary>Says on standard error what was left out of a data set, if anything was, and how it was split.</summary>
    internal static void Tell(FolderReading? reading)
    {
        if (reading?.LeftOut.Sentence is not null)
        {
            foreach (string sentence in Sentences(reading))
            {
                Failure.Say(sentence);
            }
        }
    }

    private static IEnumerable<string> Sentences(FolderReading reading) =>
        new[] { reading.Split, reading.LeftOut.Sentence }.OfType<string>().Select(VisibleText.Of);

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
