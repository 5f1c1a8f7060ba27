using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// A convolution on one image. The lanes are the positions of the padded input in their order, row after row. So the plane of an input
/// channel, kernel row and kernel column is the channel itself, from another element on. Positions where the kernel does not fit, or that
/// a stride leaves out, are computed with the others and not read.
/// </summary>
internal abstract class ConvolutionKernel
{
    private protected ConvolutionKernel(FusedLinear layer)
    {
        Layer = layer;
        Row = layer.Source.Width + 2 * layer.Linear.Padding;
        Rows = layer.Source.Height + 2 * layer.Linear.Padding;
        Positions = (Rows - layer.Linear.KernelHeight) * Row + Row - layer.Linear.KernelWidth + 1;
    }

    /// <summary>Bytes of scratch memory.</summary>
    public abstract int ScratchBytes { get; }

    protected readonly FusedLinear Layer;

    /// <summary>Length of a padded row.</summary>
    protected readonly int Row;

    /// <summary>Padded rows.</summary>
    protected readonly int Rows;

    /// <summary>Positions from the first one where the kernel fits to the last.</summary>
    protected readonly int Positions;

    /// <summary>Runs the layer.</summary>
    /// <param name="source">The input: a <see cref="BitString"/>, bytes, or 32-bit integers.</param>
    /// <param name="form">Which of these it is.</param>
    /// <param name="result">Receives a <see cref="BitString"/> where the layer ends in a threshold, bytes or integers otherwise.</param>
    /// <param name="scratch">Of <see cref="ScratchBytes"/>. Its contents do not matter.</param>
    public abstract void Run(ref byte source, ValueForm form, ref byte result, ref byte scratch);

    /// <summary>Codes of a byte each, with padding of 0 around them.</summary>
    /// <param name="source">The input.</param>
    /// <param name="padded">Receives the channels, and 64 bytes of padding behind them.</param>
    /// <param name="row">Length of a padded row.</param>
    protected void Pad(ref byte source, ref byte padded, int row)
    {
        (ValueInfo shape, int padding) = (Layer.Source, Layer.Linear.Padding);
        MemoryMarshal.CreateSpan(ref padded, shape.Channels * Rows * row + Vector512<byte>.Count).Clear();
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            ref byte to = ref Unsafe.Add(ref padded, (channel * Rows + padding) * row + padding);
            for (int y = 0; y < shape.Height; y++, to = ref Unsafe.Add(ref to, row))
            {
                // Vectors are written in order, so the zeros that one writes beyond its row are overwritten by the next.
                int first = (channel * shape.Height + y) * shape.Width;
                for (int x = 0; x < shape.Width; x += Vector256<byte>.Count)
                {
                    Vector256<byte> within = Vector256.LessThan(
                        Vector256<byte>.Indices,
                        Vector256.Create((byte)Math.Min(255, shape.Width - x))
                    );
                    (Vector256.LoadUnsafe(ref source, (nuint)(first + x)) & within).StoreUnsafe(ref to, (nuint)x);
                }
            }
        }
    }

    /// <summary>Bytes in whole vectors of any width.</summary>
    protected static int Align(int bytes) => (bytes + 63) & ~63;
}
