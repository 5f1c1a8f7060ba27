using System.CommandLine;
using System.Text.Json;
using Onebit.Study;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit inspect</c>: a packed model, operation by operation.</summary>
internal static class InspectCommand
{
    internal static Command Create()
    {
        Argument<string> model = SharedOptions.Model();
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "inspect",
            """
            Show a packed model, operation by operation. Says how much memory activations take and how wide integers get.

            Example: onebit inspect models/mnist-micro.onebit
            """
        )
        {
            model,
            json,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model);
            BitModel packed = BitModel.Load(path);
            LayerRow[] rows = [.. packed.Operations.Select((operation, i) => Describe(packed, operation, i))];
            long file = new FileInfo(path).Length;
            if (parsed.GetValue(json))
            {
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            fileBytes = file,
                            peakActivationBytes = ActivationMemory.Peak(packed),
                            accumulatorBits = rows.Max(r => r.AccumulatorBits),
                            input = new
                            {
                                packed.Input.Channels,
                                packed.Input.Height,
                                packed.Input.Width,
                                packed.Input.Bits,
                                packed.Input.PixelThreshold,
                            },
                            classes = packed.ClassCount,
                            classNames = packed.ClassNames,
                            layers = rows,
                        },
                        JsonSerializerOptions.Web
                    )
                );
            }
            else
            {
                Print(packed, rows, file);
            }

            return 0;
        });
        return command;
    }

    /// <summary>
    /// One operation. Multiply-accumulates are counted apart by their inputs: of one bit, and of more bits. Accumulators are the widest
    /// integers on the way to its value.
    /// </summary>
    private sealed record LayerRow(
        string Operation,
        string Reads,
        string Shape,
        string Elements,
        long Parameters,
        int? WeightBits,
        int Bytes,
        long OneBitMacs,
        long MultiBitMacs,
        int AccumulatorBits
    );

    private static LayerRow Describe(BitModel model, Operation operation, int index)
    {
        ValueInfo input = model.Values[operation.Inputs.Span[0]],
            output = model.Values[index + 1];
        long weights = operation is Linear linear ? Weights(linear, input) : 0,
            macs = weights * output.Area;
        string elements = output.Kind switch
        {
            ElementKind.Signs => "signs",
            ElementKind.Codes => $"{output.Bits}-bit codes",
            _ => $"{output.Bits}-bit integers",
        };
        return new LayerRow(
            operation.Label,
            string.Join(", ", operation.Inputs.ToArray()),
            $"{output.Channels} x {output.Height} x {output.Width}",
            operation is Scores ? "scores" : elements,
            operation is Linear layer && IsShared(model, layer, index) ? 0 : weights + operation.ParameterCount,
            operation is Linear ? 1 : null,
            model.EncodedLength(index),
            input.Bits == 1 ? macs : 0,
            input.Bits == 1 ? 0 : macs,
            model.AccumulatorBits(index)
        );
    }

    /// <summary>An earlier layer has the same weights, which the file holds once.</summary>
    private static bool IsShared(BitModel model, Linear layer, int index) =>
        model.Operations.Take(index).OfType<Linear>().Any(layer.SharesWeights);

    private static long Weights(Linear l, ValueInfo input) =>
        (long)l.Outputs * (input.Channels / l.Groups) * l.KernelHeight * l.KernelWidth;

    private static void Print(BitModel model, LayerRow[] rows, long file)
    {
        ModelInput input = model.Input;
        string bits =
            input.Diffusion is { } diffusion
                ? $"{input.Bits} bit{(input.Bits == 1 ? "" : "s")} with one of {diffusion.Schedule.Levels} noise levels, to draw one"
            : input.Bits == 1 ? $"1 bit (1 from {input.PixelThreshold} on)"
            : $"{input.Bits} bits";
        LayerRow[] linear = [.. rows.Where(r => r.WeightBits is not null)];
        string classes = model.ClassCount == 1 ? "No classes" : $"{model.ClassCount} classes{Named(model)}";
        AnsiConsole.WriteLine($"Input: {input.Shape} pixels of {bits}. {classes}.");
        AnsiConsole.WriteLine($"File: {file:N0} bytes, {rows.Sum(r => r.Parameters):N0} parameters. Weights have 1 bit.");
        AnsiConsole.WriteLine($"Memory: {ActivationMemory.Peak(model):N0} bytes of activations when layers run fused.");
        AnsiConsole.WriteLine(
            $"Widest integers: {linear.Select(r => r.AccumulatorBits).DefaultIfEmpty().Max()} bits in sums of layers, "
                + $"{rows.Max(r => r.AccumulatorBits)} bits in all."
        );
        AnsiConsole.WriteLine(
            $"Multiply-accumulates: {rows.Sum(r => r.OneBitMacs):N0} of one bit, {rows.Sum(r => r.MultiBitMacs):N0} of more bits."
        );
        // The most important columns first: where the terminal is narrow, the last ones are left out.
        (string Name, bool Right, Func<LayerRow, int, string> Cell)[] columns =
        [
            ("value", true, (_, i) => $"{i + 1}"),
            ("operation", false, (row, i) => row.Reads == $"{i}" ? row.Operation : $"{row.Operation} of {row.Reads}"),
            ("shape", true, (row, _) => row.Shape),
            ("holds", false, (row, _) => row.Elements),
            ("bytes", true, (row, _) => $"{row.Bytes:N0}"),
            ("widest", true, (row, _) => $"{row.AccumulatorBits}"),
            ("MACs", true, (row, _) => Dash(row.OneBitMacs + row.MultiBitMacs)),
        ];
        const int Operation = 1,
            Gap = 2;
        int[] widths =
        [
            .. columns.Select(
                (column, k) =>
                    rows.Select(column.Cell)
                        .Append(column.Name)
                        .SelectMany(cell => k == Operation ? cell.Split(' ') : [cell]) // It alone may break, between words.
                        .Max(cell => cell.Length + Gap)
            ),
        ];
        int shown = columns.Length;
        while (shown > Operation + 1 && widths.Take(shown).Sum() > AnsiConsole.Profile.Width)
        {
            shown--;
        }

        var table = new Table().Border(TableBorder.None);
        foreach ((string name, bool right, _) in columns.Take(shown))
        {
            table.AddColumn(
                new TableColumn(name)
                {
                    Alignment = right ? Justify.Right : Justify.Left,
                    NoWrap = table.Columns.Count != Operation,
                    Padding = new Padding(0, 0, Gap, 0),
                }
            );
        }

        AnsiConsole.WriteLine();
        foreach ((LayerRow row, int i) in rows.Select((r, i) => (r, i)))
        {
            table.AddTextRow(columns.Take(shown).Select(column => column.Cell(row, i)));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Names of the model's own, as far as they fit on a line.</summary>
    private static string Named(BitModel model)
    {
        const int Few = 12;
        bool numbers = model.ClassNames.Select((name, c) => name == $"{c}").All(same => same);
        string more = model.ClassCount > Few ? $" and {model.ClassCount - Few} more" : "";
        return numbers ? "" : $" ({VisibleText.Of(string.Join(", ", model.ClassNames.Take(Few)))}{more})";
    }

    private static string Dash(long count) => count == 0 ? "" : $"{count:N0}";
}
