using System.CommandLine;
using System.Text.Json;
using Onebit.Datasets;
using Onebit.Study;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit predict</c>: a packed model on anybody's image files.</summary>
internal static class PredictCommand
{
    private const string Digits = "digits",
        Plain = "plain";

    // From so many files on, a progress bar is shown.
    private const int MinFilesForProgress = 50;

    internal static Command Create()
    {
        Argument<string> model = SharedOptions.Model();
        var images = new Argument<string[]>("IMAGE")
        {
            Description = "PNG, JPEG, WebP, BMP or GIF files, or folders of them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var preprocess = new Option<string?>("--preprocess")
        {
            Description =
                "digits: find the digit, crop, scale and centre it like MNIST. plain: scale the image to the network's input. "
                + "The default is what the model was trained with, where its file says so, else plain.",
            HelpName = $"{Digits}|{Plain}",
        };
        preprocess.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is not (Digits or Plain))
            {
                result.AddError($"--preprocess takes {Digits} or {Plain}, not '{result.Tokens[0].Value}'");
            }
        });
        var show = new Option<bool>("--show") { Description = "Draw the network's input in the terminal." };
        var trace = new Option<bool>("--trace")
        {
            Description = "Print JSON with every integer of the model: pixels, values and scores. For checking other implementations.",
        };
        var pixels = new Option<string?>("--pixels")
        {
            Description = "Also write what the network reads to a file: a byte per pixel, one image after another. Exported C reads it.",
            HelpName = "FILE",
        };
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "predict",
            """
            Classify image files of any size and colour. Prints class, probability and second-best class.

            Example: onebit predict models/mnist-micro.onebit samples/digits --show
            """
        )
        {
            model,
            images,
            preprocess,
            show,
            trace,
            pixels,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(show) && (result.GetValue(json) || result.GetValue(trace)))
            {
                string other = result.GetValue(json) ? "--json" : "--trace";
                result.AddError($"--show and {other} do not go together; leave one of them out");
            }
        });
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model);
            BitModel packed = Classifier.Load(path);
            ImagePreparation known = KnownPreparation.Of(packed);
            bool digits = parsed.GetValue(preprocess) is { } chosen ? chosen == Digits : known == ImagePreparation.Digits;
            if (known == ImagePreparation.Unknown && parsed.GetValue(preprocess) is null)
            {
                Failure.Say(
                    "the model does not say how its training images were prepared, so images are only scaled. "
                        + $"If it reads handwritten digits like MNIST's, give --preprocess {Digits}."
                );
            }

            RequireReadable(packed.Input, path, digits, known);
            string? file = parsed.GetValue(pixels);
            if (file is not null)
            {
                SharedOptions.MakeFolder(file);
            }

            Answer[] answers = Classify(packed, parsed.GetRequiredValue(images), digits);
            if (file is not null)
            {
                AtomicFile.Write(file, stream => stream.Write([.. answers.SelectMany(a => a.Pixels ?? [])]));
            }

            if (parsed.GetValue(trace))
            {
                Console.WriteLine(JsonSerializer.Serialize(answers.Select(a => Trace(packed, a)), JsonSerializerOptions.Web));
            }
            else if (parsed.GetValue(json))
            {
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        answers.Select(a => new
                        {
                            a.File,
                            a.Class,
                            a.Probability,
                            a.RunnerUp,
                            a.Error,
                        }),
                        JsonSerializerOptions.Web
                    )
                );
            }
            else
            {
                Print(packed.Input, answers, digits, parsed.GetValue(show));
            }

            return answers.Any(a => a.Error is not null) ? 1 : 0;
        });
        return command;
    }

    /// <summary>What became of one file: a class, or an error that says why there is none.</summary>
    private sealed record Answer(
        string File,
        string? Class = null,
        double? Probability = null,
        string? RunnerUp = null,
        double RunnerUpProbability = 0,
        string? Error = null,
        byte[]? Pixels = null
    );

    /// <summary>All integers of one image. Value 0 is the input's codes, value i + 1 that of operation i; signs are -1 and +1.</summary>
    private static object Trace(BitModel model, Answer answer)
    {
        if (answer.Pixels is not { } pixels)
        {
            return new { answer.File, answer.Error };
        }

        (int[][] values, long[] scores, int best) = ReferenceInterpreter.Run(model, pixels);
        return new
        {
            answer.File,
            Class = model.ClassNames[best],
            Pixels = pixels.Select(p => (int)p),
            Values = values,
            Scores = scores,
        };
    }

    private static void RequireReadable(ModelInput input, string path, bool digits, ImagePreparation known)
    {
        if (input.Channels is not (1 or 3))
        {
            throw new DatasetException($"{path} reads images of {input.Channels} channels; image files have 1 or 3.");
        }

        if (digits && known == ImagePreparation.Scaled)
        {
            throw new DatasetException(
                $"{path} was trained on images that were only scaled, not on digits like MNIST's; use --preprocess {Plain}."
            );
        }

        if (digits && input is not { Channels: 1, Height: DigitImage.Side, Width: DigitImage.Side })
        {
            throw new DatasetException(
                $"{path} reads images of {input.Channels} x {input.Height} x {input.Width}, not digits of 1 x 28 x 28; "
                    + $"use --preprocess {Plain}."
            );
        }
    }

    private static Answer[] Classify(BitModel model, string[] paths, bool digits)
    {
        var files = new List<(string File, string? Error)>();
        foreach (string path in paths)
        {
            if (!Directory.Exists(path))
            {
                files.Add((path, null));
                continue;
            }
            try
            {
                FoundFiles found = ImageFiles.Under(path);
                files.AddRange(
                    found.Files.Count > 0
                        ? found.Files.Select(f => (f, (string?)null))
                        : [(path, $"The folder {path} holds no image (PNG, JPEG, WebP, BMP or GIF).")]
                );
                if (found.LeftOut.Sentence is { } leftOut)
                {
                    Failure.Say($"{path}: {leftOut}");
                }
            }
            catch (DatasetException e)
            {
                files.Add((path, e.Message));
            }
        }
        if (files.Count < MinFilesForProgress)
        {
            return [.. files.Select(f => Classify(model, f.File, f.Error, digits))];
        }

        return ProgressDisplay.Show(display =>
        {
            int done = 0;
            return files
                .AsParallel()
                .AsOrdered()
                .WithDegreeOfParallelism(Picture.Parallelism)
                .Select(f =>
                {
                    Answer answer = Classify(model, f.File, f.Error, digits);
                    lock (display)
                    {
                        display.Report("images", (double)++done / files.Count, $"{done:N0} of {files.Count:N0}");
                    }

                    return answer;
                })
                .ToArray();
        });
    }

    private static Answer Classify(BitModel model, string file, string? error, bool digits)
    {
        if (error is not null)
        {
            return new Answer(file, Error: error);
        }

        try
        {
            Picture picture = Picture.Load(file);
            ModelInput input = model.Input;
            byte[] pixels = digits ? DigitImage.From(picture, file) : picture.Scale(new Shape(input.Channels, input.Height, input.Width));
            long[] scores = new long[model.ClassCount];
            int best = model.Predict(pixels, scores);
            double[] probabilities = new double[scores.Length];
            model.Probabilities(scores, probabilities);
            int second = Enumerable.Range(0, scores.Length).Where(c => c != best).MaxBy(c => scores[c]);
            return new Answer(
                file,
                model.ClassNames[best],
                probabilities[best],
                model.ClassNames[second],
                probabilities[second],
                Pixels: pixels
            );
        }
        catch (DatasetException e)
        {
            return new Answer(file, Error: e.Message);
        }
    }

    private static void Print(ModelInput input, Answer[] answers, bool digits, bool show)
    {
        var table = new Table()
            .Border(TableBorder.Simple)
            .AddColumn("file")
            .AddColumn("class")
            .AddColumn(new TableColumn("probability").RightAligned())
            .AddColumn("runner-up");
        foreach (Answer answer in answers)
        {
            if (answer.Error is not null)
            {
                Failure.Say(answer.Error);
                continue;
            }
            if (show)
            {
                AnsiConsole.WriteLine(VisibleText.Of(answer.File));
                TerminalImage.Write(AnsiConsole.Console, answer.Pixels, input.Channels, input.Height, input.Width);
            }
            table.AddTextRow(
                answer.File,
                answer.Class!,
                $"{answer.Probability:P1}",
                $"{answer.RunnerUp!} ({answer.RunnerUpProbability:P1})"
            );
        }
        if (table.Rows.Count == 0)
        {
            return;
        }

        AnsiConsole.Write(table);
        if (!Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(
                digits
                    ? $"Images were prepared like MNIST's digits. With --preprocess {Plain} they are only scaled."
                    : $"Images were only scaled, to {input.Height} x {input.Width}."
            );
        }
    }
}
