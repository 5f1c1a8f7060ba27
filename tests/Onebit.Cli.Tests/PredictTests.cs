using System.Text.Json.Nodes;
using Onebit.Datasets.Tests;

namespace Onebit.Cli.Tests;

/// <summary>Anybody's images, good and bad, by the command.</summary>
public class PredictTests
{
    private static readonly string s_model = Path.Combine(AppContext.BaseDirectory, "cnn.onebit");

    [Fact]
    public void Bad_files_get_a_sentence_and_the_others_are_done()
    {
        using var folder = new TemporaryFolder();
        Drawing drawing = Drawing.All(1).First(d => d.Digit == 7);
        string seven = folder.Add("a/sub/seven.png", drawing.File);
        string text = folder.Add("a/text.jpg", "no image");
        string truncated = folder.Add("truncated.png", drawing.File[..(drawing.File.Length / 2)]);
        string empty = folder.Add("empty.gif", []);
        string mislabelled = folder.Add("photo.png", Drawing.All(1).First(d => d.Digit == 3 && d.Manner == "photo").File);
        string huge = folder.Add("huge.png", Pictures.Png(8000, 6250, 1, 0, _ => new byte[1000]));
        string blank = folder.Add("blank.bmp", Pictures.Bmp(40, 40, (_, _) => 200));
        string missing = folder.File("missing.webp"),
            hollow = folder.File("hollow");
        Directory.CreateDirectory(hollow);
        (int code, string output, string error) = OnebitProcess.Run(
            "predict",
            s_model,
            folder.File("a"),
            truncated,
            empty,
            mislabelled,
            huge,
            blank,
            missing,
            hollow,
            "--preprocess",
            "digits",
            "--json"
        );
        Assert.Equal(1, code);
        Assert.Empty(error);
        JsonObject[] answers = [.. JsonNode.Parse(output)!.AsArray().Select(a => a!.AsObject())];
        Assert.All(answers, a => Assert.Equal(["file", "class", "probability", "runnerUp", "error"], a.Select(p => p.Key)));
        Assert.Equal([seven, text, truncated, empty, mislabelled, huge, blank, missing, hollow], answers.Select(a => (string)a["file"]!));
        string?[] reasons =
        [
            null,
            "is not a PNG",
            "ends too early",
            "is empty",
            null,
            "more than 24 million",
            "shows no ink",
            "There is no file",
            "holds no image",
        ];
        foreach ((JsonObject answer, string? reason) in answers.Zip(reasons))
        {
            Assert.Equal(reason is null, answer["error"] is null);
            Assert.Equal(
                reason is null,
                answer["class"] is not null && answer["probability"] is not null && answer["runnerUp"] is not null
            );
            if (reason is not null)
            {
                Assert.Contains(reason, (string)answer["error"]!, StringComparison.Ordinal);
                Assert.Contains((string)answer["file"]!, (string)answer["error"]!, StringComparison.Ordinal);
            }
        }
        Assert.Equal(("7", "3"), ((string)answers[0]["class"]!, (string)answers[4]["class"]!));
        Assert.InRange((double)answers[0]["probability"]!, 0.5, 1);
        Assert.NotEqual("7", (string)answers[0]["runnerUp"]!);

        (code, output, error) = OnebitProcess.Run("predict", s_model, seven, empty, "--preprocess", "digits");
        Assert.Equal(1, code);
        Assert.Contains(seven, output, StringComparison.Ordinal);
        Assert.DoesNotContain(empty, output, StringComparison.Ordinal);
        Assert.Equal($"onebit: {empty} is empty, or a pipe or device and no file.", error.Trim());
    }

    [Fact]
    public void What_the_network_sees_is_drawn()
    {
        using var folder = new TemporaryFolder();
        // A filled square, from whose box 20 x 20 white pixels are made in the middle of 28 x 28.
        string square = folder.Add(
            "square.bmp",
            Pictures.Bmp(200, 200, (y, x) => (byte)(y is >= 30 and < 70 && x is >= 100 and < 140 ? 0 : 255))
        );
        (int code, string output, _) = OnebitProcess.Run("predict", s_model, square, "--show", "--preprocess", "digits");
        Assert.Equal(0, code);
        string[] lines = [.. output.Split('\n').Select(l => l.TrimEnd())];
        string[] drawn = lines[1..15];
        Assert.Equal(square, lines[0]);
        Assert.All(drawn[..2].Concat(drawn[12..]), Assert.Empty);
        Assert.All(drawn[2..12], line => Assert.Equal("    ████████████████████", line));
        // Without the preparation the whole picture is scaled, dark on light.
        (_, output, _) = OnebitProcess.Run("predict", s_model, square, "--show", "--preprocess", "plain");
        Assert.StartsWith("████████████████████████████", output.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_of_many_images_are_done_with_progress_and_in_order()
    {
        using var folder = new TemporaryFolder();
        Drawing[] drawings =
        [
            .. Drawing.All(2).Where(d => d.Manner is "plain" or "thick pen" or "light on dark" or "16 to 24 pixels" or "coloured"),
        ];
        for (int i = 0; i < drawings.Length; i++)
        {
            folder.Add($"{i:D2}-{drawings[i].Digit}.png", drawings[i].File);
        }

        (int code, string output, string error) = OnebitProcess.Run("predict", s_model, folder.Path, "--preprocess", "digits", "--json");
        Assert.Equal(0, code);
        Assert.Contains("images: 50 of 50", error, StringComparison.Ordinal);
        string[] classes = [.. JsonNode.Parse(output)!.AsArray().Select(a => (string)a!["class"]!)];
        Assert.InRange(classes.Zip(drawings).Count(p => p.First == $"{p.Second.Digit}"), 45, 50);
    }

    [Fact]
    public void A_model_that_reads_no_pictures_says_so()
    {
        using var folder = new TemporaryFolder();
        string two = folder.File("two.onebit"),
            wide = folder.File("wide.onebit"),
            image = folder.Add("a.bmp", Pictures.Bmp(4, 4, (_, _) => 0));
        new BitModel(new ModelInput(2, 1, 1, 8, 0), [new Scores(0, new[] { 1, 2 }, new long[2], 0)]).Save(two);
        new BitModel(new ModelInput(3, 1, 1, 8, 0), [new Scores(0, new[] { 1, 2, 3 }, new long[3], 0)], ["red", "green", "blue"]).Save(
            wide
        );
        Assert.Contains("2 channels", OnebitProcess.Run("predict", two, image).Error, StringComparison.Ordinal);
        (int code, _, string error) = OnebitProcess.Run("predict", wide, image, "--preprocess", "digits");
        Assert.Equal(1, code);
        Assert.Contains("--preprocess plain", error, StringComparison.Ordinal);
        Assert.Contains("red", OnebitProcess.Run("predict", wide, image).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_model_says_how_images_are_prepared_and_an_old_one_only_where_that_is_certain()
    {
        using var folder = new TemporaryFolder();
        string image = folder.Add("seven.png", Drawing.All(1).First(d => d.Digit == 7).File),
            digits = folder.File("digits.onebit"),
            scaled = folder.File("scaled.onebit");
        BitModel old = BitModel.Load(s_model);
        old.WithPreparation(ImagePreparation.Digits).Save(digits);
        old.WithPreparation(ImagePreparation.Scaled).Save(scaled);
        string Answer(string model, bool warns, params string[] more)
        {
            (int code, string output, string error) = OnebitProcess.Run(["predict", model, image, "--json", .. more]);
            Assert.Equal(0, code);
            Assert.Equal(warns ? 1 : 0, error.Split('\n').Count(line => line.Contains("--preprocess digits", StringComparison.Ordinal)));
            return output;
        }

        string asDigit = Answer(s_model, warns: false, "--preprocess", "digits"),
            plain = Answer(s_model, warns: false, "--preprocess", "plain");
        Assert.NotEqual(asDigit, plain);
        Assert.Equal(plain, Answer(s_model, warns: true)); // Ten classes called 0 to 9 may be clothes.
        Assert.Equal(asDigit, Answer(digits, warns: false));
        Assert.Equal(plain, Answer(scaled, warns: false));
        Assert.Equal(plain, Answer(digits, warns: false, "--preprocess", "plain"));
        foreach (string shipped in Repository.Classifiers)
        {
            Assert.Equal(
                Path.GetFileName(shipped).StartsWith("mnist", StringComparison.Ordinal) ? ImagePreparation.Digits : ImagePreparation.Scaled,
                KnownPreparation.Of(BitModel.Load(shipped))
            );
        }
    }
}
