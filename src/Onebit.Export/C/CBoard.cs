namespace Onebit.Export;

/// <summary>A small processor on a board that qemu emulates, and a complete program for it.</summary>
public sealed class CBoard
{
    private readonly string _processor;
    private readonly string[] _machine;

    private CBoard(string name, string processor, string compiler, string[] flags, string emulator, string[] machine)
    {
        (Name, _processor, _machine) = (name, processor, machine);
        (Compiler, Emulator) = (compiler, emulator);
        CompilerFlags = ["-std=c99", "-Wall", "-Wextra", "-Os", .. flags, "-ffreestanding", "-nostdlib"];
    }

    /// <summary>All boards.</summary>
    public static IReadOnlyList<CBoard> All { get; } =
    [
        new("cortex-m3", "cortex-m3", "arm-none-eabi-gcc", ["-mcpu=cortex-m3", "-mthumb"], "qemu-system-arm", ["-M", "mps2-an385"]),
        RiscV("rv32i", "ilp32"),
        RiscV("rv32ec", "ilp32e"),
    ];

    /// <summary>The processor.</summary>
    public string Name { get; }

    /// <summary>The compiler.</summary>
    public string Compiler { get; }

    /// <summary>What tells sizes of object files.</summary>
    public string SizeTool => Compiler.Replace("-gcc", "-size", StringComparison.Ordinal);

    /// <summary>What a source is compiled with.</summary>
    public IReadOnlyList<string> CompilerFlags { get; }

    /// <summary>The emulator.</summary>
    public string Emulator { get; }

    /// <summary>What runs <c>program.elf</c>. An instruction takes a nanosecond of its time.</summary>
    public IReadOnlyList<string> EmulatorArguments =>
        [
            .. _machine,
            .. "-display none -serial none -monitor none -icount shift=0 -chardev stdio,id=out".Split(' '),
            .. "-semihosting-config enable=on,target=native,chardev=out -kernel program.elf".Split(' '),
        ];

    /// <summary>What makes <c>program.elf</c> of a model and the program's files.</summary>
    /// <param name="prefix">The model's.</param>
    public IReadOnlyList<string> CompilerArguments(string prefix) =>
        [.. CompilerFlags, "-T", "board.ld", "main.c", "board.c", "cpu.c", $"{prefix}.c", "-lgcc", "-o", "program.elf"];

    /// <summary>The files of the program, which reads images and prints their classes.</summary>
    /// <param name="prefix">The model's.</param>
    /// <param name="inPlace">The image lies in the work buffer.</param>
    public IReadOnlyList<(string Name, string Text)> Files(string prefix, bool inPlace = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return
        [
            (
                "main.c",
                Read("main.c")
                    .Replace("@static pixels@", inPlace ? "" : "static uint8_t pixels[@MODEL@_PIXELS];\n", StringComparison.Ordinal)
                    .Replace("@pixels@", inPlace ? "work.pixels" : "pixels", StringComparison.Ordinal)
                    .Replace("@arguments@", inPlace ? "&work, scores" : "pixels, scores, &work", StringComparison.Ordinal)
                    .Replace("@model@", prefix, StringComparison.Ordinal)
                    .Replace("@MODEL@", prefix.ToUpperInvariant(), StringComparison.Ordinal)
            ),
            ("board.h", Read("board.h")),
            ("board.c", Read("board.c")),
            ("cpu.h", Read("cpu.h")),
            ("cpu.c", Read($"{_processor}.c")),
            ("board.ld", Read($"{_processor}.ld")),
        ];
    }

    private static CBoard RiscV(string architecture, string calls) =>
        new(
            architecture,
            "rv32",
            "riscv64-unknown-elf-gcc",
            [$"-march={architecture}", $"-mabi={calls}", "-mcmodel=medany"],
            "qemu-system-riscv32",
            ["-M", "virt", "-bios", "none"]
        );

    private static string Read(string name)
    {
        using Stream stream = typeof(CBoard).Assembly.GetManifestResourceStream($"Boards/{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
