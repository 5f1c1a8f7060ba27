using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>Many images at once: they are the lanes of a vector, so nothing is ever gathered or summed across a vector.</summary>
internal abstract class BatchKernel
{
    private const int MostScratchBytes = 1 << 26;

    /// <summary>Images of a full batch.</summary>
    public abstract int Images { get; }

    /// <summary>Bytes of scratch memory.</summary>
    public abstract int ScratchBytes { get; }

    /// <summary>
    /// A kernel for vectors of <paramref name="bits"/> bits, or null where the model has operations outside of layers
    /// (residual paths, average pooling), a layer that nothing reads, or is too large to be worth it: such models run image
    /// by image, and so do those whose layers fill the processor's widest vectors with one image better than a batch would.
    /// </summary>
    public static BatchKernel? Create(ModelInput input, Operation[] operations, ValueInfo[] values, int bits, int widestVector)
    {
        var stages = new List<Stage>();
        int i = 0;
        while (i < operations.Length)
        {
            (Stage? stage, int count) = Stage.At(operations, values, i);
            if (stage?.Ending is null or Requantize { OutputBits: not 8 } || stage.IsLarge)
            {
                return null;
            }

            stages.Add(stage);
            i += count;
        }

        // Codes whose sums need 32 bits are faster one image at a time, in convolutions always, in dense layers than narrow
        // vectors; and so is a dense layer of more outputs than this batch has lanes, where wider vectors take its outputs.
        Stage heaviest = stages.MaxBy(s => (long)s.Linear.Outputs * s.FanIn)!;
        bool narrow = bits < widestVector;
        if (
            (bits > 64 && stages.Exists(s => s.Source.Bits > 1 && !s.SumsFit16Bits && (narrow || !s.IsDense)))
            || (narrow && heaviest.IsDense && heaviest.Linear.Outputs > bits)
        )
        {
            return null;
        }

        // Memory is laid out for the values that layers read; what nothing reads has no place in it.
        if (stages.Exists(s => s.Ending is not Scores && !stages.Exists(reader => reader.Input == s.Output)))
        {
            return null;
        }

        // The largest value holds a vector for each of its elements, padded; it must leave the offsets their 32 bits.
        long elements = stages.Sum(s =>
            (long)s.Source.Channels * (s.Source.Height + 2 * s.Linear.Padding) * (s.Source.Width + 2 * s.Linear.Padding)
        );
        long sums = stages.Max(s => s.Ending is Threshold ? 0L : s.Linear.Outputs);
        if ((elements + sums * sizeof(int)) * bits > MostScratchBytes)
        {
            return null;
        }

        return bits switch
        {
            512 => new BatchKernel<Width512, Vector512<ulong>>(input, stages),
            256 => new BatchKernel<Width256, Vector256<ulong>>(input, stages),
            128 => new BatchKernel<Width128, Vector128<ulong>>(input, stages),
            _ => new BatchKernel<Width64, ulong>(input, stages),
        };
    }

    /// <summary>Predicts up to <see cref="Images"/> images.</summary>
    /// <param name="images">The images one after another.</param>
    /// <param name="classes">One an image.</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>; its contents do not matter.</param>
    public abstract void Run(ReadOnlySpan<byte> images, Span<int> classes, Span<byte> scratch);
}

/// <summary>
/// A value of bits is kept as one vector an element, a value of codes as one byte an element and image, element by
/// element. A convolution moves over them by moving its lists' common base: no patch is unfolded.
/// </summary>
internal sealed class BatchKernel<TWidth, TVector> : BatchKernel
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
{
    private readonly ModelInput _input;
    private readonly Layer[] _layers;
    private readonly int[] _places;
    private readonly int _planes;
    private readonly int _sums;
    private readonly int _slots;

    public BatchKernel(ModelInput input, List<Stage> stages)
    {
        _input = input;
        ValueInfo[] values = stages[0].Values;
        _places = new int[values.Length];
        int next = 0;
        foreach (int value in stages.Select(s => s.Input).Distinct().Order())
        {
            _places[value] = next;
            next += values[value].Count * ElementBytes(values[value]);
        }

        _layers = [.. stages.Select(s => new Layer(s))];
        _planes = next;
        _sums = _planes + _layers.Max(l => l.PlanesBytes);
        _slots = _sums + _layers.Max(l => l.SumsBytes);
        ScratchBytes = _slots + _layers.Max(l => l.ScratchBytes);
    }

    private static int VectorBytes => Unsafe.SizeOf<TVector>();

    public override int Images => 8 * VectorBytes;

    public override int ScratchBytes { get; }

    public override void Run(ReadOnlySpan<byte> images, Span<int> classes, Span<byte> scratch)
    {
        ref byte memory = ref MemoryMarshal.GetReference(scratch);
        int pixels = images.Length / classes.Length;
        if (_input.Bits == 1)
        {
            PixelPlanes.Bits(images, pixels, _input.PixelThreshold, ref memory, VectorBytes);
        }
        else
        {
            PixelPlanes.Bytes(images, pixels, ref memory, Images);
        }

        foreach (Layer layer in _layers)
        {
            if (layer.ReadsBits)
            {
                Run<BitLanes<TWidth, TVector>>(layer, ref memory, classes);
            }
            else if (layer.Stage.SumsFit16Bits)
            {
                Run<IntegerLanes<TWidth, TVector, short>>(layer, ref memory, classes);
            }
            else
            {
                Run<IntegerLanes<TWidth, TVector, int>>(layer, ref memory, classes);
            }
        }
    }

    private void Run<TLanes>(Layer layer, ref byte memory, Span<int> classes)
        where TLanes : struct, ILanes
    {
        Stage stage = layer.Stage;
        (int poolSize, int poolStride) = stage.Pool is { } pool ? (pool.Size, pool.Stride) : (1, 1);
        int row = stage.Source.Width + 2 * stage.Linear.Padding;
        int area = stage.Result.Height * stage.Result.Width;
        ref byte scratch = ref Unsafe.Add(ref memory, _slots);
        Span<int> sums = MemoryMarshal.CreateSpan(
            ref Unsafe.As<byte, int>(ref Unsafe.Add(ref memory, _sums)),
            layer.SumsBytes / sizeof(int)
        );
        for (int first = 0; first < classes.Length; first += TLanes.Lanes)
        {
            ref byte planes = ref Planes<TLanes>(layer, ref memory, first);
            ref byte bits = ref Unsafe.Add(ref memory, _places[stage.Output] + first / 8);
            for (int position = 0; position < area; position++)
            {
                for (int within = 0; within < poolSize * poolSize; within++)
                {
                    int y = position / stage.Result.Width * poolStride + within / poolSize;
                    int x = position % stage.Result.Width * poolStride + within % poolSize;
                    ref byte corner = ref Unsafe.Add(ref planes, (nint)((y * row + x) * stage.Linear.Stride) * TLanes.PlaneBytes);
                    for (int group = 0; group < stage.Linear.Groups; group++)
                    {
                        if (stage.Ending is Threshold)
                        {
                            layer.Sums.Compare<TLanes>(
                                ref corner,
                                group,
                                ref scratch,
                                ref Unsafe.Add(ref bits, position * VectorBytes),
                                area * VectorBytes,
                                within > 0
                            );
                        }
                        else
                        {
                            layer.Sums.Integers<TLanes>(ref corner, group, ref scratch, sums, TLanes.Lanes, within > 0);
                        }
                    }
                }

                switch (stage.Ending)
                {
                    case Requantize requantize:
                        ref byte codes = ref Unsafe.Add(ref memory, _places[stage.Output] + position * Images + first);
                        for (int c = 0; c < stage.Result.Channels; c++)
                        {
                            Span<byte> lanes = MemoryMarshal.CreateSpan(ref Unsafe.Add(ref codes, (nint)c * area * Images), TLanes.Lanes);
                            Endings.Requantize(requantize, c, sums.Slice(c * TLanes.Lanes, TLanes.Lanes), lanes);
                        }

                        break;
                    case Scores scores:
                        Endings.Classify(scores, sums, TLanes.Lanes, classes[first..]);
                        break;
                }
            }
        }

        if (stage.Ending is Threshold threshold)
        {
            Flip(threshold, ref Unsafe.Add(ref memory, _places[stage.Output]), area);
        }
    }

    /// <summary>The planes of the layer's input in the form that its sums take them, padded.</summary>
    private ref byte Planes<TLanes>(Layer layer, ref byte memory, int first)
        where TLanes : struct, ILanes
    {
        ref byte value = ref Unsafe.Add(ref memory, _places[layer.Stage.Input]);
        if (layer.PlanesBytes == 0)
        {
            return ref value;
        }

        ref byte planes = ref Unsafe.Add(ref memory, _planes);
        (ValueInfo shape, int padding) = (layer.Stage.Source, layer.Stage.Linear.Padding);
        int height = shape.Height + 2 * padding,
            width = shape.Width + 2 * padding;
        if (padding > 0)
        {
            MemoryMarshal.CreateSpan(ref planes, shape.Channels * height * width * TLanes.PlaneBytes).Clear();
        }

        for (int channel = 0, element = 0; channel < shape.Channels; channel++)
        {
            for (int y = 0; y < shape.Height; y++)
            {
                ref byte row = ref Unsafe.Add(ref planes, (nint)((channel * height + y + padding) * width + padding) * TLanes.PlaneBytes);
                for (int x = 0; x < shape.Width; x++, element++)
                {
                    Span<byte> plane = MemoryMarshal.CreateSpan(ref Unsafe.Add(ref row, x * TLanes.PlaneBytes), TLanes.PlaneBytes);
                    if (layer.ReadsBits)
                    {
                        MemoryMarshal.CreateSpan(ref Unsafe.Add(ref value, (nint)element * VectorBytes), VectorBytes).CopyTo(plane);
                    }
                    else
                    {
                        Endings.Widen(
                            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref value, (nint)element * Images + first), TLanes.Lanes),
                            plane
                        );
                    }
                }
            }
        }

        return ref planes;
    }

    /// <summary>Turns the bits of the channels whose normalization has a negative factor.</summary>
    private static void Flip(Threshold threshold, ref byte bits, int area)
    {
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        for (int c = 0; c < flipped.Length; c++)
        {
            for (int e = c * area; flipped[c] && e < (c + 1) * area; e++)
            {
                ref byte plane = ref Unsafe.Add(ref bits, (nint)e * VectorBytes);
                TWidth.Store(TWidth.Xor(TWidth.Load(ref plane), TWidth.Fill(1)), ref plane);
            }
        }
    }

    /// <summary>Bytes of one element of all images.</summary>
    private static int ElementBytes(ValueInfo value) => value.Bits == 1 ? VectorBytes : 8 * VectorBytes;

    /// <summary>A stage with its lists.</summary>
    private sealed class Layer
    {
        public Layer(Stage stage)
        {
            Stage = stage;
            (ValueInfo input, int padding) = (stage.Source, stage.Linear.Padding);
            (int lanes, int planeBytes) =
                ReadsBits ? (BitLanes<TWidth, TVector>.Lanes, BitLanes<TWidth, TVector>.PlaneBytes)
                : stage.SumsFit16Bits ? (IntegerLanes<TWidth, TVector, short>.Lanes, IntegerLanes<TWidth, TVector, short>.PlaneBytes)
                : (IntegerLanes<TWidth, TVector, int>.Lanes, IntegerLanes<TWidth, TVector, int>.PlaneBytes);
            int height = input.Height + 2 * padding,
                width = input.Width + 2 * padding;
            PlanesBytes = ReadsBits && padding == 0 ? 0 : input.Channels * height * width * planeBytes;
            Sums = new PlaneSums(stage, (channel, y, x) => ((channel * height + y) * width + x) * planeBytes);
            SumsBytes = stage.Ending is Threshold ? 0 : stage.Linear.Outputs * lanes * sizeof(int);
            ScratchBytes = ReadsBits
                ? Sums.ScratchBytes<BitLanes<TWidth, TVector>>()
                : Sums.ScratchBytes<IntegerLanes<TWidth, TVector, int>>();
        }

        public readonly Stage Stage;

        public bool ReadsBits => Stage.Source.Bits == 1;

        public readonly PlaneSums Sums;

        public readonly int PlanesBytes;

        public readonly int SumsBytes;

        public readonly int ScratchBytes;
    }
}
