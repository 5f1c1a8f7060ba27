using System.Numerics;

namespace Onebit;

/// <summary>
/// A convolution with weights of one bit, each -1 or +1; a dense layer is the convolution whose kernel
/// covers its whole input. Reads signs or codes, gives the exact integer sums
/// <c>sum = w . x</c>, shape outputs x ((height + 2 padding - kernel height) / stride + 1) x likewise.
/// Positions outside the input count as 0 where the input holds codes and as -1 where it holds signs.
/// </summary>
/// <param name="Input">The value read.</param>
/// <param name="Outputs">Number of output channels; a multiple of <paramref name="Groups"/>.</param>
/// <param name="KernelHeight">Rows of the kernel.</param>
/// <param name="KernelWidth">Columns of the kernel.</param>
/// <param name="Stride">Step between positions, both ways; at least 1.</param>
/// <param name="Padding">Positions added on each of the four sides.</param>
/// <param name="Groups">Output channel <c>o</c> sees the input channels of group <c>o / (Outputs / Groups)</c> alone.</param>
/// <param name="Weights">
/// One bit per weight, unpadded: bit <c>o * fanIn + i</c>, lowest bit of a byte first, is 1 for +1 and 0 for -1;
/// <c>i</c> runs over (channel within the group, kernel row, kernel column). Unused bits of the last byte are 0.
/// </param>
public sealed record Linear(
    int Input,
    int Outputs,
    int KernelHeight,
    int KernelWidth,
    int Stride,
    int Padding,
    int Groups,
    ReadOnlyMemory<byte> Weights
) : UnaryOperation(Input)
{
    internal const byte Kind = 1;
    internal const byte SharedKind = 12;

    /// <summary>The weights, one bit each; copied when they are set.</summary>
    public ReadOnlyMemory<byte> Weights
    {
        get;
        init => field = value.ToArray();
    } = Weights.ToArray();

    /// <summary>Another layer has the same geometry and weights, whatever it reads. A file holds such weights once.</summary>
    public bool SharesWeights(Linear other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Outputs, KernelHeight, KernelWidth, Stride, Padding, Groups)
                == (other.Outputs, other.KernelHeight, other.KernelWidth, other.Stride, other.Padding, other.Groups)
            && Weights.Span.SequenceEqual(other.Weights.Span);
    }

    /// <inheritdoc/>
    public override string Label =>
        $"Linear {KernelHeight}x{KernelWidth}"
        + (Stride > 1 ? $" stride {Stride}" : "")
        + (Padding > 0 ? $" padding {Padding}" : "")
        + (Groups > 1 ? $" groups {Groups}" : "");

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.Require(x.Kind != ElementKind.Integers, "weights of one bit are multiplied with signs or codes, not with integers");
        check.Require(
            this is { Outputs: >= 1, KernelHeight: >= 1, KernelWidth: >= 1, Stride: >= 1, Padding: >= 0, Groups: >= 1 },
            "outputs, kernel, stride and groups are at least 1, padding at least 0"
        );
        check.Require(
            x.Channels % Groups == 0 && Outputs % Groups == 0,
            $"{x.Channels} input and {Outputs} output channels do not divide into {Groups} groups"
        );

        long height = x.Height + 2L * Padding,
            width = x.Width + 2L * Padding;
        check.Require(
            height <= ModelLimits.MaxValueElements && width <= ModelLimits.MaxValueElements,
            $"an input padded to {height} x {width} is too large"
        );
        check.Require(
            KernelHeight <= height && KernelWidth <= width,
            $"a kernel of {KernelHeight} x {KernelWidth} does not fit into an input padded to {height} x {width}"
        );

        Int128 fanIn = (Int128)(x.Channels / Groups) * KernelHeight * KernelWidth;
        Int128 bits = fanIn * Outputs;
        ReadOnlySpan<byte> weights = Weights.Span;
        check.Require(weights.Length == (bits + 7) / 8, $"{bits} weights take {(bits + 7) / 8} bytes, not {weights.Length}");
        check.Require(bits % 8 == 0 || weights[^1] >> (int)(bits % 8) == 0, "the unused bits of the last byte of weights are 0");
        check.CountWeights(weights.Length, Outputs);

        ValueInfo shape = check.Shape(Outputs, (height - KernelHeight) / Stride + 1, (width - KernelWidth) / Stride + 1);
        check.CountSteps((Int128)shape.Area * x.Bits * (Outputs * ((fanIn + 63) / 64) + Groups * fanIn));
        (long minimum, long maximum) = x.Kind == ElementKind.Signs ? (-(long)fanIn, (long)fanIn) : SumsOfCodes((int)fanIn, x.Maximum);
        return check.Integers(shape, minimum, maximum);
    }

    /// <summary>A sum is largest where the codes are so at the weights +1 and 0 at the others; smallest the other way round.</summary>
    private (long Minimum, long Maximum) SumsOfCodes(int fanIn, int maximum)
    {
        int minOnes = fanIn,
            maxOnes = 0;
        for (int o = 0; o < Outputs; o++)
        {
            int ones = 0;
            for (int i = 0; i < fanIn; i += 64)
            {
                ones += BitOperations.PopCount(PackedBits.Read(Weights.Span, (long)o * fanIn + i, Math.Min(64, fanIn - i)));
            }

            minOnes = Math.Min(minOnes, ones);
            maxOnes = Math.Max(maxOnes, ones);
        }

        return (-(long)(fanIn - minOnes) * maximum, (long)maxOnes * maximum);
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Size(Outputs);
        writer.Size(KernelHeight);
        writer.Size(KernelWidth);
        writer.Size(Stride);
        writer.Size(Padding);
        writer.Size(Groups);
        writer.Size(Weights.Length);
        writer.Bytes(Weights.Span);
    }

    internal static Linear Read(ref FileReader reader, int input) =>
        new(
            input,
            Outputs: reader.Size(),
            KernelHeight: reader.Size(),
            KernelWidth: reader.Size(),
            Stride: reader.Size(),
            Padding: reader.Size(),
            Groups: reader.Size(),
            Weights: reader.Bytes(reader.Size()).ToArray()
        );

    /// <summary>Writes the layer where an earlier operation has its geometry and weights.</summary>
    /// <param name="writer">Receives it.</param>
    /// <param name="first">The first such operation.</param>
    internal void WriteShared(FileWriter writer, int first)
    {
        WriteHead(writer, SharedKind);
        writer.Size(first);
    }

    internal static Linear ReadShared(ref FileReader reader, int input, ReadOnlySpan<Operation> before, out int first)
    {
        first = reader.Size();
        return first < before.Length && before[first] is Linear linear
            ? linear with
            {
                Input = input,
            }
            : throw new InvalidDataException($"Operation {first} has no weights that operation {before.Length} could share.");
    }

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ValueInfo x = inputs.Info(0);
        ReadOnlySpan<int> elements = inputs[0];
        ReadOnlySpan<byte> weights = Weights.Span;
        int channels = x.Channels / Groups,
            height = (x.Height + 2 * Padding - KernelHeight) / Stride + 1,
            width = (x.Width + 2 * Padding - KernelWidth) / Stride + 1,
            outside = x.Kind == ElementKind.Signs ? -1 : 0,
            next = 0;
        for (int o = 0; o < Outputs; o++)
        {
            int firstChannel = o / (Outputs / Groups) * channels;
            for (int y = 0; y < height; y++)
            {
                for (int z = 0; z < width; z++)
                {
                    long sum = 0;
                    int bit = o * channels * KernelHeight * KernelWidth;
                    for (int c = firstChannel; c < firstChannel + channels; c++)
                    {
                        for (int i = 0; i < KernelHeight; i++)
                        {
                            for (int j = 0; j < KernelWidth; j++, bit++)
                            {
                                int row = y * Stride + i - Padding,
                                    column = z * Stride + j - Padding;
                                bool inside = row >= 0 && row < x.Height && column >= 0 && column < x.Width;
                                long element = inside ? elements[(c * x.Height + row) * x.Width + column] : outside;
                                int weight = 2 * (weights[bit / 8] >> (bit % 8) & 1) - 1;
                                sum += weight * element;
                            }
                        }
                    }

                    output[next++] = sum;
                }
            }
        }
    }
}
