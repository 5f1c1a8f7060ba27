namespace Onebit;

/// <summary>
/// Runs a model by the plain loops of its operations, one image at a time. It defines what a model means: every kernel
/// and every exported form must give the same integers. Slow; <see cref="BitModel.Predict(ReadOnlySpan{byte})"/> is the fast way.
/// </summary>
public static class ReferenceInterpreter
{
    /// <summary>All values, the scores and the class of one image.</summary>
    /// <param name="model">The model.</param>
    /// <param name="pixels">Channels x height x width bytes, channel by channel, row by row.</param>
    /// <returns>
    /// Every value but the scores: 0 is the input's codes, <c>i + 1</c> the output of operation <c>i</c>, signs -1 and +1.
    /// One score per class. The class, the lowest of those with the largest score.
    /// </returns>
    /// <exception cref="ArgumentException">The image has another size than the model's input.</exception>
    public static (int[][] Values, long[] Scores, int Class) Run(BitModel model, ReadOnlySpan<byte> pixels)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Input.Diffusion is not null || pixels.Length != model.Input.Shape.Count)
        {
            throw new ArgumentException($"The model reads other input than {pixels.Length} pixels.", nameof(pixels));
        }

        int[] codes = new int[pixels.Length];
        model.Input.Run(pixels, codes);
        (int[][] values, long[] scores) = Run(model, codes);
        return (values, scores, Array.IndexOf(scores, scores.Max()));
    }

    /// <summary>Draws one image, see <see cref="Generator.Generate(int, long, Span{byte}, int?, Generator.StepListener?)"/>.</summary>
    /// <param name="model">A diffusion model.</param>
    /// <param name="classIndex">What to draw.</param>
    /// <param name="seed">Of the noise that it begins with.</param>
    /// <param name="pixels">Receives the image.</param>
    /// <param name="steps">How often the model runs.</param>
    /// <exception cref="ArgumentException">The model is a classifier, or the image has another length.</exception>
    public static void Generate(BitModel model, int classIndex, long seed, Span<byte> pixels, int steps) =>
        Generator.Generate(
            new Generator(model).Model.Input,
            (input, image) => Array.ConvertAll(Run(model, input).Output, e => (int)e).CopyTo(image),
            classIndex,
            seed,
            pixels,
            steps
        );

    /// <summary>Every value but the last one, and the last one.</summary>
    internal static (int[][] Values, long[] Output) Run(BitModel model, ReadOnlySpan<int> input)
    {
        ValueInfo[] infos = [.. model.Values];
        int[] starts = new int[infos.Length];
        for (int value = 1; value < infos.Length; value++)
        {
            starts[value] = starts[value - 1] + infos[value - 1].Count;
        }

        // The last value is read by no operation.
        int[] memory = new int[starts[^1]];
        input.CopyTo(memory);
        long[] output = [];
        for (int i = 0; i < model.Operations.Count; i++)
        {
            int[] inputs = model.Operations[i].Inputs.ToArray();
            output = new long[infos[i + 1].Count];
            model
                .Operations[i]
                .Run(
                    new InputValues(
                        memory,
                        Array.ConvertAll(inputs, value => starts[value]),
                        Array.ConvertAll(inputs, value => infos[value])
                    ),
                    output
                );
            for (int e = 0; e < output.Length && i + 1 < model.Operations.Count; e++)
            {
                memory[starts[i + 1] + e] = checked((int)output[e]);
            }
        }

        int[][] values = [.. infos.SkipLast(1).Select((info, value) => memory[starts[value]..(starts[value] + info.Count)])];
        return (values, output);
    }
}
