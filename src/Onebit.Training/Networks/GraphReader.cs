using System.Globalization;

namespace Onebit.Training;

/// <summary>Makes a graph of a list of layers: finds what each one reads, and writes repetitions out.</summary>
/// <param name="network">The network's name.</param>
internal sealed class GraphReader(string network)
{
    private const int MaxNodes = 10_000;

    private static readonly string[] s_reserved = ["input", "step", "class"];

    private readonly List<LayerNode> _nodes = [];

    internal IReadOnlyList<LayerNode> Read(IReadOnlyList<Layer> layers)
    {
        if (layers.Count == 0)
        {
            throw Wrong("has no layers");
        }

        Read(layers, 0, new Dictionary<string, int> { [s_reserved[0]] = 0 }, "", "", null);
        FindReaders();
        _nodes[^1] = _nodes[^1] with { IsLast = true };
        return _nodes.Find(n => n is { IsLast: false, Readers.Count: 0 }) is { } unread
            ? throw Wrong($"has {unread.Label}, which no layer reads; name it in the 'from' of a later layer or leave it out")
            : _nodes;
    }

    /// <summary>From the end on, so that the readers of a layer that changes nothing are known when the layer before it asks.</summary>
    private void FindReaders()
    {
        var readers = _nodes.Select(_ => new List<Layer>()).ToArray();
        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            LayerNode node = _nodes[i] = _nodes[i] with { Readers = readers[i] };
            foreach (int value in node.Inputs.Distinct().Where(v => v > 0))
            {
                readers[value - 1].InsertRange(0, node.Layer.IsIdentity ? node.Readers : [node.Layer]);
            }
        }
    }

    /// <summary>Adds the layers of a list.</summary>
    /// <param name="layers">The list.</param>
    /// <param name="before">The value before its first layer.</param>
    /// <param name="names">The values that can be read, by name; what the list names is added.</param>
    /// <param name="prefix">What its keys begin with.</param>
    /// <param name="around">What its numbers begin with.</param>
    /// <param name="shared">The node of the first pass that corresponds to the list's first one; null: modules of their own.</param>
    /// <returns>The value of its last layer.</returns>
    private int Read(IReadOnlyList<Layer> layers, int before, Dictionary<string, int> names, string prefix, string around, int? shared)
    {
        int start = _nodes.Count,
            last = before;
        for (int i = 0; i < layers.Count; i++)
        {
            string number = around + (i + 1).ToString(CultureInfo.InvariantCulture);
            Layer layer = layers[i] ?? throw Wrong($"has null as its layer {number}");
            string label = layer.LabelAt(number);
            string key = prefix + (layer.Name ?? i.ToString(CultureInfo.InvariantCulture));
            int[] inputs = layer.From is { } from ? [.. from.Select(n => Find(n, names, label))] : [last];
            if (inputs.Length != layer.InputCount)
            {
                throw Wrong($"needs {layer.InputCount} inputs in {label}, not {inputs.Length}; name them in its 'from'");
            }

            if (layer is RepeatLayer repeat)
            {
                last = Repeat(repeat, inputs[0], names, key + "/", number + ".", shared is null ? null : shared + _nodes.Count - start);
            }
            else
            {
                _nodes.Add(new LayerNode(layer, key, inputs, shared is null ? null : shared + _nodes.Count - start) { Label = label });
                last = _nodes.Count;
            }

            if (_nodes.Count > MaxNodes)
            {
                throw Wrong($"has more than {MaxNodes} layers");
            }

            if (layer.Name is { } name && !(IsAllowed(name) && names.TryAdd(name, last)))
            {
                throw Wrong(
                    $"names {label} '{name}'; "
                        + $"a name is used once, is not {string.Join(", ", s_reserved)}, and has letters, digits, - and _"
                );
            }
        }

        return last;
    }

    private int Repeat(RepeatLayer repeat, int before, Dictionary<string, int> names, string prefix, string around, int? shared)
    {
        if (repeat.Times < 1 || repeat.Layers.Count == 0)
        {
            throw Wrong($"repeats nothing in layer {around.TrimEnd('.')}; give it layers, and times of at least 1");
        }

        int first = _nodes.Count;
        for (int pass = 0; pass < repeat.Times; pass++)
        {
            string own = repeat.Shared ? prefix : string.Create(CultureInfo.InvariantCulture, $"{prefix}{pass}/");
            int? model =
                shared is not null ? shared + _nodes.Count - first
                : repeat.Shared && pass > 0 ? first
                : null;
            before = Read(repeat.Layers, before, new Dictionary<string, int>(names), own, around, model);
        }

        return before;
    }

    private int Find(string name, Dictionary<string, int> names, string label) =>
        names.TryGetValue(name, out int value) ? value : throw Wrong($"reads '{name}' in {label}, but no earlier layer has that name");

    private static bool IsAllowed(string name) =>
        !s_reserved.Contains(name)
        && name.Any(c => !char.IsAsciiDigit(c))
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private ExperimentException Wrong(string what) => new($"The network '{network}' {what}.");
}
