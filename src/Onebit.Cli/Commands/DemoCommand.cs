using System.CommandLine;
using Onebit.Datasets;
using Onebit.Export;
using Onebit.Study;
using Onebit.Training;

namespace Onebit.Cli;

/// <summary><c>onebit demo</c>: packed models as a web page to draw on.</summary>
internal static class DemoCommand
{
    // The first one is shown first, and is the one of the tiny page. The last one has activations of one bit, too.
    private static readonly string[] s_classifiers = ["mnist-small", "mnist-micro", "mnist-tiny", "mnist-headline", "cnn-binarynet"];

    private const string ShippedGenerator = "mnist-draw-8bit";

    internal static Command Create()
    {
        var models = new Argument<string[]>("MODEL")
        {
            Description = "Packed models, .onebit files. The default is models for digits that come with Onebit; one of them draws.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        models.Validators.Add(result =>
        {
            foreach (string path in result.GetValueOrDefault<string[]>() ?? [])
            {
                SharedOptions.RequireFile(result, path, "model");
            }
        });
        var output = new Option<string>("--out") { Description = "The page, an HTML file.", HelpName = "FILE" };
        output.DefaultValueFactory = _ => "demo.html";
        var tiny = new Option<bool>("--tiny") { Description = "Write a small page with one model, to be embedded in other pages." };
        Option<string> data = SharedOptions.Data();
        var command = new Command(
            "demo",
            """
            Write a web page in which packed models read what a person draws. It is one file and needs no server. A diffusion model among
            them draws images in the page.

            Example: onebit demo --out demo.html
            """
        )
        {
            models,
            output,
            tiny,
            data,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(tiny) && result.GetValue(models) is { Length: > 1 })
            {
                result.AddError("--tiny takes one model; leave the others out");
            }
        });
        command.SetAction(parsed =>
        {
            string file = parsed.GetRequiredValue(output);
            string[] paths = parsed.GetValue(models) ?? [];
            bool isTiny = parsed.GetValue(tiny);
            (string Name, BitModel Model)[] given =
                [.. paths.Select(path => (Path.GetFileNameWithoutExtension(path), BitModel.Load(path)))],
                generators = [.. given.Where(m => m.Model.Input.Diffusion is not null)],
                packed = [.. given.Except(generators)];
            if (generators.Length > (isTiny ? 0 : 1))
            {
                throw new ExperimentException($"{generators[^1].Name} draws images; a page shows one such model, and a tiny page none.");
            }

            if (given.Length == 0 && !isTiny)
            {
                generators = [(ShippedGenerator, Shipped(ShippedGenerator))];
            }

            if (packed.Length == 0)
            {
                packed = [.. s_classifiers.Take(isTiny ? 1 : s_classifiers.Length).Select(name => (name, Shipped(name)))];
            }

            ImageSet? test = Test(
                packed[0].Model,
                packed[0].Name,
                parsed.GetRequiredValue(data),
                parsed.GetResult(data) is { Implicit: false }
            );
            DemoModel? generator = generators.Select(m => new DemoModel(m.Name, m.Model, ImagePreparation.Unknown)).FirstOrDefault();
            DemoModel[] shown = [.. packed.Select(m => Measured(m.Name, m.Model, packed[0].Model, test))];
            string page = isTiny ? DemoPage.WriteTiny(shown[0]) : DemoPage.Write(Content(shown, test) with { Generator = generator });
            SharedOptions.MakeFolder(file);
            AtomicFile.WriteText(file, page);
            Console.WriteLine($"{VisibleText.Of(file)}: {new FileInfo(file).Length:N0} bytes. Open it in a browser.");
        });
        return command;
    }

    private static BitModel Shipped(string name)
    {
        using Stream stream = typeof(DemoCommand).Assembly.GetManifestResourceStream($"{name}.onebit")!;
        return BitModel.Load(stream);
    }

    /// <summary>The test images, as far as they are the model's.</summary>
    private static ImageSet? Test(BitModel model, string name, string data, bool isChosen)
    {
        if (isChosen || KnownPreparation.Of(model) == ImagePreparation.Digits)
        {
            return DataCommand.LoadTestShowingProgress(data, model, name);
        }

        Failure.Say($"{name} was not trained on MNIST, so the page has no test images. Give --data to have some.");
        return null;
    }

    private static DemoModel Measured(string name, BitModel model, BitModel first, ImageSet? test)
    {
        double? accuracy = null;
        if (test is not null && model.Input.Shape == first.Input.Shape && model.ClassNames.SequenceEqual(first.ClassNames))
        {
            accuracy = Evaluation.AccuracyOf(test.Labels.Span, ModelPredictions.Of(model, test));
        }

        return new DemoModel(name, model, KnownPreparation.Of(model), accuracy);
    }

    private static DemoContent Content(DemoModel[] models, ImageSet? test)
    {
        FloatNetwork? network = models[0] is { Preparation: ImagePreparation.Digits, Model.ClassCount: 10 } ? FloatNetwork.Shipped : null;
        return new DemoContent(models, network, test is null ? null : DemoImages.Choose(models, network, test));
    }
}
