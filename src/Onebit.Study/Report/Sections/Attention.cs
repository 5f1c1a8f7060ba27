using Onebit.Datasets;
using Onebit.Training;
using static Onebit.Study.Display;

namespace Onebit.Study;

/// <summary>What attention looks at: full precision beside one bit, on images that one bit gets right and wrong.</summary>
internal static class Attention
{
    private const int Right = 4,
        Wrong = 2;

    // Orange, as cells of confusion matrices.
    private static readonly byte[] s_hot = [232, 116, 59];

    internal static string Write(ReportData data)
    {
        string networks = string.Concat(data.Networks.Select(n => Network(data, n)));
        return networks.Length == 0
            ? ""
            : $"""
                <section id="attention">
                <h2>What attention looks at</h2>
                <p>The more orange, the more attention a position gets: the mean over heads and over all positions that ask. One picture
                per block, the first block first. Maps of one run, its first seed.</p>
                {networks}</section>
                """;
    }

    private static string Network(ReportData data, NetworkRuns network)
    {
        // Few bits of activation change attention the most.
        StudyRun? own = network
            .Binarized.OrderBy(r => r.ActivationBits)
            .ThenByDescending(r => r.ValidationAccuracy.Mean)
            .FirstOrDefault(r => data.Predictions.ContainsKey(r.Experiment));
        if (network.FullPrecision is not { } full || own is null || !data.Predictions.ContainsKey(full.Experiment))
        {
            return "";
        }

        byte[] labels = data.Test.Labels.ToArray(),
            predicted = data.Predictions[own.Experiment];
        int[] shown =
        [
            .. Enumerable.Range(0, labels.Length).Where(i => predicted[i] == labels[i]).DistinctBy(i => labels[i]).Take(Right),
            .. Enumerable.Range(0, labels.Length).Where(i => predicted[i] != labels[i]).Take(Wrong),
        ];
        ImageSet images = data.Test.Select(shown);
        AttentionMap[][] first,
            second;
        try
        {
            (first, second) = (data.Attention(full, images), data.Attention(own, images));
        }
        catch (ExperimentException e)
        {
            return $"<h3>{Escape(network.Name)}</h3>\n<p>Not shown: {Escape(e.Message)}</p>\n";
        }

        if (first.Length == 0 || second.Length == 0)
        {
            return "";
        }

        IReadOnlyList<string> names = data.Results.Dataset.ClassNames;
        byte[] byFull = data.Predictions[full.Experiment];
        string Cell(AttentionMap[] maps, int i, string says)
        {
            ImageSet tiles = Overlay(images, i, maps);
            string tile = Tiles.Write(tiles, [.. Enumerable.Range(0, tiles.Count)], "attention of block", _ => "");
            return $"<td>{tile}<small>says {Escape(says)}</small></td>";
        }

        string rows = string.Concat(
            shown.Select(
                (image, i) =>
                    $"""
                        <tr><th scope="row">{Escape(names[labels[image]])}</th><td>{Tiles.Write(
                            data.Test,
                            [image],
                            "test image",
                            _ => ""
                        )}</td>
                        {Cell(first[i], i, names[byFull[image]])}
                        {Cell(second[i], i, names[predicted[image]])}</tr>

                        """
            )
        );
        return $"""
            <h3>{Escape(network.Name)}</h3>
            <div class="scroll"><table class="samples">
            <thead><tr><th scope="col">class</th><th scope="col" class="text">image</th><th scope="col" class="text">{Escape(
                network.Label(full)
            )}</th><th scope="col" class="text">{Escape(network.Label(own))}</th></tr></thead>
            <tbody>{rows}</tbody></table></div>

            """;
    }

    /// <summary>An image under each of its maps, in colour.</summary>
    private static ImageSet Overlay(ImageSet images, int image, AttentionMap[] maps)
    {
        (int height, int width) = (images.Height, images.Width);
        byte[] pixels = new byte[maps.Length * 3 * height * width];
        ReadOnlySpan<byte> gray = images.Image(image);
        for (int i = 0; i < pixels.Length; i++)
        {
            (int map, int channel, int y, int x) = (i / (3 * height * width), i / (height * width) % 3, i / width % height, i % width);
            AttentionMap own = maps[map];
            float share = own.Shares[y * own.Height / height * own.Width + x * own.Width / width];
            byte pixel = gray[(images.Channels == 3 ? channel * height * width : 0) + y * width + x];
            pixels[i] = (byte)(pixel + share * 0.75f * (s_hot[channel] - pixel));
        }

        return new ImageSet(pixels, new byte[maps.Length], 3, height, width);
    }
}
