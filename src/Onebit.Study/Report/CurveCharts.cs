using System.Globalization;
using Onebit.Training;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Onebit.Study;

/// <summary>The learning curves of a network's runs.</summary>
internal static class CurveCharts
{
    private const int Width = 540,
        Height = 340;

    /// <summary>Training and validation loss by epoch, the named runs of a network.</summary>
    internal static string Loss(NetworkRuns network, bool standalone = false)
    {
        Plot plot = Epochs(network, "loss (cross-entropy)");
        double[] all =
        [
            .. network.Named.SelectMany(r => r.Curves.TrainLoss.Concat(r.Curves.ValidationLoss)).Where(l => double.IsFinite(l) && l > 0),
        ];
        Axes.SetLog(plot.Axes.Left, all, Math.Log10, v => Display.Number(v, "0.######"));
        foreach ((StudyRun run, int index) in network.Named.Select((r, i) => (r, i)))
        {
            AddCurve(plot, run, index, run.Curves.TrainLoss, Math.Log10, training: true);
            AddCurve(plot, run, index, run.Curves.ValidationLoss, Math.Log10, training: false);
        }
        return Draw(plot, network, $"Loss by epoch, {network.Name}", standalone);
    }

    /// <summary>Validation accuracy by epoch, the named runs of a network.</summary>
    internal static string ValidationAccuracy(NetworkRuns network, bool standalone = false)
    {
        Plot plot = Epochs(network, "validation accuracy");
        double Error(double accuracy, StudyRun run) => Math.Max(1 - accuracy, 0.5 / Math.Max(1, run.ValidationImages));
        Axes.SetAccuracy(plot, network.Named.SelectMany(r => r.Curves.ValidationAccuracy.Select(a => Error(a, r))));
        foreach ((StudyRun run, int index) in network.Named.Select((r, i) => (r, i)))
        {
            AddCurve(plot, run, index, run.Curves.ValidationAccuracy, a => -Math.Log10(Error(a, run)), training: false);
        }

        return Draw(plot, network, $"Validation accuracy by epoch, {network.Name}", standalone);
    }

    /// <summary>On a page the key is HTML. An SVG that stands alone has a legend and a title.</summary>
    private static string Draw(Plot plot, NetworkRuns network, string title, bool standalone)
    {
        if (!standalone)
        {
            return Svg.Inline(plot, Width, Height, title);
        }

        plot.Legend.ManualItems.AddRange(
            network.Named.Select(
                (r, i) =>
                    new LegendItem
                    {
                        LabelText = network.Label(r),
                        MarkerStyle = new(Palette.Marker(i, filled: true), 9, Color.FromHex(CurveColor(r, i))),
                    }
            )
        );
        plot.ShowLegend(Edge.Right);
        plot.Title(title, Axes.FontSize);
        return Svg.Standalone(plot, Width + 220, Height + 40, title);
    }

    /// <summary>The key to both charts of a network, in HTML so that it wraps on narrow pages.</summary>
    internal static string Key(NetworkRuns network) =>
        $"<ul class=\"key\">{string.Concat(network.Named.Select((r, i) => Item(network, r, i)))}</ul>";

    private static string Item(NetworkRuns network, StudyRun run, int index)
    {
        string color = CurveColor(run, index);
        return $"""
            <li><svg viewBox="0 0 32 12" width="32" height="12" aria-hidden="true"><path stroke="{color}" stroke-width="2" d="M0 6H32"/>
            <path fill="{color}" d="{Palette.MarkerPath(index)}"/></svg>{Display.Escape(network.Label(run))}</li>

            """;
    }

    // Full precision in ink, so that colour always means few bits.
    private static string CurveColor(StudyRun run, int index) => run.WeightBits == 32 ? Palette.Ink : Palette.Series(index);

    private static Plot Epochs(NetworkRuns network, string y)
    {
        Plot plot = Axes.Framed("epoch", y);
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
}
