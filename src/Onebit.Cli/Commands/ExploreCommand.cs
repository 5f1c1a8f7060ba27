using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Onebit.Datasets;
using Onebit.Study;
using Onebit.Training;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit explore</c>: what a data set looks like and what is hard in it.</summary>
internal static class ExploreCommand
{
    private const int MinPoints = 50,
        MaxPoints = 10_000;

    internal static Command Create()
    {
        var standard = new ExplorationOptions();
        Option<string> data = SharedOptions.Data();
        Option<Shape?> size = SharedOptions.Size();
        var models = new Option<string?>("--models")
        {
            Description = "A folder of trained models, for example a study. Their mistakes and their accuracy on hard images are shown.",
            HelpName = "DIR",
        };
        models.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } folder && !Directory.Exists(folder))
            {
                result.AddError($"There is no folder '{folder}'");
            }
        });
        var output = new Option<string>("--out")
        {
            Description = "The folder for explore.html and explore.json.",
            DefaultValueFactory = _ => "onebit-explore",
            HelpName = "DIR",
        };
        var hardSet = new Option<bool>("--hard-set")
        {
            Description = "Find the hard test images anew and write them to DIR/hard-set, as IDX files.",
        };
        Option<int> points = SharedOptions.Count(
            "--points",
            $"Images in the t-SNE picture, at most {MaxPoints}. Time and memory grow with the square of it.",
            MinPoints,
            () => standard.Points
        );
        points.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int value) && value > MaxPoints)
            {
                result.AddError($"--points takes at most {MaxPoints}, not '{value}'");
            }
        });
        var perplexity = new Option<double>("--perplexity")
        {
            Description = "Effective number of neighbours in t-SNE.",
            DefaultValueFactory = _ => standard.Perplexity,
            HelpName = "P",
        };
        perplexity.Validators.Add(result =>
        {
            if (
                !result.Errors.Any()
                && result.Tokens.Count > 0
                && !(
                    double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                    && value is >= 2 and <= 1000
                )
            )
            {
                result.AddError($"--perplexity takes a number from 2 to 1000, not '{result.Tokens[0].Value}'");
            }
        });
        Option<int> seed = SharedOptions.Count("--seed", "Seed of samples, clusters and first positions.", 0, () => standard.Seed);
        Option<int> seeds = SharedOptions.Count(
            "--seeds",
            "Number of t-SNE samples by which each class is judged.",
            1,
            () => standard.Seeds
        );
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "explore",
            """
            Explore a data set: samples, k-means, t-SNE, classes that look alike, hard test images.
            Writes explore.html and explore.json.

            Example: onebit explore --data mnist --out my-exploration
            """
        )
        {
            data,
            size,
            models,
            output,
            hardSet,
            points,
            perplexity,
            seed,
            seeds,
            json,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                string folder = parsed.GetRequiredValue(output);
                OutputFolder.Require(folder);
                Dataset images = DataCommand.LoadShowingProgress(parsed.GetRequiredValue(data), parsed.GetValue(size));
                var options = new ExplorationOptions(
                    parsed.GetValue(points),
                    parsed.GetValue(perplexity),
                    parsed.GetValue(seed),
                    parsed.GetValue(seeds),
                    parsed.GetValue(hardSet)
                );
                ExplorationResults results = ProgressDisplay.Show(display =>
                    new Explorer(
                        images,
                        options,
                        folder,
                        parsed.GetValue(size),
                        new SynchronousProgress<ExplorationProgress>(p => display.Report(p.Task, p.Done, p.Detail)),
                        cancellation
                    ).Run(parsed.GetValue(models))
                );
                if (parsed.GetValue(json))
                {
                    Console.WriteLine(JsonSerializer.Serialize(results, ExplorationResults.Json));
                }
                else
                {
                    Print(results, folder);
                }

                return Task.FromResult(0);
            }
        );
        return command;
    }

    private static void Print(ExplorationResults results, string folder)
    {
        KMeansResults k = results.Kmeans;
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        table.AddTextRow(
            "k-means",
            $"{k.K} clusters: accuracy {k.Accuracy:P2}, purity {k.Purity:P2}, adjusted Rand index {k.AdjustedRandIndex:F3}, "
                + $"normalized mutual information {k.NormalizedMutualInformation:F3}"
        );
        table.AddTextRow("", string.Join(", ", k.Curve.Skip(1).Select(p => $"{p.K}: {p.Accuracy:P2}")));
        table.AddTextRow(
            "t-SNE",
            $"{results.Tsne.Points:N0} points: trustworthiness {results.Tsne.Trustworthiness:F4}, "
                + $"KL divergence {results.Tsne.KlDivergence:F4}, {results.Tsne.Seconds:N1} s"
        );
        table.AddTextRow(
            "pairs",
            string.Join(
                ", ",
                results
                    .Pairs.Take(5)
                    .Where(p => p.Share > 0)
                    .Select(p => $"{results.Dataset.ClassNames[p.First]}/{results.Dataset.ClassNames[p.Second]} ({p.Share:P1} of mistakes)")
            )
        );
        if (results.HardSet is { } hard)
        {
            table.AddTextRow(
                "hard images",
                $"{hard.Indices.Count:N0}"
                    + (hard.Curated ? $", written to {Path.Combine(folder, Explorer.HardSetFolder)}" : " (the shipped ones)")
            );
        }

        AnsiConsole.Write(table);
        var classifiers = new Table()
            .Border(TableBorder.Simple)
            .AddColumn("classifier")
            .AddColumn(new TableColumn("all test images").RightAligned())
            .AddColumn(new TableColumn("hard ones").RightAligned());
        foreach (ClassifierResult c in results.Classifiers)
        {
            classifiers.AddTextRow(c.Name, $"{c.Accuracy:P2}", c.HardSetAccuracy is { } accuracy ? $"{accuracy:P2}" : "");
        }

        AnsiConsole.Write(classifiers);
        AnsiConsole.WriteLine($"Page: {VisibleText.Of(Path.Combine(folder, Explorer.PageFile))}");
    }
}
