using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Onebit;

/// <summary>Chooses the fastest kernel for a layer, by costs that were measured, and creates it.</summary>
internal static class KernelChooser
{
    private const int MaxScratchBytes = 1 << 26;

    private static readonly bool s_isIntel = X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == 0x756E6547; // "Genu"

    /// <summary>A kernel for a dense layer without pooling, on one image.</summary>
    /// <remarks>
    /// The costs are cycles. <see cref="DenseColumns{TOps, TVector}"/> takes a step for each input that is 1 and as many outputs as a
    /// vector has bits. <see cref="DenseBytes{TOps, TVector}"/> takes one for eight inputs and as many outputs as a vector has bytes. <see
    /// cref="DenseRows"/> takes one for 64 inputs and one output.
    /// </remarks>
    /// <param name="layer">The layer.</param>
    /// <param name="widestVector">Bits of the widest vector to use.</param>
    public static DenseKernel Dense(FusedLinear layer, int widestVector)
    {
        int outputs = layer.Linear.Outputs,
            inputs = layer.Source.Count,
            planes = layer.Source.Bits;
        int width = VectorWidth.For(outputs, widestVector),
            byteWidth = VectorWidth.For(8L * outputs, widestVector);
        while (width > 64 && (long)inputs * width > ushort.MaxValue * 64L)
        {
            width /= 2; // Lists of columns have 16 bits per element.
        }

        // Half of the signs are 1. So are a fifth of the bits of codes, most of which are small.
        int vectors = (outputs + width - 1) / width,
            byteVectors = (outputs * 8 + byteWidth - 1) / byteWidth;
        double ones = (double)inputs / (layer.Source.Kind == ElementKind.Signs ? 2 : 5);
        double columns =
            planes * (1.25 * ones * vectors + inputs / 8.0 + 60 * vectors + 40) + (layer.Epilogue is Threshold ? 0 : 3 * outputs);
        double bytes = planes * byteVectors * (3.3 * inputs / 8 + 100);
        double rows = (double)planes * outputs * ((inputs + 63) / 64 * 1.2 + 3);
        if (rows < Math.Min(bytes, columns))
        {
            return new DenseRows(layer);
        }

        bool byBytes = bytes < columns || planes > 8 || inputs > ushort.MaxValue || IsLarge(layer);
        return (byBytes ? byteWidth : width) switch
        {
            512 => Create<Vector512Ops, Vector512<ulong>>(),
            256 => Create<Vector256Ops, Vector256<ulong>>(),
            128 => Create<Vector128Ops, Vector128<ulong>>(),
            _ => Create<Vector64Ops, ulong>(),
        };

        DenseKernel Create<TOps, TVector>()
            where TOps : struct, IVectorOps<TVector>
            where TVector : struct => byBytes ? new DenseBytes<TOps, TVector>(layer) : new DenseColumns<TOps, TVector>(layer);
    }

    /// <summary>
    /// A kernel for a convolution on one image. Null where rows do not fit into words, or where lists or planes would take too much memory.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="widestVector">Bits of the widest vector to use.</param>
    public static ConvolutionKernel? Convolution(FusedLinear layer, int widestVector)
    {
        layer = layer.Source.Area <= 64 ? layer.InOneRow() : layer;
        int row = layer.Source.Width + 2 * layer.Linear.Padding,
            rows = layer.Source.Height + 2 * layer.Linear.Padding - layer.Linear.KernelHeight + 1;
        long positions = (long)row * rows,
            lanes = (Math.Max(8, 2L * row) * rows + 511) / 512 * 512;
        bool bits = layer.Source.Bits == 1;
        long padded = (long)layer.Source.Channels * row * (layer.Source.Height + 2 * layer.Linear.Padding),
            memory = bits ? padded * layer.Linear.KernelHeight * layer.Linear.KernelWidth / 8 : padded * sizeof(int);
        if (row > 64 || IsLarge(layer) || memory + layer.Linear.Outputs * lanes * sizeof(int) > MaxScratchBytes)
        {
            return null;
        }

        ConvolutionKernel? kernel = widestVector switch
        {
            512 => bits
                ? TryTables<Vector512Ops, Vector512<ulong>>()
                : TryShared<Vector512Ops, Vector512<ulong>>(DotCost<Vector512Integers, Vector512<int>>())
                    ?? TryDot<Vector512Integers, Vector512<int>>(),
            256 => bits
                ? TryTables<Vector256Ops, Vector256<ulong>>()
                : TryShared<Vector256Ops, Vector256<ulong>>(DotCost<Vector256Integers, Vector256<int>>())
                    ?? TryDot<Vector256Integers, Vector256<int>>(),
            128 => bits ? TryTables<Vector128Ops, Vector128<ulong>>() : TryShared<Vector128Ops, Vector128<ulong>>(double.MaxValue),
            _ => null,
        };
        if (kernel is not null)
        {
            return kernel;
        }

        // Lanes of a pass: as wide as the processor goes, and no wider than the positions need.
        int unit =
            bits ? 1
            : LayerSums.Fit16Bits(layer) ? 4
            : 8; // 64 lanes of bits, 16 of 16-bit, 8 of 32-bit integers
        return VectorWidth.For(positions * unit, widestVector) switch
        {
            512 => Create<Vector512Ops, Vector512<ulong>>(),
            256 => Create<Vector256Ops, Vector256<ulong>>(),
            128 => Create<Vector128Ops, Vector128<ulong>>(),
            _ => Create<Vector64Ops, ulong>(),
        };

        // In additions of shared sums. One takes 1.4 times as long as a product of 256 bits, and as long as one of 512: measured on an
        // Intel Xeon (Sapphire Rapids). Zen 5 of AMD multiplies 512 bits faster. How much faster is a guess.
        double DotCost<TOps, TVector>()
            where TOps : struct, IIntegerOps<TVector>
            where TVector : struct =>
            DotConvolution<TOps, TVector>.Fits(layer)
                ? DotConvolution<TOps, TVector>.Cost(layer)
                    / (
                        widestVector == 256 ? 1.4
                        : s_isIntel ? 1
                        : 2
                    )
                : double.MaxValue;

        ConvolutionKernel? TryShared<TOps, TVector>(double otherwise)
            where TOps : struct, ILookupOps<TVector>
            where TVector : struct =>
            SharedSumConvolution<TOps, TVector>.Fits(layer) && SharedSumConvolution<TOps, TVector>.Additions(layer) < otherwise
                ? new SharedSumConvolution<TOps, TVector>(layer)
                : null;

        ConvolutionKernel? TryDot<TOps, TVector>()
            where TOps : struct, IIntegerOps<TVector>
            where TVector : struct => DotConvolution<TOps, TVector>.Fits(layer) ? new DotConvolution<TOps, TVector>(layer) : null;

        // Where the input is bits. A lookup for all positions of a vector takes about a cycle, and so does an addition for all bits of
        // one. By sharing, an output takes less than half as many additions as it has inputs.
        ConvolutionKernel? TryTables<TOps, TVector>()
            where TOps : struct, ILookupOps<TVector>
            where TVector : struct
        {
            int width = VectorWidth.For(positions, widestVector);
            double additions = (double)layer.Linear.Outputs * layer.FanIn * ((positions + width - 1) / width);
            return layer.FanIn <= short.MaxValue && TableConvolution<TOps, TVector>.Lookups(layer) < additions
                ? new TableConvolution<TOps, TVector>(layer)
                : null;
        }

        ConvolutionKernel Create<TOps, TVector>()
            where TOps : struct, IVectorOps<TVector>
            where TVector : struct =>
            bits ? new PlaneConvolution<BitLanes<TOps, TVector>>(layer)
            : LayerSums.Fit16Bits(layer) ? new PlaneConvolution<IntegerLanes<TOps, TVector, short>>(layer)
            : new PlaneConvolution<IntegerLanes<TOps, TVector, int>>(layer);
    }

    /// <summary>A kernel for attention on one image. Null where none fits.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="widestVector">Bits of the widest vector to use.</param>
    public static AttentionKernel? Attention(FusedAttention layer, int widestVector)
    {
        if (!BitAttention.Fits(layer))
        {
            return !ByteAttention.Fits(layer) ? null
                : widestVector == 512 ? new ByteAttention<Vector512Integers, Vector512<int>>(layer)
                : new ByteAttention<Vector256Integers, Vector256<int>>(layer);
        }

        // Lanes are bytes of queries.
        return VectorWidth.For(8L * layer.Query.Area, widestVector) switch
        {
            512 => new BitAttention<Vector512Ops, Vector512<ulong>>(layer),
            256 => new BitAttention<Vector256Ops, Vector256<ulong>>(layer),
            128 => new BitAttention<Vector128Ops, Vector128<ulong>>(layer),
            _ => widestVector == 64 ? null : new BitAttention<Vector128Ops, Vector128<ulong>>(layer),
        };
    }

    /// <summary>A kernel for batches of as many images as a vector has bits. Null where images run faster one by one.</summary>
    /// <remarks>
    /// A model runs one by one where it has operations outside of layers with weights, an output that nothing reads, or very many
    /// elements. So does one whose layers fill the widest vectors better with one image than with a batch.
    /// </remarks>
    /// <param name="input">What the model reads.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="values">Its values.</param>
    /// <param name="bits">Bits of the vectors of the batch.</param>
    /// <param name="widestVector">Bits of the widest vector to use.</param>
    public static BatchKernel? Batch(
        ModelInput input,
        IReadOnlyList<FusedLayer> layers,
        IReadOnlyList<ValueInfo> values,
        int bits,
        int widestVector
    )
    {
        FusedLinear[] linears = [.. layers.OfType<FusedLinear>()];
        if (
            linears.Length < layers.Count
            || linears.Any(l => l.Epilogue is not (Threshold or Requantize { OutputBits: 8 } or Scores) || IsLarge(l))
        )
        {
            return null;
        }

        // Codes whose sums need 32 bits are faster one image at a time, in convolutions always, in dense layers than narrow vectors. So is
        // a dense layer of more outputs than this batch has lanes, where wider vectors take its outputs.
        FusedLinear heaviest = linears.MaxBy(l => (long)l.Linear.Outputs * l.FanIn)!;
        bool narrow = bits < widestVector;
        if (
            (bits > 64 && linears.Any(l => l.Source.Bits > 1 && !LayerSums.Fit16Bits(l) && (narrow || !l.IsDense)))
            || (narrow && heaviest.IsDense && heaviest.Linear.Outputs > bits)
        )
        {
            return null;
        }

        // Memory is laid out for the values that layers read. What nothing reads has no place in it.
        if (linears.Any(l => l.Epilogue is not Scores && !linears.Any(reader => reader.Linear.Input == l.Output)))
        {
            return null;
        }

        // The largest value holds a vector for each of its elements, padded. Its offsets must fit into 32 bits.
        long elements = linears.Sum(l =>
            (long)l.Source.Channels * (l.Source.Height + 2 * l.Linear.Padding) * (l.Source.Width + 2 * l.Linear.Padding)
        );
        long sums = linears.Max(l => l.Epilogue is Threshold ? 0L : l.Linear.Outputs);
        if ((elements + sums * sizeof(int)) * bits > MaxScratchBytes)
        {
            return null;
        }

        return bits switch
        {
            512 => new BatchKernel<Vector512Ops, Vector512<ulong>>(input, linears, values),
            256 => new BatchKernel<Vector256Ops, Vector256<ulong>>(input, linears, values),
            128 => new BatchKernel<Vector128Ops, Vector128<ulong>>(input, linears, values),
            _ => new BatchKernel<Vector64Ops, ulong>(input, linears, values),
        };
    }

    /// <summary>A kernel for an operation by itself, on integers of one image. Null where none is worth it.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="source">The first value that it reads.</param>
    /// <param name="result">The value that it gives.</param>
    public static IntegerKernel? Integers(Operation operation, ValueInfo source, ValueInfo result) =>
        operation switch
        {
            Linear linear => new PatchConvolution(linear, source, result),
            Threshold threshold => new ThresholdKernel(threshold.Thresholds.Span, threshold.Flipped.Span, source.Area),
            Quantize quantize => new ThresholdKernel(quantize.Thresholds.Span, quantize.Flipped.Span, source.Area),
            Requantize requantize => new RequantizeKernel(Requantization.Of(requantize, source), source.Area),
            PiecewiseLinear slopes => new PiecewiseLinearKernel(slopes),
            WeightedSum weighted => new WeightedSumKernel(weighted, result.Area),
            Add => new AddKernel(),
            PositionalEmbedding embedding => new PositionalEmbeddingKernel(embedding, result.Area),
            MaxPool pool when MaxPoolKernel.IsFaster(source, result) => new MaxPoolKernel(pool, source, result),
            _ => null,
        };

    /// <summary>Too many weights to list or transpose them while a model is loaded. A hostile file may hold a billion.</summary>
    private static bool IsLarge(FusedLinear layer) => (long)layer.Linear.Outputs * layer.FanIn > 1 << 26;
}
