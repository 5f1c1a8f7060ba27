namespace Onebit.Export;

/// <summary>What an exported model gave.</summary>
/// <param name="Results">For each image its class, then its scores.</param>
/// <param name="Device">What was measured, for an emulated processor.</param>
public sealed record TargetRun(IReadOnlyList<long> Results, DeviceUse? Device = null);

/// <summary>What a model took of an emulated processor.</summary>
/// <param name="Instructions">Executed instructions per image, the mean. Instructions are not cycles.</param>
/// <param name="Flash">Bytes of code, weights and tables of the model.</param>
/// <param name="Work">Bytes of the work buffer. Image and scores come on top.</param>
/// <param name="Stack">The most bytes of stack of the whole program, until it prints.</param>
public sealed record DeviceUse(long Instructions, long Flash, long Work, long Stack);
