using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>An operation without a kernel, by the plain loop that defines it. The only place where kernels and plain loops meet.</summary>
internal sealed class PlannedLoop : PlannedOperation
{
    private readonly Operation _operation;
    private readonly StoredValue[] _inputs;
    private readonly StoredValue _result;
    private readonly int[] _starts;
    private readonly ValueInfo[] _infos;
    private readonly int _elements;

    /// <param name="operation">The operation.</param>
    /// <param name="inputs">The values that it reads.</param>
    /// <param name="result">The value that it gives.</param>
    public PlannedLoop(Operation operation, StoredValue[] inputs, StoredValue result)
    {
        (_operation, _inputs, _result) = (operation, inputs, result);
        _infos = [.. inputs.Select(input => input.Info)];
        _starts = new int[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            _starts[i] = _elements;
            _elements = checked(_elements + _infos[i].Count);
        }

        TemporaryBytes = checked(Align(result.Info.Count * sizeof(long)) + _elements * sizeof(int));
    }

    public override int TemporaryBytes { get; }

    public override void Run(ref byte memory, ref byte temporary)
    {
        // 64-bit results of the loop, whose memory then takes the same in 32 bits; and copies of the inputs.
        int count = _result.Info.Count;
        Span<long> output = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, long>(ref temporary), count);
        Span<int> integers = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref temporary), count);
        ref byte place = ref Unsafe.Add(ref temporary, Align(count * sizeof(long)));
        Span<int> elements = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref place), _elements);
        for (int i = 0; i < _inputs.Length; i++)
        {
            Span<int> own = elements.Slice(_starts[i], _infos[i].Count);
            ReadOnlySpan<int> input = _inputs[i].Read(ref memory, own);
            if (_inputs[i].ReadElements == 0)
            {
                input.CopyTo(own);
            }
        }

        _operation.Run(new InputValues(elements, _starts, _infos), output);
        for (int i = 0; i < count; i++)
        {
            integers[i] = (int)output[i];
        }

        _result.Write(integers, ref memory);
    }
}
