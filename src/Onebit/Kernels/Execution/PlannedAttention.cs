using System.Runtime.CompilerServices;

namespace Onebit;

/// <summary>Attention by a kernel of its own.</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="query">The value that holds the queries.</param>
/// <param name="key">The value that holds the keys.</param>
/// <param name="value">The value that holds the values.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class PlannedAttention(AttentionKernel kernel, StoredValue query, StoredValue key, StoredValue value, StoredValue result)
    : PlannedOperation
{
    public override int TemporaryBytes => kernel.ScratchBytes;

    public override void Run(ref byte memory, ref byte temporary) =>
        kernel.Run(
            ref query.Start(ref memory),
            ref key.Start(ref memory),
            ref value.Start(ref memory),
            ref Unsafe.As<byte, int>(ref result.Start(ref memory)),
            ref temporary
        );
}
