using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// Runs a model on many images at once. They are the lanes of a vector, so nothing is gathered or summed across a vector.
/// </summary>
internal abstract class BatchKernel
{
    /// <summary>Images of a full batch.</summary>
    public abstract int Images { get; }

    /// <summary>Bytes of scratch memory.</summary>
    public abstract int ScratchBytes { get; }

    /// <summary>Predicts up to <see cref="Images"/> images.</summary>
    /// <param name="images">The images one after another.</param>
    /// <param name="classes">Receives one class per image.</param>
    /// <param name="scratch">Of at least <see cref="ScratchBytes"/>. Its contents do not matter.</param>
    public abstract void Run(ReadOnlySpan<byte> images, Span<int> classes, Span<byte> scratch);
}

/// <summary>
/// A value of bits is stored as one vector per element. A value of codes is stored as one byte per element and image, element by element. A
/// convolution moves over them by moving the base of its lists. It copies no patch.
/// </summary>
internal sealed class BatchKernel<TOps, TVector> : BatchKernel
    where TOps : struct, IVectorOps<TVector>
    where TVector : struct
{
    private readonly ModelInput _input;
    private readonly Layer[] _layers;
    private readonly int[] _places;
    private readonly int _planes;
    private readonly int _sums;
    private readonly int _accumulators;

    public BatchKernel(ModelInput input, FusedLinear[] layers, IReadOnlyList<ValueInfo> values)
    {
        _input = input;
        _places = new int[values.Count];
        int next = 0;
        foreach (int value in layers.Select(l => l.Linear.Input).Distinct().Order())
        {
            _places[value] = next;
            next += values[value].Count * ElementBytes(values[value]);
        }

        _layers = [.. layers.Select(l => new Layer(l))];
        _planes = next;
        _sums = _planes + _layers.Max(l => l.PlanesBytes);
        _accumulators = _sums + _layers.Max(l => l.SumsBytes);
        ScratchBytes = _accumulators + _layers.Max(l => l.ScratchBytes);
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
                Run<BitLanes<TOps, TVector>>(layer, ref memory, classes);
            }
            else if (layer.SumsFit16Bits)
            {
                Run<IntegerLanes<TOps, TVector, short>>(layer, ref memory, classes);
            }
            else
            {
                Run<IntegerLanes<TOps, TVector, int>>(layer, ref memory, classes);
            }
        }
    }

    private void Run<TLanes>(Layer layer, ref byte memory, Span<int> classes)
        where TLanes : struct, ILanes
    {
        FusedLinear fused = layer.Fused;
        (int poolSize, int poolStride) = fused.Pool is { } pool ? (pool.Size, pool.Stride) : (1, 1);
        int row = fused.Source.Width + 2 * fused.Linear.Padding;
        int area = fused.Result.Height * fused.Result.Width;
        ref byte scratch = ref Unsafe.Add(ref memory, _accumulators);
        Span<int> sums = MemoryMarshal.CreateSpan(
            ref Unsafe.As<byte, int>(ref Unsafe.Add(ref memory, _sums)),
            layer.SumsBytes / sizeof(int)
        );
        for (int first = 0; first < classes.Length; first += TLanes.Lanes)
        {
            ref byte planes = ref Planes<TLanes>(layer, ref memory, first);
            ref byte bits = ref Unsafe.Add(ref memory, _places[fused.Output] + first / 8);
            for (int position = 0; position < area; position++)
            {
                for (int within = 0; within < poolSize * poolSize; within++)
                {
                    int y = position / fused.Result.Width * poolStride + within / poolSize;
                    int x = position % fused.Result.Width * poolStride + within % poolSize;
                    ref byte corner = ref Unsafe.Add(ref planes, (nint)((y * row + x) * fused.Linear.Stride) * TLanes.PlaneBytes);
                    for (int group = 0; group < fused.Linear.Groups; group++)
                    {
                        if (fused.Epilogue is Threshold)
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

                switch (fused.Epilogue)
                {
                    case Requantize:
                        ref byte codes = ref Unsafe.Add(ref memory, _places[fused.Output] + position * Images + first);
                        layer.Requantization!.Codes(ref sums[0], TLanes.Lanes, ref codes, (nint)area * Images, TLanes.Lanes);
                        break;
                    case Scores scores:
                        Scoring.Classify(scores, sums, TLanes.Lanes, classes[first..]);
                        break;
                }
            }
        }

        if (fused.Epilogue is Threshold threshold)
        {
            Flip(threshold, ref Unsafe.Add(ref memory, _places[fused.Output]), area);
        }
    }

    /// <summary>The planes of the input of a layer, padded, as its sums read them.</summary>
    private ref byte Planes<TLanes>(Layer layer, ref byte memory, int first)
        where TLanes : struct, ILanes
    {
        ref byte value = ref Unsafe.Add(ref memory, _places[layer.Fused.Linear.Input]);
        if (layer.PlanesBytes == 0)
        {
            return ref value;
        }

        ref byte planes = ref Unsafe.Add(ref memory, _planes);
        (ValueInfo shape, int padding) = (layer.Fused.Source, layer.Fused.Linear.Padding);
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
                        Conversions.Widen(
                            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref value, (nint)element * Images + first), TLanes.Lanes),
                            plane
                        );
                    }
                }
            }
        }

        return ref planes;
    }

    /// <summary>Negates the bits of the channels that are flipped.</summary>
    private static void Flip(Threshold threshold, ref byte bits, int area)
    {
        ReadOnlySpan<bool> flipped = threshold.Flipped.Span;
        for (int c = 0; c < flipped.Length; c++)
        {
            for (int e = c * area; flipped[c] && e < (c + 1) * area; e++)
            {
                ref byte plane = ref Unsafe.Add(ref bits, (nint)e * VectorBytes);
                TOps.Store(TOps.Xor(TOps.Load(ref plane), TOps.Fill(1)), ref plane);
            }
        }
    }

    /// <summary>Bytes of one element of all images.</summary>
    private static int ElementBytes(ValueInfo value) => value.Bits == 1 ? VectorBytes : 8 * VectorBytes;

    /// <summary>A layer and the lists of planes for its sums.</summary>
    private sealed class Layer
    {
        public Layer(FusedLinear fused)
        {
            Fused = fused;
            SumsFit16Bits = LayerSums.Fit16Bits(fused);
            Requantization = Requantization.Of(fused);
            (ValueInfo input, int padding) = (fused.Source, fused.Linear.Padding);
            (int lanes, int planeBytes) =
                ReadsBits ? (BitLanes<TOps, TVector>.Lanes, BitLanes<TOps, TVector>.PlaneBytes)
                : SumsFit16Bits ? (IntegerLanes<TOps, TVector, short>.Lanes, IntegerLanes<TOps, TVector, short>.PlaneBytes)
                : (IntegerLanes<TOps, TVector, int>.Lanes, IntegerLanes<TOps, TVector, int>.PlaneBytes);
            int height = input.Height + 2 * padding,
                width = input.Width + 2 * padding;
            PlanesBytes = ReadsBits && padding == 0 ? 0 : input.Channels * height * width * planeBytes;
            Sums = new PlaneSums(fused, (channel, y, x) => ((channel * height + y) * width + x) * planeBytes);
            SumsBytes = fused.Epilogue is Threshold ? 0 : fused.Linear.Outputs * lanes * sizeof(int);
            ScratchBytes = ReadsBits ? Sums.ScratchBytes<BitLanes<TOps, TVector>>() : Sums.ScratchBytes<IntegerLanes<TOps, TVector, int>>();
        }

        public readonly FusedLinear Fused;

        public bool ReadsBits => Fused.Source.Bits == 1;

        public readonly bool SumsFit16Bits;

        public readonly Requantization? Requantization;

        public readonly PlaneSums Sums;

        public readonly int PlanesBytes;

        public readonly int SumsBytes;

        public readonly int ScratchBytes;
    }
}
