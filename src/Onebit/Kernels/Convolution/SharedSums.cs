namespace Onebit;

/// <summary>
/// Which inputs make a sum of a <see cref="SharedSumConvolution{TOps, TVector}"/>: four channels at one place of the kernel, or up to five
/// columns of the kernel in one channel. A unit is four channels, or one. A pool is a step of positions: an output is the maximum of its
/// windows.
/// </summary>
internal sealed class SharedSums
{
    /// <summary>The most padded positions from one column of the result to the next.</summary>
    public const int MaxStep = 2;

    /// <summary>The most inputs of a sum.</summary>
    public const int MaxInputs = 5;

    private const int MaxChannels = 4; // of a sum

    private readonly Linear _linear;
    private readonly int _channels;
    private readonly bool _byColumns;
    private readonly int _pool;
    private readonly int _parts; // Sums of a row of the kernel.
    private readonly int _part; // columns of a sum
    private readonly int _tableRows; // Rows and columns of a unit's tables.
    private readonly int _tableColumns;

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
        _parts = byColumns ? (_linear.KernelWidth + MaxInputs - 1) / MaxInputs : _linear.KernelWidth;
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
    }

    /// <summary>Padded positions from one column of the result to the next.</summary>
    public int Step { get; }

    /// <summary>The size of the windows of codes that are pooled once the codes are made; 1: none are.</summary>
    public int Pool { get; }

    /// <summary>Rows of outputs.</summary>
    public int Rows { get; }

    /// <summary>Positions from one row of outputs to the next.</summary>
    public int Pitch { get; }

    /// <summary>Positions from the first output to the last.</summary>
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
    public static List<SharedSums> Of(FusedLinear layer)
    {
        var ways = new List<SharedSums>();
        for (int way = 0; way < 4; way++)
        {
            // A pool of codes is one of 2 x 2.
            (bool byColumns, bool poolsCodes) = (way % 2 > 0, way > 1);
            int step = layer.Linear.Stride * (poolsCodes ? 1 : layer.Pool?.Size ?? 1);
            if (step <= MaxStep && (!poolsCodes || layer.Pool?.Size == 2))
            {
                ways.Add(new SharedSums(layer, byColumns, poolsCodes));
            }
        }

        return ways;
    }

    /// <summary>The number of inputs of a table's sums.</summary>
    public int Inputs(int table) =>
        _byColumns
            ? Math.Min(_part, _linear.KernelWidth - table % _parts * _part)
            : Math.Min(MaxChannels, _channels - table / Tables * MaxChannels);

    /// <summary>An input of a table's sums: its channel, a row smaller than the step, and a column.</summary>
    public (int Channel, int Row, int Column) Input(int table, int input)
    {
        (int unit, int rest) = Math.DivRem(table, Tables);
        (int row, int column) = Math.DivRem(rest, _tableColumns);
        return _byColumns
            ? (unit, row, column / _parts * _linear.Stride + column % _parts * _part + input)
            : (unit * MaxChannels + input, row, column);
    }

    /// <summary>
    /// A sum that an output reads: its table, how many positions further on it lies, and the places of its inputs' weights: of the first,
    /// and from one to the next.
    /// </summary>
    public (int Table, int Place, int Weight, int NextWeight) At(int window, int unit, int term)
    {
        (int ky, int part) = Math.DivRem(term, _parts);
        int row = ky + window / _pool * _linear.Stride,
            left = window % _pool * _linear.Stride,
            column = left + part * _part,
            area = _linear.KernelHeight * _linear.KernelWidth,
            weight = ky * _linear.KernelWidth + part * _part,
            tables = (unit * _tableRows + row % Step) * _tableColumns,
            place = row / Step * Pitch;
        return _byColumns
            ? (tables + window % _pool * _parts + part, place, unit * area + weight, 1)
            : (tables + column % Step, place + column / Step, unit * MaxChannels * area + weight, area);
    }
}
