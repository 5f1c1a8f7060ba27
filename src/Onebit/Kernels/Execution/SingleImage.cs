using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>Runs a plan on one image. Immutable.</summary>
internal sealed class SingleImage
{
    private readonly ModelInput _input;
    private readonly PlannedOperation[] _operations;
    private readonly StoredValue _pixels;
    private readonly StoredValue _result;
    private readonly int _temporary;

    public SingleImage(ExecutionPlan plan)
    {
        (_input, _operations) = (plan.Input, [.. plan.Operations]);
        (_pixels, _result) = (plan.Pixels, plan.Result);
        _temporary = plan.ValueBytes;
        ScratchBytes = checked(_temporary + _operations.Max(operation => operation.TemporaryBytes));
    }

    /// <summary>Bytes of scratch memory.</summary>
    public readonly int ScratchBytes;

    /// <summary>Computes the scores of one image.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="scratch">Of at least <see cref="ScratchBytes"/>. Its contents do not matter.</param>
    /// <returns>One score per class, in scratch memory.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ReadOnlySpan<long> Run(ReadOnlySpan<byte> pixels, Span<byte> scratch)
    {
        ref byte memory = ref MemoryMarshal.GetReference(scratch);
        if (_input.Bits == 1)
        {
            PixelPlanes.Binarize(pixels, _input.PixelThreshold, _pixels.Words(ref memory));
        }
        else
        {
            pixels.CopyTo(scratch);
        }

        RunOperations(ref memory);
        return PlannedScores.Scores(_result, ref memory);
    }

    /// <summary>Computes a diffusion model's clean image.</summary>
    /// <param name="input">Value 0.</param>
    /// <param name="scratch">Of at least <see cref="ScratchBytes"/>. Its contents do not matter.</param>
    /// <returns>The image, in scratch memory.</returns>
    public ReadOnlySpan<int> Denoise(ReadOnlySpan<int> input, Span<byte> scratch)
    {
        ref byte memory = ref MemoryMarshal.GetReference(scratch);
        input.CopyTo(_pixels.Integers(ref memory));
        RunOperations(ref memory);
        return _result.Integers(ref memory);
    }

    private void RunOperations(ref byte memory)
    {
        ref byte temporary = ref Unsafe.Add(ref memory, _temporary);
        foreach (PlannedOperation operation in _operations)
        {
            operation.Run(ref memory, ref temporary);
        }
    }
}
