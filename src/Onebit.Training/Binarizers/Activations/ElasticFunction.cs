using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// What <see cref="ElasticActivation"/> computes, in one pass over the memory each way; tensor operations took seven and twelve. With the
/// code <c>c = round(clip(z, 0, n))</c> of <c>z = (x - low) / width</c> the result is <c>low + c width</c> less the shift. Its gradients are
/// those of z put in place of c where <c>0 &lt; z &lt; n</c>.
/// </summary>
internal sealed class ElasticFunction : autograd.SingleTensorFunction<ElasticFunction>
{
    /// <inheritdoc/>
    public override string Name => "elastic";

    /// <summary>The levels, with the pseudo-gradient in x, scale and shift.</summary>
    /// <param name="x">Batch x channels, or batch x channels x rows x columns.</param>
    /// <param name="scale">One number.</param>
    /// <param name="shift">One a channel.</param>
    /// <param name="steps">Levels less one.</param>
    /// <param name="isSigned">Levels lie evenly about 0; otherwise the lowest is 0.</param>
    /// <param name="factor">What x is multiplied with first.</param>
    internal static Tensor Of(Tensor x, Tensor scale, Tensor shift, int steps, bool isSigned, double factor)
    {
        x = Steps.Dense(x);
        var form = new Form(steps, isSigned, (float)factor);
        return is_grad_enabled() && (x.requires_grad || scale.requires_grad) ? apply(x, scale, shift, form) : Levels(x, scale, shift, form);
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        (Tensor x, Tensor scale, Tensor shift, Form form) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Form)vars[3]);
        ctx.save_for_backward([x, scale, shift]);
        ctx.save_data(Name, form);
        return Levels(x, scale, shift, form);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        (Tensor x, Tensor scale, Tensor shift) = (saved[0], saved[1], saved[2]);
        using Tensor given = Steps.InLayoutOf(x, grad_output);
        var form = (Form)ctx.get_data(Name);
        var curve = new Curve(form, scale.item<float>());
        Tensor gradient = empty_like(x, requires_grad: false);
        using Tensor lowest = Lowest(x, scale, shift, form),
            sums = zeros_like(lowest, requires_grad: false);
        double inScale = curve.Gradients(
            Steps.Memory(x),
            Steps.Memory(lowest),
            Steps.Memory(given),
            Steps.Memory(gradient),
            Steps.Memory(sums)
        );
        Tensor inShift = sums.sum(x.dim() == 2 ? [0] : [0, 2, 3]).neg_();
        grad_output.Dispose();
        x.Dispose();
        return Steps.Returned(gradient, full(1, (float)(inScale * form.Width)), inShift, null!);
    }

    private static Tensor Levels(Tensor x, Tensor scale, Tensor shift, Form form)
    {
        Tensor levels = empty_like(x, requires_grad: false);
        using Tensor lowest = Lowest(x, scale, shift, form);
        new Curve(form, scale.item<float>()).Levels(Steps.Memory(x), Steps.Memory(lowest), Steps.Memory(levels));
        return levels;
    }

    /// <summary>The x of the lowest level for each number of an image, in the order of memory.</summary>
    private static Tensor Lowest(Tensor x, Tensor scale, Tensor shift, Form form)
    {
        using var scope = NewDisposeScope();
        Tensor each = Binarizer.PerChannel(form.IsSigned ? shift - scale : shift, x);
        return empty_like(x.detach().narrow(0, 0, 1)).copy_(each).MoveToOuterDisposeScope();
    }

    /// <summary>What does not change in training; see <see cref="Of"/>.</summary>
    private sealed record Form(int Steps, bool IsSigned, float Factor)
    {
        /// <summary>The width of a step in scales.</summary>
        internal float Width => (IsSigned ? 2f : 1) / Steps;
    }

    /// <summary>The arithmetic. Images follow one another in memory, and each is as long as the lowest levels.</summary>
    private readonly struct Curve(Form form, float scale)
    {
        private readonly Vector<float> _factor = new(form.Factor),
            _perWidth = new(1 / (scale * form.Width)),
            _highest = new(form.Steps),
            _width = new(scale * form.Width),
            _offset = new(form.IsSigned ? scale : 0),
            _middle = new(form.IsSigned ? form.Steps / 2f : 0);

        private readonly CodeStep _code = new(0, form.Steps);

        internal void Levels(ReadOnlySpan<float> x, ReadOnlySpan<float> lowest, Span<float> levels)
        {
            Curve curve = this; // In registers.
            for (int at = 0; at < x.Length; at += lowest.Length)
            {
                ReadOnlySpan<float> image = x.Slice(at, lowest.Length);
                Span<float> results = levels.Slice(at, lowest.Length);
                ReadOnlySpan<Vector<float>> xs = MemoryMarshal.Cast<float, Vector<float>>(image),
                    lows = MemoryMarshal.Cast<float, Vector<float>>(lowest);
                Span<Vector<float>> ys = MemoryMarshal.Cast<float, Vector<float>>(results);
                for (int i = 0; i < xs.Length; i++)
                {
                    ys[i] = curve.Level(xs[i], lows[i]);
                }

                for (int i = xs.Length * Vector<float>.Count; i < image.Length; i++)
                {
                    results[i] = curve.Level(new Vector<float>(image[i]), new Vector<float>(lowest[i]))[0];
                }
            }
        }

        /// <summary>The gradients of x. Adds those of the lowest levels to sums and returns that of the scale, in widths.</summary>
        internal double Gradients(
            ReadOnlySpan<float> x,
            ReadOnlySpan<float> lowest,
            ReadOnlySpan<float> given,
            Span<float> gradients,
            Span<float> sums
        )
        {
            Curve curve = this;
            double inScale = 0;
            for (int at = 0; at < x.Length; at += lowest.Length)
            {
                ReadOnlySpan<float> image = x.Slice(at, lowest.Length),
                    gs = given.Slice(at, lowest.Length);
                Span<float> results = gradients.Slice(at, lowest.Length);
                Vector<float> part = Vector<float>.Zero;
                int i = 0;
                for (; i <= image.Length - Vector<float>.Count; i += Vector<float>.Count)
                {
                    Vector<float> passed = curve.Gradient(new(image[i..]), new(lowest[i..]), new(gs[i..]), ref part);
                    (passed * curve._factor).CopyTo(results[i..]);
                    (new Vector<float>(sums[i..]) + passed).CopyTo(sums[i..]);
                }

                inScale += Vector.Sum(part);
                for (; i < image.Length; i++)
                {
                    part = Vector<float>.Zero;
                    float passed = curve.Gradient(new(image[i]), new(lowest[i]), new(gs[i]), ref part)[0];
                    results[i] = passed * curve._factor[0];
                    sums[i] += passed;
                    inScale += part[0];
                }
            }

            return inScale;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector<float> Level(Vector<float> x, Vector<float> lowest) => Code(x, lowest).Code * _width - _offset;

        /// <summary>The gradient that passes on to x, less its factor. Adds that of the scale, in widths.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector<float> Gradient(Vector<float> x, Vector<float> lowest, Vector<float> given, ref Vector<float> inScale)
        {
            (Vector<float> z, Vector<float> code) = Code(x, lowest);
            Vector<int> inside = Vector.GreaterThan(z, Vector<float>.Zero) & Vector.LessThan(z, _highest);
            inScale += given * (code - Vector.ConditionalSelect(inside, z, _middle));
            return Vector.ConditionalSelect(inside, given, Vector<float>.Zero);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private (Vector<float> Z, Vector<float> Code) Code(Vector<float> x, Vector<float> lowest)
        {
            Vector<float> z = (x * _factor - lowest) * _perWidth;
            return (z, _code.Level(z));
        }
    }
}
