using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Cli;

/// <summary>Options that several commands have, the same in each.</summary>
internal static class SharedOptions
{
    private const string Digits = "mnist";

    /// <param name="known">Names of the known sets that will do.</param>
    internal static Option<string> Data(string known = "such as mnist; 'onebit list' has all") =>
        new("--data")
        {
            Description =
                $"A known data set ({known}), a folder of IDX files (may be gzipped), or a folder of images with one subfolder per class.",
            DefaultValueFactory = _ => Digits,
            HelpName = "NAME|FOLDER",
        };

    /// <summary>The data set that was chosen, or else the one the experiments are meant for.</summary>
    /// <exception cref="ExperimentException">None was chosen, and the experiments are meant for several.</exception>
    internal static string DataFor(IEnumerable<Experiment> experiments, ParseResult parsed, Option<string> data)
    {
        if (parsed.GetResult(data) is { Implicit: false })
        {
            return parsed.GetRequiredValue(data);
        }

        string[] meant = [.. experiments.Select(e => e.Data ?? Digits).Distinct()];
        return meant.Length == 1
            ? meant[0]
            : throw new ExperimentException($"The experiments are meant for {string.Join(" and ", meant)}; choose one with --data.");
    }

    /// <summary>Rows and columns that a folder's images are scaled to, and channels unless the images decide.</summary>
    internal static Option<Shape?> Size()
    {
        const int MaxSide = 1024;
        var option = new Option<Shape?>("--size")
        {
            Description =
                "Scale the images of a folder to this size: 32, or rows and columns as 24x32, or with 1 or 3 channels as 24x32x3. "
                + "The default is 28, with colour if an image has colour.",
            HelpName = "HxW",
        };
        option.CustomParser = result =>
        {
            int[] sizes =
            [
                .. result
                    .Tokens[0]
                    .Value.Split('x')
                    .Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0),
            ];
            if (
                sizes.Length <= 3
                && sizes.Take(2).All(s => s is >= 1 and <= MaxSide)
                && sizes.ElementAtOrDefault(2) is var channels
                && (sizes.Length < 3 || channels is 1 or 3)
            )
            {
                return new Shape(channels, sizes[0], sizes.ElementAtOrDefault(1) is > 0 and var width ? width : sizes[0]);
            }

            result.AddError(
                $"--size takes 32, 24x32 or 24x32x3, sides from 1 to {MaxSide} and 1 or 3 channels, not '{result.Tokens[0].Value}'"
            );
            return null;
        };
        return option;
    }

    internal static Option<int?> Epochs()
    {
        const int Max = 100_000;
        var option = new Option<int?>("--epochs")
        {
            Description = "Passes over the training images. The default is the experiment's number, or more where the data set is small.",
            HelpName = "N",
        };
        Limit(option, 1, Max);
        return option;
    }

    /// <summary>Refuses numbers outside a range.</summary>
    internal static void Limit(Option<int?> option, int least, int most) =>
        option.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int?>() is { } value && (value < least || value > most))
            {
                result.AddError($"{option.Name} takes a whole number from {least} to {most}, not '{result.Tokens[0].Value}'");
            }
        });

    internal static Option<bool> Json() => new("--json") { Description = "Print JSON instead of a table." };

    /// <summary>The size of images.</summary>
    internal static string Describe(ImageSet images) => $"{images.Channels} x {images.Height} x {images.Width} (channels x height x width)";

    /// <summary>Makes the folder that a file goes into, where it is missing.</summary>
    internal static void MakeFolder(string file)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }
    }

    /// <summary>A model must read images of the data's size.</summary>
    /// <exception cref="DatasetException">It reads others.</exception>
    internal static void RequireSameSize(BitModel model, string name, ImageSet images)
    {
        ModelInput input = model.Input;
        if ((input.Channels, input.Height, input.Width) != (images.Channels, images.Height, images.Width))
        {
            throw new DatasetException(
                $"{name} reads images of {input.Channels} x {input.Height} x {input.Width}, but the data set has {Describe(images)}; "
                    + "choose another --data."
            );
        }
    }

    internal static Argument<string> Model()
    {
        var model = new Argument<string>("MODEL") { Description = "A packed model, a .onebit file." };
        model.Validators.Add(result => RequireFile(result, "model"));
        return model;
    }

    /// <summary>A missing file is a wrong use of the command, not a failure.</summary>
    internal static void RequireFile(ArgumentResult result, string what) => RequireFile(result, result.GetValueOrDefault<string>(), what);

    /// <summary>The same of an option that may be left out.</summary>
    internal static void RequireFile(OptionResult result, string what)
    {
        if (result.GetValueOrDefault<string?>() is { } path)
        {
            RequireFile(result, path, what);
        }
    }

    internal static void RequireFile(SymbolResult result, string path, string what)
    {
        if (!File.Exists(path))
        {
            result.AddError($"There is no {what} file '{path}'");
        }
    }

    /// <summary>An option that takes a whole number from <paramref name="min"/> on.</summary>
    internal static Option<int> Count(string name, string description, int min, Func<int> standard)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            DefaultValueFactory = _ => standard(),
            HelpName = "N",
        };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.Tokens.Count == 0)
            {
                return;
            }

            if (!int.TryParse(result.Tokens[0].Value, out int value) || value < min)
            {
                result.AddError($"{name} takes a whole number from {min} on, not '{result.Tokens[0].Value}'");
            }
        });
        return option;
    }
}
