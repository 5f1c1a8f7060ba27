namespace Onebit.Export;

/// <summary>
/// The ONNX nodes of a packed model, value by value. Each value is images x channels x height x width. Its form is uint8 for signs, as 0
/// and 1, and for codes of at most 8 bits; int64 for scores; int32 otherwise.
/// </summary>
internal sealed class IntegerGraph
{
    private readonly BitModel _model;
    private readonly List<string> _values = [];
    private readonly Dictionary<(int Value, bool IsLong), string> _integers = [];
    private readonly List<(Linear Layer, bool IsDense, string Name)> _weights = [];

    internal IntegerGraph(BitModel model)
    {
        _model = model;
        _values.Add(
            model.Input.Bits == 1
                ? Bytes(Onnx.Node("GreaterOrEqual", [Cast<int>(OnnxExporter.Input), Onnx.Constant<int>(model.Input.PixelThreshold)]))
                : OnnxExporter.Input
        );
    }

    internal OnnxGraph Onnx { get; } = new();

    /// <summary>Shape, kind and range of the value that comes next.</summary>
    internal ValueInfo Next => Info(_values.Count);

    /// <summary>Shape, kind and range of a value.</summary>
    internal ValueInfo Info(int value) => _model.Values[value];

    /// <summary>Whether the form of a value is uint8.</summary>
    internal static bool IsBytes(ValueInfo info) => info.Kind != ElementKind.Integers && info.Bits <= 8;

    /// <summary>Adds the next value.</summary>
    internal void Add(string name) => _values.Add(name);

    /// <summary>A value in its form.</summary>
    internal string Value(int value) => _values[value];

    /// <summary>A value as int32: signs as -1 and +1.</summary>
    internal string Integers(int value) => Integers<int>(value);

    /// <summary>A value as int64: signs as -1 and +1.</summary>
    internal string Longs(int value) => Integers<long>(value);

    private string Integers<T>(int value)
        where T : unmanaged
    {
        (int, bool) key = (value, typeof(T) == typeof(long));
        if (!_integers.TryGetValue(key, out string? name))
        {
            bool isWhole = typeof(T) == typeof(int) && !IsBytes(Info(value));
            name = isWhole ? Value(value) : Cast<T>(Value(value));
            if (Info(value).Kind == ElementKind.Signs)
            {
                name = Onnx.Node("Sub", [Onnx.Node("Mul", [name, Number<T>(2)]), Number<T>(1)]);
            }

            _integers.Add(key, name);
        }

        return name;
    }

    private string Number<T>(int number)
        where T : unmanaged => typeof(T) == typeof(long) ? Onnx.Constant((long)number) : Onnx.Constant(number);

    /// <summary>A layer's weights, which are written once where layers share them.</summary>
    internal string Weights(Linear layer, bool isDense, Func<string> write)
    {
        foreach ((Linear other, bool wasDense, string shared) in _weights)
        {
            if (wasDense == isDense && layer.SharesWeights(other))
            {
                return shared;
            }
        }

        string name = write();
        _weights.Add((layer, isDense, name));
        return name;
    }

    internal string Cast<T>(string name) => Onnx.Node("Cast", [name], [("to", OnnxGraph.DataType<T>())]);

    internal string Bytes(string name) => Cast<byte>(name);

    /// <summary>Integers in the form of the next value, which are not signs.</summary>
    internal string InForm(string name) => IsBytes(Next) ? Bytes(name) : Cast<int>(name);

    /// <summary>A constant of one integer per channel, to be combined with images x channels x height x width.</summary>
    internal string PerChannel<T>(ReadOnlySpan<T> numbers)
        where T : unmanaged => Onnx.Constant([numbers.Length, 1, 1], numbers);

    /// <summary>Another shape of each image; -1 is what is left.</summary>
    internal string Reshape(string name, params ReadOnlySpan<long> dimensions) =>
        Onnx.Node("Reshape", [name, Onnx.Constant<long>([dimensions.Length + 1], [0, .. dimensions])]);

    /// <summary>An image in the next value's shape.</summary>
    internal string InShape(string name) => Reshape(name, Next.Channels, Next.Height, Next.Width);

    /// <summary>The quotient rounded down, of int64 by a positive number. ONNX's <c>Div</c> rounds towards 0.</summary>
    internal string FloorDivide(string name, string divisor) =>
        Onnx.Node("Div", [Onnx.Node("Sub", [name, Onnx.Node("Mod", [name, divisor])]), divisor]);

    /// <summary>The arithmetic shift to the right of int64. ONNX's <c>BitShift</c> is for unsigned integers.</summary>
    internal string ShiftRight(string name, int shift) => shift == 0 ? name : FloorDivide(name, Onnx.Constant(1L << shift));

    /// <summary>Per channel <c>multiplier * x + offset</c> in int64.</summary>
    internal string Affine(int value, ReadOnlySpan<int> multipliers, ReadOnlySpan<long> offsets)
    {
        string product = Onnx.Node("Mul", [Longs(value), Cast<long>(PerChannel(multipliers))]);
        return Onnx.Node("Add", [product, PerChannel(offsets)]);
    }

    /// <summary>Runs a node on floats that hold the integers exactly: float32 where that is enough, else float64.</summary>
    /// <param name="bound">No integer on the way is larger, nor smaller than its negative.</param>
    /// <param name="write">Writes the node from inputs that are floats.</param>
    /// <param name="inputs">Integers.</param>
    /// <returns>int32.</returns>
    internal string InFloats(long bound, Func<string[], string> write, params string[] inputs)
    {
        bool isShort = bound <= 1 << 24;
        return Cast<int>(write(Array.ConvertAll(inputs, i => isShort ? Cast<float>(i) : Cast<double>(i))));
    }
}
