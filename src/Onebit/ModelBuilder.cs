namespace Onebit;

/// <summary>Collects the operations of a model one by one and tells what each gives, so that the next can be made to fit.</summary>
/// <param name="input">What the model reads.</param>
public sealed class ModelBuilder(ModelInput input)
{
    private readonly List<Operation> _operations = [];

    /// <summary>Value 0, the input, and the value of each operation so far.</summary>
    /// <exception cref="InvalidDataException">The input is not possible; the message says why.</exception>
    public IReadOnlyList<ValueInfo> Values { get; private set; } = ModelCheck.Infer(input, [], complete: false);

    /// <summary>Adds an operation.</summary>
    /// <returns>The index of its value.</returns>
    /// <exception cref="InvalidDataException">It does not fit; the message says why. The model stays as it was.</exception>
    public int Append(Operation operation)
    {
        Operation[] longer = [.. _operations, operation];
        Values = ModelCheck.Infer(input, longer, complete: false);
        _operations.Add(operation);
        return _operations.Count;
    }

    /// <summary>The model. A classifier's last operation is <see cref="Scores"/>, a diffusion model's gives an image.</summary>
    /// <param name="classNames">One name per class, see <see cref="BitModel"/>; null: numbers.</param>
    /// <exception cref="InvalidDataException">The last operation is another, or the names do not fit.</exception>
    public BitModel Build(IReadOnlyList<string>? classNames = null) => new(input, _operations, classNames);
}
