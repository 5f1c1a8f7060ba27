using System.Text.RegularExpressions;

namespace Onebit.Datasets;

/// <summary>The folders that hold the classes' folders of training, validation and test images; null: there is none.</summary>
/// <param name="Train">Such as <c>train</c>, <c>Training</c> or <c>seg_train</c>.</param>
/// <param name="Validation">Such as <c>val</c> or <c>valid</c>.</param>
/// <param name="Test">Such as <c>test</c>.</param>
internal sealed partial record SplitFolders(string? Train, string? Validation, string? Test)
{
    private static readonly string[] s_train = ["train", "training", "trainset", "trainingset", "trainval"],
        s_validation = ["val", "valid", "validation", "validate", "valset", "dev"],
        s_test = ["test", "testing", "testset"];

    /// <summary>The names of the folders.</summary>
    public IEnumerable<string> Names => new[] { Train, Validation, Test }.OfType<string>();

    /// <summary>Those of a folder; null: its folders are classes.</summary>
    /// <exception cref="DatasetException">Two have the same part, or training images lack test images or the other way round.</exception>
    public static SplitFolders? Find(string folder)
    {
        string[] all = [.. FileSearch.Folders(folder).Select(f => f.Name)],
            candidates = [.. all.Where(n => PartOf(n) is not null && ImageFolder.Is(Path.Combine(folder, n)))];
        // One alone beside other folders is a class: trains, beside cars.
        if (candidates.Length == 0 || (candidates.Length == 1 && all.Length > 1))
        {
            return null;
        }

        string? One(string[] part)
        {
            string[] found = [.. candidates.Where(n => PartOf(n) == part)];
            return found.Length <= 1
                ? found.FirstOrDefault()
                : throw new DatasetException(
                    $"{folder} has the folders '{found[0]}' and '{found[1]}', which mean the same part of a data set; make them one."
                );
        }
        return new SplitFolders(One(s_train), One(s_validation), One(s_test));
    }

    private static string[]? PartOf(string name)
    {
        string[] words = [.. Word().Matches(name).Select(m => m.Value.ToLowerInvariant())];
        return new[] { s_train, s_validation, s_test }.FirstOrDefault(part => words.Any(part.Contains));
    }

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex Word();
}
