namespace Onebit;

/// <summary>One input of a sum: a channel of the group, and the first row and column of those that a step apart are.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Row">The row, smaller than the step.</param>
/// <param name="Column">The column.</param>
internal readonly record struct SharedInput(int Channel, int Row, int Column);

/// <summary>A sum that an output reads.</summary>
/// <param name="Table">The table.</param>
/// <param name="Row">How many rows of the result further on it lies.</param>
/// <param name="Column">How many columns further on.</param>
/// <param name="Weights">The places of its inputs' weights, of an output's weights.</param>
internal readonly record struct SharedSum(int Table, int Row, int Column, int[] Weights);

/// <summary>
/// Which inputs make a sum of a <see cref="SharedSumConvolution{TOps, TVector}"/>: four channels at one place of the kernel, or up to five
/// columns of the kernel in one channel. A unit is four channels, or one. A pool is a step of positions: an output is the maximum of its
/// windows.
/// </summary>
internal sealed class SharedSums
{
    /// <summary>The most padded positions from one column of the result to the next.</summary>
    public const int MaxStep = 2;

    private const int MaxChannels = 4, // of a sum
        MaxColumns = 5;

    private readonly Linear _linear;
    private readonly int _channels;
    private readonly bool _byColumns;
    private readonly int _pool;
    private readonly int _parts; // Sums of a row of the kernel.
    private readonly int _part; // columns of a sum
    private readonly int _tableRows; // Rows and columns of a unit's tables.
    private readonly int _tableColumns;
    private readonly SharedInput[][] _inputs;

    private SharedSums(FusedLinear layer, bool byColumns, bool poolsCodes)
    {
        (_linear, _byColumns, _pool) = (layer.Linear, byColumns, poolsCodes ? 1 : layer.Pool?.Size ?? 1);
        Pool = poolsCodes ? layer.Pool!.Size : 1;
        Rows = layer.Result.Height * Pool;
        _channels = layer.Source.Channels / _linear.Groups;
        Step = _linear.Stride * _pool;
        (int lastRow, int lastColumn) = (
            _linear.KernelHeight - 1 + (_pool - 1) * _linear.Stride,
            _linear.KernelWidth - 1 + (_pool - 1) * _linear.Stride
        );

        // The padding on the left of a row is that on the right of the row before it.
        int width = layer.Source.Width + _linear.Padding;
        Pitch = Step == 1 ? width : (width + _linear.Padding + Step - 1) / Step;
        Positions = (Rows - 1) * Pitch + layer.Result.Width * Pool;
        MorePositions = lastRow / Step * Pitch + lastColumn / Step;
        _parts = byColumns ? (_linear.KernelWidth + MaxColumns - 1) / MaxColumns : _linear.KernelWidth;
        _part = byColumns ? (_linear.KernelWidth + _parts - 1) / _parts : 1;
        int inputs = byColumns ? _part : Math.Min(MaxChannels, _channels);
        Units = byColumns ? _channels : (_channels + MaxChannels - 1) / MaxChannels;
        UnitInputs = _linear.KernelHeight * _linear.KernelWidth * (byColumns ? 1 : inputs);
        Terms = _linear.KernelHeight * _parts;
        Entries = Math.Max(4, 1 << inputs);
        Windows = _pool * _pool;

        // Columns that lie side by side, or one column of each that a step apart are.
        _tableRows = Math.Min(Step, lastRow + 1);
        _tableColumns = byColumns ? _pool * _parts : Math.Min(Step, lastColumn + 1);
        Tables = _tableRows * _tableColumns;
        _inputs = [.. Enumerable.Range(0, Units * Tables).Select(InputsOf)];
    }

    /// <summary>Padded positions from one column of the result to the next.</summary>
    public int Step { get; }

    /// <summary>The size of the windows of codes that are pooled once the codes are made; 1: none are.</summary>
    public int Pool { get; }

    /// <summary>Rows of codes.</summary>
    public int Rows { get; }

    /// <summary>Positions from one row of codes to the next.</summary>
    public int Pitch { get; }

    /// <summary>Positions from the first code to the last.</summary>
    public int Positions { get; }

    /// <summary>How many positions further on an output reads.</summary>
    public int MorePositions { get; }

    /// <summary>Channels, or groups of four of them.</summary>
    public int Units { get; }

    /// <summary>Inputs that a sum over all terms of a unit has.</summary>
    public int UnitInputs { get; }

    /// <summary>Sums that an output reads for each unit and window.</summary>
    public int Terms { get; }

    /// <summary>Tables of a unit.</summary>
    public int Tables { get; }

    /// <summary>Sums of a table.</summary>
    public int Entries { get; }

    /// <summary>Positions of a window of the pool.</summary>
    public int Windows { get; }

    /// <summary>The ways to run a layer.</summary>
    public static IEnumerable<SharedSums> Of(FusedLinear layer)
    {
        foreach (bool byColumns in new[] { false, true })
        {
            if (layer.Linear.Stride * (layer.Pool?.Size ?? 1) <= MaxStep)
            {
                yield return new SharedSums(layer, byColumns, poolsCodes: false);
            }

            if (layer.Pool?.Size == 2 && layer.Linear.Stride <= MaxStep)
            {
                yield return new SharedSums(layer, byColumns, poolsCodes: true);
            }
        }
    }

    /// <summary>The inputs of a table's sums.</summary>
    public ReadOnlySpan<SharedInput> Inputs(int table) => _inputs[table];

    /// <summary>A sum that an output reads.</summary>
    public SharedSum At(int window, int unit, int term)
    {
        (int ky, int part) = Math.DivRem(term, _parts);
        int row = ky + window / _pool * _linear.Stride,
            left = window % _pool * _linear.Stride,
            kx = part * _part;
        int area = _linear.KernelHeight * _linear.KernelWidth,
            weight = ky * _linear.KernelWidth + kx;
        if (_byColumns)
        {
            int columns = Math.Min(_part, _linear.KernelWidth - kx);
            return new SharedSum(
                (unit * _tableRows + row % Step) * _tableColumns + window % _pool * _parts + part,
                row / Step,
                0,
                [.. Enumerable.Range(unit * area + weight, columns)]
            );
        }

        int column = left + kx,
            channels = Math.Min(MaxChannels, _channels - unit * MaxChannels);
        return new SharedSum(
            (unit * _tableRows + row % Step) * _tableColumns + column % Step,
            row / Step,
            column / Step,
            [.. Enumerable.Range(unit * MaxChannels, channels).Select(c => c * area + weight)]
        );
    }

    private SharedInput[] InputsOf(int table)
    {
        (int unit, int rest) = Math.DivRem(table, Tables);
        (int row, int column) = Math.DivRem(rest, _tableColumns);
        if (!_byColumns)
        {
            int channels = Math.Min(MaxChannels, _channels - unit * MaxChannels);
            return [.. Enumerable.Range(unit * MaxChannels, channels).Select(c => new SharedInput(c, row, column))];
        }

        (int window, int part) = Math.DivRem(column, _parts);
        int first = window * _linear.Stride + part * _part;
        return
        [
            .. Enumerable.Range(0, Math.Min(_part, _linear.KernelWidth - part * _part)).Select(i => new SharedInput(unit, row, first + i)),
        ];
    }
}
