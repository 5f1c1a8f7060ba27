using ScottPlot;
using ScottPlot.TickGenerators;

namespace Onebit.Study;

/// <summary>The charts of a look at a data set.</summary>
internal static class ExplorationCharts
{
    private const int Width = 540,
        Height = 340,
        EmbeddingSize = 640;

    /// <summary>Accuracy of clustering as a classifier against its number of clusters.</summary>
    internal static string PrototypeCurve(IReadOnlyList<KMeansPoint> curve)
    {
        Plot plot = Axes.Framed("clusters (log scale)", "test accuracy");
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
    /// <param name="picture">The points.</param>
    /// <param name="names">Of the classes.</param>
    /// <param name="places">Where each point is, as shares of the width and the height.</param>
    internal static string EmbeddingInline(TSnePicture picture, IReadOnlyList<string> names, out IReadOnlyList<(double X, double Y)> places)
    {
        Plot plot = EmbeddingPlot(picture, names);
        string svg = Svg.Inline(plot, EmbeddingSize, EmbeddingSize, EmbeddingTitle(picture));
        places =
        [
            .. picture.Embedding.Select(e =>
            {
                Pixel at = plot.GetPixel(new Coordinates(e[0], e[1]));
                return (at.X / (double)EmbeddingSize, at.Y / (double)EmbeddingSize);
            }),
        ];
        return svg;
    }

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
                // On a point of the class: its middle may be empty.
                float[] middle = points.MinBy(p => Math.Pow(p.At[0] - x, 2) + Math.Pow(p.At[1] - y, 2)).At;
                Name(names[points.Key], middle[0], middle[1], points.Key, 26, bold: true);
            }
        }
        plot.Axes.Margins(0.04, 0.04);
        plot.Axes.SquareUnits();
        return plot;
    }

    private static double Median(IEnumerable<float> values) => values.Order().ElementAt(values.Count() / 2);
}
