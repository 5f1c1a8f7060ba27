using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary><see cref="Concat"/> of values that are stored as the result is.</summary>
/// <param name="inputs">The values that it reads.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class PlannedConcat(StoredValue[] inputs, StoredValue result) : PlannedOperation
{
    public override int TemporaryBytes => 0;

    public override void Run(ref byte memory, ref byte temporary)
    {
        if (result.Form == ValueForm.Bits)
        {
            JoinBits(ref memory);
            return;
        }

        ref byte to = ref result.Start(ref memory);
        foreach (StoredValue input in inputs)
        {
            Unsafe.CopyBlockUnaligned(ref to, ref input.Start(ref memory), (uint)input.Bytes);
            to = ref Unsafe.Add(ref to, input.Bytes);
        }
    }

    private void JoinBits(ref byte memory)
    {
        var writer = new BitWriter(ref result.Words(ref memory)[0]);
        foreach (StoredValue input in inputs)
        {
            ReadOnlySpan<ulong> words = input.Words(ref memory);
            for (int i = 0, left = input.Info.Count; left > 0; i++, left -= 64)
            {
                writer.Append(words[i], Math.Min(64, left));
            }
        }

        writer.End();
    }
}
