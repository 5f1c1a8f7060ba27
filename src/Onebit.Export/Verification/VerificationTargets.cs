namespace Onebit.Export;

/// <summary>All ways to run an exported model, and their comparison with the runtime.</summary>
public static class VerificationTargets
{
    /// <summary>One entry per target that needs no library. ONNX Runtime is one more, in <c>Onebit.Study</c>.</summary>
    public static IReadOnlyList<VerificationTarget> All { get; } =
    [
        .. from compiler in new[] { "gcc", "clang" } from level in new[] { "-O0", "-Os", "-O2" } select new HostCTarget(compiler, level),
        new HostCTarget("gcc", "-O2", inPlace: true),
        new JavaScriptTarget(),
        .. CBoard.All.Select(board => new BoardTarget(board)),
        .. CBoard.All.Select(board => new BoardTarget(board, inPlace: true)),
    ];

    /// <summary>How many images have another class or another score than those of the runtime.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images, one after another.</param>
    /// <param name="results">For each image its class, then its scores.</param>
    /// <exception cref="VerificationException">There is not one result per image.</exception>
    public static int Mismatches(BitModel model, ReadOnlySpan<byte> images, IReadOnlyList<long> results)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(results);
        int size = model.Values[0].Count,
            count = images.Length / size,
            mismatches = 0;
        long[] scores = new long[model.ClassCount];
        if (results.Count != count * (scores.Length + 1))
        {
            throw new VerificationException($"{results.Count} numbers came back for {count} images of {scores.Length} classes.");
        }

        for (int i = 0; i < count; i++)
        {
            long expected = model.Predict(images.Slice(i * size, size), scores);
            int at = i * (scores.Length + 1);
            bool isSame = results[at] == expected && !scores.Where((s, c) => results[at + 1 + c] != s).Any();
            mismatches += isSame ? 0 : 1;
        }

        return mismatches;
    }
}
