using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Onebit.Cli.Tests;

/// <summary>People's own folders of data: what changed in them, what is left out of them, and what waits forever.</summary>
public sealed class OwnDataTests : IDisposable
{
    private const string Network = """
        { "network": "mlp", "method": "binaryconnect", "epochs": 1, "batchSize": 20, "optimizer": { "type": "adam", "rate": 0.01 } }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Work_on_data_that_changed_in_place_is_not_taken_for_done()
    {
        Write("zoo", 60);
        _folder.Add("presets/net.json", Network);
        string[] study =
        [
            "study",
            "--preset",
            _folder.File("presets"),
            "--data",
            _folder.File("zoo"),
            "--out",
            _folder.File("out"),
            "--jobs",
            "1",
        ];
        (int code, _, string error) = OnebitProcess.Run(study);
        Assert.True(code == 0, error);
        string report = File.ReadAllText(_folder.File("out/report.html"));
        Assert.Contains($"--data {_folder.File("zoo")}</code>", report, StringComparison.Ordinal);

        // The same names, counts and classes.
        Directory.Move(_folder.File("zoo/a"), _folder.File("zoo/x"));
        Directory.Move(_folder.File("zoo/b"), _folder.File("zoo/a"));
        Directory.Move(_folder.File("zoo/x"), _folder.File("zoo/b"));
        Refused("another experiment, seed or data set; delete it or choose another --out", study);
        Directory.CreateDirectory(_folder.File("elsewhere"));
        Directory.Move(_folder.File("zoo"), _folder.File("elsewhere/zoo"));
        string run = _folder.File("out/runs/net-seed1"),
            elsewhere = _folder.File("elsewhere/zoo");
        Refused("another experiment, seed or data set", "train", _folder.File("presets/net.json"), "--data", elsewhere, "--out", run);
        Refused(
            "a run on other data than zoo",
            "explore",
            "--data",
            elsewhere,
            "--models",
            _folder.File("out/runs"),
            "--out",
            _folder.File("x")
        );
    }

    [Fact]
    public void The_data_command_says_what_was_read_and_what_was_left_out()
    {
        Write("zoo/Train", 3);
        Write("zoo/Val", 2);
        Write("zoo/Test", 1);
        _folder.Add("zoo/Train/a/notes.txt", "no image");
        _folder.Add("zoo/Train/b/\u001B[31m.\u202Etif", "no image");
        (int code, string output, string error) = OnebitProcess.Run("data", _folder.File("zoo"));
        Assert.True(code == 0, error);
        Assert.Contains("zoo: 12 images of 1 x 28 x 28", output, StringComparison.Ordinal);
        Assert.Contains("Split: 'Train' for training, 'Val' for validation, 'Test' for the test.", output, StringComparison.Ordinal);
        Assert.Contains(
            "Left out: 1 of no known image format (.\\u202Etif), 1 of no known image format (.txt).",
            output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain('\u202E', output);
        JsonNode json = JsonNode.Parse(OnebitProcess.Run("data", _folder.File("zoo"), "--json").Output)!;
        Assert.Equal(12, (int)json["images"]!);
        Assert.Equal(1, (int)json["leftOut"]!["of no known image format (.txt)"]!);
        Assert.Equal((6, 4, 2), (Count("train"), Count("validation"), Count("test")));
        Assert.Equal(_folder.File("zoo"), (string)json["folder"]!);

        int Count(string part) => (int)json["parts"]![part]!["count"]!;
    }

    [Fact]
    public void Many_classes_are_rows_that_can_be_read()
    {
        for (int c = 0; c < 47; c++)
        {
            for (int i = 0; i < 4; i++)
            {
                _folder.Add($"many/class number {c}/{i}.bmp", Bmp(c, i));
            }
        }

        string output = OnebitProcess.Run("data", _folder.File("many")).Output;
        Assert.All(Enumerable.Range(0, 47), c => Assert.Contains($"  class number {c} ", output, StringComparison.Ordinal));
        Assert.DoesNotContain("…", output, StringComparison.Ordinal);
        _folder.Add("net.json", Network);
        (int code, _, string error) = OnebitProcess.Run(
            "train",
            _folder.File("net.json"),
            "--data",
            _folder.File("many"),
            "--out",
            _folder.File("run")
        );
        Assert.True(code == 0, error);
        string eval = OnebitProcess.Run("eval", _folder.File("run/model.onebit"), "--data", _folder.File("many")).Output;
        Assert.Contains("most often predicted as", eval, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 47), c => Assert.Contains($"  class number {c} ", eval, StringComparison.Ordinal));
    }

    [Fact]
    public void A_named_pipe_is_refused_wherever_a_file_is_expected()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes among files.");
        Directory.CreateDirectory(_folder.File("idx"));
        Directory.CreateDirectory(_folder.File("pipes"));
        string[] idx = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
        string pipe = _folder.File("pipe"),
            experiment = _folder.File("pipes/pipe.json");
        using (Process made = Process.Start("mkfifo", [pipe, experiment, .. idx.Select(f => _folder.File($"idx/{f}"))]))
        {
            made.WaitForExit();
        }

        string model = Path.Combine(AppContext.BaseDirectory, "cnn.onebit");
        string[][] commands =
        [
            ["inspect", pipe],
            ["eval", pipe],
            ["report", pipe],
            ["train", experiment, "--out", _folder.File("run")],
            ["study", "--preset", _folder.File("pipes"), "--out", _folder.File("run")],
            ["predict", model, pipe],
            ["data", _folder.File("idx")],
        ];
        foreach (string[] command in commands)
        {
            Refused("is empty, or a pipe or device", command);
        }
    }

    private static void Refused(string sentence, params string[] command)
    {
        using Process process = OnebitProcess.Start(command);
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(60_000))
        {
            process.Kill();
            Assert.Fail($"'{string.Join(' ', command)}' waits.");
        }

        Assert.Equal(1, process.ExitCode);
        Assert.Contains(sentence, error.Result, StringComparison.Ordinal);
        Assert.StartsWith("onebit: ", error.Result.Trim().Split('\n')[^1], StringComparison.Ordinal);
    }

    /// <summary>Two classes of images, all different.</summary>
    private void Write(string part, int perClass)
    {
        for (int i = 0; i < perClass; i++)
        {
            _folder.Add($"{part}/a/{i}.bmp", Bmp(i, part.Length));
            _folder.Add($"{part}/b/{i}.bmp", Bmp(200 - i, part.Length));
        }
    }

    /// <summary>A bitmap of 4 x 4 pixels of one grey, but for the first.</summary>
    private static byte[] Bmp(int grey, int first)
    {
        byte[] file = new byte[54 + 48];
        "BM"u8.CopyTo(file);
        (file[10], file[14], file[18], file[22], file[26], file[28]) = (54, 40, 4, 4, 1, 24);
        file.AsSpan(54).Fill((byte)grey);
        file.AsSpan(54, 3).Fill((byte)first);
        return file;
    }
}
