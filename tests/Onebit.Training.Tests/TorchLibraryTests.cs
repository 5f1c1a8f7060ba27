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

    // Intel's library multiplies with AVX-512 where Onebit lets it, in other kernels for few and for many rows.
    [Theory]
    [InlineData(1, 784, 10)]
    [InlineData(3, 17, 5)]
    [InlineData(100, 129, 48)]
    [InlineData(784, 108, 12)]
    [InlineData(1000, 1000, 1000)]
    public void Matrix_products_are_right(int rows, int inner, int columns)
    {
        manual_seed(1);
        using var scope = NewDisposeScope();
        Tensor a = randint(0, 256, [rows, inner]).to(ScalarType.Float32),
            b = randint(-1, 2, [inner, columns]).to(ScalarType.Float32);
        foreach ((Tensor x, Tensor y) in new[] { (a, b), (a.t().contiguous().t(), b), (a, b.t().contiguous().t()) })
        {
            Assert.Equal(
                x.to(ScalarType.Float64).matmul(y.to(ScalarType.Float64)).to(ScalarType.Int64).data<long>().ToArray(),
                x.matmul(y).to(ScalarType.Int64).data<long>().ToArray()
            );
        }
    }
}
