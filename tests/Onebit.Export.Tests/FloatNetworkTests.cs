using Onebit.Datasets;

namespace Onebit.Export.Tests;

/// <summary>The network in full precision that pages show is as accurate as they say.</summary>
public class FloatNetworkTests
{
    /// <summary>
    /// 1,000 test images of MNIST; all of them:
    /// <c>ONEBIT_ALL=1 dotnet run --project tests/Onebit.Export.Tests -- -class '*FloatNetworkTests'</c>.
    /// </summary>
    [Fact]
    public void It_is_as_accurate_as_it_says()
    {
        bool all = Environment.GetEnvironmentVariable("ONEBIT_ALL") == "1";
        ImageSet images = DatasetLoader.LoadTest(Path.Combine(Repository.Root, "data", "mnist"));
        int count = all ? images.Count : 1000;
        FloatNetwork network = FloatNetwork.Shipped;
        int right = Enumerable.Range(0, count).AsParallel().Count(i => network.Classify(images.Image(i)) == images.Labels.Span[i]);
        double accuracy = (double)right / count,
            tolerance = all ? 0 : 0.01;
        Assert.InRange(accuracy, network.Accuracy - tolerance, network.Accuracy + tolerance);
    }
}
