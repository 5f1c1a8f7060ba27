using System.Globalization;
using System.Text.Json.Nodes;

namespace Onebit.Export;

/// <summary>
/// A packed model as a safetensors file: the arrays of its operations as tensors, everything else as JSON in the file's metadata. It holds
/// all that the model needs; docs/interchange.md describes it.
/// </summary>
public static class SafeTensorsExporter
{
    /// <summary>The name of the metadata that holds the JSON.</summary>
    public const string Metadata = "onebit";

    /// <summary>Writes a model.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="model">Any model, diffusion models too.</param>
    public static void Write(Stream stream, BitModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        OperationTable[] tables = OperationTable.Of(model);
        ModelInput input = model.Input;
        var read = new JsonObject
        {
            ["channels"] = input.Channels,
            ["height"] = input.Height,
            ["width"] = input.Width,
            ["bits"] = input.Bits,
            ["pixelThreshold"] = input.PixelThreshold,
        };
        var tensors = new List<SafeTensor>();
        if (input.Diffusion is { Schedule: var schedule })
        {
            tensors.Add(Tensor("input.", NumberArray.Of("signal", schedule.Signal)));
            tensors.Add(Tensor("input.", NumberArray.Of("noise", schedule.Noise)));
        }

        var operations = new JsonArray();
        for (int i = 0; i < tables.Length; i++)
        {
            Operation operation = model.Operations[i];
            ValueInfo value = model.Values[i + 1];
            var numbers = new JsonObject
            {
                ["operation"] = operation.GetType().Name,
                ["inputs"] = new JsonArray([.. operation.Inputs.ToArray().Select(v => JsonValue.Create(v))]),
            };
            foreach ((string name, int number) in tables[i].Numbers)
            {
                numbers[name] = number;
            }

            numbers["gives"] = new JsonObject
            {
                ["kind"] = value.Kind.ToString(),
                ["bits"] = value.Bits,
                ["shape"] = new JsonArray(value.Channels, value.Height, value.Width),
            };
            operations.Add(numbers);
            tensors.AddRange(tables[i].Arrays.Select(a => Tensor(string.Create(CultureInfo.InvariantCulture, $"operations.{i}."), a)));
        }

        var json = new JsonObject
        {
            ["input"] = read,
            ["preparation"] = model.Preparation.ToString(),
            ["classNames"] = new JsonArray([.. model.ClassNames.Select(n => JsonValue.Create(n))]),
            ["operations"] = operations,
        };
        // The widest first, so that all lie at multiples of their size.
        SafeTensorsFile.Write(
            stream,
            [.. tensors.OrderByDescending(t => t.Type.Length).ThenByDescending(t => t.Type, StringComparer.Ordinal)],
            new Dictionary<string, string> { [Metadata] = json.ToJsonString() }
        );
    }

    private static SafeTensor Tensor(string prefix, NumberArray array) =>
        new(
            prefix + array.Name,
            array.Type == CType.UInt8 ? "U8" : $"I{8 * array.Type.Bytes}",
            [.. array.Shape.Select(side => (long)side)],
            array.Bytes.Length,
            stream => stream.Write(array.Bytes)
        );
}
