using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Onebit.Export;

/// <summary>C, compiled for a small processor that qemu emulates.</summary>
internal sealed partial class BoardTarget(CBoard board, bool inPlace = false) : VerificationTarget
{
    public override string Name => $"c-{board.Name}";

    public override string Tool => $"{board.Compiler} -Os, {board.Emulator}{(inPlace ? ", in place" : "")}";

    public override IReadOnlyList<string> Programs => [board.Compiler, board.Emulator];

    public override bool IsEmulated => true;

    public override TargetRun Run(BitModel model, ReadOnlyMemory<byte> images)
    {
        using var tool = new VerificationTool();
        CFiles files = tool.WriteC(model, inPlace);
        foreach ((string name, string text) in board.Files("model", inPlace))
        {
            tool.Write(name, text);
        }

        File.WriteAllBytes(tool.File("images.gray"), images.ToArray());
        tool.Run(board.Compiler, ["-DNO_DRAWING", .. board.CompilerArguments("model")]);
        tool.Run(board.Compiler, [.. board.CompilerFlags, "-c", "model.c"]);
        // A line of headers, then text, data and further columns.
        string flash = Text(tool.Run(board.SizeTool, ["model.o"])).Split('\n')[1].Split('\t')[0];
        return Read(Text(tool.Run(board.Emulator, board.EmulatorArguments)), Number(flash), files.WorkBytes);
    }

    /// <summary>Reads what the program of a board prints.</summary>
    internal static TargetRun Read(string output, long flash, long work)
    {
        var results = new List<long>();
        long instructions = 0,
            stack = 0,
            count = 0;
        foreach (Match line in Line().Matches(output))
        {
            results.Add(Number(line.Groups["class"].Value));
            results.AddRange(line.Groups["scores"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number));
            instructions += Number(line.Groups["instructions"].Value);
            stack = Math.Max(stack, Number(line.Groups["stack"].Value));
            count++;
        }

        return new TargetRun(results, new DeviceUse(instructions / Math.Max(1, count), flash, work, stack));
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static long Number(string text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);

    // A line of main.c.
    [GeneratedRegex(
        @"^class (?<class>[0-9]+), scores(?<scores>( -?[0-9]+)+), instructions (?<instructions>[0-9]+), stack (?<stack>[0-9]+)\r?$",
        RegexOptions.Multiline
    )]
    private static partial Regex Line();
}
