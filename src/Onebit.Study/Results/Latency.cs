namespace Onebit.Study;

/// <summary>Time per image, from byte pixels to class, one thread.</summary>
/// <param name="Batch1">One image per call; nanoseconds, or a ratio.</param>
/// <param name="Batch256">256 images per call; nanoseconds per image, or a ratio.</param>
public sealed record Latency(double Batch1, double Batch256);
