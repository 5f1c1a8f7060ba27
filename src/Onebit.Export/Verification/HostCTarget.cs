using System.Runtime.InteropServices;

namespace Onebit.Export;

/// <summary>C, compiled for this computer.</summary>
internal sealed class HostCTarget(string compiler, string optimization, bool inPlace = false) : VerificationTarget
{
    private const string Main = """
        #include <stdio.h>
        #include "model.h"

        static model_score scores[MODEL_CLASSES];
        static model_work work;
        #if IN_PLACE
        #define PIXELS work.pixels
        #define PREDICT() model_predict(&work, scores)
        #else
        static uint8_t pixels[MODEL_PIXELS];
        #define PIXELS pixels
        #define PREDICT() model_predict(pixels, scores, &work)
        #endif

        int main(void) {
            while (fread(PIXELS, 1, MODEL_PIXELS, stdin) == MODEL_PIXELS) {
                int64_t results[MODEL_CLASSES + 1];
                results[0] = PREDICT();
                for (int c = 0; c < MODEL_CLASSES; c++) {
                    results[c + 1] = scores[c];
                }
                if (fwrite(results, sizeof results, 1, stdout) != 1) {
                    return 1;
                }
            }
            return 0;
        }
        """;

    public override string Name => $"c-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    public override string Tool => $"{compiler} {optimization}{(inPlace ? ", in place" : "")}";

    public override IReadOnlyList<string> Programs => [compiler];

    public override TargetRun Run(BitModel model, ReadOnlyMemory<byte> images)
    {
        using var tool = new VerificationTool();
        tool.WriteC(model, inPlace);
        tool.Write("main.c", Main);
        tool.Run(compiler, ["-std=c99", optimization, $"-DIN_PLACE={(inPlace ? 1 : 0)}", "main.c", "model.c", "-o", "model"]);
        return new TargetRun(MemoryMarshal.Cast<byte, long>(tool.Run(tool.File("model"), [], images)).ToArray());
    }
}
