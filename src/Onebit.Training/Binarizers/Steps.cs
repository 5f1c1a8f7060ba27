using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>A function of single numbers whose levels are steps, with a pseudo-gradient that is passed on or stopped.</summary>
internal interface IStepFunction
{
    /// <summary>The levels of numbers. What is no number stays so, for the trainer to find.</summary>
    Vector<float> Level(Vector<float> x);

    /// <summary>The gradient of x, given that of the level.</summary>
    Vector<float> Gradient(Vector<float> x, Vector<float> level);
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

    public Vector<float> Gradient(Vector<float> x, Vector<float> level) =>
        Vector.ConditionalSelect(Vector.LessThanOrEqual(Vector.Abs(x), Vector<float>.One), level, Vector<float>.Zero);
}

/// <summary>The nearest whole number of low to high, halves rounded up; the gradient passes between the two.</summary>
internal readonly struct CodeStep(float low, float high) : IStepFunction
{
    private readonly Vector<float> _low = new(low),
        _high = new(high);

    // The other way round, the two would give a bound for what is no number.
    public Vector<float> Level(Vector<float> x) =>
        Vector.Floor(Vector.MinNative(_high, Vector.MaxNative(_low, x)) + new Vector<float>(0.5f));

    public Vector<float> Gradient(Vector<float> x, Vector<float> level) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, _low) & Vector.LessThan(x, _high), level, Vector<float>.Zero);
}

/// <summary>
/// Applies step functions in one pass over the memory each way. Tensor operations take seven forward and up to five back, which was a
/// fifth of the time of a training step.
/// </summary>
internal static class Steps
{
    [ThreadStatic]
    private static Tensor[]? s_returned;

    /// <summary>The levels of x, with the pseudo-gradient.</summary>
    internal static Tensor Of<T>(Tensor x, T function)
        where T : struct, IStepFunction
    {
        x = Dense(x);
        return is_grad_enabled() && x.requires_grad ? Function<T>.apply(x, function) : Levels(x, function);
    }

    /// <summary>Replaces numbers by their levels and keeps the gradient.</summary>
    /// <param name="fresh">The result of an operation that does not need it for its gradient; so it is dense.</param>
    /// <param name="function">The step function.</param>
    internal static Tensor Replace<T>(Tensor fresh, T function)
        where T : struct, IStepFunction
    {
        Span<float> numbers = Memory(fresh);
        Map(numbers, numbers, numbers, function, gradient: false);
        return fresh;
    }

    /// <summary>A tensor whose numbers fill its memory image by image: the same, or a copy.</summary>
    internal static Tensor Dense(Tensor x)
    {
        using Tensor? channelsLast = x.dim() == 4 ? x.permute(0, 2, 3, 1) : null;
        return x.is_contiguous() || channelsLast?.is_contiguous() == true ? x : x.contiguous();
    }

    /// <summary>The numbers of a dense tensor in the order of memory.</summary>
    internal static Span<float> Memory(Tensor dense)
    {
        using Tensor shared = dense.detach(),
            flat = shared.as_strided([dense.numel()], [1]);
        return MemoryMarshal.Cast<byte, float>(flat.bytes);
    }

    /// <summary>A tensor, or its copy, in the layout of another one of the same shape.</summary>
    internal static Tensor InLayoutOf(Tensor other, Tensor x) => x.stride().SequenceEqual(other.stride()) ? x : empty_like(other).copy_(x);

    /// <summary>The sum of two tensors of one shape, each rounded as <see cref="Binarizer.Rounded"/> does.</summary>
    internal static Tensor RoundedSum(Tensor x, Tensor y)
    {
        Tensor sum = x + y; // For the gradient; its numbers are replaced.
        using Tensor first = InLayoutOf(sum, x.detach()),
            second = InLayoutOf(sum, y.detach());
        ReadOnlySpan<float> a = Memory(first),
            b = Memory(second);
        Span<float> results = Memory(sum);
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Rounded(new Vector<float>(a[i..])) + Rounded(new Vector<float>(b[i..]))).CopyTo(results[i..]);
        }

        for (; i < a.Length; i++)
        {
            results[i] = MathF.Floor(a[i] + 0.5f) + MathF.Floor(b[i] + 0.5f);
        }

        return sum;

        static Vector<float> Rounded(Vector<float> x) => Vector.Floor(x + new Vector<float>(0.5f));
    }

    /// <summary>
    /// What an autograd function gives back. It is kept until the next one: libtorch then refers to it itself, and a gradient that nothing
    /// needs is not kept to the end of the step.
    /// </summary>
    internal static List<Tensor> Returned(params Tensor[] gradients)
    {
        foreach (Tensor? last in s_returned ?? [])
        {
            last?.Dispose();
        }

        s_returned = gradients;
        return [.. gradients];
    }

    private static Tensor Levels<T>(Tensor x, T function)
        where T : struct, IStepFunction
    {
        Tensor levels = empty_like(x, requires_grad: false);
        ReadOnlySpan<float> numbers = Memory(x);
        Map(numbers, numbers, Memory(levels), function, gradient: false);
        return levels;
    }

    /// <summary>The levels of numbers, or the gradients of numbers given those of their levels.</summary>
    private static void Map<T>(ReadOnlySpan<float> numbers, ReadOnlySpan<float> given, Span<float> results, T function, bool gradient)
        where T : struct, IStepFunction
    {
        ReadOnlySpan<Vector<float>> x = MemoryMarshal.Cast<float, Vector<float>>(numbers),
            g = MemoryMarshal.Cast<float, Vector<float>>(given);
        Span<Vector<float>> y = MemoryMarshal.Cast<float, Vector<float>>(results);
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = gradient ? function.Gradient(x[i], g[i]) : function.Level(x[i]);
        }

        for (int i = x.Length * Vector<float>.Count; i < numbers.Length; i++)
        {
            var number = new Vector<float>(numbers[i]);
            results[i] = (gradient ? function.Gradient(number, new Vector<float>(given[i])) : function.Level(number))[0];
        }
    }

    private sealed class Function<T> : autograd.SingleTensorFunction<Function<T>>
        where T : struct, IStepFunction
    {
        public override string Name => typeof(T).Name;

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            (Tensor x, T function) = ((Tensor)vars[0], (T)vars[1]);
            ctx.save_for_backward([x]);
            ctx.save_data(Name, function);
            return Levels(x, function);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using Tensor x = ctx.get_saved_variables()[0],
                given = InLayoutOf(x, grad_output);
            Tensor gradient = empty_like(x, requires_grad: false);
            Map(Memory(x), Memory(given), Memory(gradient), (T)ctx.get_data(Name), gradient: true);
            grad_output.Dispose();
            return Returned(gradient, null!);
        }
    }
}
