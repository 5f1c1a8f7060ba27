using System.Runtime.InteropServices;

namespace Onebit.Export;

/// <summary>C, compiled for this computer.</summary>
internal sealed class HostCTarget(string compiler, string optimization) : VerificationTarget
{
    private const string Main = """
        #include <stdio.h>
        #include "model.h"

        static uint8_t pixels[MODEL_PIXELS];
        static model_score scores[MODEL_CLASSES];
        static model_work work;

        int main(void) {
            while (fread(pixels, 1, sizeof pixels, stdin) == sizeof pixels) {
                int64_t results[MODEL_CLASSES + 1];
                results[0] = model_predict(pixels, scores, &work);
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

    public override string Tool => $"{compiler} {optimization}";

    public override IReadOnlyList<string> Programs => [compiler];

    public override TargetRun Run(BitModel model, ReadOnlyMemory<byte> images)
    {
        using var tool = new VerificationTool();
        tool.WriteC(model);
        tool.Write("main.c", Main);
        tool.Run(compiler, ["-std=c99", optimization, "main.c", "model.c", "-o", "model"]);
        return new TargetRun(MemoryMarshal.Cast<byte, long>(tool.Run(tool.File("model"), [], images)).ToArray());
    }
}
