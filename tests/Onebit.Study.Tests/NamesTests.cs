using System.Xml.Linq;
using Onebit.Datasets;

namespace Onebit.Study.Tests;

/// <summary>Names of classes, networks and folders are not trusted, and there may be many of them.</summary>
public class NamesTests
{
    private const string Hostile = "a|b\n\u001B[31m\u202E<b>`x`\uFFFF";

    [Fact]
    public void A_report_of_hostile_names_is_well_formed_and_shows_them()
    {
        var study = new Synthetic(classes: 2) { ClassNames = [Hostile, "plain"] };
        study.Add(Hostile, "float32", 3);
        study.Add(Hostile, "binarynet", 5);
        var page = XElement.Parse(study.Report.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        Assert.Contains(@"a|b\u000A\u001B[31m\u202E<b>`x`\uFFFF", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', study.Report);
        XElement.Parse(AccuracyCharts.AccuracyAgainstBytes(study.Results));
        XElement.Parse(ExplorationCharts.Embedding(Picture, [Hostile, "plain"]));
    }

    [Fact]
    public void A_markdown_table_of_hostile_names_has_its_columns()
    {
        string table = Display.MarkdownTable(
            ["class", "images"],
            c => c == 0,
            [
                [Hostile, "1"],
            ]
        );
        string row = table.Split('\n')[2];
        Assert.Equal(4, table.Split('\n').Length);
        Assert.Equal(@"| a\|b\\u000A\\u001B\[31m\\u202E\<b\>\`x\`\\uFFFF | 1 |", row);
    }

    [Fact]
    public void The_hard_sets_page_stands_whatever_classes_are_called()
    {
        using var folder = new TemporaryFolder();
        var images = new ImageSet(new byte[8], new byte[] { 0, 1 }, 1, 2, 2);
        var data = new Dataset("n|<i>", images, images, [Hostile, "plain"]);
        HardSet.Save(folder.Path, data, [0, 1], 4, "onebit explore --data '`'");
        string page = File.ReadAllText(folder.File("README.md"));
        Assert.Contains(@"# Hard test images of n\|\<i\>", page, StringComparison.Ordinal);
        Assert.Contains("\n    onebit explore --data '`'\n", page, StringComparison.Ordinal);
        Assert.Contains(@"\`x\`\\uFFFF | 1 |" + "\n| plain | 1 |", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mnist", null, "onebit study --preset quick")]
    [InlineData("fashion-mnist", null, "onebit study --preset quick --data fashion-mnist")]
    [InlineData("mnist (folder)", "/data/mnist", "onebit study --preset quick --data /data/mnist")]
    [InlineData("my zoo", "/data/my zoo", "onebit study --preset quick --data '/data/my zoo'")]
    [InlineData("x", "/it's/$(x)", @"onebit study --preset quick --data '/it'\''s/$(x)'")]
    public void The_command_that_repeats_a_study_names_the_datas_path(string name, string? folder, string command)
    {
        var study = new Synthetic();
        study.Add("mlp", "binarynet", 5);
        StudyResults results = study.Results with { Dataset = study.Results.Dataset with { Name = name, Folder = folder } };
        Assert.Equal(command, XElement.Parse(Page(results, study)).Descendants("pre").First().Value);
        Assert.Equal(folder is null, Page(results, study).Contains("Beside published figures", StringComparison.Ordinal));
    }

    [Fact]
    public void Many_classes_get_lines_instead_of_a_matrix()
    {
        var study = new Synthetic(classes: 47) { ClassNames = [.. Enumerable.Range(0, 47).Select(c => $"class {c}")] };
        study.Add("mlp", "binarynet", 47);
        XElement section = XElement
            .Parse(Page(study.Results, study))
            .Descendants("section")
            .Single(s => s.Attribute("id")?.Value == "confusion");
        Assert.Equal(["Class", "Images", "Right", "Most often predicted as"], section.Descendants("th").Take(4).Select(h => h.Value));
        Assert.Equal(48, section.Descendants("tr").Count());
        Assert.Contains("class 1 (1)", section.Value, StringComparison.Ordinal);
        // Few classes keep their matrix.
        var few = new Synthetic(classes: 4);
        few.Add("mlp", "binarynet", 5);
        Assert.Contains("class=\"confusion\"", few.Report, StringComparison.Ordinal);
    }

    private static TSnePicture Picture =>
        new(
            4,
            1,
            null,
            1,
            1,
            1,
            0,
            0,
            [0, 1, 2, 3],
            [0, 0, 1, 1],
            [
                [0, 0],
                [0, 1],
                [1, 0],
                [1, 1],
            ]
        );

    private static string Page(StudyResults results, Synthetic study) =>
        ReportWriter.Write(results, study.Predictions, study.Test).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal);
}
