using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Onebit;

/// <summary>The <c>.onebit</c> format, versions 1 and 2, as docs/format.md describes it byte by byte.</summary>
internal static class ModelFile
{
    private const byte Unnamed = 1,
        Named = 2; // The versions: without and with class names.
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
        WeightedSum = 8,
        Quantize = 9,
        BitPlane = 10,
        PiecewiseLinear = 11,
        LinearAgain = 12,
        CoarseRequantize = 13,
        CoarseScores = 14,
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
        var hashes = new int[operations.Count];
        for (int i = 0; i < operations.Count; i++)
        {
            Write(writer, operations[i], First(operations, i, hashes), i);
        }

        foreach (string name in classNames ?? [])
        {
            byte[] text = ClassNaming.StrictUtf8.GetBytes(name);
            writer.Byte((byte)text.Length);
            writer.Bytes(text);
        }

        return writer.Finish();
    }

    public static int EncodedLength(IReadOnlyList<Operation> operations, int index)
    {
        var writer = new FileWriter();
        Write(writer, operations[index], First(operations, index, hashes: null), index);
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
                $"The file has format version {file[Magic.Length]}; this program reads versions {Unnamed} and {Named}."
            );
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
        var hashes = new int[count];
        long weightBytes = 0;
        for (int i = 0; i < count; i++)
        {
            operations[i] = Read(ref reader, operations, i, out int first);
            weightBytes += operations[i] is Linear linear ? linear.Weights.Length : 0;
            if (weightBytes > ModelLimits.WeightBytes)
            {
                // Weights that many layers share take few bytes of a file, and yet the time to look at them.
                throw new InvalidDataException($"The file's weights take more than {ModelLimits.WeightBytes} bytes.");
            }

            if (First(operations, i, hashes) != first)
            {
                throw new InvalidDataException(
                    $"The weights of operation {i} are not written as those of the first operation that has them."
                );
            }
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

    /// <summary>
    /// The first operation with this one's geometry and weights, itself where it is the first or no layer. Several planes of
    /// activations under one plane of weights are as many layers, whose weights are written once.
    /// </summary>
    /// <param name="operations">The model's operations, this one and those before.</param>
    /// <param name="index">Which one.</param>
    /// <param name="hashes">
    /// Those of the layers before; this one's is put in. Seeded at random, so that no file can be made whose layers all have
    /// to be compared with all others. null: one question is not worth it.
    /// </param>
    private static int First(IReadOnlyList<Operation> operations, int index, int[]? hashes)
    {
        if (operations[index] is not Linear linear)
        {
            return index;
        }

        if (hashes is not null)
        {
            var hash = new HashCode();
            hash.AddBytes(linear.Weights.Span);
            hashes[index] = hash.ToHashCode();
        }

        for (int i = 0; i < index; i++)
        {
            if (
                (hashes is null || hashes[i] == hashes[index])
                && operations[i] is Linear other
                && other == linear with { Input = other.Input, Weights = other.Weights }
                && other.Weights.Span.SequenceEqual(linear.Weights.Span)
            )
            {
                return i;
            }
        }

        return index;
    }

    /// <param name="writer">Receives it.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="first">The first one with its weights.</param>
    /// <param name="index">Its own index.</param>
    private static void Write(FileWriter writer, Operation operation, int first, int index)
    {
        switch (operation)
        {
            case Linear when first < index:
                Begin(Kind.LinearAgain);
                writer.Size(first);
                break;
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
                int grain = Grain(requantize.Offsets.Span);
                Begin(grain > 0 ? Kind.CoarseRequantize : Kind.Requantize);
                writer.Byte((byte)requantize.OutputBits);
                Affine(requantize.Multipliers, requantize.Offsets, requantize.Shift, grain);
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
                grain = Grain(scores.Offsets.Span);
                Begin(grain > 0 ? Kind.CoarseScores : Kind.Scores);
                Affine(scores.Multipliers, scores.Offsets, scores.Shift, grain);
                break;
            case WeightedSum weighted:
                ReadOnlySpan<int> inputs = weighted.Inputs.Span;
                Begin(Kind.WeightedSum);
                writer.Size(inputs.Length);
                foreach (int other in inputs[1..])
                {
                    writer.Size(other);
                }

                writer.Size(weighted.Multipliers.Length / inputs.Length);
                writer.Integers(weighted.Multipliers.Span);
                break;
            case Quantize quantize:
                Begin(Kind.Quantize);
                writer.Byte((byte)quantize.Bits);
                writer.Size(quantize.Flipped.Length);
                writer.Integers(quantize.Thresholds.Span);
                writer.Flags(quantize.Flipped.Span);
                break;
            case BitPlane plane:
                Begin(Kind.BitPlane);
                writer.Byte((byte)plane.Bit);
                break;
            case PiecewiseLinear slopes:
                Begin(Kind.PiecewiseLinear);
                Affine(slopes.LowMultipliers, slopes.LowOffsets, slopes.Shift, grain: 0);
                writer.Integers(slopes.HighMultipliers.Span);
                writer.Integers(slopes.HighOffsets.Span);
                writer.Integers(slopes.Breaks.Span);
                break;
        }

        void Begin(Kind kind)
        {
            writer.Byte((byte)kind);
            writer.Size(operation.Input);
        }

        void Affine(ReadOnlyMemory<int> multipliers, ReadOnlyMemory<long> offsets, int shift, int grain)
        {
            writer.Byte((byte)shift);
            if (grain > 0)
            {
                writer.Byte((byte)grain);
            }

            writer.Size(multipliers.Length);
            writer.Integers(multipliers.Span);
            long[] coarse = offsets.ToArray();
            foreach (ref long offset in coarse.AsSpan())
            {
                offset >>= grain;
            }

            writer.Integers(coarse);
        }
    }

    /// <param name="reader">Gives it.</param>
    /// <param name="operations">Those before it.</param>
    /// <param name="index">Its index.</param>
    /// <param name="first">The operation that its weights are said to be those of.</param>
    private static Operation Read(ref FileReader reader, Operation[] operations, int index, out int first)
    {
        first = index;
        var kind = (Kind)reader.Byte();
        int input = reader.Size();
        switch (kind)
        {
            case Kind.Linear:
                return new Linear(
                    input,
                    Outputs: reader.Size(),
                    KernelHeight: reader.Size(),
                    KernelWidth: reader.Size(),
                    Stride: reader.Size(),
                    Padding: reader.Size(),
                    Groups: reader.Size(),
                    Weights: reader.Bytes(reader.Size()).ToArray()
                );
            case Kind.Threshold:
                int channels = reader.Size();
                return new Threshold(input, reader.Integers32(channels), reader.Flags(channels));
            case Kind.Requantize:
            case Kind.CoarseRequantize:
                int outputBits = reader.Byte(),
                    shift = reader.Byte(),
                    grain = kind == Kind.CoarseRequantize ? CoarseGrain(ref reader) : 0;
                channels = reader.Size();
                return new Requantize(input, reader.Integers32(channels), Offsets(ref reader, channels, grain), shift, outputBits);
            case Kind.MaxPool:
                return new MaxPool(input, Size: reader.Size(), Stride: reader.Size());
            case Kind.SumPool:
                return new SumPool(input, Size: reader.Size(), Stride: reader.Size());
            case Kind.Add:
                return new Add(input, reader.Size());
            case Kind.Scores:
            case Kind.CoarseScores:
                shift = reader.Byte();
                grain = kind == Kind.CoarseScores ? CoarseGrain(ref reader) : 0;
                channels = reader.Size();
                return new Scores(input, reader.Integers32(channels), Offsets(ref reader, channels, grain), shift);
            case Kind.WeightedSum:
                int count = reader.Size();
                if (count is 0 or > WeightedSum.MaxInputs)
                {
                    throw new InvalidDataException($"1 to {WeightedSum.MaxInputs} values are combined, not {count}.");
                }

                var inputs = new int[count];
                inputs[0] = input;
                for (int i = 1; i < count; i++)
                {
                    inputs[i] = reader.Size();
                }

                return new WeightedSum(inputs, reader.Integers32(Entries(reader.Size(), count)));
            case Kind.Quantize:
                int bits = reader.Byte();
                if (bits > 7)
                {
                    throw new InvalidDataException($"Codes of {bits} bits are not quantized to.");
                }

                channels = reader.Size();
                return new Quantize(input, bits, reader.Integers32(Entries(channels, (1 << bits) - 1)), reader.Flags(channels));
            case Kind.BitPlane:
                return new BitPlane(input, reader.Byte());
            case Kind.PiecewiseLinear:
                shift = reader.Byte();
                channels = reader.Size();
                int[] lowMultipliers = reader.Integers32(channels);
                long[] lowOffsets = reader.Integers(channels);
                int[] highMultipliers = reader.Integers32(channels);
                long[] highOffsets = reader.Integers(channels);
                return new PiecewiseLinear(
                    input,
                    reader.Integers32(channels),
                    lowMultipliers,
                    lowOffsets,
                    highMultipliers,
                    highOffsets,
                    shift
                );
            case Kind.LinearAgain:
                first = reader.Size();
                return first < index && operations[first] is Linear linear
                    ? linear with
                    {
                        Input = input,
                    }
                    : throw new InvalidDataException($"Operation {first} has no weights that operation {index} could have again.");
            default:
                throw new InvalidDataException($"Operations of kind {(byte)kind} are not known.");
        }
    }

    private const string NotShortest = "Offsets are not encoded in the shortest way.";

    /// <summary>Offsets that were written without their lowest bits, <paramref name="grain"/> of them.</summary>
    private static long[] Offsets(ref FileReader reader, int channels, int grain)
    {
        long[] offsets = reader.Integers(channels);
        foreach (ref long offset in offsets.AsSpan())
        {
            long whole = offset << grain;
            offset = whole >> grain == offset ? whole : throw new InvalidDataException("An offset does not fit into 64 bits.");
        }

        return Grain(offsets) == grain ? offsets : throw new InvalidDataException(NotShortest);
    }

    private static int CoarseGrain(ref FileReader reader) =>
        reader.Byte() is > 0 and byte grain ? grain : throw new InvalidDataException(NotShortest);

    /// <summary>How many lowest bits all offsets have at 0; fewer than four are not worth a kind of their own, and count as none.</summary>
    private static int Grain(ReadOnlySpan<long> offsets)
    {
        long bits = 0;
        foreach (long offset in offsets)
        {
            bits |= offset;
        }

        int zeros = BitOperations.TrailingZeroCount(bits);
        return zeros is >= 4 and < 64 ? zeros : 0;
    }

    /// <summary>Entries of an array of several a channel; no array takes more than all may.</summary>
    private static int Entries(int channels, int each) => (int)Math.Min((long)channels * each, int.MaxValue);
}
