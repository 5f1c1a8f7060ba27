namespace Onebit.Study;

/// <summary>One way to classify images, to be timed against others: from byte pixels to classes, all its conversions included.</summary>
internal interface IBackend : IDisposable
{
    /// <summary>The classes of <c>classes.Length</c> images, one after another in <paramref name="images"/>.</summary>
    void Predict(ReadOnlySpan<byte> images, Span<int> classes);
}
