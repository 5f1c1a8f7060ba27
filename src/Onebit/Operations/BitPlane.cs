namespace Onebit;

/// <summary>One bit of each code as a sign: +1 where it is set, -1 elsewhere.</summary>
/// <param name="Input">The value read, which holds codes.</param>
/// <param name="Bit">Which bit, 0 for the lowest.</param>
public sealed record BitPlane(int Input, int Bit) : UnaryOperation(Input)
{
    internal const byte Kind = 10;

    internal override ValueInfo Infer(ReadOnlySpan<ValueInfo> inputs, ModelCheck check)
    {
        ValueInfo x = inputs[0];
        check.Require(x.Kind == ElementKind.Codes, "planes are taken of codes, not of signs or integers");
        check.Require(Bit >= 0 && Bit < x.Bits, $"codes of {x.Bits} bits have no bit {Bit}");
        return check.SameShape(x).AsSigns();
    }

    internal override void Write(FileWriter writer)
    {
        WriteHead(writer, Kind);
        writer.Byte((byte)Bit);
    }

    internal static BitPlane Read(ref FileReader reader, int input) => new(input, reader.Byte());

    internal override void Run(InputValues inputs, Span<long> output)
    {
        ReadOnlySpan<int> x = inputs[0];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = (x[i] >> Bit & 1) == 1 ? 1 : -1;
        }
    }
}
