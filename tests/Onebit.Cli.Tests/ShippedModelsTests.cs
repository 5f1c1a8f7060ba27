using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Onebit.Cli.Tests;

/// <summary>The models of the repository are what their card says.</summary>
public partial class ShippedModelsTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "models");

    private static readonly Dictionary<string, int> s_limits = new()
    {
        ["micro"] = 1024,
        ["tiny"] = 2048,
        ["small"] = 5000,
        ["headline"] = 9685,
        ["large"] = 16384,
    };

    [Fact]
    public void Every_model_has_its_line_and_keeps_its_limit()
    {
        (string Name, int Bytes, string Accuracy)[] lines = [.. Lines()];
        Assert.Equal(
            Directory.GetFiles(s_folder, "*.onebit").Select(Path.GetFileNameWithoutExtension).Order(),
            lines.Select(l => l.Name).Order()
        );
        foreach ((string name, int bytes, _) in lines)
        {
            string path = Model(name);
            Assert.Equal(bytes, new FileInfo(path).Length);
            Assert.InRange(bytes, 1, s_limits[name[(name.IndexOf('-') + 1)..]]);
            BitModel model = BitModel.Load(path);
            Assert.Equal((1, 28, 28, 8), (model.Input.Channels, model.Input.Height, model.Input.Width, model.Input.Bits));
            Assert.Equal(10, model.ClassCount);
        }
    }

    [Fact]
    public void The_models_of_digits_are_as_accurate_as_their_lines_say()
    {
        (string Name, int Bytes, string Accuracy)[] digits = [.. Lines().Where(l => l.Name.StartsWith("mnist-", StringComparison.Ordinal))];
        Assert.NotEmpty(digits);
        foreach ((string name, _, string accuracy) in digits)
        {
            (int code, string output, string error) = OnebitProcess.Run("eval", Model(name), "--json");
            Assert.True(code == 0, error);
            Assert.Equal(accuracy, ((double)JsonNode.Parse(output)!["accuracy"]! * 100).ToString("F2", CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Two_models_are_compared_on_the_same_images()
    {
        (int code, string output, string error) = OnebitProcess.Run(
            "eval",
            Model("mnist-micro"),
            "--against",
            Model("mnist-small"),
            "--json"
        );
        Assert.True(code == 0, error);
        JsonNode eval = JsonNode.Parse(output)!;
        double micro = (double)eval["accuracy"]!,
            small = (double)JsonNode.Parse(OnebitProcess.Run("eval", Model("mnist-small"), "--json").Output)!["accuracy"]!;
        Assert.Equal(10_000 * (micro - small), (int)eval["against"]!["firstOnly"]! - (int)eval["against"]!["secondOnly"]!, 6);
        Assert.True((bool)eval["against"]!["moreThanChance"]!);
        (_, output, _) = OnebitProcess.Run("eval", Model("mnist-micro"), "--against", Model("mnist-micro"));
        Assert.Contains(
            "right on 0 images, the other model alone on 0: no more than chance would give (McNemar's test, p = 1)",
            output.ReplaceLineEndings(" "),
            StringComparison.Ordinal
        );
    }

    private static string Model(string name) => Path.Combine(s_folder, $"{name}.onebit");

    private static IEnumerable<(string Name, int Bytes, string Accuracy)> Lines() =>
        Line()
            .Matches(File.ReadAllText(Path.Combine(s_folder, "README.md")))
            .Select(m =>
                (
                    m.Groups[1].Value,
                    int.Parse(m.Groups[2].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture),
                    m.Groups[3].Value
                )
            );

    // | [mnist-micro](mnist-micro.onebit) | 993 | 98.94 % | ...
    [GeneratedRegex(@"^\| \[(\S+)\]\(\1\.onebit\) \| ([\d,]+) \| (\d\d\.\d\d) % \|", RegexOptions.Multiline)]
    private static partial Regex Line();
}
