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
            Show a packed model, operation by operation: shape, parameters, bits per weight, bytes and
            multiply-accumulates. Also shows the memory for activations when layers run fused.

            Example: onebit inspect onebit-study/runs/mlp-binarynet-seed1/model.onebit
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
                            input = packed.Input,
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

    /// <summary>One operation. Multiply-accumulates are counted apart by their inputs: of one bit, and of more bits.</summary>
    private sealed record LayerRow(
        string Operation,
        string Reads,
        string Shape,
        string Elements,
        long Parameters,
        int? WeightBits,
        int Bytes,
        long OneBitMacs,
        long MultiBitMacs
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
            ElementKind.Codes => $"codes of {output.Bits} bits",
            _ => $"integers of {output.Bits} bits",
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
            input.Bits == 1 ? 0 : macs
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
        string bits = input.Bits == 1 ? $"1 bit (1 from {input.PixelThreshold} on)" : $"{input.Bits} bits";
        AnsiConsole.WriteLine(
            $"Input: {input.Channels} x {input.Height} x {input.Width} pixels of {bits}. {model.ClassCount} classes{Named(model)}. "
                + $"{file:N0} bytes in all. {ActivationMemory.Peak(model):N0} bytes of activations when layers run fused."
        );
        var table = new Table().Border(TableBorder.Simple).ShowFooters();
        void Column(string name, string footer = "", bool right = true) =>
            table.AddColumn(new TableColumn(name) { Alignment = right ? Justify.Right : Justify.Left, Footer = new Text(footer) });
        Column("value");
        Column("operation", "file", right: false);
        Column("reads");
        Column("shape");
        Column("holds", right: false);
        Column("parameters", $"{rows.Sum(r => r.Parameters):N0}");
        Column("bits per weight");
        Column("bytes", $"{file:N0}");
        Column("MACs, 1 bit", $"{rows.Sum(r => r.OneBitMacs):N0}");
        Column("MACs, more bits", $"{rows.Sum(r => r.MultiBitMacs):N0}");
        table.AddTextRow(
            "0",
            "input",
            "",
            $"{input.Channels} x {input.Height} x {input.Width}",
            $"codes of {input.Bits} bit{(input.Bits == 1 ? "" : "s")}",
            "",
            "",
            "",
            "",
            ""
        );
        foreach ((LayerRow row, int i) in rows.Select((r, i) => (r, i)))
        {
            table.AddTextRow(
                $"{i + 1}",
                row.Operation,
                row.Reads,
                row.Shape,
                row.Elements,
                Dash(row.Parameters),
                row.WeightBits is null ? "" : $"{row.WeightBits}",
                $"{row.Bytes:N0}",
                Dash(row.OneBitMacs),
                Dash(row.MultiBitMacs)
            );
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
