using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Onebit;

/// <summary>The <c>.onebit</c> format, versions 1 and 2, as docs/format.md describes it byte by byte.</summary>
internal static class ModelFile
{
    private const byte Unnamed = 1, Named = 2; // The versions: without and with class names.
    private const int ChecksumBytes = 4;

    private static ReadOnlySpan<byte> Magic => "1BIT"u8;

    private enum Kind : byte
    {
        Linear = 1,
        Threshold = 2,
        Requantize = 3,
        MaxPool = 4,
        SumPool = 5,
        Add = 6,
        Scores = 7,
    }

    /// <param name="input">What the model reads.</param>
    /// <param name="operations">Its operations.</param>
    /// <param name="classNames">One a class; null: the numbers.</param>
    public static byte[] Encode(ModelInput input, IReadOnlyList<Operation> operations, string[]? classNames)
    {
        var writer = new FileWriter();
        writer.Bytes(Magic);
        writer.Byte(classNames is null ? Unnamed : Named);
        writer.Size(input.Channels);
        writer.Size(input.Height);
        writer.Size(input.Width);
        writer.Byte((byte)input.Bits);
        writer.Byte(input.PixelThreshold);
        writer.Size(operations.Count);
        foreach (Operation operation in operations)
        {
            Write(writer, operation);
        }

        foreach (string name in classNames ?? [])
        {
            byte[] text = ClassNaming.StrictUtf8.GetBytes(name);
            writer.Byte((byte)text.Length);
            writer.Bytes(text);
        }

        return writer.Finish();
    }

    public static int EncodedLength(Operation operation)
    {
        var writer = new FileWriter();
        Write(writer, operation);
        return writer.Length;
    }

    public static (ModelInput Input, Operation[] Operations, string[]? ClassNames) Decode(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Magic))
        {
            throw new InvalidDataException("This is not a .onebit file: it does not begin with \"1BIT\".");
        }

        if (file.Length > Magic.Length && file[Magic.Length] is not (Unnamed or Named))
        {
            throw new InvalidDataException(
                $"The file has format version {file[Magic.Length]}; this program reads versions {Unnamed} and {Named}.");
        }

        if (file.Length < Magic.Length + 1 + ChecksumBytes)
        {
            throw new InvalidDataException("The file ends too early.");
        }

        ReadOnlySpan<byte> content = file[..^ChecksumBytes];
        if (Checksum(content) != BinaryPrimitives.ReadUInt32LittleEndian(file[^ChecksumBytes..]))
        {
            throw new InvalidDataException("The file is damaged or incomplete: its checksum does not match.");
        }

        var reader = new FileReader(content[(Magic.Length + 1)..]);
        var input = new ModelInput(reader.Size(), reader.Size(), reader.Size(), reader.Byte(), reader.Byte());
        int count = reader.Size();
        if (count > ModelLimits.Operations)
        {
            throw new InvalidDataException($"The file announces {count} operations; {ModelLimits.Operations} are the most.");
        }

        var operations = new Operation[count];
        for (int i = 0; i < count; i++)
        {
            operations[i] = Read(ref reader);
        }

        string[]? names = file[Magic.Length] == Named ? Names(ref reader, operations) : null;
        return reader.AtEnd ? (input, operations, names) : throw new InvalidDataException("Bytes follow the end of the model.");
    }

    private static string[] Names(ref FileReader reader, Operation[] operations)
    {
        if (operations is not [.., Scores scores])
        {
            throw new InvalidDataException("A model without scores has no classes to name.");
        }

        var names = new string[scores.Multipliers.Length];
        try
        {
            for (int c = 0; c < names.Length; c++)
            {
                names[c] = ClassNaming.StrictUtf8.GetString(reader.Bytes(reader.Byte()));
            }
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException("A class name is not UTF-8.");
        }

        return ClassNaming.Check(names, names.Length)
            ?? throw new InvalidDataException("Names that are the classes' numbers are left out.");
    }

    /// <summary>CRC-32C.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    private static void Write(FileWriter writer, Operation operation)
    {
        switch (operation)
        {
            case Linear linear:
                Begin(Kind.Linear);
                writer.Size(linear.Outputs);
                writer.Size(linear.KernelHeight);
                writer.Size(linear.KernelWidth);
                writer.Size(linear.Stride);
                writer.Size(linear.Padding);
                writer.Size(linear.Groups);
                writer.Size(linear.Weights.Length);
                writer.Bytes(linear.Weights.Span);
                break;
            case Threshold threshold:
                Begin(Kind.Threshold);
                writer.Size(threshold.Thresholds.Length);
                writer.Integers(threshold.Thresholds.Span);
                writer.Flags(threshold.Flipped.Span);
                break;
            case Requantize requantize:
                Begin(Kind.Requantize);
                writer.Byte((byte)requantize.OutputBits);
                Affine(requantize.Multipliers, requantize.Offsets, requantize.Shift);
                break;
            case MaxPool pool:
                Begin(Kind.MaxPool);
                writer.Size(pool.Size);
                writer.Size(pool.Stride);
                break;
            case SumPool pool:
                Begin(Kind.SumPool);
                writer.Size(pool.Size);
                writer.Size(pool.Stride);
                break;
            case Add add:
                Begin(Kind.Add);
                writer.Size(add.Other);
                break;
            case Scores scores:
                Begin(Kind.Scores);
                Affine(scores.Multipliers, scores.Offsets, scores.Shift);
                break;
        }

        void Begin(Kind kind)
        {
            writer.Byte((byte)kind);
            writer.Size(operation.Input);
        }

        void Affine(ReadOnlyMemory<int> multipliers, ReadOnlyMemory<long> offsets, int shift)
        {
            writer.Byte((byte)shift);
            writer.Size(multipliers.Length);
            writer.Integers(multipliers.Span);
            writer.Integers(offsets.Span);
        }
    }

    private static Operation Read(ref FileReader reader)
    {
        var kind = (Kind)reader.Byte();
        int input = reader.Size();
        switch (kind)
        {
            case Kind.Linear:
                return new Linear(
                    input, Outputs: reader.Size(), KernelHeight: reader.Size(), KernelWidth: reader.Size(),
                    Stride: reader.Size(), Padding: reader.Size(), Groups: reader.Size(),
                    Weights: reader.Bytes(reader.Size()).ToArray());
            case Kind.Threshold:
                int channels = reader.Size();
                return new Threshold(input, reader.Integers32(channels), reader.Flags(channels));
            case Kind.Requantize:
                int outputBits = reader.Byte(), shift = reader.Byte();
                channels = reader.Size();
                return new Requantize(input, reader.Integers32(channels), reader.Integers(channels), shift, outputBits);
            case Kind.MaxPool:
                return new MaxPool(input, Size: reader.Size(), Stride: reader.Size());
            case Kind.SumPool:
                return new SumPool(input, Size: reader.Size(), Stride: reader.Size());
            case Kind.Add:
                return new Add(input, reader.Size());
            case Kind.Scores:
                shift = reader.Byte();
                channels = reader.Size();
                return new Scores(input, reader.Integers32(channels), reader.Integers(channels), shift);
            default:
                throw new InvalidDataException($"Operations of kind {(byte)kind} are not known.");
        }
    }
}
