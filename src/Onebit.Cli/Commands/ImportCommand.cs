using System.CommandLine;
using Onebit.Training;

namespace Onebit.Cli;

/// <summary><c>onebit import</c>: a network of another tool as a packed model.</summary>
internal static class ImportCommand
{
    internal static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A QONNX file, as Brevitas writes it.", HelpName = "FILE" };
        file.Validators.Add(result => SharedOptions.RequireFile(result, "QONNX"));
        var output = new Option<string?>("--out")
        {
            Description = "The packed model. The default is the name of the file, with the ending .onebit.",
            HelpName = "FILE",
        };
        var command = new Command(
            "import",
            """
            Read a QONNX network whose weights and activations have one or two bits, and write a packed model.
            The network must read pixels of 0 to 1.

            Example: onebit import network.onnx --out network.onebit
            """
        )
        {
            file,
            output,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file),
                target = parsed.GetValue(output) ?? Path.ChangeExtension(path, ".onebit");
            SharedOptions.MakeFolder(target);
            BitModel model;
            try
            {
                model = QonnxImporter.Read(InputFile.ReadBytes(path));
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"{path}: {e.Message}", e);
            }

            model.Save(target);
            Console.WriteLine(
                $"{VisibleText.Of(target)}: {new FileInfo(target).Length:N0} bytes, {model.Operations.Count} operations, "
                    + $"{model.ClassCount} classes."
            );
        });
        return command;
    }
}
