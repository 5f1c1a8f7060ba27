namespace Onebit.Study;

/// <summary>
/// Where an accuracy on other images of the same kind would be, 95 times in 100 (Wilson 1927). It says nothing of another training.
/// </summary>
/// <param name="Low">A fraction.</param>
/// <param name="High">A fraction.</param>
public readonly record struct Wilson(double Low, double High)
{
    /// <summary>The interval of a share of some images.</summary>
    public static Wilson Of(double accuracy, int images)
    {
        const double Z = 1.959964; // Leaves 2.5 % on each side of a normal distribution.
        double square = Z * Z / Math.Max(1, images),
            middle = (accuracy + square / 2) / (1 + square),
            half = Z * Math.Sqrt(accuracy * (1 - accuracy) / Math.Max(1, images) + square * square / (4 * Z * Z)) / (1 + square);
        return new Wilson(Math.Max(0, middle - half), Math.Min(1, middle + half));
    }
}
