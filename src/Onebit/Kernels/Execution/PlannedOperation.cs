namespace Onebit;

/// <summary>What an <see cref="ExecutionPlan"/> runs as one: a layer with the kernel chosen for it. Immutable.</summary>
internal abstract class PlannedOperation
{
    /// <summary>Bytes of temporary memory.</summary>
    public abstract int TemporaryBytes { get; }

    /// <summary>Computes the result.</summary>
    /// <param name="memory">The values of the image, see <see cref="StoredValue"/>.</param>
    /// <param name="temporary">Of <see cref="TemporaryBytes"/>. The operation run before leaves its contents.</param>
    public abstract void Run(ref byte memory, ref byte temporary);

    /// <summary>Bytes in whole vectors of any width.</summary>
    public static int Align(int bytes) => (bytes + 63) & ~63;
}
