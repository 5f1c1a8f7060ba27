using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>
/// A dense layer, or several that read the same value: one kernel gives the sums of all in little more time than those of one.
/// </summary>
internal sealed class PlannedDense : PlannedOperation
{
    private readonly DenseKernel _kernel;
    private readonly Requantization? _requantization;
    private readonly StoredValue[] _results;
    private readonly int _sums;
    private readonly int _planeWords;
    private readonly bool _isPacked;

    /// <param name="layer">The layer, or the layers as one.</param>
    /// <param name="kernel">The kernel for it.</param>
    /// <param name="source">The value that it reads.</param>
    /// <param name="results">The value of each layer.</param>
    /// <param name="before">The operation that runs before this one, if any.</param>
    public PlannedDense(FusedLinear layer, DenseKernel kernel, StoredValue source, StoredValue[] results, PlannedOperation? before)
    {
        (_kernel, Source, _results) = (kernel, source, results);
        _requantization = Requantization.Of(layer);
        _sums = layer.Linear.Outputs;
        _planeWords = source.Info.Bits * BitString.Words(source.Info.Count);
        _isPacked = before is PlannedDense { Source: var earlier } && earlier == source;
    }

    /// <summary>The value that it reads.</summary>
    public readonly StoredValue Source;

    public override int TemporaryBytes => Align(_planeWords * sizeof(ulong)) + Align(_sums * sizeof(int)) + _kernel.ScratchBytes;

    public override void Run(ref byte memory, ref byte temporary)
    {
        ReadOnlySpan<ulong> planes = Source.Form == ValueForm.Bits ? Source.Words(ref memory) : Pack(ref memory, ref temporary);
        if (Source.Form != ValueForm.Bits)
        {
            temporary = ref Unsafe.Add(ref temporary, Align(planes.Length * sizeof(ulong)));
        }

        StoredValue result = _results[0];
        if (result.Form == ValueForm.Bits)
        {
            _kernel.Signs(planes, ref Unsafe.As<byte, ulong>(ref result.Start(ref memory)), ref temporary);
            return;
        }

        if (_requantization is null && _results.Length == 1)
        {
            _kernel.Integers(planes, result.Integers(ref memory), ref temporary);
            return;
        }

        Span<int> sums = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref temporary), _sums);
        _kernel.Integers(planes, sums, ref Unsafe.Add(ref temporary, Align(sums.Length * sizeof(int))));
        if (_requantization is not null)
        {
            _requantization.Channels(sums, result.Codes(ref memory));
            return;
        }

        foreach (StoredValue value in _results)
        {
            sums[..value.Info.Count].CopyTo(value.Integers(ref memory));
            sums = sums[value.Info.Count..];
        }
    }

    /// <summary>The bit-planes of codes in temporary memory, where the operation before may have left them.</summary>
    private ReadOnlySpan<ulong> Pack(ref byte memory, ref byte temporary)
    {
        Span<ulong> planes = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, ulong>(ref temporary), _planeWords);
        if (_isPacked)
        {
            return planes;
        }

        if (Source.Form == ValueForm.Bytes)
        {
            BitPlanes.Pack(Source.Codes(ref memory), Source.Info.Bits, planes);
        }
        else
        {
            BitPlanes.Pack(Source.Integers(ref memory), Source.Info.Bits, planes);
        }

        return planes;
    }
}
