using System.Text;

namespace Onebit;

/// <summary>
/// One step of a packed model. Value 0 is the model's input; operation <c>i</c> produces value
/// <c>i + 1</c>. An operation names the earlier value it reads, so a model is a list, not a chain.
/// All values are integers of shape channels x height x width, stored channel by channel, row by row.
/// </summary>
/// <param name="Input">The value read: 0 for the model's input, <c>i + 1</c> for operation <c>i</c>.</param>
public abstract record Operation(int Input)
{
    /// <summary>How many values it reads.</summary>
    internal virtual int InputCount => 1;

    /// <summary>One of the values it reads.</summary>
    internal virtual int InputAt(int index) => Input;

    /// <summary>Whether it reads a value.</summary>
    internal bool Reads(int value)
    {
        for (int i = 0; i < InputCount; i++)
        {
            if (InputAt(i) == value)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Its name and its properties. Sealed, so that the runtime does not hold one for each kind.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder(GetType().Name).Append(" { ");
        return (PrintMembers(text) ? text.Append(' ') : text).Append('}').ToString();
    }
}
