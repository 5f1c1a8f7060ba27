using System.Numerics;
using System.Runtime.InteropServices;

namespace Onebit.Study;

/// <summary>A float graph in some library: turns pixels into logits, and the largest logit is the class.</summary>
internal abstract class FloatBackend : IBackend
{
    public void Predict(ReadOnlySpan<byte> images, Span<int> classes) => Largest(Logits(images, classes.Length), classes);

    /// <summary>Images x classes; good until the next call.</summary>
    internal abstract ReadOnlySpan<float> Logits(ReadOnlySpan<byte> images, int count);

    public abstract void Dispose();

    /// <summary>The index of the largest of each image's logits.</summary>
    internal static void Largest(ReadOnlySpan<float> logits, Span<int> classes)
    {
        int count = logits.Length / classes.Length;
        for (int i = 0; i < classes.Length; i++)
        {
            ReadOnlySpan<float> own = logits.Slice(i * count, count);
            int best = 0;
            for (int c = 1; c < own.Length; c++)
            {
                if (own[c] > own[best])
                {
                    best = c;
                }
            }
            classes[i] = best;
        }
    }

    /// <summary>Bytes to floats of 0 to 1. TensorPrimitives converts bytes one by one; this takes whole vectors.</summary>
    internal static void ToFloats(ReadOnlySpan<byte> pixels, Span<float> values)
    {
        int vectors = pixels.Length / Vector<byte>.Count;
        ReadOnlySpan<Vector<byte>> from = MemoryMarshal.Cast<byte, Vector<byte>>(pixels)[..vectors];
        Span<Vector<float>> to = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < from.Length; i++)
        {
            Vector.Widen(from[i], out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> first, out Vector<uint> second);
            Vector.Widen(high, out Vector<uint> third, out Vector<uint> fourth);
            Span<Vector<float>> four = to.Slice(4 * i, 4);
            four[0] = Vector.ConvertToSingle(Vector.AsVectorInt32(first)) * (1f / 255);
            four[1] = Vector.ConvertToSingle(Vector.AsVectorInt32(second)) * (1f / 255);
            four[2] = Vector.ConvertToSingle(Vector.AsVectorInt32(third)) * (1f / 255);
            four[3] = Vector.ConvertToSingle(Vector.AsVectorInt32(fourth)) * (1f / 255);
        }
        for (int i = vectors * Vector<byte>.Count; i < pixels.Length; i++)
        {
            values[i] = pixels[i] * (1f / 255);
        }
    }
}
