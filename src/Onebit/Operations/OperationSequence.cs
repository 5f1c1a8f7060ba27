namespace Onebit;

/// <summary>The operations of a model file, one after another, behind their number.</summary>
internal static class OperationSequence
{
    /// <summary>Writes the operations.</summary>
    /// <returns>The bytes that each takes.</returns>
    public static int[] Write(FileWriter writer, IReadOnlyList<Operation> operations)
    {
        writer.Size(operations.Count);
        var lengths = new int[operations.Count];
        var weights = new SharedWeights();
        for (int i = 0; i < operations.Count; i++)
        {
            int start = writer.Length;
            if (operations[i] is Linear linear && weights.First(linear, i) is int first && first < i)
            {
                linear.WriteShared(writer, first);
            }
            else
            {
                operations[i].Write(writer);
            }

            lengths[i] = writer.Length - start;
        }

        return lengths;
    }

    /// <summary>Reads the operations.</summary>
    /// <exception cref="InvalidDataException">They are not as <see cref="Write"/> writes them.</exception>
    public static Operation[] Read(ref FileReader reader)
    {
        int count = reader.Size();
        if (count > ModelLimits.MaxOperations)
        {
            throw new InvalidDataException($"The file announces {count} operations; {ModelLimits.MaxOperations} are the most.");
        }

        var operations = new Operation[count];
        var weights = new SharedWeights();
        long weightBytes = 0;
        for (int i = 0; i < count; i++)
        {
            int first = i;
            byte kind = reader.Byte();
            int input = reader.Size();
            operations[i] =
                kind == Linear.SharedKind
                    ? Linear.ReadShared(ref reader, input, operations.AsSpan(0, i), out first)
                    : Read(kind, ref reader, input);
            if (operations[i] is not Linear linear)
            {
                continue;
            }

            weightBytes += linear.Weights.Length;
            if (weightBytes > ModelLimits.MaxWeightBytes)
            {
                // Shared weights take few bytes of a file, and yet the time to look at them.
                throw new InvalidDataException($"The file's weights take more than {ModelLimits.MaxWeightBytes} bytes.");
            }

            if (weights.First(linear, i) != first)
            {
                throw new InvalidDataException(
                    $"The weights of operation {i} are not written as those of the first operation that has them."
                );
            }
        }

        return operations;
    }

    /// <summary>The kinds of operations. A number never changes its meaning; a new operation takes the next one.</summary>
    private static Operation Read(byte kind, ref FileReader reader, int input) =>
        kind switch
        {
            Linear.Kind => Linear.Read(ref reader, input),
            Threshold.Kind => Threshold.Read(ref reader, input),
            Requantize.Kind => Requantize.Read(ref reader, input, trailingZeroBits: false),
            MaxPool.Kind => MaxPool.Read(ref reader, input),
            SumPool.Kind => SumPool.Read(ref reader, input),
            Add.Kind => Add.Read(ref reader, input),
            Scores.Kind => Scores.Read(ref reader, input, trailingZeroBits: false),
            WeightedSum.Kind => WeightedSum.Read(ref reader, input),
            Quantize.Kind => Quantize.Read(ref reader, input),
            BitPlane.Kind => BitPlane.Read(ref reader, input),
            PiecewiseLinear.Kind => PiecewiseLinear.Read(ref reader, input),
            Requantize.TrailingZeroBitsKind => Requantize.Read(ref reader, input, trailingZeroBits: true),
            Scores.TrailingZeroBitsKind => Scores.Read(ref reader, input, trailingZeroBits: true),
            Concat.Kind => Concat.Read(ref reader, input),
            Upsample.Kind => new Upsample(input),
            Lookup.Kind => Lookup.Read(ref reader, input),
            PositionalEmbedding.Kind => PositionalEmbedding.Read(ref reader, input),
            AttentionScores.Kind => AttentionScores.Read(ref reader, input),
            Softmax.Kind => Softmax.Read(ref reader, input),
            AttentionSum.Kind => AttentionSum.Read(ref reader, input),
            AttentionMean.Kind => AttentionMean.Read(ref reader, input),
            Slice.Kind => Slice.Read(ref reader, input),
            AddEmbedding.Kind => AddEmbedding.Read(ref reader, input),
            _ => throw new InvalidDataException($"Operations of kind {kind} are not known."),
        };
}
