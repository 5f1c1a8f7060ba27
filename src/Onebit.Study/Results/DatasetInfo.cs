using System.Globalization;
using System.Text.Json.Serialization;
using Onebit.Datasets;

namespace Onebit.Study;

/// <summary>The data that a study used.</summary>
/// <param name="Name">Known name or folder.</param>
/// <param name="TrainImages">Images trained on, unless a run says otherwise.</param>
/// <param name="ValidationImages">Images held out, on which every choice is made.</param>
/// <param name="TestImages">Images read once per finished run.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="ClassNames">What they are called, in the order of the labels.</param>
/// <param name="Size">What a folder's images were scaled to, where that was asked for: rows x columns, or with channels.</param>
/// <param name="HardImages">Test images that are known to be hard; null: none are.</param>
/// <param name="Folder">The folder of the user's own that they were read from, its full path; null: the set has a name.</param>
/// <param name="Sha256">Of shapes, class names, labels and pixels, in hexadecimal; null: an earlier version does not say.</param>
public sealed record DatasetInfo(
    string Name,
    int TrainImages,
    int ValidationImages,
    int TestImages,
    int Classes,
    IReadOnlyList<string> ClassNames,
    string? Size,
    int? HardImages,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Folder = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Sha256 = null
)
{
    internal static DatasetInfo Of(Dataset data, Shape? size, int? hardImages) =>
        new(
            data.Name,
            data.Train.Count,
            data.Validation.Count,
            data.Test.Count,
            data.ClassCount,
            data.ClassNames,
            size is { } asked ? SizeText(asked) : null,
            hardImages,
            data.Folder,
            data.Sha256
        );

    /// <summary>As <c>--size</c> takes it: <c>24x32</c>, rows x columns, or <c>24x32x3</c> where the channels are given.</summary>
    public static string SizeText(Shape size) =>
        string.Create(CultureInfo.InvariantCulture, $"{size.Height}x{size.Width}") + (size.Channels > 0 ? $"x{size.Channels}" : "");
}
