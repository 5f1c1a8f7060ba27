using System.Text.RegularExpressions;
using Onebit.Datasets;
using Onebit.Tests;

namespace Onebit.Export.Tests;

/// <summary>Exported C on small processors, which qemu emulates.</summary>
public class BoardTests
{
    public static TheoryData<string> Boards => [.. CBoard.All.Select(b => b.Name)];

    [Theory]
    [MemberData(nameof(Boards))]
    public void A_small_model_gives_the_scores_of_the_runtime(string board) => RequireSameScores(board, "mnist-micro", 200);

    [Theory]
    [MemberData(nameof(Boards))]
    public void A_large_model_gives_the_scores_of_the_runtime(string board) => RequireSameScores(board, "mnist-large", 3);

    [Fact]
    public void A_small_model_fits_into_16_KB_of_flash_and_2_KB_of_memory()
    {
        const int Flash = 6 * 1024,
            Memory = 2 * 1024;
        CBoard board = CBoard.All.Single(b => b.Name == "rv32ec");
        RequireTools(board);
        BitModel model = Shipped("mnist-micro");
        using var tool = new VerificationTool();
        tool.WriteC(model, inPlace: true);
        foreach ((string name, string text) in board.Files("model", inPlace: true))
        {
            string small = Regex.Replace(text, "(FLASH .*LENGTH = )4M", "${1}16K");
            tool.Write(name, Regex.Replace(small, "(RAM .*LENGTH = )4M", "${1}2K"));
        }

        ReadOnlyMemory<byte> images = Digits(20);
        File.WriteAllBytes(tool.File("images.gray"), images.ToArray());
        tool.Run(board.Compiler, ["-DNO_DRAWING", .. board.CompilerArguments("model")]);
        string output = System.Text.Encoding.UTF8.GetString(tool.Run(board.Emulator, board.EmulatorArguments));
        TargetRun run = BoardTarget.Read(output, flash: 0, work: 0);
        Assert.Equal(0, VerificationTargets.Mismatches(model, images.Span, run.Results));

        // Flash holds code, tables and first values of variables. Memory holds variables, of which the model's are most, and the stack.
        string[] sizes = System.Text.Encoding.UTF8.GetString(tool.Run(board.SizeTool, ["program.elf"])).Split('\n')[1].Split('\t');
        int[] bytes = [.. sizes.Take(3).Select(s => int.Parse(s, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.InRange(bytes[0] + bytes[1], 4096, Flash);
        Assert.InRange(bytes[1] + bytes[2] + run.Device!.Stack, 1800, Memory);
    }

    [Fact]
    public void A_network_of_signs_takes_little_memory_beside_the_image()
    {
        CBoard board = CBoard.All.Single(b => b.Name == "cortex-m3");
        RequireTools(board);
        BitModel model = Build.Mlp(new Random(4));
        Assert.Equal([128, 128, 10], model.Operations.OfType<Linear>().Select(l => l.Outputs));
        byte[] images = new byte[5 * 784];
        new Random(5).NextBytes(images);
        TargetRun run = new BoardTarget(board, inPlace: true).Run(model, images);
        Assert.Equal(0, VerificationTargets.Mismatches(model, images, run.Results));
        Assert.InRange(run.Device!.Flash, 14_000, 17_920);
        Assert.InRange(run.Device.Work - 784 + run.Device.Stack + sizeof(int) * model.ClassCount, 200, 512);

        // With more memory it takes a sixth of the instructions.
        TargetRun fast = new BoardTarget(board).Run(model, images);
        Assert.Equal(0, VerificationTargets.Mismatches(model, images, fast.Results));
        Assert.InRange(fast.Device!.Instructions, 10_000, run.Device.Instructions / 2);
    }

    [Fact]
    public void The_program_draws_the_image()
    {
        CBoard board = CBoard.All.Single(b => b.Name == "rv32i");
        RequireTools(board);
        using var tool = new VerificationTool();
        tool.WriteC(Shipped("mnist-micro"), inPlace: false);
        foreach ((string name, string text) in board.Files("model"))
        {
            tool.Write(name, text);
        }

        File.Copy(Path.Combine(Repository.Root, "samples", "seven.gray"), tool.File("images.gray"));
        tool.Run(board.Compiler, board.CompilerArguments("model"));
        string[] lines = System.Text.Encoding.UTF8.GetString(tool.Run(board.Emulator, board.EmulatorArguments)).TrimEnd().Split('\n');
        Assert.Equal(29, lines.Length);
        Assert.All(lines[..28], line => Assert.Equal(2 * 28, line.Length));
        Assert.Contains(lines, line => line.Contains("@@", StringComparison.Ordinal));
        Assert.StartsWith("class 7, scores ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Each_image_with_another_class_or_score_is_a_mismatch()
    {
        BitModel model = Shipped("mnist-micro");
        ReadOnlyMemory<byte> images = Digits(3);
        long[] scores = new long[model.ClassCount];
        var results = new List<long>();
        for (int i = 0; i < 3; i++)
        {
            results.Add(model.Predict(images.Span.Slice(784 * i, 784), scores));
            results.AddRange(scores);
        }

        Assert.Equal(0, VerificationTargets.Mismatches(model, images.Span, results));
        results[0]++;
        results[2 * 11 + 10]--;
        Assert.Equal(2, VerificationTargets.Mismatches(model, images.Span, results));
        Assert.Throws<VerificationException>(() => VerificationTargets.Mismatches(model, images.Span, results[1..]));
    }

    [Fact]
    public void A_tool_that_fails_is_named_with_what_it_says()
    {
        using var tool = new VerificationTool();
        VerificationException e = Assert.Throws<VerificationException>(() => tool.Run("dotnet", ["no-such-command"]));
        Assert.StartsWith("dotnet ended with 1: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be started", Assert.Throws<VerificationException>(() => tool.Run("no-such-tool", [])).Message);
    }

    private static void RequireSameScores(string board, string name, int count)
    {
        var target = new BoardTarget(CBoard.All.Single(b => b.Name == board));
        Assert.SkipWhen(target.Missing.Any(), $"Not installed: {string.Join(", ", target.Missing)}.");
        BitModel model = Shipped(name);
        ReadOnlyMemory<byte> images = Digits(count);
        TargetRun run = target.Run(model, images);
        Assert.Equal(0, VerificationTargets.Mismatches(model, images.Span, run.Results));
        Assert.InRange(run.Device!.Instructions, 500_000, 15_000_000);
    }

    private static void RequireTools(CBoard board)
    {
        string[] missing = [.. new BoardTarget(board).Missing];
        Assert.SkipWhen(missing.Length > 0, $"Not installed: {string.Join(", ", missing)}.");
    }

    private static BitModel Shipped(string name) => BitModel.Load(Path.Combine(Repository.Root, "models", $"{name}.onebit"));

    private static ReadOnlyMemory<byte> Digits(int count) =>
        DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist")).Slice(0, count).Pixels;
}
