using System.Globalization;
using System.Xml.Linq;
using CsCheck;

namespace Onebit.Study.Tests;

public class ChartsTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Its_text_is_text_in_a_font_that_comes_along()
    {
        var study = new Synthetic();
        study.Add("net & co", "float32", 2);
        study.Add("net & co", "binaryconnect", 6);
        XElement svg = XDocument.Parse(AccuracyCharts.AccuracyAgainstBytes(study.Results)).Root!;
        string[] texts = [.. svg.Descendants(s_svg + "text").Select(t => t.Value)];
        Assert.Superset(
            new HashSet<string>
            {
                "float32",
                "binaryconnect 8/1/8",
                "net & co",
                "model size (log scale)",
                "test accuracy (log scale of the error)",
                "10\u00a0kB",
                "98\u00a0%",
            },
            texts.ToHashSet()
        );
        Assert.All(
            svg.Descendants(s_svg + "text"),
            t => Assert.StartsWith("DejaVu Sans,", t.Attribute("font-family")!.Value, StringComparison.Ordinal)
        );
        Assert.Contains("@font-face", svg.Element(s_svg + "style")!.Value, StringComparison.Ordinal);
        Assert.Equal("white", svg.Elements(s_svg + "rect").First().Attribute("fill")!.Value);
        Assert.Equal("0 0 760 500", svg.Attribute("viewBox")!.Value);
        Assert.Equal("760", svg.Attribute("width")!.Value);
    }

    [Fact]
    public void In_a_page_it_takes_the_page_s_width_and_background()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 2);
        XElement svg = XElement.Parse(CurveCharts.Loss(NetworkRuns.Of(study.Results)[0]));
        Assert.Null(svg.Attribute("width"));
        Assert.NotNull(svg.Attribute("viewBox"));
        Assert.DoesNotContain(svg.Elements(s_svg + "rect"), r => r.Attribute("fill")?.Value == "white");
        Assert.Contains("epoch", svg.Descendants(s_svg + "text").Select(t => t.Value));
    }

    [Fact]
    public void Every_run_of_a_crowd_has_its_own_label()
    {
        var study = new Synthetic();
        for (int i = 0; i < 16; i++)
        {
            study.Add("net", "binaryconnect", 6 + i % 2, experiment: $"crowded-{i}");
        }

        XElement svg = XElement.Parse(AccuracyCharts.MethodsAgainstBytes(study.Results, Ranking.Networks(study.Results).Single()));
        (double X, double Y)[] labels =
        [
            .. svg.Descendants(s_svg + "text").Where(t => t.Value.StartsWith("crowded", StringComparison.Ordinal)).Select(Position),
        ];
        Assert.Equal(16, labels.Length);
        // Twelve pixels high and some seventy wide.
        Assert.All(labels, a => Assert.Single(labels, b => Math.Abs(a.X - b.X) < 60 && Math.Abs(a.Y - b.Y) < 12));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public void The_best_and_the_worst_accuracy_are_on_the_scale(int wrong)
    {
        var study = new Synthetic();
        study.Add("net", "float32", wrong);
        XElement svg = XDocument.Parse(AccuracyCharts.AccuracyAgainstBytes(study.Results)).Root!;
        string[] ticks = [.. svg.Descendants(s_svg + "text").Select(t => t.Value).Where(t => t.EndsWith('%'))];
        Assert.NotEmpty(ticks);
        Assert.DoesNotContain(ticks, t => t.StartsWith('-') || t.StartsWith("100", StringComparison.Ordinal));
    }

    [Fact]
    public void An_axis_has_ticks_whatever_it_shows() =>
        Gen.Select(Gen.Double[-8, 8], Gen.Double[0.4772, 5])
            .Sample(
                (low, decades) =>
                {
                    double[] ticks = Axes.Ticks(Math.Pow(10, low), Math.Pow(10, low + decades));
                    Assert.InRange(ticks.Length, 3, 8);
                }
            );

    private static (double X, double Y) Position(XElement text)
    {
        string[] at = text.Attribute("transform")!.Value.Split('(', ' ', ')');
        return (double.Parse(at[1], CultureInfo.InvariantCulture), double.Parse(at[2], CultureInfo.InvariantCulture));
    }
}
