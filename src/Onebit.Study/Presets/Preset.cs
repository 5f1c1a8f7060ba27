using Onebit.Datasets;
using Onebit.Training;

namespace Onebit.Study;

/// <summary>A preset is a folder of experiment files; those in <c>experiments</c> are shipped.</summary>
public static class Preset
{
    /// <summary>The shipped presets' names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory
            .EnumerateDirectories(ExperimentFile.ShippedFolder)
            .Select(f => Path.GetFileName(f)!)
            .Where(n => n is not ("networks" or "held-out"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>That there is no such preset, and what there is.</summary>
    public static string Unknown(string name) =>
        $"There is no preset '{name}'{NearName.Hint(name, Names)}; use {string.Join(", ", Names)} or a folder of experiment files";

    /// <summary>The shipped experiments, as PRESET/NAME.</summary>
    public static IEnumerable<string> Experiments =>
        Names.SelectMany(preset => Files(Find(preset)!).Select(f => $"{preset}/{Path.GetFileNameWithoutExtension(f)}"));

    /// <summary>The preset's folder; null where there is none.</summary>
    /// <param name="nameOrFolder">A shipped name, or a folder of experiment files.</param>
    public static string? Find(string nameOrFolder) =>
        Names.Contains(nameOrFolder) ? Path.Combine(ExperimentFile.ShippedFolder, nameOrFolder)
        : Directory.Exists(nameOrFolder) ? nameOrFolder
        : null;

    private static bool IsExperiment(string file) => Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>All experiments of a preset, by name.</summary>
    /// <exception cref="ExperimentException">There is no such preset, it is empty, or a file is wrong.</exception>
    public static IReadOnlyList<Experiment> Load(string nameOrFolder)
    {
        string folder = Find(nameOrFolder) ?? throw new ExperimentException(Unknown(nameOrFolder) + ".");
        IReadOnlyList<string> files = Files(folder);
        return files.Count > 0
            ? [.. files.Select(ExperimentFile.Load)]
            : throw new ExperimentException($"'{folder}' holds no experiment files (*.json).");
    }

    private static IReadOnlyList<string> Files(string folder) =>
        FileSearch.Find(folder, f => IsExperiment(f) ? null : "no experiment files", below: false).Files;
}
