using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>What trained models make of the test images.</summary>
public static class ModelPredictions
{
    /// <summary>
    /// The predictions of every model below a folder: of a finished training run what it noted, full precision included;
    /// of any other <c>.onebit</c> file what the runtime says. Names are paths below the folder.
    /// </summary>
    /// <exception cref="ExperimentException">There is no model, one is of other data, or two have the same name.</exception>
    internal static IReadOnlyList<(string Name, byte[] Classes)> Load(string folder, Dataset data)
    {
        var models = new List<(string Name, byte[] Classes)>();
        foreach (string file in FileSearch.Find(folder, f => IsModel(f) ? null : "no models", below: true).Files)
        {
            string home = Path.GetDirectoryName(file)!;
            if (Path.GetFileName(file) == RunFolder.ResultFile && RunFolder.Load(home) is ClassificationResult run)
            {
                models.Add((Path.GetRelativePath(folder, home), Noted(run, home, data)));
            }
            else if (Path.GetFileName(file) != RunFolder.ResultFile && !File.Exists(Path.Combine(home, RunFolder.ResultFile)))
            {
                models.Add((Path.ChangeExtension(Path.GetRelativePath(folder, file), null), Predicted(file, data)));
            }
        }
        if (models.CountBy(m => m.Name).FirstOrDefault(m => m.Value > 1).Key is { } twice)
        {
            throw new ExperimentException($"Two models in '{folder}' are called '{twice}'; rename one of them.");
        }

        return models.Count > 0
            ? models
            : throw new ExperimentException(
                $"There is neither a finished training run nor a .onebit file in '{folder}'; name a study's folder."
            );
    }

    private static bool IsModel(string file) =>
        Path.GetFileName(file) == RunFolder.ResultFile || Path.GetExtension(file).Equals(".onebit", StringComparison.OrdinalIgnoreCase);

    private static byte[] Noted(ClassificationResult run, string folder, Dataset data) =>
        !Trainer.IsOf(run, data)
            ? throw new ExperimentException(
                $"'{folder}' holds a run on other data than {data.Name}; name a folder of models trained on it."
            )
        : run.FindMistake(data) is { } mistake
            ? throw new ExperimentException($"The run in '{folder}' cannot be used: {mistake}; delete that folder.")
        : run.TestPredictions;

    private static byte[] Predicted(string file, Dataset data)
    {
        BitModel model = Classifier.Load(file);
        ModelInput input = model.Input;
        if (
            (input.Channels, input.Height, input.Width) != (data.Test.Channels, data.Test.Height, data.Test.Width)
            || !model.ClassNames.SequenceEqual(data.ClassNames)
        )
        {
            throw new ExperimentException(
                $"'{file}' reads other images or knows other classes than {data.Name} has; name a folder of models trained on it."
            );
        }

        return Of(model, data.Test);
    }

    /// <summary>The class of each image, of the model's size.</summary>
    public static byte[] Of(BitModel model, ImageSet images)
    {
        int[] classes = new int[images.Count];
        model.PredictBatch(images.Pixels.Span, classes);
        return [.. classes.Select(c => (byte)c)];
    }
}
