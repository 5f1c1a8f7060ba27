using System.Text;

namespace Onebit;

/// <summary>
/// One operation of a packed model. Value 0 is the model's input; operation <c>i</c> gives value <c>i + 1</c>.
/// An operation names the earlier values that it reads, so a model is a graph.
/// All values are integers of shape channels x height x width, stored channel by channel, row by row.
/// Each operation is one file of this folder. It holds the properties, shape and range inference, the bytes in a
/// model file, and a plain loop that defines the result.
/// </summary>
/// <remarks>
/// Arrays that a caller gives are copied once, so an operation never changes. A plain loop reads 32-bit integers and
/// writes 64-bit ones: scores take 64 bits. All other values fit into 32, which inference has made sure of.
/// </remarks>
public abstract record Operation
{
    /// <summary>The most values that one operation reads.</summary>
    private protected const int MaxInputs = 64;

    private protected Operation(params ReadOnlySpan<int> inputs) => Inputs = inputs.ToArray();

    /// <summary>The values it reads: 0 is the model's input, <c>i + 1</c> the output of operation <c>i</c>.</summary>
    public ReadOnlyMemory<int> Inputs { get; private protected init; }

    /// <summary>Shape, kind and range of its value.</summary>
    /// <param name="inputs">Those of the values it reads.</param>
    /// <param name="check">Takes note of what the operation costs.</param>
    /// <exception cref="InvalidDataException">The operation cannot read these values; the message says why.</exception>
    internal abstract ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check);

    /// <summary>Bits of the widest signed integer on the way to its value, for any image.</summary>
    internal virtual int AccumulatorBits(ReadOnlySpan<ValueInfo> inputs, ValueInfo output) =>
        ValueInfo.SignedBits(output.Minimum, output.Maximum);

    /// <summary>Writes the operation: its kind, the first value it reads, and what <c>Read</c> of its type expects.</summary>
    internal abstract void Write(FileWriter writer);

    /// <summary>The plain loop: the definition of the operation's value. It keeps no state and allocates nothing.</summary>
    /// <param name="inputs">The values it reads. Signs are -1 and +1.</param>
    /// <param name="output">Receives its value.</param>
    internal abstract void Run(InputValues inputs, Span<long> output);

    /// <summary>How many numbers it holds, weights not among them.</summary>
    public virtual long ParameterCount => 0;

    /// <summary>Its name and sizes for people, such as <c>MaxPool 2x2</c>.</summary>
    public virtual string Label => GetType().Name;

    /// <summary>What the bytes of every operation begin with.</summary>
    private protected void WriteHead(FileWriter writer, byte kind)
    {
        writer.Byte(kind);
        writer.Size(Inputs.Span[0]);
    }

    /// <summary>Writes how many values it reads, and which behind the first.</summary>
    private protected void WriteInputs(FileWriter writer)
    {
        writer.Size(Inputs.Length);
        foreach (int other in Inputs.Span[1..])
        {
            writer.Size(other);
        }
    }

    /// <summary>Reads what <see cref="WriteInputs"/> writes.</summary>
    private protected static int[] ReadInputs(ref FileReader reader, int first)
    {
        int count = reader.Size();
        if (count is 0 or > MaxInputs)
        {
            throw new InvalidDataException($"An operation reads 1 to {MaxInputs} values, not {count}.");
        }

        var inputs = new int[count];
        inputs[0] = first;
        for (int t = 1; t < count; t++)
        {
            inputs[t] = reader.Size();
        }

        return inputs;
    }

    /// <summary>The type, the values read and the other properties are equal; arrays are equal where they are the same memory.</summary>
    public virtual bool Equals(Operation? other) =>
        other is not null && EqualityContract == other.EqualityContract && Inputs.Span.SequenceEqual(other.Inputs.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EqualityContract, Inputs.Length, Inputs.IsEmpty ? -1 : Inputs.Span[0]);

    /// <summary>Its name and its properties. Sealed, so that the runtime does not hold one for each kind.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder(GetType().Name).Append(" { ");
        return (PrintMembers(text) ? text.Append(' ') : text).Append('}').ToString();
    }
}
