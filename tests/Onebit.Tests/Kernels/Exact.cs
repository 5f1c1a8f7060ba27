namespace Onebit.Tests.Kernels;

/// <summary>What every kernel owes the reference interpreter.</summary>
internal static class Exact
{
    /// <summary>One image has the class and the scores of the reference interpreter.</summary>
    public static void RequireSameScores(BitModel model, byte[] image)
    {
        long[] expected = new long[model.ClassCount],
            scores = new long[model.ClassCount];
        Assert.Equal(model.PredictPlainly(image, expected), model.Predict(image, scores));
        Assert.Equal(expected, scores);
    }
}
