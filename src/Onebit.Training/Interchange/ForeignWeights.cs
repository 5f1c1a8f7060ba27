using Onebit.Datasets;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Weights that were trained elsewhere, in the network of an experiment.</summary>
public static class ForeignWeights
{
    /// <summary>Packs them.</summary>
    /// <param name="experiment">Whose network.</param>
    /// <param name="data">What it classifies: the shape of an image, and the classes.</param>
    /// <param name="path">
    /// A safetensors file with a float32 tensor for each of the network's, under the same name.
    /// Dense weights may be outputs x inputs. Batch normalization has
    /// running statistics, which are taken as they are. Other tensors are not read.
    /// </param>
    /// <exception cref="InvalidDataException">A tensor is missing, has another shape, or is not finite; the message names it.</exception>
    /// <exception cref="PackingException">The network has no integer form.</exception>
    public static BitModel Pack(Experiment experiment, Dataset data, string path)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(data);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        IReadOnlyDictionary<string, Tensor> tensors = SafeTensors.Load(path).Tensors;
        using Network network = NetworkFactory.Create(experiment, data);
        foreach ((string name, Tensor tensor) in network.state_dict())
        {
            string shape = string.Join(" x ", tensor.shape);
            if (!tensors.TryGetValue(name, out Tensor? given))
            {
                throw new InvalidDataException($"{path}: there is no tensor '{name}' of {shape}.");
            }

            // A dense layer's weights may be outputs x inputs, as in PyTorch.
            bool fits = given.numel() == tensor.numel() && given.shape.FirstOrDefault() == tensor.shape.FirstOrDefault();
            if (!fits || given.dtype != tensor.dtype || !given.isfinite().all().item<bool>())
            {
                throw new InvalidDataException($"{path}: the tensor '{name}' must hold finite numbers of type {tensor.dtype}, {shape}.");
            }

            tensor.copy_(given.reshape(tensor.shape));
        }

        network.eval();
        DataSplit split = DataSplit.Of(experiment, data);
        using ITask task = KnownTasks.Create(experiment, split, data, []);
        return task.Pack(network);
    }
}
