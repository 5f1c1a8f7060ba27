using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Onebit.Datasets;
using Onebit.Study;
using Onebit.Training;

namespace Onebit.Cli;

/// <summary><c>onebit generate</c>: images that a packed diffusion model draws.</summary>
internal static class GenerateCommand
{
    private const int MaxCount = 10_000,
        MaxScale = 16;

    internal static Command Create()
    {
        Argument<string> model = SharedOptions.Model();
        var asked = new Option<string?>("--class")
        {
            Description = "What to draw: a class's name or number. The default is every class in turn.",
            HelpName = "NAME",
        };
        var count = new Option<int?>("--count")
        {
            Description = "How many images. The default is 64, or 8 of every class.",
            HelpName = "N",
        };
        SharedOptions.Limit(count, 1, MaxCount);
        var seed = new Option<long>("--seed")
        {
            Description = "The seed of the first image's noise. Each image has the next one.",
            DefaultValueFactory = _ => 1,
            HelpName = "N",
        };
        var steps = new Option<int?>("--steps")
        {
            Description = "How often the model runs for an image. The default is as often as it has noise levels.",
            HelpName = "N",
        };
        SharedOptions.Limit(steps, 1, NoiseSchedule.MaxLevels);
        var scale = new Option<int?>("--scale")
        {
            Description = $"Rows and columns of the picture per pixel of an image, 1 to {MaxScale}. The default is 2.",
            HelpName = "N",
        };
        SharedOptions.Limit(scale, 1, MaxScale);
        Option<string?> grid = Output("--out", "Write all images into one picture, a PNG file.", "FILE"),
            gif = Output("--gif", "Write how the images come out of the noise, step by step, as an animated GIF file.", "FILE"),
            folder = Output("--folder", "Write each image as a PNG file into this folder. It is made if it is missing.", "DIR");
        var command = new Command(
            "generate",
            """
            Draw images with a packed diffusion model. The same seed gives the same image on every machine.

            Example: onebit generate models/mnist-draw-8bit.onebit --class 7 --out sevens.png
            """
        )
        {
            model,
            asked,
            count,
            seed,
            steps,
            scale,
            grid,
            gif,
            folder,
        };
        command.Validators.Add(result =>
        {
            if (!result.Errors.Any() && new[] { grid, gif, folder }.All(o => result.GetValue(o) is null))
            {
                result.AddError("Say where the images go: --out FILE, --gif FILE or --folder DIR");
            }
        });
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model);
            Generator generator = Generator.Load(path);
            if (generator.Model.Input.Channels != 1)
            {
                throw new InvalidDataException($"{path}: the model draws in colour, which this command cannot write.");
            }

            int classes = generator.Model.ClassCount,
                runs = parsed.GetValue(steps) ?? generator.MaxSteps;
            if (runs > generator.MaxSteps)
            {
                throw new ExperimentException($"{path} has {generator.MaxSteps} noise levels; give --steps that or less.");
            }

            if (classes == 1 && parsed.GetValue(asked) is not null)
            {
                throw new ExperimentException($"{path} draws without a class; leave out --class.");
            }

            int? only = parsed.GetValue(asked) is { } name ? Find(generator.Model, name) : null;
            int images = parsed.GetValue(count) ?? (only is null && classes > 1 ? Math.Min(8 * classes, MaxCount) : 64),
                columns = only is null && classes is > 1 and <= 32 ? classes : (int)Math.Ceiling(Math.Sqrt(images)),
                size = parsed.GetValue(scale) ?? 2;
            foreach ((string? file, int frames) in new[] { (parsed.GetValue(grid), 1), (parsed.GetValue(gif), runs + 1) })
            {
                if (file is not null)
                {
                    RequirePicture(generator.Model.Input.Shape, images, columns, size, frames);
                    SharedOptions.MakeFolder(file);
                }
            }

            int[] wanted = [.. Enumerable.Range(0, images).Select(i => only ?? i % classes)];
            long first = parsed.GetValue(seed);
            var watch = Stopwatch.StartNew();
            var drawn = new Lazy<ImageSet>(() =>
                ProgressDisplay.Show(display =>
                    GeneratedImages.Draw(generator, wanted, first, runs, progress: done => Report(display, done, images))
                )
            );
            if (parsed.GetValue(grid) is { } picture)
            {
                ImageGrid.Write(picture, ImageGrid.Draw(drawn.Value, columns, scale: size));
                Say(picture, $"{images} images, {runs} steps each");
            }

            if (parsed.GetValue(gif) is { } animation)
            {
                GeneratedImages.Animate(generator, wanted, first, runs, animation, columns, size);
                Say(animation, $"{runs} steps of {images} images");
            }

            if (parsed.GetValue(folder) is { } into)
            {
                Directory.CreateDirectory(into);
                for (int i = 0; i < images; i++)
                {
                    string file = string.Create(CultureInfo.InvariantCulture, $"{i:D4}{(classes > 1 ? $"-class{wanted[i]}" : "")}.png");
                    ImageGrid.Write(Path.Combine(into, file), ImageGrid.Draw(drawn.Value.Slice(i, 1), 1, scale: size));
                }

                Say(into, $"{images} files");
            }

            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Drawn in {watch.Elapsed.TotalSeconds:F1} s."));
            return 0;
        });
        return command;
    }

    /// <summary>Refuses pictures that are too large for their files or for memory.</summary>
    private static void RequirePicture(Shape shape, int images, int columns, int scale, int frames)
    {
        const int MaxSide = ushort.MaxValue;
        const long MaxPixels = 1 << 28;
        long width = (long)columns * (shape.Width * scale + 2),
            height = ((long)images + columns - 1) / columns * (shape.Height * scale + 2);
        if (width > MaxSide || height > MaxSide || width * height * frames > MaxPixels)
        {
            throw new ExperimentException(
                $"A picture of {width:N0} x {height:N0} pixels, {frames} times, is too large; give a smaller --count or --scale."
            );
        }
    }

    private static void Report(ProgressDisplay display, double done, int images)
    {
        lock (display)
        {
            display.Report("drawing", done, $"{images} images");
        }
    }

    private static void Say(string path, string what) => Console.WriteLine($"{VisibleText.Of(path)}: {what}.");

    /// <summary>A class by its name, or else by its number.</summary>
    private static int Find(BitModel model, string name)
    {
        for (int c = 0; c < model.ClassCount; c++)
        {
            if (model.ClassNames[c] == name)
            {
                return c;
            }
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < model.ClassCount
            ? number
            : throw new ExperimentException(
                $"There is no class '{name}'; the model has {string.Join(", ", model.ClassNames.Take(20))}"
                    + $"{(model.ClassCount > 20 ? " and more" : "")}."
            );
    }

    private static Option<string?> Output(string name, string description, string value) =>
        new(name) { Description = description, HelpName = value };
}
