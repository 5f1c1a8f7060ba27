using Onebit.Tests;

namespace Onebit.Export.Tests;

/// <summary>Diffusion models in C draw the pixels of the runtime.</summary>
public sealed class CGeneratorTests : IDisposable
{
    // Seeds of both signs, every class that there is and one more, and too many steps.
    private const string Program = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include "drawing.h"
        int main(void) {
            drawing_work *work = malloc(sizeof *work);
            uint8_t *pixels = malloc(DRAWING_PIXELS);
            if (work == NULL || pixels == NULL) return 1;
            for (int i = 0; i <= DRAWING_STEPS + 1; i++) {
                for (int label = -1; label <= DRAWING_CLASSES; label++) {
                    memset(work, 0x5a + i, sizeof *work);
                    memset(pixels, 7, DRAWING_PIXELS);
                    const int result = drawing_generate(label, (uint64_t)INT64_C(-2) + (uint64_t)i, i, pixels, work);
                    if (result != 0 && result != -1) return 2;
                    fputc(result == 0, stdout);
                    fwrite(pixels, DRAWING_PIXELS, 1, stdout);
                }
            }
            free(work);
            free(pixels);
            return 0;
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gcc", 16, "-O2")]
    [InlineData("gcc", 1, "-O2")]
    [InlineData("gcc", 16, "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")]
    [InlineData("clang", 1, "-Os", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")]
    public void A_diffusion_model_draws_the_pixels_of_the_runtime(string compiler, int bits, params string[] flags)
    {
        Assert.SkipUnless(CProgram.Find(compiler) is not null, $"{compiler} is not installed.");
        Assert.SkipUnless(CProgram.Links(compiler, flags), $"{compiler} does not link with {string.Join(' ', flags)}.");
        for (int seed = 0; seed < 3; seed++)
        {
            RequireRuntimePixels(SmallDiffusion.Denoiser(new Random(seed), bits: bits), compiler, flags);
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1)]
    public void Many_levels_have_the_factors_of_the_runtime(int bits)
    {
        Assert.SkipUnless(CProgram.Find("gcc") is not null, "gcc is not installed.");
        BitModel few = SmallDiffusion.Denoiser(new Random(9), bits: bits);
        var schedule = NoiseSchedule.Cosine(80);
        ModelInput input = few.Input with
        {
            Diffusion = new DiffusionInput(bits == 1 ? new NoiseSchedule(schedule.Signal) : schedule, SmallDiffusion.Classes),
        };
        RequireRuntimePixels(new BitModel(input, few.Operations), "gcc", "-O2");
    }

    [Fact]
    public void The_image_of_a_diffusion_model_is_no_part_of_the_work_buffer()
    {
        BitModel model = SmallDiffusion.Denoiser(new Random(1));
        Assert.Throws<InvalidDataException>(() => CExporter.Write(model, "drawing", inPlace: true));
        string header = CExporter.Write(model, "drawing").Header;
        Assert.Contains("#define DRAWING_STEPS 5\n", header, StringComparison.Ordinal);
        Assert.DoesNotContain("score", header, StringComparison.Ordinal);
    }

    private void RequireRuntimePixels(BitModel model, string compiler, params string[] flags)
    {
        CFiles files = CExporter.Write(model, "drawing");
        _folder.Add("drawing.h", files.Header);
        _folder.Add("drawing.c", files.Source);
        _folder.Add("main.c", Program + "\n");
        (int code, string output) = ProgramRun.Of(
            compiler,
            _folder.Path,
            [.. CProgram.Strict, .. flags, "drawing.c", "main.c", "-o", "program"]
        );
        Assert.True(code == 0, output);
        ReadOnlySpan<byte> drawn = CProgram.Run(_folder.File("program"), _folder.Path, [], []);
        var generator = new Generator(model);
        byte[] expected = new byte[model.Input.Shape.Count];
        for (int i = 0; i <= generator.MaxSteps + 1; i++)
        {
            for (int label = -1; label <= model.ClassCount; label++)
            {
                bool isValid = i >= 1 && i <= generator.MaxSteps && label >= 0 && label < model.ClassCount;
                Array.Fill(expected, (byte)7);
                if (isValid)
                {
                    generator.Generate(label, i - 2, expected, i);
                }

                Assert.Equal(isValid ? 1 : 0, drawn[0]);
                Assert.True(drawn.Slice(1, expected.Length).SequenceEqual(expected), $"class {label}, {i} steps");
                drawn = drawn[(1 + expected.Length)..];
            }
        }

        Assert.True(drawn.IsEmpty);
    }
}
