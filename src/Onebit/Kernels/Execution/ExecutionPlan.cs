using System.Runtime.Intrinsics;

namespace Onebit;

/// <summary>
/// Says how a model runs on one image: which kernel takes each layer, and where each value is stored. It is made once, when the model is
/// loaded.
/// </summary>
internal sealed class ExecutionPlan
{
    // Joined layers are copies of weights. A model may have a thousand layers that could be joined.
    private const int MaxJoinedLayers = 8;

    private readonly IReadOnlyList<ValueInfo> _values;
    private readonly StoredValue?[] _stored;
    private readonly int _widestVector;
    private readonly List<PlannedOperation> _planned = [];

    /// <param name="input">What turns pixels into codes.</param>
    /// <param name="operations">The model's operations.</param>
    /// <param name="values">Its values.</param>
    /// <param name="widestVector">Bits of the widest vector to use: 64, 128, 256 or 512.</param>
    public ExecutionPlan(ModelInput input, IReadOnlyList<Operation> operations, IReadOnlyList<ValueInfo> values, int widestVector)
    {
        (Input, _values, _widestVector) = (input, values, widestVector);
        _stored = new StoredValue?[values.Count];
        Pixels = Stored(0);
        Layers = FusedLayer.ListOf(operations, values);
        FusedLayer[] layers = [.. Layers.SelectMany(WithoutForeignEpilogue)];
        var joined = new HashSet<FusedLayer>();
        foreach (FusedLayer layer in layers.Where(layer => !joined.Contains(layer)))
        {
            if (layer is FusedLinear { IsDense: true, Pool: null } dense)
            {
                FusedLinear[] group = [dense, .. Siblings(dense, layers).Take(MaxJoinedLayers - 1)];
                joined.UnionWith(group);
                Plan(group);
            }
            else if (layer is FusedAttention attention && KernelChooser.Attention(attention, widestVector) is { } kernel)
            {
                int value = attention.End.Inputs.Span[1];
                _planned.Add(
                    new PlannedAttention(
                        kernel,
                        Stored(attention.Scores.Query),
                        Stored(attention.Scores.Key),
                        Stored(value),
                        Stored(layer.Output)
                    )
                );
            }
            else if (layer is FusedLinear linear && KernelChooser.Convolution(linear, widestVector) is { } convolution)
            {
                _planned.Add(new PlannedConvolution(convolution, Stored(linear.Linear.Input), Stored(layer.Output)));
            }
            else
            {
                for (int i = 0; i < layer.Operations.Count; i++)
                {
                    _planned.Add(Plan(layer.Operations[i], layer.First + i + 1));
                }
            }
        }
    }

    /// <summary>What turns pixels into codes.</summary>
    public ModelInput Input { get; }

    /// <summary>The layers of the model.</summary>
    public IReadOnlyList<FusedLayer> Layers { get; }

    /// <summary>What to run, in this order.</summary>
    public IReadOnlyList<PlannedOperation> Operations => _planned;

    /// <summary>The model's input.</summary>
    public StoredValue Pixels { get; }

    /// <summary>The model's last value: scores, of 64 bits per element, or a diffusion model's image.</summary>
    public StoredValue Result => Stored(_values.Count - 1);

    /// <summary>Bytes of all values that are stored.</summary>
    public int ValueBytes { get; private set; }

    /// <summary>Makes an epilogue a layer of its own where no kernel of one image ends a layer with it.</summary>
    private FusedLayer[] WithoutForeignEpilogue(FusedLayer layer) =>
        layer is not FusedLinear { Epilogue: { } epilogue } linear
        || epilogue is Threshold or Requantize { OutputBits: 8 }
        || (epilogue is Requantize && !linear.IsDense)
            ? [layer]
            : [new FusedLinear(linear.Linear, linear.Pool, null, layer.Output - 1, _values), new FusedLayer(layer.Output, epilogue)];

    /// <summary>Where a value is stored. It begins at a cache line.</summary>
    private StoredValue Stored(int value)
    {
        if (_stored[value] is { } known)
        {
            return known;
        }

        var stored = new StoredValue(_values[value], ValueBytes);

        // Scores have 64 bits. Outputs of dense layers are written in whole vectors.
        int bytes = value < _values.Count - 1 || Input.Diffusion is not null ? stored.Bytes : stored.Info.Count * sizeof(long);
        ValueBytes = checked(ValueBytes + PlannedOperation.Align(bytes + Vector512<byte>.Count));
        return _stored[value] = stored;
    }

    /// <summary>Dense layers behind this one that read the same value and give as many sums.</summary>
    private static IEnumerable<FusedLinear> Siblings(FusedLinear layer, FusedLayer[] layers) =>
        CanJoin(layer)
            ? layers
                .OfType<FusedLinear>()
                .Where(l => l.First > layer.First && l.Linear.Input == layer.Linear.Input && l.Linear.Outputs == layer.Linear.Outputs)
                .Where(CanJoin)
            : [];

    /// <summary>Whether its weights are whole bytes, which can be put side by side, and its sums are what it gives.</summary>
    private static bool CanJoin(FusedLinear layer) =>
        layer is { IsDense: true, Pool: null, Epilogue: null } && (long)layer.Linear.Outputs * layer.FanIn % 8 == 0;

    /// <summary>Plans dense layers that run as one.</summary>
    private void Plan(FusedLinear[] group)
    {
        FusedLinear whole = group[0];
        if (group.Length > 1)
        {
            byte[] weights = new byte[group.Sum(layer => layer.Linear.Weights.Length)];
            Span<byte> rest = weights;
            foreach (FusedLinear layer in group)
            {
                layer.Linear.Weights.Span.CopyTo(rest);
                rest = rest[layer.Linear.Weights.Length..];
            }

            Linear linear = whole.Linear with { Outputs = group.Length * whole.Linear.Outputs, Weights = weights };
            whole = new FusedLinear(linear, null, null, whole.Output, _values);
        }

        StoredValue source = Stored(whole.Linear.Input);
        StoredValue[] results = [.. group.Select(layer => Stored(layer.Output))];
        DenseKernel kernel = KernelChooser.Dense(whole, _widestVector);
        _planned.Add(new PlannedDense(whole, kernel, source, results, _planned.LastOrDefault()));
    }

    /// <summary>Plans an operation by itself.</summary>
    private PlannedOperation Plan(Operation operation, int output)
    {
        StoredValue[] inputs = [.. operation.Inputs.ToArray().Select(Stored)];
        StoredValue source = inputs[0],
            result = Stored(output);
        return operation switch
        {
            Scores scores => new PlannedScores(scores, source, result),
            BitPlane plane when source.Form == ValueForm.Bytes => new PlannedBitPlane(plane.Bit, source, result),
            Requantize { OutputBits: 8 } requantize when source.Info.Kind == ElementKind.Integers => new PlannedRequantize(
                Requantization.Of(requantize, source.Info),
                source,
                result
            ),
            Threshold threshold when source.Info is { Kind: ElementKind.Integers, Area: > 1 } => new PlannedThreshold(
                threshold,
                source,
                result
            ),
            Upsample => new PlannedUpsample(source, result),
            Concat when inputs.All(input => input.Form == result.Form) => new PlannedConcat(inputs, result),
            AddEmbedding embedding => new PlannedIntegers(
                new AddEmbeddingKernel(embedding, source.Info.Channels),
                [inputs[1], source],
                result
            ),
            _ when KernelChooser.Integers(operation, source.Info, result.Info) is { } kernel => new PlannedIntegers(kernel, inputs, result),
            _ => new PlannedLoop(operation, inputs, result),
        };
    }
}
