namespace Onebit.Training.Tests;

/// <summary>Lists of layers at random, of all those that can be packed, in any order that fits.</summary>
internal sealed class RandomLayers
{
    private readonly Random _random;
    private readonly int _activationBits;
    private readonly bool _isRounded;
    private Shape _shape;
    private ElementKind _kind = ElementKind.Codes;

    private int _residuals;

    // One sum over windows between two activations keeps all integers below 2^24.
    private bool _isSummed;

    /// <summary>Draws the list.</summary>
    /// <param name="random">Where all of it comes from.</param>
    /// <param name="activationBits">8 or fewer: whether activations are codes or signs.</param>
    /// <param name="isRounded">
    /// Leaves out what packing rounds once more than training does: a pool behind a normalization, and RPReLU and Maxout.
    /// </param>
    public RandomLayers(Random random, int activationBits, bool isRounded)
    {
        (_random, _activationBits, _isRounded) = (random, activationBits, isRounded);
        Input = _shape = new(random.Next(2) == 0 ? 1 : 3, random.Next(1, 10), random.Next(1, 10));
        Classes = random.Next(2, 5);
        List<Layer> layers = [.. Enumerable.Range(0, random.Next(7)).SelectMany(_ => Next())];
        if (_kind == ElementKind.Integers)
        {
            layers.AddRange(Activated());
        }

        layers.Add(new DenseLayer());
        if (random.Next(2) == 0)
        {
            layers.Add(new BatchNormLayer());
        }

        Network = new NetworkSpec("random", layers);
    }

    public NetworkSpec Network { get; }

    public Shape Input { get; }

    public int Classes { get; }

    private Layer[] Next() =>
        _random.Next(17) switch
        {
            0 => [MaxPool()],
            1 => [AveragePool()],
            2 => Residual(),
            4 => [new DropoutLayer(0.5)],
            3 => _isRounded ? Residual() : [TwoSlopes()],
            5 when !_isRounded => [Norm()],
            5 or 6 => Activated(),
            7 when _kind != ElementKind.Integers => Dense(),
            8 => Branches(),
            11 when !_isRounded && _activationBits is 1 or 8 && _shape.Height * _shape.Width < 30 => Attention(),
            12 => Embedding(),
            10 => Gelu(),
            9 when _shape.Height * _shape.Width < 100 => Upsample(),
            _ when _kind != ElementKind.Integers => [Conv(), .. MaybePool(), .. Activated()],
            _ => Activated(),
        };

    private Layer[] Activated()
    {
        _kind = _activationBits < 8 ? ElementKind.Signs : ElementKind.Codes;
        _isSummed = false;
        return _random.Next(6) switch
        {
            0 => [new ActivationLayer()],
            1 => [new BatchNormLayer(), new DropoutLayer(0.5), new ActivationLayer()],
            _ => [new BatchNormLayer(), new ActivationLayer()],
        };
    }

    private BatchNormLayer Norm()
    {
        _kind = ElementKind.Integers;
        return new BatchNormLayer();
    }

    private Layer TwoSlopes()
    {
        _kind = ElementKind.Integers;
        return _random.Next(2) == 0 ? new RPReLULayer() : new MaxoutLayer();
    }

    private Layer[] Dense()
    {
        _shape = new(_random.Next(1, 9), 1, 1);
        Layer[] activated = Activated();
        return [new DenseLayer(_shape.Channels, Bias: activated[0] is BatchNormLayer && _random.Next(2) == 0), .. activated];
    }

    private ConvLayer Conv()
    {
        (int channels, int height, int width) = _shape;
        int padding = _random.Next(3),
            stride = _random.Next(1, 4);
        int kernel = _random.Next(1, Math.Min(5, Math.Min(height, width) + 2 * padding) + 1);
        int groups = _random.Next(3) == 0 ? channels : 1,
            filters = Math.Min(groups * _random.Next(1, 4), 8 / groups * groups);
        _shape = new(filters, (height + 2 * padding - kernel) / stride + 1, (width + 2 * padding - kernel) / stride + 1);
        return new ConvLayer(filters, kernel, stride, padding, groups);
    }

    private Layer[] MaybePool() =>
        _random.Next(3) switch
        {
            0 => [MaxPool()],
            1 => [AveragePool()],
            _ => [],
        };

    private MaxPoolLayer MaxPool()
    {
        (int size, int stride) = Window();
        if (_kind == ElementKind.Signs && _activationBits > 1)
        {
            _kind = ElementKind.Integers; // Several planes are pooled as their sum.
        }

        return new MaxPoolLayer(size, stride == size ? 0 : stride);
    }

    private Layer AveragePool()
    {
        if (_isSummed)
        {
            return MaxPool();
        }

        _isSummed = true;
        (int size, int stride) = Window();
        if (_kind == ElementKind.Signs)
        {
            _kind = ElementKind.Integers;
        }

        return new AveragePoolLayer(size, stride == size ? 0 : stride);
    }

    private (int Size, int Stride) Window()
    {
        (int channels, int height, int width) = _shape;
        int size = _random.Next(1, Math.Min(3, Math.Min(height, width)) + 1),
            stride = _random.Next(1, 4);
        _shape = new(channels, (height - size) / stride + 1, (width - size) / stride + 1);
        return (size, stride);
    }

    private Layer[] Residual()
    {
        string shortcut = $"shortcut{++_residuals}",
            path = $"path{_residuals}";
        List<Layer> layers = [new IdentityLayer { Name = shortcut }];
        bool isSummed = _isSummed;
        if (_kind == ElementKind.Integers || _random.Next(3) == 0)
        {
            layers.AddRange(Activated());
        }

        if (_random.Next(5) > 0)
        {
            layers.Add(Same());
        }

        if (_random.Next(2) == 0)
        {
            layers.AddRange([.. Activated(), Same()]);
        }

        if (_random.Next(4) > 0)
        {
            layers.Add(new BatchNormLayer());
        }

        if (_random.Next(4) == 0)
        {
            layers.AddRange([new ActivationLayer(), new AveragePoolLayer(1)]);
        }

        (_kind, _isSummed) = (ElementKind.Integers, isSummed || _isSummed);
        layers.Add(new IdentityLayer { Name = path });
        return [.. layers, new AddLayer { From = [path, shortcut] }];
    }

    /// <summary>Queries, keys and values of one size, quantized, and what attention makes of them, normalized.</summary>
    private Layer[] Attention()
    {
        string name = $"attention{++_residuals}";
        int[] divisors = [.. Enumerable.Range(1, _shape.Channels).Where(d => _shape.Channels % d == 0)];
        // Not every method's levels are symmetric.
        Method? signed = _activationBits == 1 ? new Bit() : null;
        AttentionWeights weights = _random.Next(4) switch
        {
            0 => AttentionWeights.Uniform,
            1 when _activationBits == 1 => AttentionWeights.Threshold,
            _ => AttentionWeights.Softmax,
        };
        (_kind, _isSummed) = (_activationBits < 8 ? ElementKind.Signs : ElementKind.Codes, false);
        return
        [
            new BatchNormLayer { Name = name },
            .. "qkv".SelectMany(part =>
                new Layer[]
                {
                    new BatchNormLayer { From = [name] },
                    new QuantizeLayer(signed) { Name = name + part },
                }
            ),
            new AttentionLayer(divisors[_random.Next(divisors.Length)], weights) { From = [name + "q", name + "k", name + "v"] },
            new BatchNormLayer(),
            _random.Next(2) == 0 ? new QuantizeLayer() : new ActivationLayer(),
        ];
    }

    private Layer[] Embedding()
    {
        Layer[] before = [new BatchNormLayer(), new PositionalEmbeddingLayer()];
        return [.. before, .. Activated()];
    }

    private Layer[] Gelu()
    {
        (_kind, _isSummed) = (ElementKind.Codes, false);
        return [new BatchNormLayer(), new GeluLayer()];
    }

    private Layer[] Upsample()
    {
        _shape = _shape with { Height = 2 * _shape.Height, Width = 2 * _shape.Width };
        return [new UpsampleLayer()];
    }

    /// <summary>
    /// Two activations, or two sums, one behind the other's channels. No padding follows: lowest levels that are learned differ.
    /// </summary>
    private Layer[] Branches()
    {
        string first = $"shortcut{++_residuals}",
            second = $"path{_residuals}";
        Layer[] before = Activated();
        bool activated = _random.Next(2) == 0;
        Layer[] branches = activated
            ? [new IdentityLayer { Name = first }, Same(), .. Activated(), new IdentityLayer { Name = second }]
            : [Same() with { Name = first }, Same() with { Name = second, From = [$"before{_residuals}"] }];
        _shape = _shape with { Channels = _random.Next(1, 9) };
        return
        [
            .. before,
            new IdentityLayer { Name = $"before{_residuals}" },
            .. branches,
            new ConcatLayer { From = [second, first] },
            .. activated ? [] : Activated(),
            new ConvLayer(_shape.Channels, 1),
            .. Activated(),
        ];
    }

    /// <summary>A convolution, depthwise or not, that keeps the shape.</summary>
    private ConvLayer Same()
    {
        int padding = _random.Next(2);
        return new ConvLayer(_shape.Channels, 2 * padding + 1, 1, padding, _random.Next(2) == 0 ? _shape.Channels : 1);
    }
}
