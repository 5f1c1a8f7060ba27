namespace Onebit.Study;

/// <summary>The machine that a study ran on.</summary>
/// <param name="Processor">Its name as it gives it.</param>
/// <param name="Cores">Logical processors.</param>
/// <param name="MemoryBytes">Memory the process can have.</param>
/// <param name="OperatingSystem">Name and version.</param>
/// <param name="Runtime">.NET's version.</param>
/// <param name="VectorBits">Widest vectors that .NET uses here.</param>
public sealed record MachineInfo(string Processor, int Cores, long MemoryBytes, string OperatingSystem, string Runtime, int VectorBits);
