using Onebit.Datasets;
using Onebit.Training;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// What generated images are measured against: features and their moments, radii and distances of real images, computed once for any
/// number of sets of samples.
/// </summary>
internal sealed class GenerationReference : IDisposable
{
    private readonly FeatureExtractor _extractor;
    private readonly BitModel _classifier;
    private readonly ImageSet _test;
    private readonly Tensor _trainFeatures,
        _testFeatures,
        _testRadii;
    private readonly int[] _counts;
    private readonly FeatureMoments _trainMoments,
        _testMoments;
    private readonly NearestTraining _nearest;
    private readonly GenerationMeasures _real;

    /// <summary>Measures the real images.</summary>
    /// <param name="train">What the samplers were trained on.</param>
    /// <param name="test">
    /// What samples are compared with: the test images, or validation images where something is still chosen.
    /// </param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="extractor">Gives the features; the caller disposes it, later than this.</param>
    /// <param name="classifier">Looks for the class; another model than the extractor's.</param>
    /// <exception cref="ExperimentException">A class has fewer training than test images, or a model reads other images.</exception>
    internal GenerationReference(ImageSet train, ImageSet test, int classes, FeatureExtractor extractor, BitModel classifier)
    {
        if (classifier.Input.Shape != test.Shape || classifier.ClassCount != classes)
        {
            throw new ExperimentException(
                $"The classifier reads images of {classifier.Input.Shape} and knows {classifier.ClassCount} classes; "
                    + $"the data are of {test.Shape} and have {classes}."
            );
        }

        using var scope = NewDisposeScope();
        _extractor = extractor;
        _classifier = classifier;
        _test = test;
        _counts = ClassIndices.Counts(test.Labels.Span, classes);
        int[] first = ClassIndices.First(train.Labels.Span, _counts);

        Tensor trainFeatures = extractor.Of(train),
            testFeatures = extractor.Of(test),
            firstFeatures = trainFeatures.index_select(0, tensor(first.Select(i => (long)i).ToArray()));
        _trainMoments = FeatureMoments.Of(trainFeatures);
        _testMoments = FeatureMoments.Of(testFeatures);
        _trainFeatures = trainFeatures.to(ScalarType.Float32).DetachFromDisposeScope();
        _testFeatures = testFeatures.to(ScalarType.Float32).DetachFromDisposeScope();
        _testRadii = PrecisionRecall.SquaredRadii(_testFeatures).DetachFromDisposeScope();
        _nearest = new NearestTraining(train, _trainFeatures, classes);

        double floor = FrechetDistance.Between(FeatureMoments.Of(firstFeatures), _testMoments),
            accuracy = ClassAccuracy.Of(classifier, test);
        (double precision, double recall) = PrecisionRecall.Of(_testFeatures, _testRadii, firstFeatures.to(ScalarType.Float32));
        NearestDistances nearest = _nearest.Measure(test, _testFeatures);
        _real = new GenerationMeasures(
            FeatureDistance: floor,
            FeatureDistanceToTraining: FrechetDistance.Between(_testMoments, _trainMoments),
            FeatureDistanceFloor: floor,
            ClassAccuracy: accuracy,
            ClassAccuracyOfTest: accuracy,
            Precision: precision,
            Recall: recall,
            PrecisionOfTraining: precision,
            RecallOfTraining: recall,
            NearestTraining: nearest,
            NearestTrainingOfTest: nearest
        );
    }

    /// <summary>The classes to ask for: those of the test images, in their order.</summary>
    internal ReadOnlyMemory<byte> Classes => _test.Labels;

    /// <summary>What real images give.</summary>
    internal GenerationMeasures Real => _real;

    /// <summary>Measures samples.</summary>
    /// <param name="samples">Their labels are the classes asked for: as often as the test images have them, in any order.</param>
    /// <exception cref="ExperimentException">The classes are asked for more or less often, or the images have another size.</exception>
    internal GenerationMeasures Measure(ImageSet samples)
    {
        if (samples.Shape != _test.Shape || !samples.Labels.ToArray().Order().SequenceEqual(_test.Labels.ToArray().Order()))
        {
            throw new ExperimentException(
                $"Samples must be {_test.Count} images of {_test.Shape}, with as many of each class as the test images."
            );
        }

        using var scope = NewDisposeScope();
        Tensor features = _extractor.Of(samples),
            single = features.to(ScalarType.Float32);
        FeatureMoments moments = FeatureMoments.Of(features);
        (double precision, double recall) = PrecisionRecall.Of(_testFeatures, _testRadii, single);
        return _real with
        {
            FeatureDistance = FrechetDistance.Between(moments, _testMoments),
            FeatureDistanceToTraining = FrechetDistance.Between(moments, _trainMoments),
            ClassAccuracy = ClassAccuracy.Of(_classifier, samples),
            Precision = precision,
            Recall = recall,
            NearestTraining = _nearest.Measure(samples, single),
        };
    }

    public void Dispose()
    {
        _trainFeatures.Dispose();
        _testFeatures.Dispose();
        _testRadii.Dispose();
    }
}
