using System.Security.Cryptography;
using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// Features of images: what a packed classifier computes before its last ReLU. That is the affine of its last
/// <see cref="Requantize"/> to 8 bits, <c>(multiplier * sum + offset) / 2^shift</c>, neither rounded nor clamped, and averaged over the
/// positions: one real number per channel. The sums come from the torch form, which gives the runtime's integers.
/// </summary>
internal sealed class FeatureExtractor : IDisposable
{
    private const int BatchSize = 100; // Blocks of larger batches are mapped anew each time, which costs more than the work.

    private readonly BitModel _model;
    private readonly TorchBitModel _torch;
    private readonly Requantize _last;

    /// <summary>Takes a model as it is.</summary>
    /// <param name="model">A classifier that has a ReLU of 8 bits behind a <see cref="Linear"/>, pooled or not.</param>
    /// <param name="sha256">Of its file, in hexadecimal.</param>
    /// <exception cref="ExperimentException">It has no such ReLU.</exception>
    internal FeatureExtractor(BitModel model, string sha256)
    {
        _model = model;
        _last =
            model.Operations.OfType<Requantize>().LastOrDefault(r => r.OutputBits == 8 && EndsLinear(r))
            ?? throw new ExperimentException(
                "The model has no ReLU of 8 bits to take features from; use one like models/mnist-large.onebit."
            );
        _torch = new TorchBitModel(model);
        Sha256 = sha256;
    }

    /// <summary>Numbers per image.</summary>
    internal int Dimension => _last.Multipliers.Length;

    /// <summary>SHA-256 of the model's file, in hexadecimal: two extractors with the same give the same features.</summary>
    internal string Sha256 { get; }

    /// <summary>Reads a <c>.onebit</c> file.</summary>
    /// <exception cref="ExperimentException">It has no ReLU of 8 bits.</exception>
    /// <exception cref="InvalidDataException">It is not a valid model.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static FeatureExtractor Load(string path) => new(Classifier.Load(path), HashOf(path));

    /// <summary>SHA-256 of a file, in hexadecimal.</summary>
    internal static string HashOf(string path)
    {
        using FileStream stream = InputFile.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>The features of images.</summary>
    /// <param name="images">Of the model's size.</param>
    /// <returns>float64, count x <see cref="Dimension"/>, one is one code of the model's activations.</returns>
    /// <exception cref="ExperimentException">The images have another size.</exception>
    internal Tensor Of(ImageSet images)
    {
        if (images.Shape != _model.Input.Shape)
        {
            throw new ExperimentException(
                $"The model of the features reads images of {_model.Input.Shape} (channels x height x width), not {images.Shape}."
            );
        }

        using var _ = no_grad();
        using var outer = NewDisposeScope();
        Tensor multipliers = PerChannel([.. _last.Multipliers.ToArray().Select(m => (double)m)]),
            offsets = PerChannel([.. _last.Offsets.ToArray().Select(o => (double)o)]),
            features = empty(images.Count, Dimension, ScalarType.Float64);
        double code = Math.ScaleB(1, -_last.Shift);
        Points.InBlocks(
            images.Count,
            BatchSize,
            (start, count) =>
            {
                Tensor sums = _torch.Trace(Evaluator.Pixels(images.Slice(start, count)))[_last.Input];
                // A sum has less than 24 bits and a multiplier 32, so float64 holds products exactly.
                Tensor affine = sums.to(ScalarType.Float64) * multipliers + offsets;
                features.narrow(0, start, count).copy_(affine.mean([2, 3]) * code);
            }
        );
        return features.MoveToOuterDisposeScope();
    }

    public void Dispose() => _torch.Dispose();

    /// <summary>It reads a layer's sums, as they are or the largest of some.</summary>
    private bool EndsLinear(Requantize requantize)
    {
        int value = requantize.Input;
        while (value > 0 && _model.Operations[value - 1] is MaxPool pool)
        {
            value = pool.Input;
        }

        return value > 0 && _model.Operations[value - 1] is Linear;
    }

    private static Tensor PerChannel(double[] values) => tensor(values, [values.Length, 1, 1]);
}
