using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// Adam (Kingma &amp; Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1; decay rates 0.9 and 0.999, epsilon 1e-8),
/// in two passes over the memory and a root. TorchSharp's gives the same numbers bit for bit in nine passes. The root is libtorch's, since
/// that one is not always the nearest number.
/// </summary>
/// <param name="parameters">What moves, each with its rate.</param>
internal sealed class Adam(IReadOnlyList<(Parameter Parameter, double Rate)> parameters) : IUpdateRule
{
    private const double First = 0.9,
        Second = 0.999,
        Epsilon = 1e-8;

    private readonly Tensor[] _means = Zeros(parameters),
        _squares = Zeros(parameters);
    private readonly Tensor _scratch = zeros(parameters.Select(p => p.Parameter.numel()).DefaultIfEmpty().Max()).DetachFromDisposeScope();

    /// <inheritdoc/>
    public IEnumerable<Tensor> State => [.. _means, .. _squares];

    /// <inheritdoc/>
    public void Step(long step, double factor)
    {
        double first = 1 - Math.Pow(First, step),
            second = Math.Sqrt(1 - Math.Pow(Second, step));
        for (int i = 0; i < parameters.Count; i++)
        {
            (Parameter parameter, double rate) = parameters[i];
            using var scope = NewDisposeScope();
            if (parameter.grad is { } gradient)
            {
                Tensor scratch = _scratch.narrow(0, 0, parameter.numel());
                Average(Numbers(gradient.contiguous()), Numbers(_means[i]), Numbers(_squares[i]), Numbers(scratch));
                scratch.sqrt_();
                Move(Numbers(parameter), Numbers(_means[i]), Numbers(scratch), (float)-(rate * factor / first), (float)second);
            }
        }
    }

    /// <summary>A zero for each number of each parameter.</summary>
    internal static Tensor[] Zeros(IReadOnlyList<(Parameter Parameter, double Rate)> parameters) =>
        [.. parameters.Select(p => zeros_like(p.Parameter, requires_grad: false).DetachFromDisposeScope())];

    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>
    /// Moves the averages of gradients and of their squares, and copies the latter. As libtorch does, with fused additions.
    /// </summary>
    private static void Average(ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, Span<float> copy)
    {
        const float FirstShare = (float)(1 - First),
            SecondShare = (float)(1 - Second);
        int i = 0;
        for (; i <= gradient.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> g = new(gradient[i..]),
                m = Vector.FusedMultiplyAdd(g, new Vector<float>(FirstShare), new Vector<float>(mean[i..]) * (float)First),
                v = Vector.FusedMultiplyAdd(g * SecondShare, g, new Vector<float>(square[i..]) * (float)Second);
            m.CopyTo(mean[i..]);
            v.CopyTo(square[i..]);
            v.CopyTo(copy[i..]);
        }

        for (; i < gradient.Length; i++)
        {
            float g = gradient[i];
            mean[i] = MathF.FusedMultiplyAdd(g, FirstShare, mean[i] * (float)First);
            copy[i] = square[i] = MathF.FusedMultiplyAdd(g * SecondShare, g, square[i] * (float)Second);
        }
    }

    /// <summary>Moves parameters.</summary>
    /// <param name="numbers">The parameters.</param>
    /// <param name="mean">The moving average of gradients.</param>
    /// <param name="root">The root of that of their squares.</param>
    /// <param name="rate">The rate over the first average's correction, negative.</param>
    /// <param name="correction">The root of the second average's correction.</param>
    private static void Move(Span<float> numbers, ReadOnlySpan<float> mean, ReadOnlySpan<float> root, float rate, float correction)
    {
        var divisor = new Vector<float>(correction);
        var epsilon = new Vector<float>((float)Epsilon);
        int i = 0;
        for (; i <= numbers.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> size = new Vector<float>(root[i..]) / divisor + epsilon;
            (new Vector<float>(numbers[i..]) + new Vector<float>(mean[i..]) * rate / size).CopyTo(numbers[i..]);
        }

        for (; i < numbers.Length; i++)
        {
            numbers[i] += mean[i] * rate / (root[i] / correction + (float)Epsilon);
        }
    }
}
