using ScottPlot;
using ScottPlot.TickGenerators;

namespace Onebit.Study;

/// <summary>The axes of all charts.</summary>
internal static class Axes
{
    /// <summary>Of labels and ticks.</summary>
    internal const float FontSize = 13;

    private static readonly double[][] s_digits =
    [
        [1],
        [1, 2, 5],
        [1, 1.5, 2, 3, 4, 5, 7],
    ];

    /// <summary>A plot with two named axes and a grid.</summary>
    internal static Plot Framed(string x, string y)
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

    /// <summary>
    /// Makes the left axis a logarithm of the error, labelled as accuracy. Errors shrink by factors, so 98 % and 99 % are as far apart as
    /// 80 % and 90 %.
    /// </summary>
    internal static void SetAccuracy(Plot plot, IEnumerable<double> errors) =>
        SetLog(plot.Axes.Left, [.. errors], e => -Math.Log10(e), e => Display.Percent(1 - e, "0.####"), max: 1);

    /// <summary>Makes an axis a logarithm, with ticks at round numbers.</summary>
    /// <param name="axis">Which axis.</param>
    /// <param name="values">What it has to show.</param>
    /// <param name="position">Where a value is on it.</param>
    /// <param name="label">A tick's label.</param>
    /// <param name="margin">Free space on both sides, as a power of the ratio of largest and smallest value.</param>
    /// <param name="max">The largest tick.</param>
    internal static void SetLog(
        IAxis axis,
        double[] values,
        Func<double, double> position,
        Func<double, string> label,
        double margin = 0.05,
        double max = double.PositiveInfinity
    )
    {
        (double low, double high) = values.Length == 0 ? (0.1, 1) : (values.Min(), values.Max());
        // At least threefold, so that a single value gets an axis too.
        double widen = Math.Max(1, Math.Sqrt(3 * low / high)) * Math.Pow(high / low, margin);
        (low, high) = (low / widen, high * widen);
        double[] ticks = Ticks(low, Math.Min(high, max));
        axis.TickGenerator = new NumericManual([.. ticks.Select(position)], [.. ticks.Select(label)]);
        axis.Min = Math.Min(position(low), position(high));
        axis.Max = Math.Max(position(low), position(high));
    }

    /// <summary>Round numbers between two, spread evenly on a logarithmic scale.</summary>
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
