using System.Xml.Linq;

namespace Onebit.Study.Tests;

public class FrontierTests
{
    [Fact]
    public void Every_published_figure_is_possible_and_has_a_source()
    {
        IReadOnlyList<Published> published = [.. Published.Of("mnist"), .. Published.Of("fashion-mnist")];
        Assert.True(published.Count > 20);
        Assert.All(
            published,
            p =>
            {
                Assert.InRange(p.Accuracy, 0.5, 0.9999);
                Assert.InRange(p.Bytes, 100, 1e8);
                Assert.NotEqual("", p.Counted);
                Assert.True(p.Source.Length > 5, p.Name);
                Assert.DoesNotMatch("^(as|the same) ", p.Source); // Rows are sorted by size, so none has another before it.
            }
        );
        Assert.Equal(published.Select(p => (p.Dataset, p.Name)).Distinct().Count(), published.Count);
        Assert.Equal(Published.Of("mnist").OrderBy(p => p.Bytes), Published.Of("mnist"));
        Assert.Empty(Published.Of("my-animals"));
    }

    [Fact]
    public void The_table_has_our_packed_runs_among_the_published_by_size()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 1);
        study.Add("net", "binaryconnect", 8, seeds: 3);
        string[] rows =
        [
            .. ReportWriter
                .Markdown(study.Results)
                .Split('\n')
                .SkipWhile(l => !l.StartsWith("### Beside", StringComparison.Ordinal))
                .Skip(4)
                .Where(l => l.Length > 0),
        ];
        Assert.Equal(Published.Of("mnist").Count + 1, rows.Length);
        Assert.Equal(
            Published.Of("mnist").Count(p => p.Bytes < 2000), // Of two of one size, ours is first.
            Array.FindIndex(
                rows,
                r => r.StartsWith("| net-binaryconnect | 2,000 | 95.00 ± 1.00 % | 3 | 10,000 |", StringComparison.Ordinal)
            )
        );
        Assert.All(rows, r => Assert.Equal(9, r.Count(c => c == '|')));
        Assert.Contains(
            rows,
            r => r.Contains("99.19 %", StringComparison.Ordinal) && r.EndsWith("(not read at the source) |", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_chart_names_our_runs_and_who_is_beaten_by_none_of_his_kind()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 1);
        study.Add("net", "binaryconnect", 8);
        Published Other(string name, long bytes, double accuracy) =>
            new(name, "mnist", accuracy, bytes, "weights alone", "nobody", Checked: true);
        string svg = AccuracyCharts.Frontier(
            study.Results,
            [Other("small", 1000, 0.9), Other("worse", 1500, 0.88), Other("large", 5000, 0.99)]
        );
        string[] texts = [.. XElement.Parse(svg).Descendants().Where(e => e.Name.LocalName == "text").Select(t => t.Value)];
        Assert.Superset(
            new HashSet<string> { "net-binaryconnect", "small", "large", "weights alone", "Onebit, whole file" },
            texts.ToHashSet()
        );
        Assert.DoesNotContain("worse", texts);
        Assert.DoesNotContain("net-float32", texts);
    }

    [Fact]
    public void Data_that_nobody_published_on_have_no_such_section()
    {
        var study = new Synthetic();
        study.Add("net", "binaryconnect", 8);
        StudyResults results = study.Results with { Dataset = study.Results.Dataset with { Name = "my-animals" } };
        Assert.DoesNotContain("id=\"frontier\"", ReportWriter.Write(results, study.Predictions, study.Test), StringComparison.Ordinal);
        Assert.DoesNotContain("Beside", ReportWriter.Markdown(results), StringComparison.Ordinal);
        study.Change(r => r with { Packed = false });
        Assert.Empty(ReportWriter.Markdown(study.Results)); // Others' figures alone are no table of this study.
    }
}
