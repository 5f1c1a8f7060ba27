using System.Security.Cryptography;
using System.Text.Json;
using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A finished run that another one needs: a teacher, or the run that its weights are initialized from.</summary>
public static class ParentRun
{
    /// <summary>The folders where it may be, in the order they are tried.</summary>
    /// <param name="name">The name of an experiment (its run of the same seed) or of a run's folder, or a path.</param>
    /// <param name="folder">The folder of the run that needs it. The two are side by side unless the name is a path.</param>
    /// <param name="seed">The seed of the run that needs it.</param>
    public static IReadOnlyList<string> Places(string name, string folder, int seed)
    {
        string parent = Path.GetDirectoryName(Path.GetFullPath(folder))!;
        return [Path.Combine(parent, $"{name}-seed{seed}"), Path.Combine(parent, name), Path.GetFullPath(name)];
    }

    /// <summary>Its network, in evaluation mode.</summary>
    /// <exception cref="ExperimentException">It is not finished, damaged, or of other images.</exception>
    internal static Network Load(string name, string folder, int seed, Dataset data) => Load(Find(name, folder, seed), data);

    /// <summary>The network of a finished run, in evaluation mode.</summary>
    /// <exception cref="ExperimentException">It is damaged, or of other images.</exception>
    internal static Network Load(string place, Dataset data)
    {
        try
        {
            RunResult run = RunFolder.Load(place)!;
            if (!Trainer.IsOf(run, data))
            {
                throw new ExperimentException($"The run in '{place}' was trained on other images than {data.Name}; train it on these.");
            }

            Network network = NetworkFactory.Create(run.ReadExperiment(), data);
            CopyTo(network, place, whole: true);
            network.eval();
            return network;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            throw new ExperimentException($"The run in '{place}' is damaged; train it again.");
        }
    }

    /// <summary>Copies its weights, and whatever else the two have in common, into a network of the same layers.</summary>
    /// <exception cref="ExperimentException">It is not finished, damaged, or of other layers.</exception>
    internal static void Initialize(Network network, string name, string folder, int seed) =>
        CopyTo(network, Find(name, folder, seed), whole: false);

    /// <summary>The SHA-256 of the weights of each run that an experiment needs, by name. Weights that are not there have none.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="folder">The folder of its run.</param>
    /// <param name="seed">Its seed.</param>
    internal static IReadOnlyDictionary<string, string> Hashes(Experiment experiment, string folder, int seed)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in experiment.ParentRuns)
        {
            string? weights = Places(name, folder, seed)
                .Where(p => File.Exists(Path.Combine(p, RunFolder.ResultFile)))
                .Select(p => Path.Combine(p, RunFolder.WeightsFile))
                .FirstOrDefault();
            if (File.Exists(weights))
            {
                hashes[name] = Convert.ToHexStringLower(SHA256.HashData(InputFile.ReadBytes(weights)));
            }
        }

        return hashes;
    }

    /// <summary>Refuses a finished run whose parents were trained again since.</summary>
    /// <param name="run">The run.</param>
    /// <param name="experiment">Its experiment.</param>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="ExperimentException">One of them was.</exception>
    public static void RequireSame(RunResult run, Experiment experiment, string folder)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(experiment);
        if (run.Parents is not null)
        {
            RequireSame(run.Parents, Hashes(experiment, folder, run.Seed), folder);
        }
    }

    /// <param name="noted">The hashes when the run began; null: nothing was noted.</param>
    /// <param name="now">The hashes now.</param>
    /// <param name="folder">The folder of the run.</param>
    internal static void RequireSame(IReadOnlyDictionary<string, string>? noted, IReadOnlyDictionary<string, string> now, string folder)
    {
        foreach ((string name, string hash) in noted ?? new Dictionary<string, string>())
        {
            if (now.TryGetValue(name, out string? other) && other != hash)
            {
                throw new ExperimentException(
                    $"The run in '{folder}' comes from '{name}', which was trained again since; delete that folder to train it again too."
                );
            }
        }
    }

    private static string Find(string name, string folder, int seed)
    {
        IReadOnlyList<string> places = Places(name, folder, seed);
        return places.FirstOrDefault(p => File.Exists(Path.Combine(p, RunFolder.ResultFile)))
            ?? throw new ExperimentException(
                $"There is no finished run '{name}': neither '{places[0]}' nor '{places[1]}' holds one; train that experiment first."
            );
    }

    private static void CopyTo(Network network, string place, bool whole)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        string path = Path.Combine(place, RunFolder.WeightsFile);
        IReadOnlyDictionary<string, Tensor> tensors;
        try
        {
            tensors = SafeTensors.Load(path).Tensors;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"The weights '{path}' cannot be read; train that run again.");
        }
        foreach ((string name, Tensor tensor) in network.state_dict())
        {
            if (tensors.TryGetValue(name, out Tensor? earlier) && earlier.shape.AsSpan().SequenceEqual(tensor.shape))
            {
                tensor.copy_(earlier);
            }
            else if (whole || name.EndsWith(".weight", StringComparison.Ordinal))
            {
                throw new ExperimentException($"The run in '{place}' has other layers: its '{name}' is missing or has another shape.");
            }
        }
    }
}
