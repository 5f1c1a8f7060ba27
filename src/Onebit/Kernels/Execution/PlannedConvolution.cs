namespace Onebit;

/// <summary>A convolution by a kernel of its own.</summary>
/// <param name="kernel">The kernel.</param>
/// <param name="source">The value that it reads.</param>
/// <param name="result">The value that it gives.</param>
internal sealed class PlannedConvolution(ConvolutionKernel kernel, StoredValue source, StoredValue result) : PlannedOperation
{
    public override int TemporaryBytes => kernel.ScratchBytes;

    public override void Run(ref byte memory, ref byte temporary) =>
        kernel.Run(ref source.Start(ref memory), source.Form, ref result.Start(ref memory), ref temporary);
}
