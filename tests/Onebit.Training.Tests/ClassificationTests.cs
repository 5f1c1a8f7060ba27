using Onebit.Datasets;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Onebit.Training.Tests;

/// <summary>Losses, update rules and moving averages against values worked out by hand.</summary>
public sealed class ClassificationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_squared_hinge_loss_by_hand()
    {
        using var scope = NewDisposeScope();
        // max(0, 1 - t z)^2 with t = +1 for the label alone. Image 1, label 0: (1 - 0.5)^2, (1 - 1)^2, (1 + 2)^2.
        // Image 2, label 2: (1 + 0)^2, (1 - 3)^2 -> 0 as 1 - 3 < 0, (1 + 1)^2. The mean of six.
        Tensor logits = tensor(new[] { 0.5f, -1, 2, 0, -3, -1 }, [2, 3]);
        Assert.Equal(
            (0.25 + 0 + 9 + 1 + 0 + 4) / 6,
            Classification.Loss(LossType.SquaredHinge, logits, tensor(new long[] { 0, 2 })).ToDouble(),
            1e-6
        );
        Assert.Equal(
            nn.functional.cross_entropy(logits, tensor(new long[] { 0, 2 })).ToDouble(),
            Classification.Loss(LossType.CrossEntropy, logits, tensor(new long[] { 0, 2 })).ToDouble(),
            1e-6
        );
    }

    [Fact]
    public void Distillation_by_hand()
    {
        using var scope = NewDisposeScope();
        // Two teachers without hidden layers, trained on one black image a class, so that logits are the biases alone.
        var images = new ImageSet(new byte[20], Enumerable.Range(0, 20).Select(i => (byte)(i % 2)).ToArray(), 1, 1, 1);
        var data = new Dataset("black", images, images);
        Experiment teacher = new()
        {
            Name = "teacher",
            Network = new NetworkSpec("n", [new DenseLayer(Bias: true)]),
            Method = new Float32(),
            Pixels = PixelEncoding.Unit,
            Epochs = 1,
            BatchSize = 20,
            Optimizer = new OptimizerSpec(OptimizerType.Sgd, 1e-12),
            ValidationImages = 2,
        };
        double[][] biases =
        [
            .. new[] { 1, 2 }.Select(seed =>
            {
                new Trainer(teacher, data, seed, _folder.File($"teacher-seed{seed}")).Run(TestContext.Current.CancellationToken);
                return SafeTensors
                    .Load(_folder.File($"teacher-seed{seed}/{RunFolder.WeightsFile}"))
                    .Tensors["layers.0.bias"]
                    .data<float>()
                    .ToArray()
                    .Select(b => (double)b)
                    .ToArray();
            }),
        ];
        Experiment student = teacher with
        {
            Distillation = new DistillationSpec(["teacher", "teacher-seed2"], Temperature: 2, Weight: 0.25, Layers: ["0"], LayerWeight: 3),
        };
        Network[] teachers = [.. student.Distillation!.Teachers.Select(t => ParentRun.Load(t, _folder.File("student"), seed: 1, data))];
        using var task = new Classification(student, DataSplit.Of(student, data), data.ClassNames, teachers);
        using Network network = NetworkFactory.Create(student, data);
        Tensor[] values = [zeros([1, 1, 1, 1]), tensor(new[] { 1f, -1 }, [1, 2])];
        double loss = task.Loss(network, values, tensor(new long[] { 1 }), zeros([1, 1, 1, 1], ScalarType.Byte)).ToDouble();

        double First(double a, double b) => 1 / (1 + Math.Exp((b - a) / 2)); // The softmax of two at temperature 2.
        double p = biases.Average(b => First(b[0], b[1])),
            q = First(1, -1);
        double distance = p * Math.Log(p / q) + (1 - p) * Math.Log((1 - p) / (1 - q));
        double squares = biases.Average(b => (Math.Pow(1 - b[0], 2) + Math.Pow(-1 - b[1], 2)) / 2);
        Assert.Equal(0.75 * Math.Log(1 + Math.Exp(2)) + 0.25 * 4 * distance + 3 * squares, loss, 1e-5);
        string message = Assert.Throws<ExperimentException>(() => network.InOnes(values, "block")).Message;
        Assert.Equal("The network 'n' has no layer 'block'; name one of 0.", message);
    }

    [Fact]
    public void Values_of_layers_are_compared_in_ones_whatever_they_count_in()
    {
        using var scope = NewDisposeScope();
        const string Layers = """
            [
              { "type": "activation", "name": "a" }, { "type": "batchNorm", "name": "b" },
              { "type": "add", "name": "c", "from": ["a", "b"] },
              { "type": "dense" }
            ]
            """;
        using Network real = Networks.Create(Layers, new Float32(), (1, 1, 1), 2);
        using Network signs = Networks.Create(Layers, new BinaryNet(), (1, 1, 1), 2);
        Tensor[] values = [zeros(1), full(1, 64f), full(1, 64f), full(1, 64f), zeros(2)];
        Assert.Equal([64, 64, 64], "abc".Select(layer => real.InOnes(values, $"{layer}").ToSingle()));
        // Levels of signs are ones already; all else is in codes.
        Assert.Equal([64, 2, 2], "abc".Select(layer => signs.InOnes(values, $"{layer}").ToSingle()));
    }

    [Fact]
    public void Bop_by_hand()
    {
        using var scope = NewDisposeScope();
        Tensor weights = tensor(new[] { 0.3f, -0.2f, 0.5f, 0 }).requires_grad_();
        var bop = new Bop([weights], adaptivity: 0.5, threshold: 0.6);
        Assert.Equal([1, -1, 1, 1], weights.data<float>().ToArray());
        void Step(params float[] gradient)
        {
            weights.grad = tensor(gradient);
            using var _ = no_grad();
            bop.Step(1, 1);
        }

        // m = (1, 1, -1, 0.5): the first points against its weight (m w > 0: descent would lower it) and is above 0.6.
        Step(2, 2, -2, 1);
        Assert.Equal([-1, -1, 1, 1], weights.data<float>().ToArray());
        // m = (0.5, -0.5, -0.5, 0.75): the last is above by now.
        Step(0, -2, 0, 1);
        Assert.Equal([-1, -1, 1, -1], weights.data<float>().ToArray());
        // m = (-0.75, -1.25, ...): flips back, and the second too.
        Step(-2, -2, 0, 0);
        Assert.Equal([1, 1, 1, -1], weights.data<float>().ToArray());
        // With a factor of a half the adaptivity is 0.25.
        weights.grad = tensor(new[] { 4f, 0, 0, 0 });
        using (no_grad())
        {
            bop.Step(4, 0.5);
        }

        Assert.Equal(0.75f * -0.75f + 0.25f * 4, bop.State.Single()[0].ToSingle(), 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void Steps_are_those_of_TorchSharp_bit_for_bit(double momentum)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        Parameter[] own = [new(randn(50, 30)), new(randn(7))],
            theirs = [.. own.Select(p => new Parameter(p.detach().clone()))];
        IUpdateRule rule = momentum > 0 ? new Sgd([.. own.Select(p => (p, 0.01))], momentum) : new Adam([.. own.Select(p => (p, 0.01))]);
        optim.Optimizer optimizer = momentum > 0 ? optim.SGD(theirs, 0.01 * 0.5, momentum) : optim.Adam(theirs, 0.01 * 0.5);
        for (int step = 1; step <= 20; step++)
        {
            for (int p = 0; p < own.Length; p++)
            {
                own[p].grad = randn_like(own[p], requires_grad: false);
                theirs[p].grad = own[p].grad!.clone();
            }
            using (no_grad())
            {
                rule.Step(step, 0.5);
            }

            optimizer.step();
        }
        Assert.Equal(theirs.SelectMany(p => p.data<float>().ToArray()), own.SelectMany(p => p.data<float>().ToArray()));
    }

    [Fact]
    public void An_average_forgets_the_start_first_and_decays_as_told_later()
    {
        using var scope = NewDisposeScope();
        using Network network = Networks.Create("""[{ "type": "dense" }]""", new BinaryConnect(), (1, 1, 1), 2, zeroInit: true);
        Tensor weight = network.WeightModules.Single().Weight;
        var average = new ExponentialMovingAverage(network, 0.5);
        using var _ = no_grad();
        weight.fill_(1);
        average.Update(0); // d = 1/10: 0.1 x 0 + 0.9 x 1
        weight.fill_(2);
        average.Update(1); // d = 2/11: 2/11 x 0.9 + 9/11 x 2 = 1.8
        weight.fill_(3);
        average.Update(1000); // d = 0.5: 2.4
        average.CopyToNetwork();
        Assert.All(weight.flatten().data<float>().ToArray(), w => Assert.Equal(2.4, w, 1e-6));
    }
}
