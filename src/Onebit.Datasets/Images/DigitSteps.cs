namespace Onebit.Datasets;

/// <summary>The steps of <see cref="DigitImage"/>, each of which can be left out to see what it is worth.</summary>
[Flags]
public enum DigitSteps
{
    /// <summary>The whole picture, grey, taken as dark ink on light paper, scaled and put in the middle.</summary>
    None = 0,

    /// <summary>Lays what is transparent on a ground that its ink stands out from.</summary>
    Flatten = 1,

    /// <summary>Sees ink by the colour in which it differs from the paper, not by brightness alone.</summary>
    Colour = 2,

    /// <summary>Takes away how the paper's light varies over the picture, gradually or by a shadow.</summary>
    EvenLight = 4,

    /// <summary>Decides whether ink is darker or lighter than paper.</summary>
    Polarity = 8,

    /// <summary>Takes away the paper's noise, and specks.</summary>
    Clean = 16,

    /// <summary>Takes the ink's bounding box instead of the whole picture.</summary>
    Crop = 32,

    /// <summary>Makes lines far thinner or thicker than MNIST's about as thick.</summary>
    Thickness = 64,

    /// <summary>Stretches brightness so that ink is white and paper black, as MNIST's are.</summary>
    Contrast = 128,

    /// <summary>Puts the ink's centre of mass, instead of its box, in the middle.</summary>
    CentreOfMass = 256,

    /// <summary>All of them.</summary>
    All = 511,
}
