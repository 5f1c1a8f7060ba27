using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>
/// What <see cref="ElasticActivation"/> computes, in one pass over the memory each way. Tensor operations took seven and twelve. With the
/// code <c>c = round(clip(z, 0, n))</c> of <c>z = (x - low) / width</c> the result is <c>low + c width</c> less the shift. Its
/// gradients are those of z put in place of c where <c>0 &lt; z &lt; n</c>.
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

    /// <summary>
    /// The arithmetic. Images follow one another in memory, and each is as long as the lowest levels. Vectors are locals, to be in
    /// registers. Reads and writes by reference are inlined, those by spans were calls.
    /// </summary>
    private readonly struct Curve(Form form, float scale)
    {
        internal void Levels(ReadOnlySpan<float> x, ReadOnlySpan<float> lowest, Span<float> levels)
        {
            Vector<float> factor = new(form.Factor),
                perWidth = new(1 / (scale * form.Width)),
                width = new(scale * form.Width),
                offset = new(form.IsSigned ? scale : 0);
            var step = new CodeStep(0, form.Steps);
            for (int at = 0; at < x.Length; at += lowest.Length)
            {
                ReadOnlySpan<float> image = x.Slice(at, lowest.Length);
                Span<float> results = levels.Slice(at, lowest.Length);
                ref float numbers = ref MemoryMarshal.GetReference(image),
                    lows = ref MemoryMarshal.GetReference(lowest),
                    to = ref MemoryMarshal.GetReference(results);
                int i = 0;
                for (; i <= image.Length - Vector<float>.Count; i += Vector<float>.Count)
                {
                    Vector<float> z =
                        (Vector.LoadUnsafe(ref numbers, (nuint)i) * factor - Vector.LoadUnsafe(ref lows, (nuint)i)) * perWidth;
                    (step.Level(z) * width - offset).StoreUnsafe(ref to, (nuint)i);
                }

                for (; i < image.Length; i++)
                {
                    Vector<float> z = (new Vector<float>(image[i]) * factor - new Vector<float>(lowest[i])) * perWidth;
                    results[i] = (step.Level(z) * width - offset)[0];
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
            Vector<float> factor = new(form.Factor),
                perWidth = new(1 / (scale * form.Width)),
                highest = new(form.Steps),
                middle = new(form.IsSigned ? form.Steps / 2f : 0);
            var step = new CodeStep(0, form.Steps);
            double inScale = 0;
            ArgumentOutOfRangeException.ThrowIfLessThan(sums.Length, lowest.Length);
            for (int at = 0; at < x.Length; at += lowest.Length)
            {
                ReadOnlySpan<float> image = x.Slice(at, lowest.Length),
                    gs = given.Slice(at, lowest.Length);
                Span<float> results = gradients.Slice(at, lowest.Length);
                Vector<float> part = Vector<float>.Zero;
                ref float numbers = ref MemoryMarshal.GetReference(image),
                    lows = ref MemoryMarshal.GetReference(lowest),
                    givens = ref MemoryMarshal.GetReference(gs),
                    to = ref MemoryMarshal.GetReference(results),
                    all = ref MemoryMarshal.GetReference(sums);
                int i = 0;
                for (; i <= image.Length - Vector<float>.Count; i += Vector<float>.Count)
                {
                    Vector<float> z =
                            (Vector.LoadUnsafe(ref numbers, (nuint)i) * factor - Vector.LoadUnsafe(ref lows, (nuint)i)) * perWidth,
                        g = Vector.LoadUnsafe(ref givens, (nuint)i);
                    Vector<int> inside = Vector.GreaterThan(z, Vector<float>.Zero) & Vector.LessThan(z, highest);
                    part += g * (step.Level(z) - Vector.ConditionalSelect(inside, z, middle));
                    Vector<float> passed = Vector.ConditionalSelect(inside, g, Vector<float>.Zero);
                    (passed * factor).StoreUnsafe(ref to, (nuint)i);
                    (Vector.LoadUnsafe(ref all, (nuint)i) + passed).StoreUnsafe(ref all, (nuint)i);
                }

                inScale += Vector.Sum(part);
                for (; i < image.Length; i++)
                {
                    float z = (image[i] * form.Factor - lowest[i]) * perWidth[0];
                    bool isInside = z > 0 && z < form.Steps;
                    inScale += gs[i] * (step.Level(new Vector<float>(z))[0] - (isInside ? z : middle[0]));
                    float passed = isInside ? gs[i] : 0;
                    results[i] = passed * form.Factor;
                    sums[i] += passed;
                }
            }

            return inScale;
        }
    }
}
