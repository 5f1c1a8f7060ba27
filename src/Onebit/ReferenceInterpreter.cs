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
        ValueInfo[] infos = [.. model.Values];
        if (pixels.Length != infos[0].Count)
        {
            throw new ArgumentException($"The model reads {infos[0].Count} pixels, not {pixels.Length}.", nameof(pixels));
        }

        int[] starts = new int[infos.Length];
        for (int value = 1; value < infos.Length; value++)
        {
            starts[value] = starts[value - 1] + infos[value - 1].Count;
        }

        // The last value, the scores, is read by no operation.
        int[] memory = new int[starts[^1]];
        model.Input.Run(pixels, memory.AsSpan(0, infos[0].Count));
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
        return (values, output, Array.IndexOf(output, output.Max()));
    }
}
