using System.Globalization;
using System.Text;

namespace Onebit.Export;

/// <summary>
/// A packed model as a C99 header of constants: the arrays of its operations, and all other numbers as macros. It holds no code, for
/// programs whose own code computes the operations. <see cref="CExporter"/> writes the code too.
/// </summary>
public static class HeaderExporter
{
    private const long MaxBytes = 1 << 24;

    /// <summary>Writes a model.</summary>
    /// <param name="model">Any model, diffusion models too.</param>
    /// <param name="prefix">What all names begin with, see <see cref="CExporter.IsPrefix"/>.</param>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    /// <exception cref="InvalidDataException">The model is too large; the message says why.</exception>
    public static string Write(BitModel model, string prefix)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!CExporter.IsPrefix(prefix))
        {
            throw new ArgumentException($"'{prefix}' is no prefix of names in C.", nameof(prefix));
        }

        OperationTable[] tables = OperationTable.Of(model);
        long bytes = tables.SelectMany(t => t.Arrays).Sum(a => (long)a.Bytes.Length);
        if (bytes > MaxBytes)
        {
            throw new InvalidDataException($"The model's arrays have {bytes} bytes; a header is written for at most {MaxBytes}.");
        }

        ModelInput input = model.Input;
        string macro = prefix.ToUpperInvariant();
        var text = new CText();
        text.Add(
            $"""
            /* The numbers of a one-bit neural network, written by onebit export. Do not edit them: export them again.
            *
            * {bytes} bytes in arrays. There is no code here: docs/operations.md of Onebit says what each operation computes.
            *
            * A value is an array of integers, channels x height x width: channel by channel, row by row. Value 0 is the input. Operation i,
            * from 0, gives value i + 1. OPi_INPUT0 is the first value it reads, OPi_INPUT1 the second.
            *
            * weights      one bit each, lowest bit of a byte first: 1 is +1 and 0 is -1. Bit o * n + k is weight k of output o. n is the
            *              inputs of an output: channels / groups * kernel height * kernel width, and k counts them in this order.
            *              Rows are not padded.
            * signs        one bit for each element of the value, as weights.
            * flipped      1 where the channel is flipped, else 0.
            * thresholds   of a Quantize, all of the first channel, then all of the second.
            * multipliers  of a WeightedSum, all channels of the first term, then all of the second.
            * table        of an AddEmbedding, all channels of the first row, then all of the second.
            * all others   one number for each channel, class or head, or each entry of a table.
            */
            #ifndef {macro}_DATA_H
            #define {macro}_DATA_H
            """
        );
        text.Space().Add("#include <stdint.h>").Space();
        text.Add(
            $"""
            #define {macro}_CHANNELS {input.Channels}
            #define {macro}_HEIGHT {input.Height}
            #define {macro}_WIDTH {input.Width}
            #define {macro}_INPUT_BITS {input.Bits}
            #define {macro}_PIXEL_THRESHOLD {input.PixelThreshold}
            #define {macro}_CLASSES {model.ClassCount}
            #define {macro}_OPERATIONS {tables.Length}
            """
        );
        if (input.Diffusion is { Schedule: var schedule })
        {
            AddArray(text, prefix, NumberArray.Of("signal", schedule.Signal));
            AddArray(text, prefix, NumberArray.Of("noise", schedule.Noise));
        }

        for (int i = 0; i < tables.Length; i++)
        {
            Operation operation = model.Operations[i];
            ValueInfo value = model.Values[i + 1];
            string number = i.ToString(CultureInfo.InvariantCulture),
                kind = value.Kind == ElementKind.Codes ? $"codes of {value.Bits} bits" : value.Kind.ToString().ToLowerInvariant(),
                gives = $"{kind}, {value.Channels} x {value.Height} x {value.Width}";
            text.Space().Add($"/* Operation {number}: {operation.GetType().Name}. It gives {gives}. */");
            IEnumerable<(string, int)> inputs = operation.Inputs.ToArray().Select((v, k) => ($"input{k}", v));
            foreach ((string name, int single) in inputs.Concat(tables[i].Numbers))
            {
                text.Add(
                    name == "weightsOf"
                        ? $"#define {prefix}_op{number}_weights {prefix}_op{single}_weights"
                        : $"#define {macro}_OP{number}_{Snake(name).ToUpperInvariant()} {CUnit.Literal(single)}"
                );
            }

            foreach (NumberArray array in tables[i].Arrays)
            {
                AddArray(text, $"{prefix}_op{number}", array);
            }
        }

        return text.Space().Add("#endif").ToString();
    }

    private static void AddArray(CText text, string prefix, NumberArray array)
    {
        string[] numbers = [.. array.Numbers.Select(CUnit.Literal)];
        text.Add(
            $$"""
            /* {{string.Join(" x ", array.Shape)}} */
            static const {{array.Type.Name}} {{prefix}}_{{Snake(array.Name)}}[{{numbers.Length}}] = {
            {{CUnit.Lines(numbers)}}
            };
            """
        );
    }

    /// <summary>lowMultipliers as low_multipliers.</summary>
    private static string Snake(string name)
    {
        var snake = new StringBuilder();
        foreach (char c in name)
        {
            snake.Append(char.IsUpper(c) ? "_" : "").Append(char.ToLowerInvariant(c));
        }

        return snake.ToString();
    }
}
