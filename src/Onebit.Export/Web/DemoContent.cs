namespace Onebit.Export;

/// <summary>What a page shows.</summary>
/// <param name="Models">Classifiers, at least one. The first is shown first.</param>
/// <param name="Float">A network in full precision beside them, or null.</param>
/// <param name="Gallery">Images to choose from, or null.</param>
/// <param name="Generator">A diffusion model that draws grey images, or null. A tiny page has none.</param>
public sealed record DemoContent(
    IReadOnlyList<DemoModel> Models,
    FloatNetwork? Float = null,
    DemoGallery? Gallery = null,
    DemoModel? Generator = null
);

/// <summary>A packed model of a page.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Model">The model. It reads images of 1 or 3 channels, or draws grey ones.</param>
/// <param name="Preparation">How pictures are prepared for it; unknown: they are scaled.</param>
/// <param name="Accuracy">Share of test images that it reads rightly, or null.</param>
public sealed record DemoModel(string Name, BitModel Model, ImagePreparation Preparation, double? Accuracy = null);

/// <summary>Images of a page.</summary>
/// <param name="Shape">Of each.</param>
/// <param name="Images">The images.</param>
public sealed record DemoGallery(Shape Shape, IReadOnlyList<DemoImage> Images);

/// <summary>An image of a page.</summary>
/// <param name="Pixels">Channels x height x width bytes.</param>
/// <param name="Label">The name of its class.</param>
/// <param name="Answers">What networks say: their name, and that of the class.</param>
public sealed record DemoImage(ReadOnlyMemory<byte> Pixels, string Label, IReadOnlyList<(string Network, string Class)> Answers);
