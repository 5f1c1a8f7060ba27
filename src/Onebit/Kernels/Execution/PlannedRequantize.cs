namespace Onebit;

/// <summary><see cref="Requantize"/> of one integer per channel to codes of 8 bits.</summary>
/// <param name="requantize">The operation.</param>
/// <param name="source">The value that it reads.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class PlannedRequantize(Requantize requantize, StoredValue source, StoredValue result) : PlannedOperation
{
    public override int TemporaryBytes => 0;

    public override void Run(ref byte memory, ref byte temporary) =>
        Requantization.Channels(requantize, source.Integers(ref memory), result.Codes(ref memory));
}
