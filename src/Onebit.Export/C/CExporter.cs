using System.Globalization;
using System.Text;

namespace Onebit.Export;

/// <summary>
/// A packed model as C99: one source and one header. The code needs integers alone, no heap and no library. It gives the scores of
/// <see cref="ReferenceInterpreter"/>, or draws its images. Weights are constants. Values share one work buffer, which the caller gives.
/// </summary>
public static class CExporter
{
    private const int MaxPrefix = 64;
    private const long MaxWeightBytes = 1 << 24;

    /// <summary>Writes a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prefix">What all names begin with, see <see cref="IsPrefix"/>.</param>
    /// <param name="inPlace">
    /// The image lies in the work buffer, and is overwritten. This needs the least memory. Otherwise the image may lie anywhere, and stays.
    /// </param>
    /// <exception cref="ArgumentException">The prefix is none.</exception>
    /// <exception cref="InvalidDataException">The model is too large; the message says why.</exception>
    public static CFiles Write(BitModel model, string prefix, bool inPlace = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!IsPrefix(prefix))
        {
            throw new ArgumentException($"'{prefix}' is no prefix of names in C.", nameof(prefix));
        }

        if (model.Input.Diffusion is not null && inPlace)
        {
            throw new InvalidDataException("A diffusion model reads no image, so it is not written in place.");
        }

        long weights = model.Operations.OfType<Linear>().Sum(l => (long)l.Weights.Length);
        if (weights > MaxWeightBytes)
        {
            throw new InvalidDataException(
                $"The model's layers have {weights} bytes of weights; C is written for at most {MaxWeightBytes}."
            );
        }

        FusedLayer[] layers = [.. LiveLayers(model)];
        ColumnPlan columns = inPlace ? ColumnPlan.None : ColumnPlan.Of(model, layers);
        return RowPlan
            .All(model, layers)
            .Select(plan => Write(model, prefix, inPlace, layers, plan, columns))
            .MinBy(files => files.WorkBytes)!;
    }

    private static CFiles Write(BitModel model, string prefix, bool inPlace, FusedLayer[] layers, RowPlan plan, ColumnPlan columns)
    {
        var unit = new CUnit(model, prefix)
        {
            Layouts = plan.Layouts,
            Columns = columns,
            IsInPlace = inPlace,
        };
        LayerWriter[] writers =
        [
            .. layers.Select(
                (layer, i) =>
                    new LayerWriter(unit, layer, $"layer{(i + 1).ToString(CultureInfo.InvariantCulture)}") { Step = plan.Steps[i] }
            ),
        ];
        foreach (LayerWriter layer in writers)
        {
            LayerTable.Writers[layer.Layer.Operations[0].GetType()](layer);
            layer.Finish();
        }

        var buffer = new WorkBuffer(unit, writers, plan);
        IEnumerable<string> calls = writers
            .Select((writer, i) => (writer, Group: plan.Groups[i]))
            .GroupBy(l => l.Group, l => l.writer)
            .Select(group =>
                group.First().Step is null ? group.Single().Call(buffer.Address) : new RowGroup(unit, [.. group]).Calls(buffer.Address)
            );
        string source = CFileWriter.Source(unit, buffer, writers, string.Join("\n", calls));
        return new CFiles(
            CFileWriter.Header(unit, buffer, writers),
            source,
            unit.ConstantBytes,
            buffer.Bytes,
            CFileWriter.MultiplyAccumulates(model, writers)
        );
    }

    /// <summary>Whether names of C may begin with it: a letter, then letters, digits and underscores, 64 at most, all ASCII.</summary>
    public static bool IsPrefix(string prefix) =>
        prefix is { Length: > 0 and <= MaxPrefix }
        && char.IsAsciiLetter(prefix[0])
        && prefix.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>A prefix made from the name of a file, such as <c>mnist_micro</c> from <c>models/mnist-micro.onebit</c>.</summary>
    public static string PrefixOf(string path)
    {
        var prefix = new StringBuilder();
        foreach (char c in Path.GetFileNameWithoutExtension(path).ToLowerInvariant().Take(MaxPrefix))
        {
            prefix.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        }

        return IsPrefix(prefix.ToString()) ? prefix.ToString() : "model";
    }

    /// <summary>The layers that the result comes from, in the order they run.</summary>
    private static Stack<FusedLayer> LiveLayers(BitModel model)
    {
        IReadOnlyList<FusedLayer> layers = FusedLayer.ListOf(model.Operations, model.Values);
        bool[] read = new bool[model.Values.Count];
        read[^1] = true;
        var live = new Stack<FusedLayer>();
        foreach (FusedLayer layer in layers.Reverse().Where(l => read[l.Output]))
        {
            live.Push(layer);
            foreach (int value in layer.Operations.SelectMany(o => o.Inputs.ToArray()))
            {
                read[value] = true;
            }
        }

        return live;
    }
}
