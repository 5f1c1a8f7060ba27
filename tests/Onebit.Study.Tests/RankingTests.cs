using System.Xml.Linq;

namespace Onebit.Study.Tests;

public class RankingTests
{
    private static readonly double[] s_around97 = [0.96, 0.97, 0.98];

    [Theory]
    [InlineData(new[] { 0.93, 0.94, 0.95 }, -3.674, true)] // 4 degrees of freedom: more than 2.776.
    [InlineData(new[] { 0.94, 0.94, 0.94 }, -5.196, true)] // 2 degrees of freedom: more than 4.303.
    [InlineData(new[] { 0.95, 0.95, 0.95 }, -3.464, false)]
    [InlineData(new[] { 0.97, 0.98, 0.99 }, 1.225, false)]
    public void A_difference_is_measured_in_its_own_deviations(double[] second, double deviations, bool moreThanChance)
    {
        var test = Welch.Compare(Spread.Of(s_around97), Spread.Of(second));
        Assert.Equal(deviations, test.Deviations!.Value, 3);
        Assert.Equal(second.Average() - 0.97, test.Difference, 12);
        Assert.Equal(moreThanChance, test.MoreThanChance);
    }

    [Fact]
    public void Of_one_seed_or_none_that_deviates_nothing_is_said()
    {
        Assert.Equal(new Welch(0.5, null, false), Welch.Compare(Spread.Of([0.25]), Spread.Of([0.75, 0.75])));
        Assert.Equal(new Welch(0.5, null, false), Welch.Compare(Spread.Of([0.25, 0.25]), Spread.Of([0.75, 0.75])));
    }

    [Fact]
    public void Packed_runs_of_a_network_are_ranked_by_validation()
    {
        XElement section = Section(Methods(), "methods")!;
        XElement[] rows = [.. section.Descendants("tbody").Single().Elements("tr")];
        Assert.Equal(
            ["net-lq-3-2", "net-xnor", "net-binaryconnect", "net-irnet", "net-lq-1-1", "net-binarynet", "net-float32"],
            rows.Select(r => r.Element("th")!.Value)
        );
        string[][] cells = [.. rows.Select(r => r.Elements("td").Select(c => c.Value.Replace('\u00a0', ' ')).ToArray())];
        Assert.Equal(["lq", "8 / 3 / 2", "2,000", "99.00 %", "96.00 ± 1.00 %", "3", "500", "–", "–"], cells[0]);
        Assert.Equal(["xnor", "8 / 1 / 8", "2,000", "98.00 %", "97.00 ± 1.00 %", "3", "500", "+1.00", "+1.2"], cells[1]);
        Assert.Equal(["+0.50", "–"], cells[2][^2..]); // One seed.
        Assert.Equal(["−4.00", "−4.9 *"], cells[3][^2..]);
        string text = section.Value.Replace('\u00a0', ' ');
        Assert.Contains(
            "The best run on the validation images is lq-3-2, 8 / 3 / 2 bits. It has 96.00 ± 1.00 % on the test images (3 seeds). "
                + "Full precision has 99.50 % (1 seed).",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "It differs significantly from 2 of the 5 others. These seeds show no significant difference from xnor, lq-1-1. "
                + "Too few seeds to compare: binaryconnect.",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("A run of one seed has no deviation", text, StringComparison.Ordinal);
        Assert.Equal(
            [
                "8 / 1 / 1 bits: binarynet, 90.00 ± 1.00 % (3 seeds)",
                "8 / 1 / 8 bits: xnor, 97.00 ± 1.00 % (3 seeds)",
                "8 / 3 / 2 bits: lq-3-2, 96.00 ± 1.00 % (3 seeds)",
            ],
            section.Descendants("li").Select(l => l.Value.Replace('\u00a0', ' '))
        );
        Assert.Equal(3, section.Descendants("figure").Count());
        string[] planes =
        [
            .. section.Descendants("figure").Last().Descendants().Where(e => e.Name.LocalName == "text").Select(t => t.Value),
        ];
        Assert.Contains("1 / 8, 500 ns", planes.Select(t => t.Replace('\u00a0', ' ')));
        Assert.Contains("3 / 2, 500 ns", planes.Select(t => t.Replace('\u00a0', ' ')));
        Assert.Equal(2, planes.Count(t => t.Contains(" / ", StringComparison.Ordinal))); // Of lq alone: the others have one number of bits.
        Assert.DoesNotContain("two-stage-1", section.ToString(), StringComparison.Ordinal); // Not packed.
    }

    [Fact]
    public void Planes_are_compared_after_as_many_epochs()
    {
        Synthetic study = Methods();
        study.Add("net", "lq", 5, experiment: "net-lq-1-1-long");
        study.Change(r => r with { Epochs = 9 });
        Assert.Equal(["net-lq-1-1", "net-lq-3-2"], Ranking.ByBits(study.Results).Select(r => r.Experiment));
    }

    [Fact]
    public void Charts_of_whole_networks_name_the_best_of_many_runs()
    {
        XElement chart = Section(Methods(), "chart")!;
        Assert.Contains("the best run of each combination of bits", chart.Value, StringComparison.Ordinal);
        string[] labels = [.. chart.Descendants().Where(e => e.Name.LocalName == "text").Select(t => t.Value)];
        Assert.Superset(new HashSet<string> { "float32", "lq-3-2 8/3/2", "xnor 8/1/8", "binarynet 8/1/1" }, labels.ToHashSet());
        Assert.DoesNotContain(labels, l => l.StartsWith("irnet", StringComparison.Ordinal));
    }

    [Fact]
    public void Few_runs_need_no_ranking()
    {
        var study = new Synthetic();
        foreach (string method in new[] { "float32", "binaryconnect", "binarynet", "xnor", "irnet" })
        {
            study.Add("net", method, 5);
        }

        Assert.Null(Section(study, "methods"));
        Assert.Contains("| net-xnor | xnor | 8 / 1 / 8 |", ReportWriter.Markdown(study.Results), StringComparison.Ordinal);
    }

    [Fact]
    public void Networks_of_equal_bytes_are_compared_whatever_their_names()
    {
        var study = new Synthetic();
        foreach (
            (string network, int bits, long bytes) in new[]
            {
                ("wide", 1, 4000L),
                ("middle", 2, 4390L),
                ("narrow", 4, 4100L),
                ("large", 1, 4500L),
            }
        )
        {
            study.Add(network, "lq", 5 + bits, seeds: 2);
            study.Change(r => r with { WeightBits = bits, ActivationBits = bits, ModelBytes = bytes });
        }
        XElement section = Section(study, "methods")!;
        Assert.Equal("Files of 4,000 to 4,390 bytes", section.Element("h3")!.Value);
        Assert.Equal(
            ["wide-lq", "middle-lq", "narrow-lq"],
            section.Descendants("tbody").Single().Elements("tr").Select(r => r.Element("th")!.Value)
        );
        Assert.Contains(
            "With 2 seeds a deviation is a rough guess. So a star takes more deviations than the usual two: 4.3 if",
            section.Value,
            StringComparison.Ordinal
        );
        Assert.Equal(2, section.Descendants("figure").Count());
        study.Runs.RemoveAt(2);
        Assert.Null(Section(study, "methods"));
    }

    [Fact]
    public void The_same_table_comes_in_markdown()
    {
        string[] lines = ReportWriter.Markdown(Methods().Results).Split('\n');
        Assert.Equal("### net", lines[0]);
        Assert.Contains("- 8 / 3 / 2 bits: lq-3-2, 96.00 ± 1.00 % (3 seeds)", lines);
        int head = Array.FindIndex(lines, l => l.StartsWith('|'));
        Assert.Equal(
            "| Experiment | Method | Bits input / weights / activations | File bytes | Validation accuracy mean "
                + "| Test accuracy mean and deviation | Seeds | One image nanoseconds | Difference points | Difference deviations |",
            lines[head]
        );
        Assert.Equal("| net-lq-3-2 | lq | 8 / 3 / 2 | 2,000 | 99.00 % | 96.00 ± 1.00 % | 3 | 500 | – | – |", lines[head + 2]);
        int end = Array.IndexOf(lines, "", head);
        Assert.All(lines[head..end], l => Assert.Equal(11, l.Count(c => c == '|')));
    }

    [Fact]
    public void A_results_file_is_read_back_and_anything_else_is_told()
    {
        using var folder = new TemporaryFolder();
        StudyResults results = Methods().Results with { MissingRuns = [new("net-new", 2)] };
        results.Save(folder.Path);
        StudyResults again = StudyResults.Load(folder.File(StudyResults.FileName));
        Assert.Equal(ReportWriter.Markdown(results), ReportWriter.Markdown(again));
        Assert.Equal(results.MissingRuns, again.MissingRuns);
        foreach (string wrong in new[] { "", "null", "{}", "[1]", "{ \"schema\": 1, \"runs\": null }" })
        {
            File.WriteAllText(folder.File("wrong.json"), wrong);
            Assert.Contains(
                "wrong.json",
                Assert.Throws<InvalidDataException>(() => StudyResults.Load(folder.File("wrong.json"))).Message,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        Synthetic study = Methods();
        string Introduction(IReadOnlyList<MissingRun>? missing) =>
            XDocument
                .Parse(ReportWriter.Write(study.Results with { MissingRuns = missing }, study.Predictions, study.Test))
                .Descendants("header")
                .Single()
                .Element("p")!
                .Value.Replace('\u00a0', ' ');
        Assert.DoesNotContain("missing", Introduction(null), StringComparison.Ordinal);
        Assert.EndsWith(
            "The study is not finished: 4 of 22 trainings are missing. Left out: net-new, net-newer. "
                + "With fewer seeds than planned: net-binaryconnect.",
            Introduction([new("net-binaryconnect", 2), new("net-binaryconnect", 3), new("net-new", 1), new("net-newer", 1)]).TrimEnd(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Two_bits_are_not_called_one()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 1);
        study.Add("net", "lq", 12);
        study.Change(r => r with { WeightBits = 2, ActivationBits = 2 });
        string text = XDocument.Parse(study.Report).Root!.Value.Replace('\u00a0', ' ');
        Assert.Contains("With 2 bits per weight and activation (lq), the net network lost", text, StringComparison.Ordinal);
        Assert.Contains("Only few bits", text, StringComparison.Ordinal);
        study.Add("net", "ternary", 12);
        study.Change(r => r with { WeightBits = 3 });
        study.Add("net", "binarynet", 30);
        study.Change(r => r with { ActivationBits = 2 });
        Assert.Equal("binarynet", NetworkRuns.Of(study.Results)[0].Best!.Method); // The one with one bit a weight.
    }

    /// <summary>Six packed runs of a network and two others: test accuracy says something else than validation.</summary>
    private static Synthetic Methods()
    {
        var study = new Synthetic();
        void Add(
            string method,
            double test,
            double validation,
            int weightBits = 1,
            int? activationBits = null,
            string? experiment = null,
            int seeds = 3
        )
        {
            study.Add("net", method, 5, seeds: seeds, experiment: experiment);
            Spread Around(double mean) => Spread.Of(seeds == 1 ? [mean] : [mean - 0.01, mean, mean + 0.01]);
            study.Change(r =>
                r with
                {
                    WeightBits = weightBits,
                    ActivationBits = activationBits ?? r.ActivationBits,
                    TestAccuracy = Around(test),
                    ValidationAccuracy = Around(validation),
                }
            );
        }
        study.Add("net", "float32", 1);
        Add("binaryconnect", 0.965, 0.97, seeds: 1);
        Add("binarynet", 0.90, 0.90);
        Add("xnor", 0.97, 0.98);
        Add("irnet", 0.92, 0.96);
        Add("lq", 0.95, 0.95, experiment: "net-lq-1-1");
        Add("lq", 0.96, 0.99, 3, 2, experiment: "net-lq-3-2");
        study.Add("net", "binarynet", 4, packed: false, experiment: "net-two-stage-1");
        return study;
    }

    private static XElement? Section(Synthetic study, string id) =>
        XDocument.Parse(study.Report).Descendants("section").SingleOrDefault(s => s.Attribute("id")!.Value == id);
}
