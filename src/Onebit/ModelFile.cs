using System.Buffers.Binary;
using System.Text;

namespace Onebit;

/// <summary>
/// The <c>.onebit</c> format, versions 1 to 3, as docs/format.md describes it byte by byte: header, operations, names of
/// the classes and checksum.
/// </summary>
internal static class ModelFile
{
    private const byte Unnamed = 1,
        Named = 2, // The versions: without and with class names,
        Diffusion = 3; // and diffusion models, with or without.
    private const int PreparationShift = 4; // It shares the version's byte, so it takes none of its own.
    private const int ChecksumBytes = 4;

    private static ReadOnlySpan<byte> Magic => "1BIT"u8;

    /// <param name="input">What the model reads.</param>
    /// <param name="operations">Its operations.</param>
    /// <param name="classNames">One per class; null: the numbers.</param>
    /// <param name="preparation">Of the images.</param>
    public static byte[] Encode(ModelInput input, IReadOnlyList<Operation> operations, string[]? classNames, ImagePreparation preparation)
    {
        var writer = new FileWriter();
        writer.Bytes(Magic);
        byte version =
            input.Diffusion is not null ? Diffusion
            : classNames is null ? Unnamed
            : Named;
        writer.Byte((byte)(version | (int)preparation << PreparationShift));
        writer.Size(input.Channels);
        writer.Size(input.Height);
        writer.Size(input.Width);
        writer.Byte((byte)input.Bits);
        writer.Byte(input.PixelThreshold);
        if (input.Diffusion is { } diffusion)
        {
            writer.Size(diffusion.Schedule.Levels);
            writer.Integers(diffusion.Schedule.Signal.Span[1..]);
            if (input.Bits > 1)
            {
                writer.Integers(diffusion.Schedule.Noise.Span[1..]);
            }

            writer.Size(diffusion.Classes);
            writer.Byte((byte)(classNames is null ? 0 : 1));
        }

        OperationSequence.Write(writer, operations);
        foreach (string name in classNames ?? [])
        {
            byte[] text = ClassNaming.StrictUtf8.GetBytes(name);
            writer.Byte((byte)text.Length);
            writer.Bytes(text);
        }

        return writer.Finish();
    }

    /// <summary>All that a stream still holds, as far as a model may be long.</summary>
    /// <exception cref="InvalidDataException">It holds more.</exception>
    public static byte[] ReadAll(Stream stream)
    {
        Require(stream.CanSeek ? stream.Length - stream.Position : 0);
        using var content = new MemoryStream();
        var part = new byte[1 << 16];
        while (stream.Read(part) is > 0 and var read)
        {
            content.Write(part, 0, read);
            Require(content.Length);
        }

        return content.ToArray();

        static void Require(long bytes)
        {
            if (bytes > ModelLimits.MaxFileBytes)
            {
                throw new InvalidDataException($"A model is a file of at most {ModelLimits.MaxFileBytes} bytes.");
            }
        }
    }

    public static (ModelInput Input, Operation[] Operations, string[]? ClassNames, ImagePreparation Preparation) Decode(
        ReadOnlySpan<byte> file
    )
    {
        if (!file.StartsWith(Magic))
        {
            throw new InvalidDataException("This is not a .onebit file: it does not begin with \"1BIT\".");
        }

        int version = file.Length > Magic.Length ? file[Magic.Length] & (1 << PreparationShift) - 1 : Unnamed;
        var preparation = (ImagePreparation)(file.Length > Magic.Length ? file[Magic.Length] >> PreparationShift : 0);
        if (version is not (Unnamed or Named or Diffusion) || preparation > ImagePreparation.Digits)
        {
            throw new InvalidDataException(
                $"The file has format version {file[Magic.Length]}; this program reads versions {Unnamed} to {Diffusion}."
            );
        }

        if (file.Length < Magic.Length + 1 + ChecksumBytes)
        {
            throw new InvalidDataException("The file ends too early.");
        }

        ReadOnlySpan<byte> content = file[..^ChecksumBytes];
        if (Crc32C.Of(content) != BinaryPrimitives.ReadUInt32LittleEndian(file[^ChecksumBytes..]))
        {
            throw new InvalidDataException("The file is damaged or incomplete: its checksum does not match.");
        }

        var reader = new FileReader(content[(Magic.Length + 1)..]);
        var input = new ModelInput(reader.Size(), reader.Size(), reader.Size(), reader.Byte(), reader.Byte());
        bool isNamed = version == Named;
        if (version == Diffusion)
        {
            input = input with { Diffusion = ReadDiffusion(ref reader, input.Bits) };
            isNamed = reader.Byte() switch
            {
                0 => false,
                1 => true,
                _ => throw new InvalidDataException("The file does not say whether its classes have names."),
            };
        }

        Operation[] operations = OperationSequence.Read(ref reader);
        string[]? names = isNamed ? Names(ref reader, input.Diffusion?.Classes ?? ScoreCount(operations)) : null;
        return reader.AtEnd
            ? (input, operations, names, preparation)
            : throw new InvalidDataException("Bytes follow the end of the model.");
    }

    private static DiffusionInput ReadDiffusion(ref FileReader reader, int bits)
    {
        int levels = reader.Size();
        int[] signal = [1 << NoiseSchedule.FractionBits, .. reader.Integers32(levels)];
        NoiseSchedule schedule = bits > 1 ? new(signal, (int[])[0, .. reader.Integers32(levels)]) : new(signal);
        return new DiffusionInput(schedule, reader.Size());
    }

    private static int ScoreCount(Operation[] operations) =>
        operations is [.., Scores scores]
            ? scores.Multipliers.Length
            : throw new InvalidDataException("A model without scores has no classes to name.");

    private static string[] Names(ref FileReader reader, int classes)
    {
        var names = new string[classes];
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
}
