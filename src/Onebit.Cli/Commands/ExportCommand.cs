using System.CommandLine;
using System.Text;
using Onebit.Export;

namespace Onebit.Cli;

/// <summary><c>onebit export</c>: a packed model as source code, or for other programs.</summary>
internal static class ExportCommand
{
    private const string C = "c",
        Onnx = "onnx",
        Qonnx = "qonnx",
        SafeTensors = "safetensors",
        Header = "header";

    private static readonly string[] s_formats = [C, Onnx, Qonnx, SafeTensors, Header];

    internal static Command Create()
    {
        Argument<string> model = SharedOptions.Model();
        Option<string> format = Format(),
            output =
                new("--out")
                {
                    Description = "The folder for the files; it is made if it is missing. For one file, its name will do too.",
                    HelpName = "PATH",
                };
        Option<string?> prefix = Prefix(),
            board = Board();
        var inPlace = new Option<bool>("--in-place")
        {
            Description = "The image lies in the work buffer, and is overwritten. This needs the least memory.",
        };
        output.DefaultValueFactory = _ => ".";
        var command = new Command(
            "export",
            """
            Write a packed model in another form.

            c is C99 code that gives the same scores, or draws the same images: one source and one header, which says how to call it.
            onnx has integer operators of ONNX alone, and reads pixels of 0 to 255.
            qonnx is for Brevitas and FINN. A model that it cannot hold is refused.
            safetensors and header hold the numbers alone: tensors by name, or arrays in C. docs/interchange.md describes both.

            Example: onebit export models/mnist-micro.onebit --format c --out firmware
            Example: onebit export models/mnist-micro.onebit --out firmware --board cortex-m3
            Example: onebit export models/mnist-large.onebit --format onnx --out mnist-large.onnx
            """
        )
        {
            model,
            format,
            output,
            prefix,
            inPlace,
            board,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(format)?.Tokens is [{ Value: not C }] && (result.GetValue(inPlace) || result.GetValue(board) is not null))
            {
                result.AddError("--in-place and --board are for --format c; leave them out");
            }
        });
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model),
                folder = parsed.GetRequiredValue(output),
                name = parsed.GetValue(prefix) ?? CExporter.PrefixOf(path);
            string chosen = parsed.GetRequiredValue(format);
            BitModel loaded = BitModel.Load(path);
            if (loaded.Input.Diffusion is not null && (chosen is Onnx or Qonnx || parsed.GetValue(board) is not null))
            {
                throw new InvalidDataException($"{path}: {Onnx}, {Qonnx} and --board are for classifiers; the model draws images.");
            }

            switch (chosen)
            {
                case C:
                    bool isInPlace = parsed.GetValue(inPlace);
                    WriteC(loaded, path, folder, name, isInPlace);
                    if (CBoard.All.SingleOrDefault(b => b.Name == parsed.GetValue(board)) is { } target)
                    {
                        WriteBoard(folder, name, isInPlace, target);
                    }

                    break;
                case Onnx:
                    string contents = $"reads {OnnxExporter.Input}, gives {OnnxExporter.Scores} and {OnnxExporter.Class}";
                    WriteFile(to => to.Write(OnnxExporter.Write(loaded)), folder, $"{name}.onnx", contents);
                    break;
                case Qonnx:
                    byte[] qonnx = Checked(path, () => QonnxExporter.Write(loaded));
                    WriteFile(to => to.Write(qonnx), folder, $"{name}.onnx", "reads pixels of 0 to 1, gives logits");
                    break;
                case SafeTensors:
                    WriteFile(
                        to => SafeTensorsExporter.Write(to, loaded),
                        folder,
                        $"{name}.safetensors",
                        $"{loaded.Operations.Count} operations"
                    );
                    break;
                default:
                    byte[] header = Encoding.ASCII.GetBytes(Checked(path, () => HeaderExporter.Write(loaded, name)));
                    WriteFile(to => to.Write(header), folder, $"{name}_data.h", $"{loaded.Operations.Count} operations");
                    break;
            }
        });
        return command;
    }

    /// <summary>The program around the model, and what compiles and runs it.</summary>
    private static void WriteBoard(string folder, string name, bool inPlace, CBoard board)
    {
        IReadOnlyList<(string Name, string Text)> program = board.Files(name, inPlace);
        foreach ((string file, string text) in program)
        {
            AtomicFile.WriteText(Path.Combine(folder, file), text);
        }

        Console.WriteLine($"{string.Join(", ", program.Select(f => f.Name))}: a program for {board.Name}, which reads images.gray.");
        Console.WriteLine($"\n{board.Compiler} {string.Join(' ', board.CompilerArguments(name))}");
        Console.WriteLine($"\n{board.Emulator} {string.Join(' ', board.EmulatorArguments)}");
    }

    /// <summary>Names the file where the model cannot be written.</summary>
    private static T Checked<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static void WriteC(BitModel model, string path, string folder, string name, bool inPlace)
    {
        CFiles files = Checked(path, () => CExporter.Write(model, name, inPlace));
        Directory.CreateDirectory(folder);
        string header = Path.Combine(folder, $"{name}.h"),
            source = Path.Combine(folder, $"{name}.c");
        AtomicFile.WriteText(header, files.Header);
        AtomicFile.WriteText(source, files.Source);
        Console.WriteLine($"{VisibleText.Of(header)}: call {name}_{(model.Input.Diffusion is null ? "predict" : "generate")}.");
        Console.WriteLine(
            $"{VisibleText.Of(source)}: {files.ConstantBytes:N0} bytes of weights and tables, "
                + $"{files.WorkBytes:N0} bytes of work buffer, {files.MultiplyAccumulates:N0} multiply-accumulates."
        );
    }

    /// <summary>Writes one file: at the path where that ends as the file does, else in the folder that the path names.</summary>
    private static void WriteFile(Action<Stream> write, string path, string name, string contents)
    {
        bool isFile =
            Path.GetExtension(path).Equals(Path.GetExtension(name), StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path);
        string file = isFile ? path : Path.Combine(path, name);
        SharedOptions.MakeFolder(file);
        AtomicFile.Write(file, write);
        Console.WriteLine($"{VisibleText.Of(file)}: {new FileInfo(file).Length:N0} bytes, {contents}.");
    }

    private static Option<string> Format()
    {
        var format = new Option<string>("--format")
        {
            Description = $"What to write: {string.Join(", ", s_formats)}.",
            DefaultValueFactory = _ => C,
            HelpName = string.Join('|', s_formats),
        };
        format.Validators.Add(result =>
        {
            if (!s_formats.Contains(result.GetValueOrDefault<string>()))
            {
                result.AddError($"--format takes {string.Join(", ", s_formats)}, not '{result.Tokens[0].Value}'");
            }
        });
        return format;
    }

    private static Option<string?> Board()
    {
        string names = string.Join(", ", CBoard.All.Select(b => b.Name));
        var board = new Option<string?>("--board")
        {
            Description = $"Also write a program for a board that qemu emulates ({names}), and print what compiles and runs it.",
            HelpName = "NAME",
        };
        board.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && CBoard.All.All(b => b.Name != name))
            {
                result.AddError($"--board takes one of {names}, not '{name}'");
            }
        });
        return board;
    }

    private static Option<string?> Prefix()
    {
        var prefix = new Option<string?>("--prefix")
        {
            Description = "What all names in C and the names of the files begin with. The default is the model's file name.",
            HelpName = "NAME",
        };
        prefix.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && !CExporter.IsPrefix(name))
            {
                result.AddError($"--prefix takes a letter and then letters, digits and underscores, at most 64, not '{name}'");
            }
        });
        return prefix;
    }
}
