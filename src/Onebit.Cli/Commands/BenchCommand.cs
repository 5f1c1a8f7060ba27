using System.CommandLine;
using System.Text.Json;
using Onebit.Datasets;
using Onebit.Study;
using Spectre.Console;

namespace Onebit.Cli;

/// <summary><c>onebit bench</c>: packed models against float32 and int8 networks of equal shape.</summary>
internal static class BenchCommand
{
    private static readonly int[] s_batches = [1, 16, 256, 512];

    internal static Command Create()
    {
        var models = new Argument<string[]>("MODEL")
        {
            Description = "Packed models (.onebit files). The default is four networks with random weights.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        models.Validators.Add(result =>
        {
            foreach (string path in result.Tokens.Select(t => t.Value).Where(path => !File.Exists(path)))
            {
                result.AddError($"There is no model file '{path}'");
            }
        });
        var batch = new Option<int[]>("--batch")
        {
            Description = "Images per call. May be given several times. The default is 1, 16, 256 and 512. Diffusion models take 1.",
            HelpName = "N",
        };
        batch.Validators.Add(result =>
        {
            foreach (
                string value in result.Tokens.Select(t => t.Value).Where(value => !int.TryParse(value, out int n) || n is < 1 or > 100_000)
            )
            {
                result.AddError($"--batch takes a whole number from 1 to 100000, not '{value}'");
            }
        });
        Option<string> data = SharedOptions.Data();
        Option<bool> json = SharedOptions.Json();
        var command = new Command(
            "bench",
            // Lines end where the terminal's do.
            "Time packed models beside the same networks in float32 and int8. float32 runs on ONNX Runtime, on libtorch and, for dense "
                + "networks, in plain C#. int8 runs on ONNX Runtime. Their weights are random. All are timed interleaved in this "
                + "process, with one thread, from byte pixels to class. Of a diffusion model one step is timed. Times are nanoseconds per "
                + "image, the median of 9 rounds.\n\n"
                + "MAC/ns are binary multiply-accumulates per nanosecond. A MAC with a k-bit input counts as k. The bound assumes two "
                + "vector logic instructions per cycle. A full adder takes 2 of them with AVX-512, else 5, and adds one bit in each lane. "
                + "docs/bench.md has the details.\n\nExample: onebit bench models/mnist-micro.onebit --batch 1 --batch 256"
        )
        {
            models,
            batch,
            data,
            json,
        };
        command.SetAction(parsed =>
        {
            string set = parsed.GetRequiredValue(data);
            string[] files = parsed.GetValue(models) ?? [];
            (string Name, BitModel Model, ImageSet Images)[] chosen =
                files.Length > 0 ? [.. files.Select(file => Load(file, set))] : Random(set);
            int[] asked = parsed.GetValue(batch) is { Length: > 0 } given ? given : s_batches;
            var rows = new List<BenchRow>();
            LogicBound bound = ProgressDisplay.Show(display =>
            {
                foreach ((string name, BitModel model, ImageSet images) in chosen)
                {
                    int done = 0;
                    // Images are drawn one by one.
                    int[] batches = model.Input.Diffusion is null ? asked : [1];
                    display.Report(name, 0, "");
                    foreach (BenchRow row in Bench.Measure(name, model, images, batches))
                    {
                        rows.Add(row);
                        display.Report(
                            name,
                            (double)++done / batches.Length,
                            $"{row.OnebitNanoseconds:N0} ns per image in batches of {row.Batch}"
                        );
                    }
                }
                return LogicBound.Measure();
            });
            MachineInfo machine = Machine.Describe();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            machine = new
                            {
                                machine.Processor,
                                machine.Cores,
                                machine.MemoryBytes,
                                machine.OperatingSystem,
                                machine.Runtime,
                                machine.VectorBits,
                                bound.ClockGigahertz,
                                boundBinaryMacsPerNanosecond = bound.BinaryMacsPerNanosecond,
                            },
                            rows,
                        },
                        JsonSerializerOptions.Web
                    )
                );
            }
            else
            {
                Print(machine, bound, rows);
            }
            return 0;
        });
        return command;
    }

    private static (string Name, BitModel Model, ImageSet Images) Load(string file, string set)
    {
        BitModel model = BitModel.Load(file);
        return (
            file,
            model,
            model.Input.Diffusion is null ? DataCommand.LoadTestShowingProgress(set, model, file) : Noise(model.Input.Shape)
        );
    }

    private static ImageSet Noise(Shape shape)
    {
        const int Count = 64;
        byte[] pixels = new byte[Count * shape.Count];
        new Random(1).NextBytes(pixels);
        return new ImageSet(pixels, new byte[Count], shape.Channels, shape.Height, shape.Width);
    }

    private static (string Name, BitModel Model, ImageSet Images)[] Random(string set)
    {
        ImageSet images = DataCommand.LoadTestShowingProgress(set);
        return [.. BenchNetworks.All(images).Select(m => (m.Name, m.Model, images))];
    }

    private static void Print(MachineInfo machine, LogicBound bound, List<BenchRow> rows)
    {
        AnsiConsole.WriteLine(
            $"{machine.Processor}, {machine.Runtime}, one thread. Nanoseconds per image, or per step of a diffusion model, median of 9 "
                + "rounds. In brackets: ratio to onebit."
        );
        var table = new Table().Border(TableBorder.Simple).AddColumn("model");
        foreach (
            string column in new[]
            {
                "batch",
                "onebit",
                "ONNX Runtime\nfloat32",
                "ONNX Runtime\nint8",
                "libtorch\nfloat32",
                "plain C#\nfloat32",
                "binary\nMAC/ns",
                "of the\nbound",
            }
        )
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (BenchRow row in rows)
        {
            string Against(double? time) => time is { } t ? $"{t:N0} ({t / row.OnebitNanoseconds:N1}×)" : "";
            table.AddTextRow(
                row.Model,
                $"{row.Batch}",
                $"{row.OnebitNanoseconds:N0}",
                Against(row.OnnxRuntimeNanoseconds),
                Against(row.OnnxRuntimeInt8Nanoseconds),
                Against(row.LibtorchNanoseconds),
                Against(row.CsharpNanoseconds),
                $"{row.BinaryMacsPerNanosecond:N1}",
                $"{row.BinaryMacsPerNanosecond / bound.BinaryMacsPerNanosecond:P0}"
            );
        }
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"The bound is {bound.BinaryMacsPerNanosecond:N0} binary MAC/ns: vectors of {bound.VectorBits} bits, "
                + $"{bound.InstructionsPerFullAdder} instructions per full adder, 2 per cycle, "
                + $"at an estimated {bound.ClockGigahertz:N2} GHz."
        );
    }
}
