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
        Option<string?> prefix = Prefix();
        output.DefaultValueFactory = _ => ".";
        var command = new Command(
            "export",
            """
            Write a packed model as C99: one source and one header that need no library. The header says how to call it.

            Example: onebit export models/mnist-micro.onebit --format c --out firmware
            """
        )
        {
            model,
            format,
            output,
            prefix,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model),
                folder = parsed.GetRequiredValue(output),
                name = parsed.GetValue(prefix) ?? CExporter.PrefixOf(path);
            CFiles files = Export(path, name);
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
        });
        return command;
    }

    private static CFiles Export(string path, string name)
    {
        BitModel model = Classifier.Load(path);
        try
        {
            return CExporter.Write(model, name);
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
