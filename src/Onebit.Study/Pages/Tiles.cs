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
        // Whole multiples, so that every pixel of the image is equally large.
        int zoom = Math.Max(1, (int)Math.Round(60.0 / Sprite.TileWidth(images)));
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
            <div class="tiles" style="--n:{indices.Count};--w:{zoom * Sprite.TileWidth(images)}px;--h:{zoom
                * Sprite.TileHeight(images)}px;--sprite:url(data:image/png;base64,{Convert.ToBase64String(Sprite.Png(images, indices))})">
            {tiles}</div>

            """;
    }
}
