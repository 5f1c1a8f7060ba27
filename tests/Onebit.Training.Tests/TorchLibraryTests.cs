using static TorchSharp.torch;

namespace Onebit.Training.Tests;

public class TorchLibraryTests
{
    // oneDNN as libtorch has it gets some of these wrong on some machines.
    [Theory]
    [InlineData(1, 28, 16, 28, 1)]
    [InlineData(20, 12, 50, 5, 1)]
    [InlineData(24, 7, 32, 3, 2)]
    [InlineData(17, 5, 3, 5, 1)]
    public void Convolutions_are_right(int channels, int side, int outputs, int kernel, int stride)
    {
        manual_seed(1);
        using var scope = NewDisposeScope();
        Tensor x = randint(0, 256, [6, channels, side, side]).to(ScalarType.Float32),
            w = randint(0, 2, [outputs, channels, kernel, kernel]).to(ScalarType.Float32);
        Tensor Sums(ScalarType type) => nn.functional.conv2d(x.to(type), w.to(type), strides: [stride, stride]).to(ScalarType.Int64);
        Assert.Equal(Sums(ScalarType.Float64).data<long>().ToArray(), Sums(ScalarType.Float32).data<long>().ToArray());
    }
}
