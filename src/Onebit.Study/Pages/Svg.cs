using System.Xml.Linq;
using ScottPlot;

namespace Onebit.Study;

/// <summary>Plots as SVG text that scales with its container and shows the same letters on every machine.</summary>
internal static class Svg
{
    internal const string FontName = "DejaVu Sans";

    internal static string FontFile { get; } = Path.Combine(AppContext.BaseDirectory, "Fonts", "DejaVuSans.ttf");

    /// <summary>The CSS rule that brings the font along, in a web format without the scripts that no label uses.</summary>
    internal static string FontFace { get; } =
        $"@font-face{{font-family:\"{FontName}\";src:url(data:font/woff2;base64,"
        + Convert.ToBase64String(Resource("DejaVuSans-Latin.woff2"))
        + ")}";

    // Without this, and without system fonts, ScottPlot silently draws no text.
    static Svg() => Fonts.AddFontFile(FontName, FontFile, bold: false, italic: false);

    internal static Plot NewPlot()
    {
        var plot = new Plot();
        plot.Font.Set(FontName);
        return plot;
    }

    /// <summary>For a page that holds <see cref="FontFace"/> and paints the background.</summary>
    internal static string Inline(Plot plot, int width, int height, string title)
    {
        XElement svg = Render(plot, width, height, title);
        svg.Attribute("width")!.Remove();
        svg.Attribute("height")!.Remove();
        svg.Elements().First(e => e.Name.LocalName == "rect").Remove();
        return svg.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>For a file of its own, on white.</summary>
    internal static string Standalone(Plot plot, int width, int height, string title)
    {
        XElement svg = Render(plot, width, height, title);
        svg.AddFirst(new XElement(svg.Name.Namespace + "style", FontFace));
        return svg.ToString(SaveOptions.DisableFormatting) + "\n";
    }

    internal static byte[] Resource(string name)
    {
        using Stream stream = typeof(Svg).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static XElement Render(Plot plot, int width, int height, string title)
    {
        // Names are among the labels. XML has no control characters.
        foreach (ScottPlot.Plottables.Text label in plot.GetPlottables<ScottPlot.Plottables.Text>())
        {
            label.LabelText = VisibleText.Of(label.LabelText);
        }

        foreach (LegendItem item in plot.Legend.ManualItems)
        {
            item.LabelText = VisibleText.Of(item.LabelText);
        }

        XElement svg = XDocument.Parse(plot.GetSvgXml(width, height)).Root!;
        svg.SetAttributeValue("viewBox", $"0 0 {width} {height}");
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-label", VisibleText.Of(title));
        // Clip paths are named alike in every plot, so that in one page each would clip all; nothing lies outside them.
        svg.Descendants().Where(e => e.Name.LocalName == "clipPath").Remove();
        svg.Descendants().Attributes("clip-path").Remove();
        foreach (XElement text in svg.Descendants().Where(e => e.Name.LocalName == "text"))
        {
            text.Value = text.Value.Trim();
            text.SetAttributeValue("font-family", $"{FontName}, Verdana, sans-serif");
            // One position a letter; the list's trailing comma is not valid.
            foreach (XAttribute positions in text.Attributes().Where(a => a.Name.LocalName is "x" or "y"))
            {
                positions.Value = positions.Value.TrimEnd(' ', ',');
            }
        }
        return svg;
    }
}
