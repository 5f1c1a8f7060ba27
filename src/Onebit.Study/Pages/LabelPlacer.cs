using ScottPlot;
using SkiaSharp;

namespace Onebit.Study;

/// <summary>Puts a label beside each point so that none covers another or a marker.</summary>
internal static class LabelPlacer
{
    private const float MarkerRadius = 7,
        Gap = 9;

    /// <summary>
    /// Adds the labels to a plot that has been rendered once, so that its pixels are known; a point whose label is empty is kept clear too.
    /// </summary>
    internal static void Place(Plot plot, IReadOnlyList<(Coordinates At, string Text)> points, float fontSize)
    {
        using var typeface = SKTypeface.FromFile(Svg.FontFile);
        using var font = new SKFont(typeface, fontSize);
        float height = fontSize * 1.15f;
        PixelRect area = plot.LastRender.DataRect;
        List<PixelRect> taken = [.. points.Select(p => Around(plot.GetPixel(p.At), MarkerRadius, MarkerRadius))];
        // From the top down: a label that must give way goes below.
        foreach ((Coordinates at, string text) in points.Where(p => p.Text.Length > 0).OrderByDescending(p => p.At.Y))
        {
            Pixel point = plot.GetPixel(at);
            float width = font.MeasureText(VisibleText.Of(text));
            PixelRect box = Candidates(point, width, height)
                .FirstOrDefault(
                    c =>
                        c.Left >= area.Left
                        && c.Right <= area.Right + Gap
                        && c.Top >= area.Top
                        && c.Bottom <= area.Bottom
                        && !taken.Any(t => Overlap(c, t)),
                    Candidates(point, width, height).First()
                );
            taken.Add(box);
            if (Math.Abs(box.VerticalCenter - point.Y) > 0.9f * height)
            {
                plot.Add.Line(at, plot.GetCoordinates(Nearest(box, point))).LineStyle = new()
                {
                    Color = Color.FromHex(Palette.Muted),
                    Width = 0.75f,
                };
            }

            var label = plot.Add.Text(text, plot.GetCoordinates(box.Center));
            label.OffsetY = 2; // Centres the small letters, not the tall ones.
            label.LabelFontSize = fontSize;
            label.LabelFontColor = Color.FromHex(Palette.Ink);
            label.LabelAlignment = Alignment.MiddleCenter;
        }
    }

    // Beside, above and below; then the same further away.
    private static IEnumerable<PixelRect> Candidates(Pixel point, float width, float height)
    {
        for (float away = 0; away < 12 * height; away += height / 2)
        {
            foreach (float y in away == 0 ? [0f] : new[] { away, -away })
            {
                yield return Around(new Pixel(point.X + Gap + width / 2, point.Y + y), width / 2, height / 2);
                yield return Around(new Pixel(point.X - Gap - width / 2, point.Y + y), width / 2, height / 2);
                if (away >= height)
                {
                    yield return Around(new Pixel(point.X, point.Y + y), width / 2, height / 2);
                }
            }
        }
    }

    private static Pixel Nearest(PixelRect box, Pixel point) =>
        new(Math.Clamp(point.X, box.Left, box.Right), point.Y < box.Top ? box.Top : box.Bottom);

    private static bool Overlap(PixelRect a, PixelRect b) => a.Left < b.Right && b.Left < a.Right && a.Top < b.Bottom && b.Top < a.Bottom;

    private static PixelRect Around(Pixel center, float halfWidth, float halfHeight) =>
        new(center.X - halfWidth, center.X + halfWidth, center.Y + halfHeight, center.Y - halfHeight);
}
