namespace Onebit;

/// <summary>
/// What a model from a file may cost. The limits of the format (<see cref="ModelLimits"/>) allow models of hundreds of megabytes, so a file
/// of a few kilobytes may be made to use memory and time as one of those would. A budget refuses it.
/// </summary>
/// <remarks>
/// The values here are for a file of at most 1 MB: on one core of a server of 2024 such a file loads in about a second and 256 MB, and
/// predicts in about a second. Where no budget is given, a larger file gets as many times more as it has megabytes.
/// </remarks>
public sealed record ModelBudget
{
    /// <summary>The limits of the format alone: for files that one has made oneself.</summary>
    public static ModelBudget Unlimited { get; } =
        new()
        {
            WeightBytes = long.MaxValue,
            Steps = long.MaxValue,
            ScratchBytes = long.MaxValue,
        };

    /// <summary>Bytes of all weights, shared ones counted with each layer, and two more for each output: what loading costs.</summary>
    public long WeightBytes { get; init; } = 1 << 22;

    /// <summary>Steps of one prediction, see <see cref="ModelLimits.MaxSteps"/>.</summary>
    public long Steps { get; init; } = 1 << 27;

    /// <summary>Bytes of memory for one prediction.</summary>
    public long ScratchBytes { get; init; } = 1 << 26;

    /// <summary>The budget of a file of so many bytes where the caller gives none.</summary>
    internal static ModelBudget Of(long fileBytes)
    {
        long megabytes = Math.Max(1, fileBytes >> 20);
        var small = new ModelBudget();
        return new ModelBudget
        {
            WeightBytes = megabytes * small.WeightBytes,
            Steps = megabytes * small.Steps,
            ScratchBytes = megabytes * small.ScratchBytes,
        };
    }

    /// <summary>Refuses what costs more.</summary>
    /// <exception cref="InvalidDataException">It does.</exception>
    internal static void Require(long cost, long budget, string what)
    {
        if (cost > budget)
        {
            throw new InvalidDataException(
                $"The model is too costly for a file of its size: {what} {cost:N0}, and its budget is {budget:N0}. "
                    + "A program that trusts it can load it with ModelBudget.Unlimited."
            );
        }
    }
}
