using Onebit.Datasets;

namespace Onebit.Study;

/// <summary>Images that a packed diffusion model draws.</summary>
public static class GeneratedImages
{
    /// <summary>Draws one image per class of a list, on as many threads as asked for.</summary>
    /// <param name="generator">The model.</param>
    /// <param name="classes">What to draw.</param>
    /// <param name="firstSeed">The seed of the first image; each image has the next one.</param>
    /// <param name="steps">How often the model runs for an image.</param>
    /// <param name="threads">Threads at most; -1: as many as the machine has processors.</param>
    /// <param name="progress">Receives the share that is done, from any thread; null: nothing does.</param>
    /// <returns>The images; their labels are the classes, those beyond 255 as 255.</returns>
    public static ImageSet Draw(
        Generator generator,
        IReadOnlyList<int> classes,
        long firstSeed,
        int steps,
        int threads = -1,
        Action<double>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(classes);
        Shape shape = generator.Model.Input.Shape;
        byte[] pixels = new byte[checked(classes.Count * shape.Count)];
        int done = 0;
        Parallel.For(
            0,
            classes.Count,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            i =>
            {
                generator.Generate(classes[i], unchecked(firstSeed + i), pixels.AsSpan(i * shape.Count, shape.Count), steps);
                progress?.Invoke((double)Interlocked.Increment(ref done) / classes.Count);
            }
        );
        byte[] labels = [.. classes.Select(c => (byte)Math.Min(c, byte.MaxValue))];
        return new ImageSet(pixels, labels, shape.Channels, shape.Height, shape.Width);
    }

    /// <summary>
    /// Draws the same images, and writes how they come out of the noise as an animation that stays at its end for a while.
    /// </summary>
    /// <param name="generator">The model.</param>
    /// <param name="classes">What to draw.</param>
    /// <param name="firstSeed">The seed of the first image; each image has the next one.</param>
    /// <param name="steps">How often the model runs for an image.</param>
    /// <param name="path">The GIF file.</param>
    /// <param name="columns">Images per row.</param>
    /// <param name="scale">Rows and columns of the picture per pixel of an image.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Animate(
        Generator generator,
        IReadOnlyList<int> classes,
        long firstSeed,
        int steps,
        string path,
        int columns,
        int scale
    )
    {
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(classes);
        const int Delay = 12,
            LastDelay = 200; // Hundredths of a second.
        Shape shape = generator.Model.Input.Shape;
        byte[][] frames = [.. Enumerable.Range(0, steps + 1).Select(_ => new byte[checked(classes.Count * shape.Count)])];
        byte[] pixels = new byte[shape.Count];
        for (int i = 0; i < classes.Count; i++)
        {
            int start = i * shape.Count;
            generator.Generate(
                classes[i],
                unchecked(firstSeed + i),
                pixels,
                steps,
                (step, image) => image.CopyTo(frames[step].AsSpan(start))
            );
        }

        var drawn = frames
            .Select(f =>
                ImageGrid.Draw(new ImageSet(f, new byte[classes.Count], shape.Channels, shape.Height, shape.Width), columns, scale: scale)
            )
            .ToArray();
        AnimatedGif.Write(
            path,
            drawn[0].Width,
            drawn[0].Height,
            [.. drawn.Select((picture, step) => (picture.Pixels, step < steps ? Delay : LastDelay))]
        );
    }
}
