using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Onebit.Datasets;
using Onebit.Study;
using Onebit.Training;
using Spectre.Console;
using TorchSharp;

namespace Onebit.Cli;

/// <summary><c>onebit eval</c>: a packed model on test images, by the Onebit runtime.</summary>
internal static class EvalCommand
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    internal static Command Create()
    {
        Argument<string> model = SharedOptions.Model();
        Option<string> data = SharedOptions.Data("such as mnist or mnist-hard; 'onebit list' has all");
        var check = new Option<bool>("--check")
        {
            Description = "Also run the model on libtorch, and compare every integer of every image.",
        };
        var against = new Option<string?>("--against")
        {
            Description = "A second packed model. McNemar's test says whether the difference on these images is significant.",
            HelpName = "MODEL",
        };
        against.Validators.Add(result => SharedOptions.RequireFile(result, "model"));
        Option<string?> csv = PredictionsFile.Option();
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "eval",
            """
            Classify the test images of a data set with a packed model. Optionally compare it with another model.

            Example: onebit eval models/mnist-micro.onebit --predictions predictions.csv
            Example: onebit eval models/mnist-small.onebit --against models/mnist-tiny.onebit
            """
        )
        {
            model,
            data,
            check,
            against,
            csv,
            json,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model),
                set = parsed.GetRequiredValue(data),
                dataset = DatasetLoader.Describe(set).Name;
            BitModel packed = Classifier.Load(path);
            BitModel? other = parsed.GetValue(against) is { } otherPath ? Classifier.Load(otherPath) : null;
            ImageSet test = DataCommand.LoadTestShowingProgress(set, packed, path);
            if (other is not null)
            {
                ModelFit.Require(packed, path, other, parsed.GetValue(against)!);
                SharedOptions.RequireSameSize(other, parsed.GetValue(against)!, test);
            }

            IReadOnlyList<string> names = packed.ClassNames;
            byte[] predictions = ModelPredictions.Of(packed, test);
            if (parsed.GetValue(csv) is { } file)
            {
                PredictionsFile.Write(file, packed, test);
            }

            int[][] confusion = Evaluation.Confusion(test.Labels.Span, predictions, names.Count);
            double accuracy = Evaluation.AccuracyOf(test.Labels.Span, predictions);
            (long Integers, long Different)? compared = parsed.GetValue(check) ? Compare(packed, test, predictions) : null;
            McNemar? difference = other is null ? null : McNemar.Compare(test.Labels.Span, predictions, ModelPredictions.Of(other, test));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            dataset,
                            accuracy,
                            count = test.Count,
                            classNames = names,
                            confusion,
                            comparedIntegers = compared?.Integers,
                            differentIntegers = compared?.Different,
                            against = difference,
                        },
                        s_json
                    )
                );
            }
            else
            {
                Print(dataset, accuracy, confusion, names);
                if (compared is { } result)
                {
                    AnsiConsole.WriteLine(
                        $"Compared with libtorch, {result.Different:N0} of {result.Integers:N0} integers differ "
                            + $"(all values, scores and classes of {test.Count:N0} images)."
                    );
                }

                if (difference is { } d)
                {
                    AnsiConsole.WriteLine(
                        $"Only this model is right on {d.FirstOnly:N0} images, only the other on {d.SecondOnly:N0}. "
                            + $"The difference is {(d.MoreThanChance ? "" : "not ")}significant (McNemar's test, p = {d.P:G2})."
                    );
                }
            }
            return compared?.Different > 0 ? 1 : 0;
        });
        return command;
    }

    /// <summary>
    /// Every value, score and class of every image, by the runtime and by the same operations on libtorch. Values come from
    /// the reference interpreter, scores from the kernels for one image, classes from those for many.
    /// </summary>
    private static (long Integers, long Different) Compare(BitModel model, ImageSet test, byte[] classes)
    {
        const int Batch = 100;
        torch.set_num_threads(1);
        using var folded = new TorchBitModel(model);
        long integers = 0,
            different = 0;
        for (int start = 0; start < test.Count; start += Batch)
        {
            using var scope = torch.NewDisposeScope();
            ImageSet images = test.Slice(start, Math.Min(Batch, test.Count - start));
            IReadOnlyList<torch.Tensor> values = folded.Trace(Evaluator.Pixels(images));
            double[][] expected = [.. values.SkipLast(1).Select(v => v.to(torch.ScalarType.Float64).contiguous().data<double>().ToArray())];
            long[] expectedScores = values[^1].data<long>().ToArray(),
                expectedClasses = values[^1].flatten(1).argmax(1).data<long>().ToArray();
            int first = start;
            Parallel.For(
                0,
                images.Count,
                i =>
                {
                    int[][] trace = model.Trace(images.Image(i));
                    long[] scores = new long[model.ClassCount];
                    model.Predict(images.Image(i), scores);
                    long compared = scores.Length + 1,
                        wrong = expectedClasses[i] == classes[first + i] ? 0 : 1;
                    for (int v = 0; v < trace.Length; v++)
                    {
                        ReadOnlySpan<double> own = expected[v].AsSpan(i * trace[v].Length, trace[v].Length);
                        for (int e = 0; e < own.Length; e++)
                        {
                            wrong += own[e] == trace[v][e] ? 0 : 1;
                        }

                        compared += own.Length;
                    }
                    for (int c = 0; c < scores.Length; c++)
                    {
                        wrong += expectedScores[i * scores.Length + c] == scores[c] ? 0 : 1;
                    }

                    Interlocked.Add(ref integers, compared);
                    Interlocked.Add(ref different, wrong);
                }
            );
        }
        return (integers, different);
    }

    private static void Print(string set, double accuracy, int[][] confusion, IReadOnlyList<string> names)
    {
        AnsiConsole.WriteLine($"{accuracy:P2} of {confusion.Sum(row => row.Sum()):N0} images of {VisibleText.Of(set)} are right.");
        string[] shown = [.. names.Select(VisibleText.Of)];
        // Names and counts, with two blanks each. A matrix that is too wide becomes letters and dots.
        int widest = confusion.Max(row => row.Max()).ToString(CultureInfo.CurrentCulture).Length,
            width = shown.Max(n => n.Length) + shown.Sum(n => Math.Max(n.Length, widest) + 3);
        AnsiConsole.Write(width <= AnsiConsole.Profile.Width ? Matrix(confusion, shown) : List(confusion, shown));
    }

    private static Table Matrix(int[][] confusion, string[] names)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn("true");
        foreach (string name in names)
        {
            table.AddNumberColumn(name);
        }

        foreach ((string name, int[] row) in names.Zip(confusion))
        {
            table.AddTextRow([name, .. row.Select(n => n == 0 ? "·" : $"{n}")]);
        }

        return table;
    }

    private static Table List(int[][] confusion, string[] names)
    {
        Table table = new Table()
            .Border(TableBorder.Simple)
            .AddColumn("class")
            .AddColumn(new TableColumn("images").RightAligned())
            .AddColumn(new TableColumn("right").RightAligned())
            .AddColumn("most often predicted as");
        foreach (ClassRow row in ClassRow.Of(confusion))
        {
            table.AddTextRow(
                names[row.Class],
                $"{row.Images:N0}",
                row.Images == 0 ? "" : $"{(double)row.Right / row.Images:P1}",
                string.Join(", ", row.Mistakes.Select(m => $"{names[m.Class]} ({m.Count:N0})"))
            );
        }

        return table;
    }
}
