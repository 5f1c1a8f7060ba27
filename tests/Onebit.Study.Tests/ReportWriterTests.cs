using System.Text.RegularExpressions;
using System.Xml.Linq;
using Onebit.Training;

namespace Onebit.Study.Tests;

public partial class ReportWriterTests
{
    [Fact]
    public void A_whole_study_has_every_section_and_needs_nothing_else()
    {
        Synthetic study = Whole();
        string html = study.Report;
        XElement page = Parse(html);
        Assert.Equal(
            ["summary", "comparison", "chart", "curves", "confusion", "disagreements", "forms", "folding", "method", "frontier"],
            page.Descendants("section").Select(s => s.Attribute("id")!.Value)
        );
        string[] links = [.. page.Descendants("nav").Single().Elements("a").Select(a => a.Attribute("href")!.Value)];
        Assert.Equal(page.Descendants("section").Skip(1).Select(s => "#" + s.Attribute("id")!.Value), links);
        // A confusion matrix per run, and the table of published figures; the latter is folded.
        Assert.Equal(study.Runs.Count, Section(page, "confusion").Descendants("details").Count());
        Assert.Null(Section(page, "frontier").Descendants("details").Single().Attribute("open"));
        Assert.Equal(
            study.Runs.Count,
            page.Descendants("tr")
                .Count(r => r.Ancestors("table").First().Attribute("class")?.Value == "comparison" && r.Elements("td").Count() == 9)
        );
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", Namespace().Replace(html, ""), StringComparison.OrdinalIgnoreCase);
        Assert.All(Url().Matches(html), u => Assert.StartsWith("url(data:", u.Value, StringComparison.Ordinal));
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), a => a.Name.LocalName is "src" or "onload");
        string[] ids = [.. page.Descendants().Attributes("id").Select(a => a.Value)];
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void What_names_and_notes_hold_is_text()
    {
        const string attack = "</td><script>alert('\"&')</script>";
        var study = new Synthetic { ClassNames = [attack, "cat", "dog", "emu"] };
        study.Add(attack, "float32", 5);
        study.Add(attack, "binaryconnect", 9, experiment: attack, packed: false);
        study.Change(r => r with { Note = attack, Method = attack, NotPackedBecause = attack, Peer = r.Peer with { Name = attack } });
        StudyResults results = study.Results with { Preset = attack, Dataset = study.Results.Dataset with { Name = attack } };
        string html = ReportWriter.Write(results, study.Predictions, study.Test);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        XElement page = Parse(html);
        Assert.Contains(attack, Text(Section(page, "comparison")), StringComparison.Ordinal);
        Assert.Equal([attack, "cat", "dog", "emu"], Section(page, "confusion").Descendants("tbody").First().Descendants("th").Select(Text));
        Assert.Contains($"{attack} → cat", Section(page, "disagreements").Descendants("figcaption").Select(Text));
        Assert.Contains("Processor <X>", Text(Section(page, "method")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_says_what_one_bit_cost_and_saved()
    {
        var study = new Synthetic();
        study.Add("small", "float32", 1);
        study.Add("small", "binaryconnect", 90);
        study.Add("large", "float32", 2);
        study.Add("large", "binarynet", 40, from: 100);
        study.Add("large", "binaryconnect", 10, from: 20);
        Assert.Equal(
            "With one bit per weight (binaryconnect), the large network lost 4.00 points of test accuracy: 95.00 % against 99.00 % "
                + "in full precision (1 seed each). The difference is significant (McNemar’s test, p = 0.039). "
                + "The file is 20.0× smaller: 2,000 bytes instead of 40,000. "
                + "Classification is 40.0× faster for one image at a time and 2.0× slower in batches of 256, "
                + "compared with full precision on ONNX Runtime. "
                + "Training took 2.0× longer (20 s of processor time instead of 10 s).",
            Summary(study)
        );
    }

    [Fact]
    public void The_summary_says_whether_one_bit_costs_more_where_it_is_hard()
    {
        // Full precision is wrong on images 0 and 1, one bit on 0 to 9; of the hard ones, 0 to 19, that is 2 and 10.
        var study = new Synthetic { HardSet = [.. Enumerable.Range(0, 20)] };
        study.Add("net", "float32", 2);
        study.Add("net", "binaryconnect", 10);
        Assert.EndsWith(
            "On the 20 images that are hard for simple classifiers, one bit costs more: 50.00 % against 90.00 %. "
                + "That is a difference of \u221240.00 points. On all test images it is \u22124.00. "
                + "The difference on hard images is significant (McNemar’s test, p = 0.008).",
            Summary(study),
            StringComparison.Ordinal
        );
        string comparison = Text(Section(Parse(study.Report), "comparison"));
        Assert.Contains("Hard images", comparison, StringComparison.Ordinal);
        Assert.Contains("50.00 % \u221240.00 points", comparison, StringComparison.Ordinal);
        Assert.DoesNotContain("hard", Text(Parse(Whole().Report)), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_summary_shows_the_run_that_validation_chose()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 2);
        study.Add("net", "binaryconnect", 10);
        study.Add("net", "binarynet", 20);
        study.Change(r => r with { ValidationAccuracy = Spread.Of([0.999]) });
        Assert.StartsWith(
            "With one bit per weight and activation (binarynet), the net network lost 9.00 points",
            Summary(study),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_gain_is_reported_as_a_gain()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 10, seeds: 2);
        study.Add("net", "binaryconnect", 9, seeds: 3);
        study.Change(r => r with { TestAccuracy = Spread.Of([0.96, 0.97, 0.98]) });
        string summary = Summary(study);
        Assert.Contains(
            "gained 2.50 points of test accuracy: 97.00 % against 94.50 % in full precision (3 seeds against 2 seeds, on average)",
            summary,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Between the first seeds the difference is not significant (McNemar’s test, p = 1.00)",
            summary,
            StringComparison.Ordinal
        );
        Assert.Contains("97.00 ± 1.00 %", Text(Section(Parse(study.Report), "comparison")), StringComparison.Ordinal);
        study.Change(r => r with { TestAccuracy = study.Runs[0].TestAccuracy });
        Assert.Contains("lost no test accuracy: 94.50 % against 94.50 %", Summary(study), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_full_precision_run_nothing_is_compared()
    {
        var study = new Synthetic();
        study.Add("net", "binaryconnect", 10);
        XElement page = Parse(study.Report);
        Assert.Equal(
            "With one bit per weight (binaryconnect), the net network classifies 95.00 % of the test images correctly (1 seed). "
                + "This study has no full-precision run of the same network, so the cost of one bit is not known. "
                + "The file is 2,000 bytes for 10,000 parameters. "
                + "Classification is 40.0× faster for one image at a time and 2.0× slower in batches of 256, "
                + "compared with full precision on ONNX Runtime. "
                + "Training took 20 s of processor time (3 epochs).",
            Summary(study)
        );
        string[] cells = [.. Section(page, "comparison").Descendants("td").Select(Text)];
        Assert.Contains("–", cells);
        Assert.Contains("2,000 – packed", cells);
        Assert.Contains("500 ns 40.0× faster than 20 µs", cells);
        Assert.DoesNotContain(page.Descendants("section"), s => s.Attribute("id")!.Value == "disagreements");
    }

    [Fact]
    public void A_network_with_a_full_precision_run_comes_before_a_larger_one_without()
    {
        var study = new Synthetic();
        study.Add("small", "float32", 1);
        study.Add("small", "binaryconnect", 9);
        study.Add("large", "binaryconnect", 4);
        Assert.Contains("the small network lost 4.00 points", Summary(study), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_packed_is_a_count()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 1);
        study.Add("net", "binaryconnect", 9, packed: false);
        XElement page = Parse(study.Report);
        Assert.Contains("The size, a count because the network is not packed, is 20.0× smaller", Summary(study), StringComparison.Ordinal);
        string comparison = Text(Section(page, "comparison"));
        Assert.Contains("2,000 (count) 20.0× smaller not packed", comparison, StringComparison.Ordinal);
        Assert.Contains("net-binaryconnect : Not packed: its activations keep 32 bits.", comparison, StringComparison.Ordinal);
        Assert.Contains("Hollow markers", Text(Section(page, "chart")), StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants("section"), s => s.Attribute("id")!.Value == "folding");
    }

    [Fact]
    public void Little_or_nothing_run_is_said_so()
    {
        var study = new Synthetic();
        Assert.Equal("This study has no finished run.", Summary(study));
        study.Add("net", "float32", 2);
        Assert.StartsWith(
            "This study has no binarized run, so it cannot say what one bit costs or saves. "
                + "In full precision the net network classifies 99.00 %",
            Summary(study),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Missing_predictions_leave_the_test_out()
    {
        Synthetic study = Whole();
        study.Predictions.Clear();
        string text = Text(Parse(study.Report));
        Assert.DoesNotContain("McNemar’s", text, StringComparison.Ordinal);
        study.Predictions["large-float32"] = study.Predictions["large-binaryconnect"] = [1, 2, 3];
        Assert.Throws<ArgumentException>(() => study.Report);
    }

    [Fact]
    public void A_class_that_is_never_predicted_and_one_without_images_have_their_rows()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 0);
        study.Change(r =>
            r with
            {
                Confusion =
                [
                    [50, 0, 0, 0],
                    [50, 0, 0, 0],
                    [0, 0, 100, 0],
                    [0, 0, 0, 0],
                ],
            }
        );
        XElement matrix = Section(Parse(study.Report), "confusion");
        Assert.Contains("50 of 200 wrong; most often 1 predicted as 0, 50 times", Text(matrix), StringComparison.Ordinal);
        Assert.Equal(["100.0 %", "0.0 %", "100.0 %", "–"], matrix.Descendants("tr").Skip(1).Select(r => Text(r.Elements("td").Last())));
        study.Change(r =>
            r with
            {
                Confusion =
                [
                    [200],
                ],
            }
        );
        Assert.Contains("0 of 200 wrong", Text(Section(Parse(study.Report), "confusion")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 28, 28, 56, 56)]
    [InlineData(1, 1, 1, 60, 60)]
    [InlineData(2, 7, 9, 63, 49)]
    [InlineData(3, 32, 32, 64, 64)]
    [InlineData(3, 30, 200, 67, 10)]
    public void Images_of_any_shape_are_shown(int channels, int height, int width, int shownWidth, int shownHeight)
    {
        var study = new Synthetic(channels, height, width, classes: 200, count: 256);
        study.Add("net", "float32", 3);
        study.Add("net", "binaryconnect", 50);
        XElement images = Section(Parse(study.Report), "disagreements");
        Assert.Contains("the first 40 of 47", Text(images), StringComparison.Ordinal);
        Assert.Equal(40, images.Descendants("figure").Count());
        Assert.Equal("3 → 4", Text(images.Descendants("figcaption").First()));
        string style = images.Descendants("div").Single(d => d.Attribute("class")!.Value == "tiles").Attribute("style")!.Value;
        Assert.StartsWith(
            $"--n:40;--w:{shownWidth}px;--h:{shownHeight}px;--sprite:url(data:image/png;base64,",
            style,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Both_ways_are_counted()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 10);
        study.Add("net", "binaryconnect", 3, from: 8);
        study.Add("net", "binarynet", 10);
        XElement section = Section(Parse(study.Report), "disagreements");
        Assert.Equal(
            ["binaryconnect 8/1/8 1 8 p = 0.039 is significant, in favour of one bit.", "binarynet 8/1/1 0 0 p = 1.00 is not significant."],
            section.Descendants("tbody").Single().Elements("tr").Select(Text)
        );
        Assert.Contains("right: all 1.", Text(section), StringComparison.Ordinal);
        Assert.Equal("2 → 3", Text(section.Descendants("figcaption").Single()));
    }

    [Fact]
    public void The_hard_set_has_a_column_once_there_is_one()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 1);
        study.Add("net", "binaryconnect", 1);
        Assert.DoesNotContain("Hard set", study.Report, StringComparison.Ordinal);
        study.Change(r => r with { HardSetAccuracy = Spread.Of([0.6]) });
        XElement table = Section(Parse(study.Report), "comparison").Descendants("table").Single();
        Assert.Equal(
            ["–", "60.00 %"],
            table.Descendants("tr").Where(r => r.Elements("td").Count() == 10).Select(r => Text(r.Elements("td").ElementAt(3)))
        );
    }

    [Fact]
    public void The_packed_form_is_marked_with_the_reason()
    {
        XElement forms = Section(Parse(Whole().Report), "forms");
        Assert.Equal(
            "one draw, kept, batch-normalization statistics re-estimated 95.00 % 94.00 %",
            Text(forms.Descendants("tr").Single(r => r.Attribute("class")?.Value == "chosen"))
        );
        Assert.Contains("best on the validation images", Text(forms), StringComparison.Ordinal);
    }

    [Fact]
    public void What_folding_cost_is_shown_where_it_cost_something()
    {
        Synthetic study = Whole();
        Assert.Contains("Nothing: each of the 3 packed networks", Text(Section(Parse(study.Report), "folding")), StringComparison.Ordinal);
        study.Change(r => r with { UnfoldedTestAccuracy = Spread.Of([r.TestAccuracy.Mean + 0.0002]) });
        XElement folding = Section(Parse(study.Report), "folding");
        Assert.EndsWith("\u22120.02", Text(folding.Descendants("tbody").Single()), StringComparison.Ordinal);
        Assert.Contains("of 1 of the 3 packed networks", Text(folding), StringComparison.Ordinal);
    }

    [Fact]
    public void Broken_numbers_do_not_break_the_page()
    {
        var study = new Synthetic();
        study.Add("net", "float32", 0);
        study.Change(r =>
            r with
            {
                TrainProcessorSeconds = Spread.Of([0]),
                ModelBytes = 0,
                Epochs = 0,
                Curves = ClassificationCurves.Of([], [], []),
            }
        );
        study.Add("net", "binaryconnect", study.Test.Count);
        study.Change(r =>
            r with
            {
                Ratio = new Latency(double.NaN, double.PositiveInfinity),
                Curves = ClassificationCurves.Of([0, double.NaN], [double.PositiveInfinity, 1], [1, 0]),
            }
        );
        string html = study.Report;
        Parse(html);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", html, StringComparison.Ordinal);
    }

    private static Synthetic Whole()
    {
        var study = new Synthetic();
        study.Add("small", "float32", 8, seeds: 3);
        study.Add("small", "binaryconnect", 12, seeds: 3);
        study.Add("alone", "binaryconnect", 12, packed: false);
        study.Add("large", "float32", 2);
        study.Add("large", "binaryconnect-stochastic", 12);
        study.Change(r =>
            r with
            {
                Forms =
                [
                    new(WeightForm.Sampled, false, 0.96, 0.95),
                    new(WeightForm.Frozen, true, 0.95, 0.94),
                    new(WeightForm.Sign, true, 0.94, 0.95),
                ],
                EvaluatedForm = "frozen, statistics re-estimated",
            }
        );
        study.Add("large", "binaryconnect", 6);
        return study;
    }

    private static XElement Parse(string html) => XDocument.Parse(html).Root!;

    private static XElement Section(XElement page, string id) => page.Descendants("section").Single(s => s.Attribute("id")!.Value == id);

    private static string Summary(Synthetic study) => Text(Section(Parse(study.Report), "summary").Element("p")!);

    /// <summary>As a reader sees it: one space between words, and between elements that are no inline marks.</summary>
    private static string Text(XElement element) =>
        Space()
            .Replace(
                string.Join(element.Name.LocalName is "p" ? "" : " ", element.DescendantNodes().OfType<XText>().Select(t => t.Value)),
                " "
            )
            .Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"url\([^)]{0,20}")]
    private static partial Regex Url();

    [GeneratedRegex(" xmlns(:xlink)?=\"[^\"]*\"")]
    private static partial Regex Namespace();
}
