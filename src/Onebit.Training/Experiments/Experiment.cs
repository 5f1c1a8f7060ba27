using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Onebit.Training;

/// <summary>All that decides a training run, as an experiment file writes it: values and nothing else.</summary>
public sealed record Experiment
{
    /// <summary>Options of every file in <c>experiments/</c>: camel case, comments allowed, unknown names refused.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Web)
        {
            AllowDuplicateProperties = false,
            AllowTrailingCommas = true,
            NumberHandling = JsonNumberHandling.Strict,
            ReadCommentHandling = JsonCommentHandling.Skip,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
            WriteIndented = true,
        };

    /// <summary>The file's name without extension.</summary>
    [JsonIgnore]
    public string Name { get; init; } = "";

    /// <summary>The file it was read from.</summary>
    [JsonIgnore]
    public string File { get; init; } = "";

    /// <summary>What is worth knowing about it; shown beside its results.</summary>
    public string? Note { get; init; }

    /// <summary>
    /// The known data set, or folder, it is meant for, used where no other is chosen; null: any, digits unless one is chosen.
    /// </summary>
    public string? Data { get; init; }

    /// <summary>The network: the name of a file in <c>networks/</c>, or name and layers in place.</summary>
    public required NetworkSpec Network { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>How pixels are seen; null: bytes where weights are binarized, normalized where they are not.</summary>
    public PixelEncoding? Pixels { get; init; }

    /// <summary>
    /// The least byte that is 1 or +1 where pixels have one bit, 1 to 255; null: 128 for bits, 1 for signs. With augmentation 1 would make
    /// strokes thicker than they are tested: whatever a stroke's turned edge touches is above 0.
    /// </summary>
    public byte? PixelThreshold { get; init; }

    /// <summary>
    /// 32 keeps float activations, which no packed file can hold; 8 a ReLU of 8 bits; fewer are planes of the method's; null: the method's
    /// choice.
    /// </summary>
    public int? ActivationBits { get; init; }

    /// <summary>
    /// 32 keeps real weights, which no packed file can hold: the first of two stages; fewer are planes of the method's; null: the method's
    /// choice.
    /// </summary>
    public int? WeightBits { get; init; }

    /// <summary>
    /// Share of each layer's weights, the smallest, that are 0: lambda of bitwise networks with <see cref="WeightBits"/> 2. Null: a half.
    /// </summary>
    public double? ZeroWeights { get; init; }

    /// <summary>
    /// Bits of the multipliers that normalization becomes when it is packed, offsets being rounded as coarsely; few make a small file
    /// smaller. Accuracies are those of the rounded model. Null: 14, which changes next to nothing.
    /// </summary>
    public int? AffineBits { get; init; }

    /// <summary>
    /// A finished run whose weights and normalizations this one starts from, named as in <see cref="DistillationSpec.Teachers"/>;
    /// null: at random.
    /// </summary>
    public string? Start { get; init; }

    /// <summary>Latent weights start at 0 instead of at random.</summary>
    public bool ZeroStart { get; init; }

    /// <summary>Passes over the training images.</summary>
    public required int Epochs { get; init; }

    /// <summary>Images a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The optimizer.</summary>
    public required OptimizerSpec Optimizer { get; init; }

    /// <summary>What is minimized.</summary>
    public LossType Loss { get; init; }

    /// <summary>Teachers; null: none.</summary>
    public DistillationSpec? Distillation { get; init; }

    /// <summary>
    /// Decay of an exponential moving average of all parameters, latent weights included, that takes their place when training
    /// ends; normalization is then re-estimated too. Curves are of the weights at hand. Null: none.
    /// </summary>
    public double? Averaging { get; init; }

    /// <summary>Measures batch-normalization statistics anew on 10,000 training images, before folding.</summary>
    public bool ReestimateNormalization { get; init; }

    /// <summary>The learning rate over time; null: constant.</summary>
    public ScheduleSpec? Schedule { get; init; }

    /// <summary>Random affine and elastic distortion of the training images; null: none.</summary>
    public AugmentationSpec? Augmentation { get; init; }

    /// <summary>How many training images, the last ones, are held out for validation; null: 5,000 (a sixth of small sets).</summary>
    public int? ValidationImages { get; init; }

    /// <summary>One run each.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [1];

    /// <summary>Resolved: <see cref="Pixels"/> or its default.</summary>
    [JsonIgnore]
    public PixelEncoding PixelEncoding =>
        Pixels ?? (Training.Method.Named(Method).Binarizes ? PixelEncoding.Bytes : PixelEncoding.Normalized);

    /// <summary>The finished runs that this one needs, as it names them.</summary>
    [JsonIgnore]
    public IEnumerable<string> EarlierRuns => [.. Distillation?.Teachers ?? [], .. Start is null ? Array.Empty<string>() : [Start]];

    /// <summary>Where the shipped experiments lie.</summary>
    public static string ShippedFolder => Path.Combine(AppContext.BaseDirectory, "experiments");

    /// <summary>Reads an experiment file.</summary>
    /// <exception cref="ExperimentException">The file is missing or does not hold an experiment; says what to mend.</exception>
    public static Experiment Load(string path)
    {
        if (!System.IO.File.Exists(path))
        {
            throw new ExperimentException($"There is no experiment file '{path}'.");
        }

        try
        {
            JsonNode node = Parse(path);
            if (node["network"] is JsonValue name && name.TryGetValue(out string? network))
            {
                node["network"] = ParseNetwork(NetworkFile(path, network));
            }

            Experiment experiment = node.Deserialize<Experiment>(Json)! with
            {
                Name = Path.GetFileNameWithoutExtension(path),
                File = Path.GetFullPath(path),
            };
            experiment.Check();
            return experiment;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NotSupportedException)
        {
            throw new ExperimentException($"'{path}' is no experiment: {Reason(e)}.");
        }
        catch (ExperimentException e)
        {
            throw new ExperimentException($"'{path}': {e.Message}");
        }
    }

    /// <summary>The experiment as canonical text: two runs are the same when this is.</summary>
    public string ToJson() => JsonSerializer.Serialize(this with { Note = null, Data = null, Seeds = [] }, Json);

    private static JsonNode Parse(string path) =>
        JsonNode.Parse(
            System.IO.File.ReadAllText(path),
            documentOptions: new()
            {
                AllowDuplicateProperties = false,
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            }
        ) ?? throw new JsonException("it is empty");

    private static JsonNode ParseNetwork(string path)
    {
        try
        {
            return Parse(path);
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"'{path}' is no network: {Reason(e)}.");
        }
    }

    private static string Reason(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');

    // networks/NAME.json beside the experiment, above it, or among the shipped ones.
    private static string NetworkFile(string experiment, string network)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(experiment))!;
        string file = Path.Combine("networks", network + ".json");
        return new[] { folder, Path.Combine(folder, ".."), ShippedFolder }
                .Select(f => Path.Combine(f, file))
                .FirstOrDefault(System.IO.File.Exists)
            ?? throw new ExperimentException(
                $"there is no network '{network}'; write networks/{network}.json beside it or list the layers in place."
            );
    }

    private void Check()
    {
        Method method = Training.Method.Named(Method);
        Require(Epochs is >= 1 and <= 100_000, "epochs must be 1 to 100000");
        Require(BatchSize is >= 2 and <= 1_000_000, "batchSize must be 2 to 1000000");
        Require(Optimizer.Rate > 0 && double.IsFinite(Optimizer.Rate), "the optimizer's rate must be above 0");
        Require(Optimizer.Momentum is >= 0 and < 1, "the optimizer's momentum must be at least 0 and below 1");
        Require(
            !Optimizer.GlorotRates || Optimizer.Type != OptimizerType.Bop,
            "glorotRates are of adam and sgd; bop has no rate of weights"
        );
        Require(Optimizer.Adaptivity is > 0 and <= 1, "the optimizer's adaptivity must be above 0 and at most 1");
        Require(Optimizer.Polarization is null or (>= 0 and <= 100), "the optimizer's polarization must be 0 to 100");
        Require(Optimizer.Threshold >= 0 && double.IsFinite(Optimizer.Threshold), "the optimizer's threshold must be at least 0");
        Require(
            PixelThreshold is null || (PixelThreshold > 0 && PixelEncoding is PixelEncoding.Bits or PixelEncoding.Signs),
            "pixelThreshold must be 1 to 255, and go with pixels of bits or signs"
        );
        Require(
            WeightBits is null or 32 || (method.Binarizes && WeightBits >= method.WeightBits && WeightBits <= method.MostWeightBits),
            $"weightBits must be 32{Planes(method, method.WeightBits, method.MostWeightBits)}"
        );
        Require(
            ZeroWeights is null || (ZeroWeights is > 0 and < 1 && Method == "bitwise" && WeightBits == 2),
            "zeroWeights must be above 0 and below 1, and go with bitwise of weightBits 2"
        );
        Require(
            AffineBits is null || (method.Binarizes && AffineBits is >= 1 and <= Folding.MultiplierBits),
            $"affineBits must be 1 to {Folding.MultiplierBits}, and go with a method that binarizes"
        );
        Require(Averaging is null or (> 0 and < 1), "averaging must be above 0 and below 1");
        Require(Distillation is null or { Teachers.Count: > 0 }, "a distillation must name at least one teacher");
        Require(
            Distillation is null or { Temperature: > 0 and <= 1000, Weight: > 0 and <= 1 },
            "a distillation's temperature must be above 0 and at most 1000, its weight above 0 and at most 1"
        );
        Require(EarlierRuns.All(r => !string.IsNullOrWhiteSpace(r)), "teachers and start must be names or folders of runs");
        Require(
            ActivationBits is null or 8 or 32 || (method.Binarizes && ActivationBits >= 1 && ActivationBits <= method.MostActivationBits),
            method.Binarizes
                ? $"activationBits must be 32, 8{Planes(method, 1, method.MostActivationBits)}"
                : "activationBits must be 32 or 8"
        );
        Require(Seeds.Count > 0 && Seeds.Distinct().Count() == Seeds.Count, "seeds must name at least one seed, each once");
        Require(ValidationImages is null or > 0, "validationImages must be above 0");
        Require(
            Schedule is null || Schedule.Factor is > 0 and <= 1 && Schedule.Every >= 1,
            "a schedule's factor must be above 0 and at most 1, its every at least 1"
        );
        if (Augmentation is { } a)
        {
            Require(a.Rotation is >= 0 and <= 180, "an augmentation's rotation must be 0 to 180");
            Require(a.Translation is >= 0 and <= 1, "an augmentation's translation must be 0 to 1");
            Require(a.Scale is >= 0 and < 1, "an augmentation's scale must be at least 0 and below 1");
            Require(a.Shear is >= 0 and < 90, "an augmentation's shear must be at least 0 and below 90");
            Require(a.Elastic is null or (>= 0 and <= 0.5), "an augmentation's elastic must be 0 to 0.5");
            Require(a.Epochs is null or >= 0, "an augmentation's epochs must be at least 0");
        }
        Require(Network.Layers.Count > 0, "its network has no layers");
        Require(AreWhole(Network.Layers), "its network's layers must not be null");
    }

    private static string Planes(Method method, int fewest, int most) =>
        !method.Binarizes ? ""
        : most == fewest ? $" or {most}"
        : $" or, with {method.Name}, {fewest} to {most}";

    private static bool AreWhole(IReadOnlyList<LayerSpec> layers) =>
        layers.All(l => l is LayerSpec.Residual r ? AreWhole(r.Layers) : l is not null);

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ExperimentException(otherwise + ".");
        }
    }
}
