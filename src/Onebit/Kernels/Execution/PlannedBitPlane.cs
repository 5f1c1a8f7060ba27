namespace Onebit;

/// <summary><see cref="BitPlane"/> of codes that are stored as bytes.</summary>
/// <param name="bit">The bit of each code to take.</param>
/// <param name="source">The value that it reads.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class PlannedBitPlane(int bit, StoredValue source, StoredValue result) : PlannedOperation
{
    public override int TemporaryBytes => 0;

    public override void Run(ref byte memory, ref byte temporary) =>
        BitPlanes.Take(source.Codes(ref memory), bit, result.Words(ref memory));
}
