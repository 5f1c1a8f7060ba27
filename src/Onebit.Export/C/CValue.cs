namespace Onebit.Export;

/// <summary>A value of the model where a function reads or writes it.</summary>
/// <param name="Info">Shape, kind and range.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Name">The parameter that points to it.</param>
internal sealed record CValue(ValueInfo Info, CType Type, string Name)
{
    /// <summary>The parameter's declaration.</summary>
    public string Declaration(bool isInput) => $"{(isInput ? "const " : "")}{Type.Name} *{Name}";

    /// <summary>An element as a 32-bit integer; signs are -1 and +1.</summary>
    public string Load(CUnit unit, string index) =>
        !Type.IsBits ? $"{Name}[{index}]"
        : Info.Kind == ElementKind.Signs ? $"{unit.Helper("sign_at")}({Name}, {index})"
        : $"{unit.Helper("code_at")}({Name}, {index})";

    /// <summary>A bit: 1 for the sign +1 and the code 1.</summary>
    public string LoadBit(CUnit unit, string index) => $"{unit.Helper("bit_at")}({Name}, {index})";

    /// <summary>A statement that stores an element, or 0 or 1 for a bit. A sign may also be -1 or +1.</summary>
    public string Store(CUnit unit, string index, string element) =>
        Type.IsBits ? $"{unit.Helper("put_bit")}({Name}, {index}, {element} > 0);"
        : Type == CType.Int32 || Type == CType.Int64 ? $"{Name}[{index}] = {element};"
        : $"{Name}[{index}] = ({Type.Name}){(IsCall(element) ? element : $"({element})")};";

    /// <summary>A name, or one call and nothing around it.</summary>
    private static bool IsCall(string expression)
    {
        int depth = 0;
        for (int i = 0; i < expression.Length; i++)
        {
            depth +=
                expression[i] is '(' or '[' ? 1
                : expression[i] is ')' or ']' ? -1
                : 0;
            if (depth == 0 && expression[i] is not (')' or ']' or '_') && !char.IsAsciiLetterOrDigit(expression[i]))
            {
                return false;
            }
        }

        return expression[0] != '(';
    }

    /// <summary>A statement that clears what no element takes of the last word.</summary>
    public string ClearRest => Type.IsBits && Info.Channels * Info.Area % 32 != 0 ? $"{Name}[{Type.Length(Info.Count) - 1}] = 0;" : "";

    /// <summary>What it holds, for people.</summary>
    public string Description =>
        $"{Info.Channels} x {Info.Height} x {Info.Width} "
        + Info.Kind switch
        {
            ElementKind.Signs => "signs",
            ElementKind.Codes => $"codes of {Info.Bits} bit{(Info.Bits == 1 ? "" : "s")}",
            _ => "integers",
        };
}
