namespace Onebit.Study;

/// <summary>What the same network takes in full precision, timed interleaved in the same process.</summary>
/// <param name="Name">The library it runs on.</param>
/// <param name="Batch1">Nanoseconds of one image.</param>
/// <param name="Batch256">Nanoseconds per image in batches of 256.</param>
public sealed record PeerLatency(string Name, double Batch1, double Batch256);
