using System.CommandLine;
using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Cli;

/// <summary><c>onebit pack</c>: weights that were trained elsewhere as a packed model.</summary>
internal static class PackCommand
{
    internal static Command Create()
    {
        var experiment = new Argument<string>("EXPERIMENT") { Description = "The experiment file whose network the weights are for." };
        experiment.Validators.Add(result => SharedOptions.RequireFile(result, "experiment"));
        var weights = new Argument<string>("WEIGHTS") { Description = "Trained weights, a .safetensors file." };
        weights.Validators.Add(result => SharedOptions.RequireFile(result, "safetensors"));
        Option<string> data = SharedOptions.Data();
        var output = new Option<string?>("--out")
        {
            Description = "The packed model. The default is the name of the weights, with the ending .onebit.",
            HelpName = "FILE",
        };
        var command = new Command(
            "pack",
            """
            Pack weights that were trained elsewhere, such as in PyTorch, in the network of an experiment file.
            The data set gives the shape of an image and the classes. docs/interchange.md shows a whole example.

            Example: onebit pack my-experiment.json weights.safetensors --out model.onebit
            """
        )
        {
            experiment,
            weights,
            data,
            output,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(weights),
                target = parsed.GetValue(output) ?? Path.ChangeExtension(path, ".onebit");
            SharedOptions.MakeFolder(target);
            Experiment chosen = ExperimentFile.Load(parsed.GetRequiredValue(experiment));
            Dataset images = DataCommand.LoadShowingProgress(SharedOptions.DataFor([chosen], parsed, data), null);
            BitModel model;
            try
            {
                model = ForeignWeights.Pack(chosen, images, path);
            }
            catch (PackingException e)
            {
                throw new InvalidDataException($"{path}: the network cannot be packed: {e.Message.TrimEnd('.')}.", e);
            }

            model.Save(target);
            Console.WriteLine($"{VisibleText.Of(target)}: {new FileInfo(target).Length:N0} bytes.");
        });
        return command;
    }
}
