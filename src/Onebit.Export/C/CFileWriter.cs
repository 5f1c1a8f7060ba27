using System.Globalization;

namespace Onebit.Export;

/// <summary>The two files around the functions of the layers.</summary>
internal static class CFileWriter
{
    /// <summary>The header: what the model takes, how it is called, and the work buffer.</summary>
    public static string Header(CUnit unit, WorkBuffer buffer, IReadOnlyList<LayerWriter> layers)
    {
        BitModel model = unit.Model;
        (string name, string macro) = (unit.Prefix, unit.Macro);
        ModelInput input = model.Input;
        var text = new CText();
        string size = $"{input.Channels} x {input.Height} x {input.Width} bytes (channels x height x width)",
            classes = $"{model.ClassCount} classes{ClassNames(model)}";
        (string purpose, string example) = unit.Draws
            ? (
                $"""
                * Draws   {size}{(model.ClassCount == 1 ? "." : ",")}
                {(model.ClassCount == 1 ? "" : $"*         one of {classes}.")}
                """,
                $"""
                * static uint8_t pixels[{macro}_PIXELS];
                * {name}_generate(0, 1, {macro}_STEPS, pixels, &work);
                """
            )
            : (
                $"""
                * Reads   {size},
                *         channel by channel, row by row.
                * Gives   one of {classes}, and a score for each.
                """,
                $"""
                * {name}_score scores[{macro}_CLASSES];
                * int best = {name}_predict({(unit.IsInPlace ? "&work, scores" : "pixels, scores, &work")});
                """
            );
        text.Add(
            $"""
            /* A one-bit {(unit.Draws ? "diffusion model" : "neural network")}, written by onebit export. Do not edit it: export it again.
            *
            {purpose}
            * Flash   {unit.ConstantBytes} bytes of weights and tables. Code comes on top.
            * RAM     {buffer.Bytes} bytes of work buffer{(
                unit.IsInPlace ? ", which holds the image. The scores"
                : unit.Draws ? ". The image"
                : ". The image, the scores"
            )} and the stack come on top.
            * Work    {MultiplyAccumulates(model, layers)} multiply-accumulates per {(unit.Draws ? "step" : "image")}.
            *
            * static {name}_work work;
            {example}
            */
            #ifndef {macro}_H
            #define {macro}_H
            """
        );
        text.Space().Add("#include <stdint.h>").Space();
        text.Add(
            $"""
            #define {macro}_CHANNELS {input.Channels}
            #define {macro}_HEIGHT {input.Height}
            #define {macro}_WIDTH {input.Width}
            #define {macro}_PIXELS {CUnit.Literal(input.Shape.Count)}
            #define {macro}_CLASSES {model.ClassCount}
            {(unit.Draws ? $"#define {macro}_STEPS {input.Diffusion!.Schedule.Levels}" : "")}
            #define {macro}_WORK_BYTES {buffer.Bytes}
            """
        );
        text.Space().AddIndented("#ifdef __cplusplus\nextern \"C\" {\n#endif\n").Space();
        if (!unit.Draws)
        {
            text.Add($"/* A score. Divided by 2 to the power of {Shift(model)} it is a logit. */");
            text.Add($"typedef {unit.ScoreType().Name} {name}_score;").Space();
        }

        text.Add("/* Memory for one call. What is never needed at the same time shares bytes. It need not be cleared. */");
        text.Add(buffer.Declaration).Space();
        text.Add(
            unit.Draws
                ? $"""
                /* Draws an image in 1 to {macro}_STEPS steps. pixels receives {macro}_PIXELS bytes.
                * label is the class, 0 to {macro}_CLASSES - 1. The same label, seed and steps give the same image as in Onebit.
                * The result is -1 where a number is out of range, else 0.
                * Calls with different work buffers may run at the same time. */
                {new CGenerator(unit).Declaration};
                """
                : $"""
                    /* The class of an image, 0 to {model.ClassCount - 1}: the lowest one with the largest score.
                    * {(
                        unit.IsInPlace ? "work->pixels is the image, and is overwritten." : $"pixels has {macro}_PIXELS bytes."
                    )} scores receives {macro}_CLASSES numbers.
                    * Calls with different work buffers may run at the same time. */
                    int {name}_predict({unit.Parameters});
                    """
        );
        return text.Space().AddIndented("#ifdef __cplusplus\n}\n#endif\n\n#endif\n").ToString();
    }

    /// <summary>The source.</summary>
    /// <param name="unit">The file.</param>
    /// <param name="buffer">The work buffer.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="calls">The statements that run the layers.</param>
    public static string Source(CUnit unit, WorkBuffer buffer, IReadOnlyList<LayerWriter> layers, string calls)
    {
        (BitModel model, string name) = (unit.Model, unit.Prefix);
        var text = new CText();
        text.Add(
            $"""
            /* A one-bit {(unit.Draws ? "diffusion model" : "neural network")}, written by onebit export. Do not edit it: export it again.
            *
            * A value is stored channel by channel, row by row. Signs and codes of one bit are bits of 32-bit words, lowest bit first.
            * The shift >> of a negative number must be arithmetic, as it is with all common compilers. */
            #include "{name}.h"
            """
        );
        text.Space()
            .Add(
                """
                /* Constants stay in flash where they would be copied to RAM: avr-gcc, unless it is told to know C alone (-std=c99). */
                #if defined(__FLASH) && !defined(__STRICT_ANSI__)
                #define IN_FLASH __flash
                #else
                #define IN_FLASH
                #endif
                """
            )
            .Space();
        if (buffer.Places.Length > 0)
        {
            text.Add(buffer.Places).Space();
        }

        string threshold = "";
        if (!unit.Draws && !buffer.IsPixels(0) && layers.Any(l => l.Sources.Contains(0)))
        {
            threshold = $"binarize({buffer.Pixels}, {buffer.Address(0)});\n";
        }

        foreach (string helper in unit.HelperTexts)
        {
            text.Add(helper).Space();
        }

        if (threshold.Length > 0)
        {
            var bits = new CValue(model.Values[0], CType.Bits, "out");
            int left = bits.Info.Count % 32;
            string rest = left == 0 ? "" : $"*out = word >> {32 - left};";
            text.Add(
                    $$"""
                    /* Pixels to codes of one bit. */
                    static void binarize(const uint8_t *pixels, uint32_t *out) {
                    uint32_t word = 0;
                    for (uint32_t i = 1; i <= {{bits.Info.Count}}; i++) {
                    word = word >> 1 | (uint32_t)(*pixels++ >= {{model.Input.PixelThreshold}}) << 31;
                    if ((i & 31) == 0) {
                    *out++ = word;
                    }
                    }
                    {{rest}}
                    }
                    """
                )
                .Space();
        }

        // The generator has tables too.
        string? drawing = unit.Draws ? new CGenerator(unit).Text(buffer, calls) : null;
        text.AddIndented(unit.Text.ToString());
        if (drawing is not null)
        {
            return text.Add(drawing).ToString();
        }

        string memory = $"{threshold}{calls}".Contains("memory", StringComparison.Ordinal)
            ? "uint8_t *const memory = work->bytes;"
            : "(void)work;";
        text.Add(
            $$"""
            int {{name}}_predict({{unit.Parameters}}) {
            {{memory}}
            {{threshold}}
            {{calls}}
            int best = 0;
            for (int c = 1; c < {{unit.Macro}}_CLASSES; c++) {
            if (scores[c] > scores[best]) {
            best = c;
            }
            }
            return best;
            }
            """
        );
        return text.ToString();
    }

    /// <summary>Multiply-accumulates of all layers with weights, and of attention.</summary>
    public static long MultiplyAccumulates(BitModel model, IEnumerable<LayerWriter> layers)
    {
        long all = 0;
        foreach (LayerWriter writer in layers)
        {
            foreach (Operation operation in writer.Layer.Operations)
            {
                ValueInfo output = writer.ValueOf(operation);
                all += operation switch
                {
                    Linear l => (long)output.Count * (model.Values[l.Input].Channels / l.Groups) * l.KernelHeight * l.KernelWidth,
                    AttentionScores s => (long)output.Count * (model.Values[s.Query].Channels / s.Heads),
                    AttentionSum s => (long)output.Count * model.Values[s.Values].Area,
                    AttentionMean m => (long)output.Count * model.Values[m.Values].Area,
                    _ => 0,
                };
            }
        }

        return all;
    }

    private static string Shift(BitModel model) => ((Scores)model.Operations[^1]).Shift.ToString(CultureInfo.InvariantCulture);

    /// <summary>Names of the model's own. A name may hold what would end a comment.</summary>
    private static string ClassNames(BitModel model)
    {
        const int Few = 20;
        if (model.ClassNames.Select((name, c) => name == c.ToString(CultureInfo.InvariantCulture)).All(same => same))
        {
            return "";
        }

        string names = string.Join(
            ", ",
            model.ClassNames.Take(Few).Select(name => string.Concat(name.Select(c => char.IsLetterOrDigit(c) ? c : '_')))
        );
        return $" ({names}{(model.ClassCount > Few ? ", ..." : "")})";
    }
}
