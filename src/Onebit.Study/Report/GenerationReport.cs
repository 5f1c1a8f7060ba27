using Onebit.Datasets;
using ScottPlot;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>Writes what a study of diffusion models found as one page that needs no network.</summary>
internal static class GenerationReport
{
    private const int Width = 760,
        Height = 460;

    /// <summary>One experiment and number of steps, all seeds of its training together.</summary>
    private sealed record Row(GenerationRow First, IReadOnlyList<GenerationRow> Seeds)
    {
        internal string Experiment => First.Experiment;

        internal int Steps => First.Steps;

        internal Spread Over(Func<GenerationRow, double> value) => Spread.Of(Seeds.Select(value));

        internal double Distance => Over(r => r.FeatureDistance).Mean;
    }

    /// <summary>The HTML of <c>report.html</c>; well-formed XML too.</summary>
    /// <param name="results">What the study found.</param>
    /// <param name="pictures">For each experiment its name, the steps of each row of pictures, and the pictures, row by row.</param>
    internal static string Write(GenerationResults results, IReadOnlyList<(string Name, int[] Steps, ImageSet Images)> pictures)
    {
        Row[] rows = [.. results.Runs.GroupBy(r => (r.Experiment, r.Steps)).Select(g => new Row(g.First(), [.. g]))];
        string title = $"One bit or thirty-two, drawing: {Escape(results.Dataset.Name)}";
        string missing = results.MissingRuns is { Count: > 0 } m
            ? $" <strong>The study is not finished</strong>: {Several(m.Count, "training")}{(m.Count == 1 ? " is" : " are")} missing."
            : "";
        return Page.Write(
            title,
            $"""
            Diffusion models in full precision, beside the same networks with weights and activations of one bit or a few.
            Preset <code>{Escape(results.Preset)}</code>.{missing}
            Made on {Escape(results.Program.Date)} with Onebit {Escape(results.Program.Version)}.
            """,
            string.Join(
                '\n',
                Table(results, rows),
                Bits(results.Bits ?? []),
                Pictures(pictures),
                Chart(rows),
                Beside(results),
                How(results, rows)
            )
        );
    }

    private static string Table(GenerationResults results, Row[] rows) =>
        $"""
            <section id="comparison">
            <h2>What one bit costs</h2>
            <p>The feature distance says how far samples are from real images; {Number(
                results.Test.FeatureDistanceFloor,
                "F1"
            )} is what real images have. “Times” compares with the best full-precision run at its most steps.</p>
            <div class="scroll"><table>
            {HtmlTable(
                ["run", "bits, weight / activation", "steps", "feature distance", "above real images", "times", "class found",
                    "precision", "recall", "nearest training image", "bytes", "one image", "float32, ONNX Runtime"],
                column => column == 0,
                rows.Select(r => Cells(r, Full(rows)))
            )}
            </table></div>
            </section>
            """;

    private static string Bits(IReadOnlyList<BitGenerationRow> rows) =>
        rows.Count == 0
            ? ""
            : $"""
                <section id="bits">
                <h2>Diffusion on bits</h2>
                <p>These networks draw black and white pixels, without a class. The bound says how many nats an image of the test set takes
                at most; fewer are better. A pixel is white with the probability of its grey. Behind ± is the standard error of the bound,
                a mean over the seeds of training.</p>
                <div class="scroll"><table>
                {HtmlTable(
                    ["run", "bits, weight / activation", "steps", "bound, nats per image", "bytes", "one image", "float32, ONNX Runtime"],
                    column => column == 0,
                    rows.GroupBy(r => (r.Experiment, r.Steps)).Select(g => Cells([.. g]))
                )}
                </table></div>
                </section>
                """;

    private static IReadOnlyList<string> Cells(BitGenerationRow[] seeds) =>
        [
            seeds[0].Experiment,
            $"{seeds[0].WeightBits} / {seeds[0].ActivationBits}",
            Count(seeds[0].Steps),
            $"{Number(seeds.Average(r => r.Bound), "F2")}\u00a0±\u00a0{Number(seeds.Average(r => r.BoundStandardError), "F2")}",
            Count(seeds[0].ModelBytes),
            Seconds(seeds.Average(r => r.MillisecondsPerImage) / 1000),
            Seconds(seeds.Average(r => r.OnnxRuntimeMillisecondsPerImage) / 1000),
        ];

    private static Row? Full(Row[] rows) =>
        rows.Where(r => r.First.WeightBits == 32).OrderByDescending(r => r.Steps).ThenBy(r => r.Distance).FirstOrDefault();

    private static IReadOnlyList<string> Cells(Row row, Row? full)
    {
        GenerationRow first = row.First;
        return
        [
            row.Experiment,
            $"{first.WeightBits} / {first.ActivationBits}",
            Count(row.Steps),
            Deviating(row.Over(r => r.FeatureDistance), "F1"),
            Number(row.Over(r => r.FeatureDistance - r.FeatureDistanceFloor).Mean, "F1"),
            full is null ? Nothing : $"{Number(row.Distance / full.Distance, "F2")}×",
            Percent(row.Over(r => r.ClassAccuracy)),
            Deviating(row.Over(r => r.Precision), "F3"),
            Deviating(row.Over(r => r.Recall), "F3"),
            Deviating(row.Over(r => r.NearestTraining), "F2"),
            Count(first.ModelBytes),
            Seconds(row.Over(r => r.MillisecondsPerImage).Mean / 1000),
            Seconds(row.Over(r => r.OnnxRuntimeMillisecondsPerImage).Mean / 1000),
        ];
    }

    private static string Deviating(Spread spread, string format) =>
        Number(spread.Mean, format) + (spread.Values.Count > 1 ? $"\u00a0±\u00a0{Number(spread.Std, format)}" : "");

    private static string Pictures(IReadOnlyList<(string Name, int[] Steps, ImageSet Images)> pictures) =>
        pictures.Count == 0
            ? ""
            : $"""
                <section id="pictures">
                <h2>Pictures</h2>
                <p>First seed of each training. Every column asks for one class, but for networks that draw bits. Pictures
                at the same place begin with the same noise. None was chosen.</p>
                <div class="scroll">{string.Concat(pictures.Select(Picture))}</div>
                </section>
                """;

    private static string Picture((string Name, int[] Steps, ImageSet Images) run)
    {
        const int Scale = 2;
        (byte[] Pixels, int Width, int Height) grid = ImageGrid.Draw(run.Images, run.Images.Count / run.Steps.Length, scale: Scale);
        string steps = string.Join(", ", run.Steps.Select(s => Count(s)));
        return $"""
            <figure><img width="{grid.Width}" height="{grid.Height}" alt="Images drawn by {Escape(
                run.Name
            )}" src="data:image/png;base64,{Convert.ToBase64String(ImageGrid.Png(grid))}" />
            <figcaption>{Escape(run.Name)}: rows of {steps} steps</figcaption></figure>

            """;
    }

    private static string Chart(Row[] rows)
    {
        if (rows.Length == 0)
        {
            return "";
        }

        Plot plot = Axes.Framed("steps", "feature distance (log scale)");
        string[] experiments = [.. rows.Select(r => r.Experiment).Distinct()];
        Axes.SetLog(plot.Axes.Left, [.. rows.Select(r => r.Distance)], Math.Log10, v => Number(v, "0.####"));
        int[] ticks = [.. rows.Select(r => r.Steps).Distinct().Order()];
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. ticks.Select(t => (double)t)],
            [.. ticks.Select(t => Count(t))]
        );
        for (int i = 0; i < experiments.Length; i++)
        {
            Row[] own = [.. rows.Where(r => r.Experiment == experiments[i]).OrderBy(r => r.Steps)];
            var line = plot.Add.Scatter(
                own.Select(r => (double)r.Steps).ToArray(),
                own.Select(r => Math.Log10(r.Distance)).ToArray(),
                Color.FromHex(own[0].First.WeightBits == 32 ? Palette.Ink : Palette.Series(i))
            );
            line.LegendText = VisibleText.Of(experiments[i]);
            line.MarkerShape = Palette.Marker(i, filled: true);
            line.MarkerSize = 8;
        }

        plot.ShowLegend(Edge.Right);
        return $"""
            <section id="steps">
            <h2>Steps of the sampler</h2>
            <figure class="chart wide"><div class="scroll">{Svg.Inline(plot, Width, Height, "Feature distance against steps")}</div>
            <figcaption>Down is better. A step runs the network once.</figcaption></figure>
            </section>
            """;
    }

    private static string Beside(GenerationResults results)
    {
        IReadOnlyList<string> Measures(string name, GenerationMeasures m) =>
            [
                name,
                Number(m.FeatureDistance, "F1"),
                Percent(m.ClassAccuracy),
                Number(m.Precision, "F3"),
                Number(m.Recall, "F3"),
                Number(m.NearestTraining.MedianPixels, "F2"),
            ];
        IEnumerable<IReadOnlyList<string>> rows =
        [
            [
                "real images",
                Number(results.Test.FeatureDistanceFloor, "F1"),
                Percent(results.Test.ClassAccuracyOfTest),
                Number(results.Test.PrecisionOfTraining, "F3"),
                Number(results.Test.RecallOfTraining, "F3"),
                Number(results.Test.NearestTrainingOfTest.MedianPixels, "F2"),
            ],
            .. results.Baselines.Select(b => Measures(b.Key, b.Value)),
        ];
        return $"""
            <section id="beside">
            <h2>Real images and simple generators</h2>
            <p>Real images: training images beside the test images, and test images beside the nearest training images.
            The Gaussians are fitted to principal components of the pixels.</p>
            <div class="scroll"><table>
            {HtmlTable(
                ["", "feature distance", "class found", "precision", "recall", "nearest training image"],
                column => column == 0,
                rows
            )}
            </table></div>
            </section>
            """;
    }

    private static string How(GenerationResults results, Row[] rows)
    {
        MachineInfo machine = results.Machine;
        DatasetInfo set = results.Dataset;
        int most = rows.Select(r => r.First.SamplingSeeds).DefaultIfEmpty().Max();
        string command = $"onebit study --preset {Argument(results.Preset)}{DataOptions(set)}{EpochOption(results.Epochs)}";
        return $"""
            <section id="measured">
            <h2>How it was measured</h2>
            <dl>
            <dt>Command</dt><dd><code>{Escape(command)}</code></dd>
            <dt>Machine</dt><dd>{Escape(machine.Processor)}, {Escape(machine.OperatingSystem)}, {Escape(machine.Runtime)},
            vectors of {machine.VectorBits} bits.</dd>
            <dt>Data</dt><dd>{Escape(set.Name)}: {Count(set.TrainImages)} images to train on, {Count(set.ValidationImages)} held out,
            {Count(set.TestImages)} to test. Each set of samples has as many of each class as the test images.</dd>
            <dt>Feature distance</dt><dd>The Fréchet distance of {results.FeatureDimension} features: what
            <code>{Escape(results.FeatureModel)}</code> (SHA-256 <code>{Escape(
                results.FeatureModelSha256[..16]
            )}</code>) computes before its
            last ReLU. At the most steps it is a mean over {Several(most, "seed")} of noise.</dd>
            <dt>Class found</dt><dd>The share of samples in which <code>{Escape(results.ClassModel)}</code> finds the class asked for.</dd>
            <dt>Precision and recall</dt><dd>The share of samples among the features of test images, and the share of test images among
            those of samples (Kynkäänniemi et al. 2019, with 3 neighbours).</dd>
            <dt>Nearest training image</dt><dd>The median distance in pixels to the nearest training image of the class, a white pixel
            being 1. Copies would be nearer than test images are.</dd>
            <dt>One image</dt><dd>All steps on one thread. Packed models run on the Onebit runtime, full precision on ONNX Runtime.
            Both are timed in turn. ONNX Runtime runs the network alone, without the sampler’s own work.</dd>
            <dt>Deviations</dt><dd>Sample standard deviations over seeds of the training.</dd>
            </dl>
            </section>
            """;
    }
}
