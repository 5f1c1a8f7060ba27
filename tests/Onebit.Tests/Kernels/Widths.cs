using System.Globalization;

namespace Onebit.Tests.Kernels;

/// <summary>The widths that kernels are tested at: all, those that the processor lacks among them, which .NET emulates.</summary>
internal static class Widths
{
    /// <summary>In the processes that <see cref="ProcessorTests"/> starts, the width that the processor is to choose there.</summary>
    public const string Variable = "ONEBIT_TESTS_WIDTH";

    /// <summary>In such a process, what the processor is to choose; null elsewhere.</summary>
    public static int? Chosen { get; } =
        Environment.GetEnvironmentVariable(Variable) is { } width ? int.Parse(width, CultureInfo.InvariantCulture) : null;

    public static int[] All { get; } = Chosen is { } chosen ? [chosen] : [64, 128, 256, 512];

    /// <summary>Where instructions are switched off, a tenth of the work takes as long.</summary>
    public static int Iterations(int iterations) => Chosen is null ? iterations : iterations / 10;
}
