using ScottPlot;

namespace Onebit.Study;

/// <summary>Charts of test accuracy against a cost: model size or time.</summary>
public static class AccuracyCharts
{
    private const int WideWidth = 760,
        WideHeight = 500,
        CrowdedHeight = 640;
    private const string AccuracyAgainstBytesTitle = "Test accuracy against model size",
        FrontierTitle = AccuracyAgainstBytesTitle + ", beside published figures",
        ByBitsTitle = AccuracyAgainstBytesTitle + ", with one bit and with more",
        AccuracyAgainstTimeTitle = "Test accuracy against time",
        SizeLabel = "model size (log scale)",
        TimeLabel = "time of one image (log scale)";

    /// <summary>Test accuracy against the model's size, one marker per run: an SVG that stands alone, on white.</summary>
    public static string AccuracyAgainstBytes(StudyResults results) =>
        Svg.Standalone(AccuracyAgainstBytesPlot(results), WideWidth, WideHeight, AccuracyAgainstBytesTitle);

    internal static string AccuracyAgainstBytesInline(StudyResults results) =>
        Svg.Inline(AccuracyAgainstBytesPlot(results), WideWidth, WideHeight, AccuracyAgainstBytesTitle);

    /// <summary>Test accuracy against the time of one image, one marker per run: an SVG that stands alone, on white.</summary>
    public static string AccuracyAgainstTime(StudyResults results) =>
        Svg.Standalone(AccuracyAgainstTimePlot(results), WideWidth, WideHeight, AccuracyAgainstTimeTitle);

    internal static string AccuracyAgainstTimeInline(StudyResults results) =>
        Svg.Inline(AccuracyAgainstTimePlot(results), WideWidth, WideHeight, AccuracyAgainstTimeTitle);

    /// <summary>Packed runs and what others published: an SVG that stands alone, on white.</summary>
    public static string Frontier(StudyResults results, IReadOnlyList<Published> published) =>
        Svg.Standalone(FrontierPlot(results, published), WideWidth, CrowdedHeight, FrontierTitle);

    internal static string FrontierInline(StudyResults results, IReadOnlyList<Published> published) =>
        Svg.Inline(FrontierPlot(results, published), WideWidth, CrowdedHeight, FrontierTitle);

    /// <summary>
    /// What more bits of weights and activations bring and cost, see <see cref="Ranking.ByBits"/>: an SVG that stands alone, on white.
    /// </summary>
    internal static string ByBits(StudyResults results, IReadOnlyList<StudyRun> runs) =>
        Svg.Standalone(ByBitsPlot(results, runs), WideWidth, WideHeight, ByBitsTitle);

    internal static string ByBitsInline(StudyResults results, IReadOnlyList<StudyRun> runs) =>
        Svg.Inline(ByBitsPlot(results, runs), WideWidth, WideHeight, ByBitsTitle);

    /// <summary>The same of some packed runs, coloured by their bits.</summary>
    internal static string MethodsAgainstBytes(StudyResults results, Ranking ranking) =>
        Svg.Inline(
            AccuracyPlot(results, InOrderOfBits(ranking), Size, Display.Bytes, SizeLabel, Display.Bits, ranking.Label, CrowdedHeight),
            WideWidth,
            CrowdedHeight,
            $"{AccuracyAgainstBytesTitle}, {ranking.Title}"
        );

    /// <summary>Their test accuracy against the time of one image.</summary>
    internal static string MethodsAgainstTime(StudyResults results, Ranking ranking) =>
        Svg.Inline(
            AccuracyPlot(results, InOrderOfBits(ranking), Time, Display.Seconds, TimeLabel, Display.Bits, ranking.Label, CrowdedHeight),
            WideWidth,
            CrowdedHeight,
            $"{AccuracyAgainstTimeTitle}, {ranking.Title}"
        );

    private static IReadOnlyList<StudyRun> InOrderOfBits(Ranking ranking) => [.. ranking.Runs.OrderBy(Ranking.Weight)];

    private static double Size(StudyRun run) => Math.Max(1, run.ModelBytes);

    private static double Time(StudyRun run) => run.InferenceNanoseconds.Batch1 / 1e9;

    private static Plot AccuracyAgainstBytesPlot(StudyResults results) => NetworksPlot(results, Size, Display.Bytes, SizeLabel);

    private static Plot AccuracyAgainstTimePlot(StudyResults results) => NetworksPlot(results, Time, Display.Seconds, TimeLabel);

    private static Plot NetworksPlot(StudyResults results, Func<StudyRun, double> cost, Func<double, string> unit, string costLabel)
    {
        IReadOnlyList<NetworkRuns> networks = NetworkRuns.Of(results);
        return AccuracyPlot(
            results,
            [.. networks.SelectMany(n => n.Runs)],
            cost,
            unit,
            costLabel,
            r => r.Network,
            r => networks.First(n => n.Name == r.Network) is var network && network.Named.Contains(r) ? network.Label(r) : "",
            WideHeight
        );
    }

    // Named are those that none of their kind beats in both.
    private static Plot FrontierPlot(StudyResults results, IReadOnlyList<Published> published) =>
        AccuracyPlot(
            [
                .. results
                    .Runs.Where(r => r.Packed)
                    .Select(r => new Point(Size(r), r.TestAccuracy, Published.Own, 0, Filled: true, r.Experiment)),
                .. published.Select(p => new Point(
                    p.Bytes,
                    Spread.Of([p.Accuracy]),
                    p.Counted,
                    1,
                    Filled: false,
                    published.Any(o => o != p && o.Counted == p.Counted && o.Bytes <= p.Bytes && o.Accuracy >= p.Accuracy) ? "" : p.Name
                )),
            ],
            Floor(results),
            Display.Bytes,
            SizeLabel,
            CrowdedHeight,
            colours: [Published.Own, .. Published.Kinds]
        );

    private static Plot ByBitsPlot(StudyResults results, IReadOnlyList<StudyRun> runs)
    {
        string[] methods = [.. runs.Select(r => r.Method).Distinct()];
        return AccuracyPlot(
            [
                .. runs.Select(r => new Point(
                    Size(r),
                    r.TestAccuracy,
                    $"{r.Method}, {r.Network}",
                    Array.IndexOf(methods, r.Method),
                    Filled: true,
                    $"{r.WeightBits} / {r.ActivationBits}, {Display.Seconds(r.InferenceNanoseconds.Batch1 / 1e9)}"
                )),
            ],
            Floor(results),
            Display.Bytes,
            SizeLabel,
            WideHeight,
            joined: true
        );
    }

    /// <summary>Test accuracy against a cost, one marker per run, one colour per group; a label may be empty.</summary>
    private static Plot AccuracyPlot(
        StudyResults results,
        IReadOnlyList<StudyRun> runs,
        Func<StudyRun, double> cost,
        Func<double, string> unit,
        string costLabel,
        Func<StudyRun, string> group,
        Func<StudyRun, string> label,
        int height
    )
    {
        string[] methods = [.. runs.OrderByDescending(r => r.WeightBits == 32).Select(r => r.Method).Distinct()];
        // A hollow marker: the size is a count and no file.
        return AccuracyPlot(
            [
                .. runs.Select(r => new Point(
                    cost(r),
                    r.TestAccuracy,
                    group(r),
                    Array.IndexOf(methods, r.Method),
                    r.Packed || r.WeightBits == 32,
                    label(r)
                )),
            ],
            Floor(results),
            unit,
            costLabel,
            height
        );
    }

    /// <summary>The minimum error that so many images can show, so that its logarithm exists.</summary>
    private static double Floor(StudyResults results) => 0.5 / Math.Max(1, results.Dataset.TestImages);

    /// <summary>A marker of a chart: its group is its colour, and a label may be empty.</summary>
    private sealed record Point(double Cost, Spread Accuracy, string Group, int Marker, bool Filled, string Label);

    private static Plot AccuracyPlot(
        IReadOnlyList<Point> points,
        double minError,
        Func<double, string> unit,
        string costLabel,
        int height,
        bool joined = false,
        IReadOnlyList<string>? colours = null
    )
    {
        string[] groups = [.. (colours ?? []).Concat(points.Select(p => p.Group)).Distinct()];
        double Error(double accuracy) => Math.Max(1 - accuracy, minError);
        Plot plot = Axes.Framed(costLabel, "test accuracy (log scale of the error)");
        Axes.SetLog(
            plot.Axes.Bottom,
            [.. points.Select(p => p.Cost)],
            Math.Log10,
            v => unit(v).Replace(".0", "", StringComparison.Ordinal),
            margin: 0.12
        );
        Axes.SetAccuracy(plot, points.SelectMany(p => p.Accuracy.Values.Select(Error)));
        var labels = new List<(Coordinates At, string Label)>();
        Color ColorOf(string group) => Color.FromHex(Palette.Series(Array.IndexOf(groups, group)));
        Coordinates At(Point point, double accuracy) => new(Math.Log10(point.Cost), -Math.Log10(Error(accuracy)));
        foreach (IGrouping<string, Point> line in points.Where(_ => joined).GroupBy(p => p.Group))
        {
            plot.Add.ScatterLine(line.Select(p => At(p, p.Accuracy.Mean)).ToArray(), ColorOf(line.Key));
        }

        foreach (Point point in points)
        {
            Color color = ColorOf(point.Group);
            if (point.Accuracy.Values.Count > 1)
            {
                plot.Add.Line(At(point, point.Accuracy.Values.Min()), At(point, point.Accuracy.Values.Max())).LineStyle = new()
                {
                    Color = color,
                    Width = 1.5f,
                };
            }

            var marker = plot.Add.Marker(At(point, point.Accuracy.Mean), Palette.Marker(point.Marker, point.Filled), 11, color);
            marker.MarkerLineWidth = 2;
            labels.Add((At(point, point.Accuracy.Mean), point.Label));
        }
        plot.Legend.ManualItems.AddRange(
            groups
                .Where(g => points.Any(p => p.Group == g))
                .Select(name => new LegendItem { LabelText = name, MarkerStyle = new(MarkerShape.FilledCircle, 11, ColorOf(name)) })
        );
        plot.ShowLegend(Edge.Top);
        plot.Legend.FontSize = Axes.FontSize;
        plot.Legend.FontColor = Color.FromHex(Palette.Ink);
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = plot.Legend.BackgroundColor = Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.TightHorizontalWrapping = true;
        plot.Legend.InterItemPadding = new PixelPadding(10, 10, 0, 0);
        plot.Legend.Padding = plot.Legend.Margin = new PixelPadding(0);
        plot.RenderInMemory(WideWidth, height);
        LabelPlacer.Place(plot, labels, Axes.FontSize - 1);
        return plot;
    }
}
