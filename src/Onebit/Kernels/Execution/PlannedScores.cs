using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onebit;

/// <summary><see cref="Scores"/>, the last operation of a model.</summary>
/// <param name="operation">The operation.</param>
/// <param name="source">The value that it reads.</param>
/// <param name="result">The scores, 64 bits each.</param>
internal sealed class PlannedScores(Scores operation, StoredValue source, StoredValue result) : PlannedOperation
{
    public override int TemporaryBytes => source.ReadElements * sizeof(int);

    public override void Run(ref byte memory, ref byte temporary)
    {
        Span<int> free = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, int>(ref temporary), source.ReadElements);
        Scoring.Score(operation, source.Read(ref memory, free), Scores(result, ref memory));
    }

    /// <summary>The scores in the memory of an image.</summary>
    public static Span<long> Scores(StoredValue value, ref byte memory) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, long>(ref value.Start(ref memory)), value.Info.Channels);
}
