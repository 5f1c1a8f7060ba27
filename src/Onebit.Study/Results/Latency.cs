namespace Onebit.Study;

/// <summary>Time an image, from byte pixels to class, one thread.</summary>
/// <param name="Batch1">One image a call; nanoseconds, or a ratio.</param>
/// <param name="Batch256">256 images a call; nanoseconds an image, or a ratio.</param>
public sealed record Latency(double Batch1, double Batch256);
