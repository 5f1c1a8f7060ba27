using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>The checkpoint of a run: a safetensors file with the network, the optimizer and the <see cref="TrainingState"/>.</summary>
/// <param name="folder">The run's folder.</param>
/// <param name="fingerprint">The run's fingerprint.</param>
internal sealed class Checkpoint(string folder, string fingerprint)
{
    private readonly string _path = Path.Combine(folder, RunFolder.CheckpointFile);

    /// <summary>Writes it, whole or not at all.</summary>
    internal void Save(Network network, Optimizer optimizer, TrainingState state)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = network.state_dict();
        optimizer.Save(tensors);
        string text = JsonSerializer.Serialize(state, Experiment.Json);
        SafeTensors.Save(
            _path,
            tensors,
            new Dictionary<string, string>
            {
                ["fingerprint"] = fingerprint,
                ["state"] = text,
                ["sha256"] = Sha256(tensors, fingerprint, text),
            }
        );
    }

    /// <summary>Reads it into a network and an optimizer; null where there is none.</summary>
    /// <param name="network">The run's network.</param>
    /// <param name="optimizer">The run's optimizer.</param>
    /// <param name="requireSame">Throws unless a fingerprint and a seed are the run's.</param>
    /// <exception cref="ExperimentException">It is damaged, or of another run.</exception>
    internal TrainingState? Load(Network network, Optimizer optimizer, Action<string, int> requireSame)
    {
        if (!File.Exists(_path))
        {
            return null;
        }

        using var scope = NewDisposeScope();
        try
        {
            (IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata) = SafeTensors.Load(_path);
            TrainingState state = JsonSerializer.Deserialize<TrainingState>(metadata["state"], Experiment.Json)!;
            requireSame(metadata["fingerprint"], state.Seed);
            if (metadata.GetValueOrDefault("sha256") != Sha256(tensors, metadata["fingerprint"], metadata["state"]))
            {
                throw new InvalidDataException("its checksum does not match");
            }

            if (state.Curves.TrainLoss.Count != state.Epoch || state.Curves.Values.Any(c => c.Count != state.Epoch))
            {
                throw new InvalidDataException("its epochs do not add up");
            }

            using var _ = no_grad();
            foreach ((string name, Tensor tensor) in network.state_dict())
            {
                tensor.copy_(tensors[name]);
            }

            optimizer.Load(tensors);
            return state;
        }
        catch (Exception e) when (e is not ExperimentException) // Anything may come of a damaged optimizer state.
        {
            throw new ExperimentException(
                $"The checkpoint '{_path}' is damaged ({e.Message.Split('\n')[0].TrimEnd('.')}); delete it to start the run over."
            );
        }
    }

    /// <summary>Of all that it holds, tensors in the order of their names.</summary>
    private static string Sha256(IReadOnlyDictionary<string, Tensor> tensors, string fingerprint, string state)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{fingerprint}\n{state}\n"));
        foreach ((string name, Tensor tensor) in tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {string.Join('x', tensor.shape)}\n"));
            using Tensor flat = tensor.detach().contiguous();
            hash.AppendData(flat.bytes);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>Deletes it.</summary>
    internal void Delete() => File.Delete(_path);
}
