namespace Onebit.Study;

/// <summary>
/// One model at one batch size. Times are nanoseconds an image, from byte pixels to class, or of one step of a diffusion model, one thread.
/// </summary>
/// <param name="Model">Its file, or the name of a network of random weights.</param>
/// <param name="Batch">Images a call.</param>
/// <param name="OnebitNanoseconds">The packed model on the Onebit runtime.</param>
/// <param name="OnnxRuntimeNanoseconds">Its float graph on ONNX Runtime.</param>
/// <param name="OnnxRuntimeInt8Nanoseconds">Its float graph as int8 on ONNX Runtime.</param>
/// <param name="LibtorchNanoseconds">Its float graph on libtorch.</param>
/// <param name="CsharpNanoseconds">Its float graph in plain C#; null where a layer is not dense.</param>
/// <param name="Ratio">ONNX Runtime's float32 time over ours: above 1 we are faster.</param>
/// <param name="BinaryMacsPerNanosecond">The packed model's binary multiply-accumulates; one with a k-bit input counts as k.</param>
public sealed record BenchRow(
    string Model,
    int Batch,
    double OnebitNanoseconds,
    double OnnxRuntimeNanoseconds,
    double? OnnxRuntimeInt8Nanoseconds,
    double LibtorchNanoseconds,
    double? CsharpNanoseconds,
    double Ratio,
    double BinaryMacsPerNanosecond
);
