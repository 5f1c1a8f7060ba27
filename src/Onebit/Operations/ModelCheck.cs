namespace Onebit;

/// <summary>
/// Checks the operations of a model one after another and infers the value that each gives. It holds the rules of the
/// whole model and counts what all operations take together. What passes can be executed without a further check: no
/// index leaves its array, no sum leaves its integer type.
/// </summary>
internal sealed class ModelCheck(ModelBudget budget)
{
    private string _subject = "The input";
    private Int128 _elements;
    private Int128 _steps;
    private long _weightBytes;
    private long _outputs;
    private long _arrayEntries;

    /// <summary>Shape, kind and range of the input and of each operation's output.</summary>
    /// <exception cref="InvalidDataException">The operations do not make a model.</exception>
    /// <param name="input">What the model reads.</param>
    /// <param name="operations">The operations.</param>
    /// <param name="complete">false: the beginning of a model, whose scores are yet to come.</param>
    /// <param name="budget">What the model may cost; null: what the format allows.</param>
    public static ValueInfo[] Infer(ModelInput input, IReadOnlyList<Operation> operations, bool complete = true, ModelBudget? budget = null)
    {
        if ((complete && operations.Count == 0) || operations.Count > ModelLimits.MaxOperations)
        {
            throw new InvalidDataException($"A model has 1 to {ModelLimits.MaxOperations} operations, this one has {operations.Count}.");
        }

        var check = new ModelCheck(budget ?? ModelBudget.Unlimited);
        var values = new ValueInfo[operations.Count + 1];
        values[0] = input.Infer(check);
        for (int i = 0; i < operations.Count; i++)
        {
            check._subject = $"Operation {i} ({operations[i].GetType().Name})";
            if (complete)
            {
                RequireEnd(check, input, operations[i], isLast: i == operations.Count - 1);
            }

            ReadOnlySpan<int> inputs = operations[i].Inputs.Span;
            var read = new ValueInfo[inputs.Length];
            for (int t = 0; t < inputs.Length; t++)
            {
                check.Require(inputs[t] >= 0 && inputs[t] <= i, $"value {inputs[t]} does not exist yet; values 0 to {i} do");
                read[t] = values[inputs[t]];
            }

            values[i + 1] = operations[i].Infer(read, check);
        }

        if (complete && input.Diffusion is not null)
        {
            ValueInfo end = values[^1];
            check.Require(
                end.Kind == ElementKind.Integers && end.Bits <= 16 && new Shape(end.Channels, end.Height, end.Width) == input.Shape,
                $"a diffusion model ends with integers of at most 16 bits of {input.Shape}"
            );
        }

        return values;
    }

    private static void RequireEnd(ModelCheck check, ModelInput input, Operation operation, bool isLast)
    {
        if (input.Diffusion is null)
        {
            check.Require(operation is Scores == isLast, "the last operation, and no other, gives the scores");
        }
        else
        {
            check.Require(operation is not Scores, "a diffusion model gives no scores");
        }
    }

    /// <summary>Refuses the model where a rule does not hold.</summary>
    /// <exception cref="InvalidDataException">It does not; the message is the rule, behind the operation it is about.</exception>
    public void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new InvalidDataException($"{_subject}: {rule}.");
        }
    }

    /// <summary>The shape of a value, whose elements are counted. Its kind and range are not set.</summary>
    public ValueInfo Shape(Int128 channels, Int128 height, Int128 width)
    {
        Require(channels >= 1 && height >= 1 && width >= 1, "channels, height and width are at least 1");
        Int128 count = channels * height * width;
        Require(count <= ModelLimits.MaxValueElements, $"a value of {count} elements is too large");
        _elements += count;
        Require(_elements <= ModelLimits.MaxTotalElements, $"the model's values have more than {ModelLimits.MaxTotalElements} elements");
        return new ValueInfo
        {
            Channels = (int)channels,
            Height = (int)height,
            Width = (int)width,
        };
    }

    /// <summary>The shape of a value computed element by element, in so many steps each.</summary>
    public ValueInfo SameShape(ValueInfo x, int steps = 1)
    {
        ValueInfo shape = Shape(x.Channels, x.Height, x.Width);
        CountSteps((Int128)shape.Count * steps);
        return shape;
    }

    /// <summary>A value of integers, which must fit into 32 bits.</summary>
    public ValueInfo Integers(ValueInfo shape, Int128 minimum, Int128 maximum)
    {
        Require(minimum >= int.MinValue && maximum <= int.MaxValue, $"sums from {minimum} to {maximum} do not fit into 32-bit integers");
        return shape.AsIntegers((long)minimum, (long)maximum);
    }

    /// <summary>Counts steps of a prediction, see <see cref="ModelLimits.MaxSteps"/>.</summary>
    public void CountSteps(Int128 steps)
    {
        _steps += steps;
        Require(_steps <= ModelLimits.MaxSteps, $"the model takes more than {ModelLimits.MaxSteps} steps");
        ModelBudget.Require((long)_steps, budget.Steps, "a prediction takes steps:");
    }

    /// <summary>Counts weights: their bytes, and how many outputs a kernel prepares them for.</summary>
    public void CountWeights(int bytes, int outputs = 0)
    {
        _weightBytes += bytes;
        _outputs += outputs;
        Require(_weightBytes <= ModelLimits.MaxWeightBytes, $"the model's weights take more than {ModelLimits.MaxWeightBytes} bytes");
        ModelBudget.Require(_weightBytes + 2 * _outputs, budget.WeightBytes, "its layers have bytes of weights:");
    }

    /// <summary>Counts entries of an array.</summary>
    public void CountEntries(int count)
    {
        _arrayEntries += count;
        Require(_arrayEntries <= ModelLimits.MaxArrayEntries, $"the model's arrays have more than {ModelLimits.MaxArrayEntries} entries");
    }

    /// <summary>Counts entries of an array that has so many per channel of a value.</summary>
    public void CountEntries(ValueInfo x, int count, int perChannel = 1)
    {
        Require(
            count == x.Channels * perChannel,
            $"{x.Channels} channels need {(perChannel == 1 ? "" : $"{perChannel} times ")}as many entries in each array, not {count}"
        );
        CountEntries(count);
    }
}
