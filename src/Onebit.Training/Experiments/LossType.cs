namespace Onebit.Training;

/// <summary>What training minimizes. Reported losses of validation and test images are cross-entropy whatever it is.</summary>
public enum LossType
{
    /// <summary>Cross-entropy of the softmax of the logits.</summary>
    CrossEntropy,

    /// <summary>
    /// Mean over images and classes of <c>max(0, 1 - t z)^2</c>, z a logit, t +1 for the image's class and -1 for the others
    /// (the L2-SVM of Tang 2013, as in Courbariaux et al. 2015).
    /// </summary>
    SquaredHinge,
}
