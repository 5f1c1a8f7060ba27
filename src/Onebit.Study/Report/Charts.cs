using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Onebit.Study;

/// <summary>The pictures of a study.</summary>
public static class Charts
{
    private const int WideWidth = 760,
        WideHeight = 500,
        CrowdedHeight = 640,
        Width = 540,
        Height = 340,
        EmbeddingSize = 640;
    private const float FontSize = 13;
    private const string AccuracyAgainstBytesTitle = "Test accuracy against model size",
        FrontierTitle = AccuracyAgainstBytesTitle + ", beside published figures",
        PlanesTitle = AccuracyAgainstBytesTitle + ", with one plane and with more",
        SizeLabel = "model size (log scale)";

    private static readonly double[][] s_digits =
    [
        [1],
        [1, 2, 5],
        [1, 1.5, 2, 3, 4, 5, 7],
    ];

    /// <summary>Test accuracy against the model's size, one marker a run: an SVG that stands alone, on white.</summary>
    public static string AccuracyAgainstBytes(StudyResults results) =>
        Svg.Standalone(AccuracyAgainstBytesPlot(results), WideWidth, WideHeight, AccuracyAgainstBytesTitle);

    internal static string AccuracyAgainstBytesInline(StudyResults results) =>
        Svg.Inline(AccuracyAgainstBytesPlot(results), WideWidth, WideHeight, AccuracyAgainstBytesTitle);

    /// <summary>Packed runs and what others published: an SVG that stands alone, on white.</summary>
    public static string Frontier(StudyResults results, IReadOnlyList<Published> published) =>
        Svg.Standalone(FrontierPlot(results, published), WideWidth, CrowdedHeight, FrontierTitle);

    internal static string FrontierInline(StudyResults results, IReadOnlyList<Published> published) =>
        Svg.Inline(FrontierPlot(results, published), WideWidth, CrowdedHeight, FrontierTitle);

    /// <summary>
    /// What more planes of weights and activations bring and cost, see <see cref="Ranking.Planes"/>: an SVG that stands alone, on white.
    /// </summary>
    internal static string Planes(StudyResults results, IReadOnlyList<StudyRun> runs) =>
        Svg.Standalone(PlanesPlot(results, runs), WideWidth, WideHeight, PlanesTitle);

    internal static string PlanesInline(StudyResults results, IReadOnlyList<StudyRun> runs) =>
        Svg.Inline(PlanesPlot(results, runs), WideWidth, WideHeight, PlanesTitle);

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
            AccuracyPlot(
                results,
                InOrderOfBits(ranking),
                r => r.InferenceNanoseconds.Batch1 / 1e9,
                Display.Seconds,
                "time of one image (log scale)",
                Display.Bits,
                ranking.Label,
                CrowdedHeight
            ),
            WideWidth,
            CrowdedHeight,
            $"Test accuracy against time, {ranking.Title}"
        );

    /// <summary>Training and validation loss by epoch, the named runs of a network.</summary>
    internal static string Loss(NetworkRuns network)
    {
        Plot plot = Epochs(network, "loss (cross-entropy)");
        double[] all =
        [
            .. network.Named.SelectMany(r => r.Curves.TrainLoss.Concat(r.Curves.ValidationLoss)).Where(l => double.IsFinite(l) && l > 0),
        ];
        SetLog(plot.Axes.Left, all, Math.Log10, v => Display.Number(v, "0.######"));
        foreach ((StudyRun run, int index) in network.Named.Select((r, i) => (r, i)))
        {
            AddCurve(plot, run, index, run.Curves.TrainLoss, Math.Log10, training: true);
            AddCurve(plot, run, index, run.Curves.ValidationLoss, Math.Log10, training: false);
        }
        return Svg.Inline(plot, Width, Height, $"Loss by epoch, {network.Name}");
    }

    /// <summary>Validation accuracy by epoch, the named runs of a network.</summary>
    internal static string ValidationAccuracy(NetworkRuns network)
    {
        Plot plot = Epochs(network, "validation accuracy");
        double Error(double accuracy, StudyRun run) => Math.Max(1 - accuracy, 0.5 / Math.Max(1, run.ValidationImages));
        SetAccuracy(plot, network.Named.SelectMany(r => r.Curves.ValidationAccuracy.Select(a => Error(a, r))));
        foreach ((StudyRun run, int index) in network.Named.Select((r, i) => (r, i)))
        {
            AddCurve(plot, run, index, run.Curves.ValidationAccuracy, a => -Math.Log10(Error(a, run)), training: false);
        }

        return Svg.Inline(plot, Width, Height, $"Validation accuracy by epoch, {network.Name}");
    }

    /// <summary>Accuracy of clustering as a classifier against its number of clusters.</summary>
    internal static string PrototypeCurve(IReadOnlyList<KMeansPoint> curve)
    {
        Plot plot = Framed("clusters (log scale)", "test accuracy");
        double[] x = [.. curve.Select(p => Math.Log2(p.K))],
            y = [.. curve.Select(p => p.Accuracy)];
        plot.Axes.Bottom.TickGenerator = new NumericManual(x, [.. curve.Select(p => Display.Count(p.K))]);
        double[] ticks = [.. Enumerable.Range(0, 11).Select(t => t / 10.0)];
        plot.Axes.Left.TickGenerator = new NumericManual(ticks, [.. ticks.Select(t => Display.Percent(t, "F0"))]);
        var line = plot.Add.Scatter(x, y, Color.FromHex(Palette.Series(0)));
        line.LineWidth = 2;
        line.MarkerSize = 7;
        plot.Axes.SetLimits(x[0] - 0.3, x[^1] + 0.3, Math.Max(0, y.Min() - 0.1), Math.Min(1, y.Max() + 0.1));
        return Svg.Inline(plot, Width, Height, "Accuracy by number of clusters");
    }

    /// <summary>
    /// Points in two dimensions, coloured by class: each written as its class's name where they are few and the names
    /// short, else as a dot, with the name at the middle of its class. Distances are the same both ways and have no unit.
    /// </summary>
    internal static string EmbeddingInline(TSnePicture picture, IReadOnlyList<string> names) =>
        Svg.Inline(EmbeddingPlot(picture, names), EmbeddingSize, EmbeddingSize, EmbeddingTitle(picture));

    /// <summary>The same as an SVG that stands alone, on white.</summary>
    internal static string Embedding(TSnePicture picture, IReadOnlyList<string> names) =>
        Svg.Standalone(EmbeddingPlot(picture, names), EmbeddingSize, EmbeddingSize, EmbeddingTitle(picture));

    private static string EmbeddingTitle(TSnePicture picture) => $"t-SNE of {picture.Points} images";

    private static Plot EmbeddingPlot(TSnePicture picture, IReadOnlyList<string> names)
    {
        const int Few = 300,
            Short = 2;
        bool written = picture.Points <= Few && names.All(n => n.Length <= Short);
        Plot plot = Svg.NewPlot();
        plot.HideGrid();
        plot.Layout.Frameless();
        void Name(string name, double x, double y, int label, float size, bool bold)
        {
            var text = plot.Add.Text(name, x, y);
            text.LabelFontSize = size;
            text.LabelFontColor = Color.FromHex(bold ? Palette.Ink : Palette.Series(label));
            text.LabelAlignment = Alignment.MiddleCenter;
        }
        foreach (
            IGrouping<int, (float[] At, int Label)> points in picture
                .Embedding.Zip(picture.Labels)
                .GroupBy(p => p.Second)
                .OrderBy(g => g.Key)
        )
        {
            double[] x = [.. points.Select(p => (double)p.At[0])],
                y = [.. points.Select(p => (double)p.At[1])];
            if (written)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    Name(names[points.Key], x[i], y[i], points.Key, 16, bold: false);
                }

                plot.Add.ScatterPoints(x, y).MarkerSize = 0; // Gives the axes their limits.
                continue;
            }
            var dots = plot.Add.ScatterPoints(x, y, Color.FromHex(Palette.Series(points.Key)));
            dots.MarkerSize =
                picture.Points <= Few ? 8
                : picture.Points <= 3000 ? 4.5f
                : 3;
        }
        if (!written)
        {
            foreach (IGrouping<int, (float[] At, int Label)> points in picture.Embedding.Zip(picture.Labels).GroupBy(p => p.Second))
            {
                double x = Median(points.Select(p => p.At[0])),
                    y = Median(points.Select(p => p.At[1]));
                float[] middle = points.MinBy(p => Math.Pow(p.At[0] - x, 2) + Math.Pow(p.At[1] - y, 2)).At; // On a point of its own, where it is in pieces.
                Name(names[points.Key], middle[0], middle[1], points.Key, 26, bold: true);
            }
        }
        plot.Axes.Margins(0.04, 0.04);
        plot.Axes.SquareUnits();
        return plot;
    }

    private static double Median(IEnumerable<float> values) => values.Order().ElementAt(values.Count() / 2);

    /// <summary>Which line is which, for both charts of a network: HTML, so that it wraps on narrow pages.</summary>
    internal static string CurveKey(NetworkRuns network) =>
        $"""
        <ul class="key">{string.Concat(network.Named.Select((run, index) => $"""
        <li><svg viewBox="0 0 32 12" width="32" height="12" aria-hidden="true"><path stroke="{CurveColor(run, index)}" stroke-width="2" d="M0 6H32"/><path fill="{CurveColor(run, index)}" d="{Palette.MarkerPath(index)}"/></svg>{Display.Escape(network.Label(run))}</li>
        """))}</ul>
        """;

    // Full precision in ink, so that colour always means few bits.
    private static string CurveColor(StudyRun run, int index) => run.WeightBits == 32 ? Palette.Ink : Palette.Series(index);

    private static IReadOnlyList<StudyRun> InOrderOfBits(Ranking ranking) => [.. ranking.Runs.OrderBy(Ranking.Weight)];

    private static double Size(StudyRun run) => Math.Max(1, run.ModelBytes);

    private static Plot AccuracyAgainstBytesPlot(StudyResults results)
    {
        IReadOnlyList<NetworkRuns> networks = NetworkRuns.Of(results);
        return AccuracyPlot(
            results,
            [.. networks.SelectMany(n => n.Runs)],
            Size,
            Display.Bytes,
            SizeLabel,
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

    private static Plot PlanesPlot(StudyResults results, IReadOnlyList<StudyRun> runs)
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

    /// <summary>Test accuracy against a cost, one marker a run, a colour a group; a label may be empty.</summary>
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

    /// <summary>The least error that so many images can show, so that a logarithm of it exists.</summary>
    private static double Floor(StudyResults results) => 0.5 / Math.Max(1, results.Dataset.TestImages);

    /// <summary>A marker of a chart: its group is its colour, and a label may be empty.</summary>
    private sealed record Point(double Cost, Spread Accuracy, string Group, int Marker, bool Filled, string Label);

    private static Plot AccuracyPlot(
        IReadOnlyList<Point> points,
        double leastError,
        Func<double, string> unit,
        string costLabel,
        int height,
        bool joined = false,
        IReadOnlyList<string>? colours = null
    )
    {
        string[] groups = [.. (colours ?? []).Concat(points.Select(p => p.Group)).Distinct()];
        double Error(double accuracy) => Math.Max(1 - accuracy, leastError);
        Plot plot = Framed(costLabel, "test accuracy (log scale of the error)");
        SetLog(
            plot.Axes.Bottom,
            [.. points.Select(p => p.Cost)],
            Math.Log10,
            v => unit(v).Replace(".0", "", StringComparison.Ordinal),
            margin: 0.12
        );
        SetAccuracy(plot, points.SelectMany(p => p.Accuracy.Values.Select(Error)));
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
        plot.Legend.FontSize = FontSize;
        plot.Legend.FontColor = Color.FromHex(Palette.Ink);
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = plot.Legend.BackgroundColor = Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.TightHorizontalWrapping = true;
        plot.Legend.InterItemPadding = new PixelPadding(10, 10, 0, 0);
        plot.Legend.Padding = plot.Legend.Margin = new PixelPadding(0);
        plot.RenderInMemory(WideWidth, height);
        LabelPlacer.Place(plot, labels, FontSize - 1);
        return plot;
    }

    private static Plot Epochs(NetworkRuns network, string y)
    {
        Plot plot = Framed("epoch", y);
        int epochs = Math.Max(1, network.Named.Max(r => r.Curves.ValidationAccuracy.Count));
        int step = 1;
        while (epochs / step > 12)
        {
            step *= step.ToString(CultureInfo.InvariantCulture)[0] == '2' ? 5 : 2; // 1, 2, 10, 20, ...
        }

        int[] ticks = [.. Enumerable.Range(1, epochs).Where(e => e % step == 0)];
        plot.Axes.Bottom.TickGenerator = new NumericManual([.. ticks.Select(t => (double)t)], [.. ticks.Select(t => Display.Count(t))]);
        plot.Axes.SetLimitsX(1 - 0.03 * epochs, epochs + 0.03 * epochs);
        return plot;
    }

    private static void AddCurve(Plot plot, StudyRun run, int index, List<double> values, Func<double, double> y, bool training)
    {
        (double X, double Y)[] points = [.. values.Select((v, i) => (i + 1.0, y(v))).Where(p => double.IsFinite(p.Item2))];
        if (points.Length == 0)
        {
            return;
        }

        var line = plot.Add.Scatter(
            points.Select(p => p.X).ToArray(),
            points.Select(p => p.Y).ToArray(),
            Color.FromHex(CurveColor(run, index))
        );
        line.LineWidth = training ? 1.3f : 2;
        line.LinePattern = training ? LinePattern.Dotted : LinePattern.Solid;
        line.MarkerShape = Palette.Marker(index, filled: true);
        line.MarkerSize =
            training ? 0
            : values.Count <= 25 ? 7
            : 0;
    }

    private static Plot Framed(string x, string y)
    {
        Plot plot = Svg.NewPlot();
        Color ink = Color.FromHex(Palette.Ink),
            muted = Color.FromHex(Palette.Muted);
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.FrameLineStyle.Color = muted;
            axis.MajorTickStyle.Color = muted;
            axis.TickLabelStyle.ForeColor = muted;
            axis.TickLabelStyle.FontSize = FontSize;
            axis.TickLabelStyle.OffsetY = axis == plot.Axes.Left ? 2 : 0; // Centres digits, not the line they stand on.
        }
        foreach ((IAxis axis, string text) in new (IAxis, string)[] { (plot.Axes.Bottom, x), (plot.Axes.Left, y) })
        {
            axis.Label.Text = text;
            axis.Label.FontSize = FontSize;
            axis.Label.Bold = false;
            axis.Label.ForeColor = ink;
        }
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = Color.FromHex(Palette.Grid);
        return plot;
    }

    // Errors shrink by factors, so a logarithm of them keeps 98 % and 99 % as far apart as 80 % and 90 %; labelled as accuracy.
    private static void SetAccuracy(Plot plot, IEnumerable<double> errors) =>
        SetLog(plot.Axes.Left, [.. errors], e => -Math.Log10(e), e => Display.Percent(1 - e, "0.####"), largest: 1);

    private static void SetLog(
        IAxis axis,
        double[] values,
        Func<double, double> position,
        Func<double, string> label,
        double margin = 0.05,
        double largest = double.PositiveInfinity
    )
    {
        (double low, double high) = values.Length == 0 ? (0.1, 1) : (values.Min(), values.Max());
        // At least threefold, so that a single value gets an axis too.
        double widen = Math.Max(1, Math.Sqrt(3 * low / high)) * Math.Pow(high / low, margin);
        (low, high) = (low / widen, high * widen);
        double[] ticks = Ticks(low, Math.Min(high, largest));
        axis.TickGenerator = new NumericManual([.. ticks.Select(position)], [.. ticks.Select(label)]);
        axis.Min = Math.Min(position(low), position(high));
        axis.Max = Math.Max(position(low), position(high));
    }

    /// <summary>Round numbers between two, evenly spread over their logarithms.</summary>
    internal static double[] Ticks(double low, double high)
    {
        double[] ticks = [];
        // As few digits as give three ticks; the last ones always do where high is three times low.
        foreach (double[] digits in s_digits)
        {
            ticks =
            [
                .. Enumerable
                    .Range((int)Math.Floor(Math.Log10(low)), (int)Math.Ceiling(Math.Log10(high / low)) + 2)
                    .SelectMany(exponent => digits.Select(d => d * Math.Pow(10, exponent)))
                    .Where(t => t >= low && t <= high),
            ];
            if (ticks.Length >= 3)
            {
                break;
            }
        }
        return ticks;
    }
}
