namespace Onebit.Training;

/// <summary>A layer in its network. Value 0 is the image, value <c>i + 1</c> what node <c>i</c> gives.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Key">Under what its module is registered: its name or index, behind those of the repetitions around it.</param>
/// <param name="Inputs">The values read.</param>
/// <param name="SharedWith">The node whose module it uses, of the first pass of a shared repetition; null: it has its own.</param>
public sealed record LayerNode(Layer Layer, string Key, IReadOnlyList<int> Inputs, int? SharedWith = null)
{
    /// <summary>What messages call it: its number in the list, from 1, behind that of the repetition around it, and its type.</summary>
    public string Label { get; init; } = "";

    /// <summary>It gives the logits.</summary>
    public bool IsLast { get; init; }

    /// <summary>The layers that read what it gives, directly or through layers that change nothing.</summary>
    public IReadOnlyList<Layer> Readers { get; init; } = [];
}
