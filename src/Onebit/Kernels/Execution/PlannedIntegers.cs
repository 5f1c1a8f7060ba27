using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary>An operation that a kernel runs on integers. Values in other forms are converted.</summary>
internal sealed class PlannedIntegers : PlannedOperation
{
    private readonly IntegerKernel _kernel;
    private readonly StoredValue[] _inputs;
    private readonly StoredValue _result;
    private readonly int _input;
    private readonly int _scratch;

    /// <param name="kernel">The kernel.</param>
    /// <param name="inputs">The values that it reads.</param>
    /// <param name="result">The value that it gives.</param>
    public PlannedIntegers(IntegerKernel kernel, StoredValue[] inputs, StoredValue result)
    {
        (_kernel, _inputs, _result) = (kernel, inputs, result);
        _input = result.Form == ValueForm.Integers ? 0 : Align(result.Info.Count * sizeof(int));
        _scratch = checked(_input + Align(inputs.Max(input => input.ReadElements) * sizeof(int)));
        TemporaryBytes = checked(_scratch + kernel.ScratchElements * sizeof(int));
    }

    public override int TemporaryBytes { get; }

    public override void Run(ref byte memory, ref byte temporary)
    {
        Span<int> y = _result.Form == ValueForm.Integers ? _result.Integers(ref memory) : Integers(ref temporary, 0, _result.Info.Count);
        Span<int> scratch = Integers(ref temporary, _scratch, _kernel.ScratchElements);
        for (int i = 0; i < _inputs.Length; i++)
        {
            StoredValue input = _inputs[i];
            _kernel.Run(i, input.Read(ref memory, Integers(ref temporary, _input, input.ReadElements)), y, scratch);
        }

        if (_result.Form != ValueForm.Integers)
        {
            _result.Write(y, ref memory);
        }
    }

    private static Span<int> Integers(ref byte temporary, int place, int count) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref Unsafe.Add(ref temporary, place)), count);
}
