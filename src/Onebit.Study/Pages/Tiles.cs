using System.Text;
using Onebit.Datasets;

namespace Onebit.Study;

/// <summary>Images side by side on a page, each with a line below it.</summary>
internal static class Tiles
{
    /// <summary>Some images of a set.</summary>
    /// <param name="images">The set.</param>
    /// <param name="indices">Which of them; none gives nothing.</param>
    /// <param name="what">What an image is called, before its index.</param>
    /// <param name="caption">HTML below the tile at a place of <paramref name="indices"/>; an empty one leaves no line.</param>
    internal static string Write(ImageSet images, IReadOnlyList<int> indices, string what, Func<int, string> caption)
    {
        if (indices.Count == 0)
        {
            return "";
        }
        var tiles = new StringBuilder();
        for (int i = 0; i < indices.Count; i++)
        {
            string below = caption(i);
            tiles.Append(
                $"""
                <figure><span class="tile" role="img" aria-label="{what} {indices[i]}" title="{what} {indices[i]}" style="--i:{i}"></span>{(
                    below.Length == 0 ? "" : $"<figcaption>{below}</figcaption>"
                )}</figure>

                """
            );
        }
        return $"""
            <div class="tiles" style="{Style(images, indices)}">
            {tiles}</div>

            """;
    }

    /// <summary>Some images of a set, each shown only while its place on a picture is pointed at.</summary>
    /// <param name="images">The set.</param>
    /// <param name="indices">Which of them.</param>
    /// <param name="what">What an image is called, before its index.</param>
    /// <param name="places">As shares of the picture's width and height.</param>
    internal static string Spots(ImageSet images, IReadOnlyList<int> indices, string what, IReadOnlyList<(double X, double Y)> places) =>
        $"""<div style="{Style(images, indices)}">"""
        + string.Concat(
            indices
                .Zip(places, (index, at) => $"""<span class="spot" title="{what} {index}" style="left:{Share(at.X)};top:{Share(at.Y)}">""")
                .Select((span, i) => $"""{span}<span class="tile" style="--i:{i}"></span></span>""")
        )
        + "</div>";

    private static string Share(double share) => Display.Number(100 * share, "0.##") + "%";

    /// <summary>The images as one picture, and their size: whole multiples, so that every pixel of an image is equally large.</summary>
    private static string Style(ImageSet images, IReadOnlyList<int> indices)
    {
        int zoom = Math.Max(1, (int)Math.Round(60.0 / Sprite.TileWidth(images)));
        return $"--n:{indices.Count};--w:{zoom * Sprite.TileWidth(images)}px;--h:{zoom * Sprite.TileHeight(images)}px;"
            + $"--sprite:url(data:image/png;base64,{Convert.ToBase64String(Sprite.Png(images, indices))})";
    }
}
