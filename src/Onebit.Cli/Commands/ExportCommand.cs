using System.CommandLine;
using Onebit.Export;
using Onebit.Study;

namespace Onebit.Cli;

/// <summary><c>onebit export</c>: a packed model as source code.</summary>
internal static class ExportCommand
{
    private const string C = "c";

    internal static Command Create()
    {
        Argument<string> model = SharedOptions.Model();
        Option<string> format = Format(),
            output = new("--out") { Description = "The folder for the files; it is made if it is missing.", HelpName = "DIR" };
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
            Write a packed model as C99: one source and one header that need no library. The header says how to call it.

            Example: onebit export models/mnist-micro.onebit --format c --out firmware
            Example: onebit export models/mnist-micro.onebit --out firmware --board cortex-m3
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
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model),
                folder = parsed.GetRequiredValue(output),
                name = parsed.GetValue(prefix) ?? CExporter.PrefixOf(path);
            bool isInPlace = parsed.GetValue(inPlace);
            CFiles files = Export(path, name, isInPlace);
            Directory.CreateDirectory(folder);
            string header = Path.Combine(folder, $"{name}.h"),
                source = Path.Combine(folder, $"{name}.c");
            AtomicFile.WriteText(header, files.Header);
            AtomicFile.WriteText(source, files.Source);
            Console.WriteLine($"{VisibleText.Of(header)}: call {name}_predict.");
            Console.WriteLine(
                $"{VisibleText.Of(source)}: {files.ConstantBytes:N0} bytes of weights and tables, "
                    + $"{files.WorkBytes:N0} bytes of work buffer, {files.MultiplyAccumulates:N0} multiply-accumulates."
            );
            if (CBoard.All.SingleOrDefault(b => b.Name == parsed.GetValue(board)) is { } chosen)
            {
                WriteBoard(folder, name, isInPlace, chosen);
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

    private static CFiles Export(string path, string name, bool inPlace)
    {
        BitModel model = Classifier.Load(path);
        try
        {
            return CExporter.Write(model, name, inPlace);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static Option<string> Format()
    {
        var format = new Option<string>("--format")
        {
            Description = "What to write: c, which is C99.",
            DefaultValueFactory = _ => C,
            HelpName = C,
        };
        format.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() != C)
            {
                result.AddError($"--format takes {C}, not '{result.Tokens[0].Value}'");
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
            Description = "What all names in C begin with, and the names of the files. The default is the model's file name.",
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
