namespace Onebit.Export;

/// <summary>One way to run a model after its export. <see cref="VerificationTargets"/> lists them.</summary>
public abstract class VerificationTarget
{
    /// <summary>What the model was exported to, and where that runs.</summary>
    public abstract string Name { get; }

    /// <summary>What compiles or runs it, with what matters of its options.</summary>
    public abstract string Tool { get; }

    /// <summary>Programs that have to be on the PATH.</summary>
    public abstract IReadOnlyList<string> Programs { get; }

    /// <summary>The processor is emulated, which is slow.</summary>
    public virtual bool IsEmulated => false;

    /// <summary>The programs that are missing.</summary>
    public IEnumerable<string> Missing => Programs.Where(p => VerificationTool.Find(p) is null);

    /// <summary>Exports a model, and runs it on images.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images, one after another.</param>
    /// <exception cref="InvalidDataException">The model cannot be exported; the message says why.</exception>
    /// <exception cref="VerificationException">A tool failed.</exception>
    public abstract TargetRun Run(BitModel model, ReadOnlyMemory<byte> images);
}
