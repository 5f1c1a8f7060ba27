using System.Xml.Linq;
using Onebit.Training;

namespace Onebit.Study.Tests;

public class AttentionTests
{
    [Fact]
    public void Attention_is_shown_on_images_that_one_bit_gets_right_and_wrong()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 5);
        study.Add("net", "bit", 9);
        var asked = new List<string>();
        string html = ReportWriter.Write(
            study.Results,
            study.Predictions,
            study.Test,
            attention: (run, images) =>
            {
                asked.Add(run.Method);
                float[] shares = [1, 0, 0, 0.5f];
                return [.. Enumerable.Range(0, images.Count).Select(_ => new[] { new AttentionMap(2, 2, shares), new(1, 4, shares) })];
            }
        );
        Assert.Equal(["float32", "bit"], asked);
        XElement[] rows = [.. Section(html).Descendants("tbody").Single().Elements("tr")];
        Assert.InRange(rows.Length, 3, 6);
        Assert.All(rows, row => Assert.Equal([1, 2, 2], row.Elements("td").Select(cell => cell.Descendants("figure").Count())));
        Assert.Contains(rows, row => row.Element("th")!.Value != row.Elements("td").Last().Element("small")!.Value["says ".Length..]);
        Assert.DoesNotContain("id=\"attention\"", study.Report, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_cannot_be_read_are_named()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 5);
        study.Add("net", "bit", 9);
        string html = ReportWriter.Write(
            study.Results,
            study.Predictions,
            study.Test,
            attention: (_, _) => throw new ExperimentException("The run in 'x' is damaged.")
        );
        Assert.Contains("Not shown: The run in 'x' is damaged.", Section(html).Value, StringComparison.Ordinal);
    }

    private static XElement Section(string html) =>
        XDocument.Parse(html).Root!.Descendants("section").Single(s => s.Attribute("id")!.Value == "attention");
}
