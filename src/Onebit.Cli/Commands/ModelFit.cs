using Onebit.Datasets;

namespace Onebit.Cli;

/// <summary>Refuses a model on data of other classes: its accuracy would be that of guessing.</summary>
internal static class ModelFit
{
    /// <summary>A model and the data that it is to classify.</summary>
    /// <exception cref="DatasetException">Their classes or their pictures differ.</exception>
    internal static void Require(BitModel model, string path, string nameOrFolder, ImageSet images)
    {
        (string name, ImagePreparation prepared, bool named, IReadOnlyList<string>? classNames) = DatasetLoader.Describe(nameOrFolder);
        int labels = images.Labels.Span.ToArray().Max() + 1;
        // A folder's images have their labels from the names of the model's classes already.
        bool fits = classNames is null ? HasNumbers(model) : model.ClassNames.SequenceEqual(classNames);
        if (labels > model.ClassCount || (!named && (!fits || Kind(model, prepared) is not null)))
        {
            string classes = string.Join(", ", model.ClassNames.Take(5)) + (model.ClassCount > 5 ? ", ..." : "");
            throw new DatasetException(
                $"{path} was not trained on images like those of {name}: "
                    + (
                        labels > model.ClassCount || !fits
                            ? $"it tells {model.ClassCount} classes apart ({classes}), but {name} has {Classes(classNames, labels)}"
                            : Kind(model, prepared)
                    )
                    + "; choose another --data."
            );
        }
    }

    /// <summary>Two models that are to be compared on the same images.</summary>
    /// <exception cref="DatasetException">They tell other classes apart.</exception>
    internal static void Require(BitModel first, string firstPath, BitModel second, string secondPath)
    {
        if (!first.ClassNames.SequenceEqual(second.ClassNames) || Kind(second, KnownPreparation.Of(first)) is not null)
        {
            throw new DatasetException($"{secondPath} tells other classes apart than {firstPath}; choose another --against.");
        }
    }

    /// <summary>How the model's pictures differ from such ones, where both are known; null: they do not.</summary>
    private static string? Kind(BitModel model, ImagePreparation prepared) =>
        (KnownPreparation.Of(model), prepared) switch
        {
            (ImagePreparation.Digits, ImagePreparation.Scaled) => "it reads handwritten digits",
            (ImagePreparation.Scaled, ImagePreparation.Digits) => "it reads other pictures than handwritten digits",
            _ => null,
        };

    private static string Classes(IReadOnlyList<string>? names, int labels) =>
        names is null ? $"the labels 0 to {labels - 1}" : $"the classes {names[0]}, {names[1]} and others";

    private static bool HasNumbers(BitModel model) => model.ClassNames.Select((name, c) => name == $"{c}").All(same => same);
}
