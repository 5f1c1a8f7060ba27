namespace Onebit.Datasets;

/// <summary>
/// Makes of any picture of one digit what MNIST's makers made of theirs (LeCun et al. 1998, section III.A): white ink on
/// black, its longer side 20 pixels, its centre of mass in the middle of 28 x 28. Ink may be dark or light, coloured, thin
/// or thick, anywhere on paper that is plain, shaded, noisy or transparent. docs/images.md tells the steps and their worth.
/// </summary>
public static class DigitImage
{
    /// <summary>Rows and columns of the result.</summary>
    public const int Side = 28;

    private const int BoxSide = 20;

    // Larger pictures are averaged to it first: that takes away noise, and 20 pixels show no more.
    private const int WorkSide = 320;

    /// <summary>Prepares a picture.</summary>
    /// <param name="picture">Shows one digit.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="steps">What to do; all unless given.</param>
    /// <returns>28 x 28 bytes, row by row.</returns>
    /// <exception cref="DatasetException">It shows no ink.</exception>
    public static byte[] From(Picture picture, string name, DigitSteps steps = DigitSteps.All)
    {
        ArgumentNullException.ThrowIfNull(picture);
        using var memory = new PlaneScope();
        double reduction = Math.Max(1, (double)Math.Max(picture.Width, picture.Height) / WorkSide);
        Plane[] colours = picture.Planes(
            Math.Max(1, (int)(picture.Height / reduction)),
            Math.Max(1, (int)(picture.Width / reduction)),
            steps.HasFlag(DigitSteps.Flatten)
        );
        Plane ink = Ink.Find(colours, steps) ?? throw new DatasetException($"{name} shows no ink: it is blank, or too faint.");
        if (steps.HasFlag(DigitSteps.Crop))
        {
            ink = Ink.Crop(ink);
        }

        if (steps.HasFlag(DigitSteps.Thickness))
        {
            ink = StrokeWidth.Normalize(ink, BoxSide);
        }

        int longer = Math.Max(ink.Height, ink.Width);
        Plane box = ink.Resample(Scaled(ink.Height, longer), Scaled(ink.Width, longer));
        if (steps.HasFlag(DigitSteps.Contrast))
        {
            Stretch(box);
        }

        (double y, double x) = steps.HasFlag(DigitSteps.CentreOfMass) ? CentreOfMass(box) : (box.Height / 2.0, box.Width / 2.0);
        int top = Math.Clamp((int)Math.Round(Side / 2.0 - y), 0, Side - box.Height);
        int left = Math.Clamp((int)Math.Round(Side / 2.0 - x), 0, Side - box.Width);
        var digit = new byte[Side * Side];
        for (int row = 0; row < box.Height; row++)
        {
            for (int column = 0; column < box.Width; column++)
            {
                digit[(top + row) * Side + left + column] = (byte)Math.Clamp(MathF.Round(box.Values[row * box.Width + column]), 0, 255);
            }
        }

        return digit;
    }

    private static int Scaled(int side, int longer) => Math.Max(1, (int)Math.Round((double)side * BoxSide / longer));

    /// <summary>The middle of a line is as white as can be, its edge keeps its greys.</summary>
    private static void Stretch(Plane box)
    {
        float[] inked = [.. box.Values.Where(v => v > 255 / 10f).Order()];
        float white = inked.Length == 0 ? 255 : inked[inked.Length * 3 / 4];
        for (int i = 0; i < box.Values.Length; i++)
        {
            box.Values[i] *= 255 / white;
        }
    }

    private static (double Y, double X) CentreOfMass(Plane box)
    {
        double mass = 0,
            y = 0,
            x = 0;
        for (int i = 0; i < box.Values.Length; i++)
        {
            mass += box.Values[i];
            y += box.Values[i] * (i / box.Width + 0.5);
            x += box.Values[i] * (i % box.Width + 0.5);
        }

        return mass > 0 ? (y / mass, x / mass) : (box.Height / 2.0, box.Width / 2.0);
    }
}
