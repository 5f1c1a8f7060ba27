namespace Onebit.Export;

/// <summary>The attributes that convolutions and pooling have in ONNX, float32 or int8.</summary>
internal static class OnnxAttributes
{
    internal static (string Name, object Value)[] Of(FloatNode.Linear layer) =>
        [
            ("kernel_shape", new[] { layer.KernelHeight, layer.KernelWidth }),
            ("strides", new[] { layer.Stride, layer.Stride }),
            ("pads", new[] { layer.Padding, layer.Padding, layer.Padding, layer.Padding }),
            ("group", layer.Groups),
        ];

    internal static (string Name, object Value)[] Pool(int size, int stride) =>
        [("kernel_shape", new[] { size, size }), ("strides", new[] { stride, stride })];
}
