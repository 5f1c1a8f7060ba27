using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A function of single numbers whose levels are steps, with a pseudo-gradient that is passed on or stopped.</summary>
internal interface IStepFunction
{
    /// <summary>The levels of numbers. What is no number stays so, for the trainer to find.</summary>
    Vector<float> Level(Vector<float> x);

    /// <summary>1 where the gradient of the level is that of x, else 0.</summary>
    Vector<float> Gradient(Vector<float> x);
}

/// <summary>+1 where x >= 0, -1 below; the gradient passes where <c>|x| &lt;= 1</c>.</summary>
internal readonly struct SignStep : IStepFunction
{
    public Vector<float> Level(Vector<float> x) =>
        Vector.ConditionalSelect(
            Vector.GreaterThanOrEqual(x, Vector<float>.Zero),
            Vector<float>.One,
            Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), new Vector<float>(-1), x)
        );

    public Vector<float> Gradient(Vector<float> x) =>
        Vector.ConditionalSelect(Vector.LessThanOrEqual(Vector.Abs(x), Vector<float>.One), Vector<float>.One, Vector<float>.Zero);
}

/// <summary>The nearest whole number of 0 to high, halves rounded up; the gradient passes where <c>0 &lt; x &lt; high</c>.</summary>
internal readonly struct CodeStep(float high) : IStepFunction
{
    public Vector<float> Level(Vector<float> x) =>
        Vector.Floor(Vector.Min(Vector.Max(x, Vector<float>.Zero), new Vector<float>(high)) + new Vector<float>(0.5f));

    public Vector<float> Gradient(Vector<float> x) =>
        Vector.ConditionalSelect(
            Vector.GreaterThan(x, Vector<float>.Zero) & Vector.LessThan(x, new Vector<float>(high)),
            Vector<float>.One,
            Vector<float>.Zero
        );
}

/// <summary>
/// Applies step functions in one pass over the memory each way. Tensor operations take seven forward and up to five back, which was a
/// fifth of the time of a training step.
/// </summary>
internal static class Steps
{
    /// <summary>The levels of x, with the pseudo-gradient.</summary>
    internal static Tensor Of<T>(Tensor x, T function)
        where T : struct, IStepFunction
    {
        if (!x.is_contiguous() && !(x.dim() == 4 && x.permute(0, 2, 3, 1).is_contiguous()))
        {
            x = x.contiguous();
        }

        // A product, whose gradient is one product too. Its numbers are not needed for that, so they may become the levels.
        Tensor gradient = empty_like(x, requires_grad: false);
        ReadOnlySpan<float> numbers = Memory(x);
        Map(numbers, Memory(gradient), function, gradient: true);
        Tensor result = x * gradient;
        Map(numbers, Memory(result), function, gradient: false);
        return result;
    }

    /// <summary>Replaces numbers by their levels and keeps the gradient.</summary>
    /// <param name="fresh">The result of an operation that does not need it for its gradient; so it is dense.</param>
    /// <param name="function">The step function.</param>
    internal static Tensor Replace<T>(Tensor fresh, T function)
        where T : struct, IStepFunction
    {
        Span<float> numbers = Memory(fresh);
        Map(numbers, numbers, function, gradient: false);
        return fresh;
    }

    /// <summary>The gradients of numbers, or their levels.</summary>
    private static void Map<T>(ReadOnlySpan<float> numbers, Span<float> results, T function, bool gradient)
        where T : struct, IStepFunction
    {
        int whole = numbers.Length - numbers.Length % Vector<float>.Count;
        for (int i = 0; i < whole; i += Vector<float>.Count)
        {
            Apply(numbers[i..]).CopyTo(results[i..]);
        }

        Span<float> rest = stackalloc float[Vector<float>.Count];
        numbers[whole..].CopyTo(rest);
        Apply(rest).CopyTo(rest);
        rest[..(numbers.Length - whole)].CopyTo(results[whole..]);

        Vector<float> Apply(ReadOnlySpan<float> some)
        {
            var x = new Vector<float>(some);
            return gradient ? function.Gradient(x) : function.Level(x);
        }
    }

    /// <summary>The numbers of a dense tensor in the order of memory.</summary>
    private static Span<float> Memory(Tensor dense)
    {
        using Tensor shared = dense.detach(),
            flat = shared.as_strided([dense.numel()], [1]);
        return MemoryMarshal.Cast<byte, float>(flat.bytes);
    }
}
