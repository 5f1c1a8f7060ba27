using TorchSharp;
using static TorchSharp.torch;

namespace Onebit.Study;

/// <summary>
/// t-distributed stochastic neighbour embedding in two dimensions, exact (van der Maaten and Hinton 2008), with the
/// schedule in use since: early exaggeration 12 for 250 steps at momentum 0.5, then momentum 0.8; learning rate N / 12,
/// at least 200 (Belkina et al. 2019), times a gain for each coordinate. Time grows with the square of the number
/// of points; so does memory, four bytes a pair.
/// </summary>
public static class TSne
{
    private const int BlockElements = 1 << 18; // A block of rows stays in the processor's cache.
    private const int ExaggeratedSteps = 250;
    private const double Exaggeration = 12;

    /// <summary>Embeds points.</summary>
    /// <param name="points">count x dimensions, float32, at least 4 points.</param>
    /// <param name="perplexity">Effective number of neighbours, at least 1 and below the number of points.</param>
    /// <param name="iterations">Steps, above 250.</param>
    /// <param name="seed">Of the first positions: the same seed gives the same embedding.</param>
    /// <param name="progress">Told the share done.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>Positions, count x 2, and the final Kullback-Leibler divergence in nats.</returns>
    /// <exception cref="ArgumentException">The perplexity does not fit the number of points.</exception>
    public static (float[] Positions, double KlDivergence) Embed(
        Tensor points,
        double perplexity,
        int iterations,
        int seed,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        int count = (int)points.shape[0];
        if (count < 4 || !(perplexity >= 1 && perplexity < count))
        {
            throw new ArgumentException(
                $"A perplexity of {perplexity} does not fit {count} points; it must be at least 1 and below their number, at least 4.",
                nameof(perplexity)
            );
        }

        using var grad = no_grad();
        using var scope = NewDisposeScope();
        Tensor joint = JointProbabilities(points, perplexity);
        using var generator = new torch.Generator((ulong)seed);
        Tensor positions = randn([count, 2], generator: generator).mul_(1e-4);
        Tensor velocity = zeros_like(positions),
            gains = ones_like(positions);
        var state = new Step(joint, count);
        double rate = Math.Max(count / Exaggeration, 200);
        for (int i = 0; i < iterations; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            bool early = i < ExaggeratedSteps;
            Tensor gradient = state.Gradient(positions, early ? Exaggeration : 1);
            // Faster where a coordinate keeps its direction, slower where it turns (Jacobs 1988).
            Tensor turns = (gradient * velocity).gt(0);
            gains.copy_(where(turns, gains * 0.8, gains + 0.2).clamp_min_(0.01));
            velocity.mul_(early ? 0.5 : 0.8).add_(gains * gradient, -rate);
            positions.add_(velocity);
            positions.sub_(positions.mean([0]));
            progress?.Report((i + 1.0) / iterations);
        }
        return (positions.data<float>().ToArray(), Divergence(joint, positions));
    }

    /// <summary>The Kullback-Leibler divergence of the picture's probabilities q from the points' p, sum p ln (p / q), in nats.</summary>
    internal static double Divergence(Tensor joint, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var state = new Step(joint, (int)joint.shape[0]);
        double negativeEntropy = 0;
        Points.InBlocks(
            (int)joint.shape[0],
            state.Rows,
            (start, rows) =>
            {
                Tensor block = joint.narrow(0, start, rows);
                negativeEntropy += block.xlogy(block).sum().ToDouble();
            }
        );
        return negativeEntropy + state.CrossEntropy(positions);
    }

    private static int RowsOf(int count) => Math.Clamp(BlockElements / count, 1, count);

    /// <summary>
    /// Symmetric probabilities of pairs, which sum to 1: each point's neighbours weighted by a Gaussian as wide as gives
    /// the perplexity, found by bisection, then the mean of both directions.
    /// </summary>
    internal static Tensor JointProbabilities(Tensor points, double perplexity)
    {
        using var scope = NewDisposeScope();
        int count = (int)points.shape[0];
        Tensor conditional = empty([count, count]);
        double wanted = Math.Log(perplexity);
        Points.InBlocks(
            count,
            RowsOf(count),
            (start, rows) =>
            {
                Tensor squared = Points.SquaredDistances(points.narrow(0, start, rows), points);
                squared.diagonal(start).fill_(float.PositiveInfinity); // A point is no neighbour of itself.
                squared.sub_(squared.amin([1], keepdim: true)); // Changes no weight's share, and none is all zeros.
                Tensor finite = squared.clamp_max(float.MaxValue / 4);
                // Any unit of length will do as a start.
                Tensor precision = 1 / squared.masked_fill(squared.isinf(), 0).mean([1], keepdim: true).clamp_min(1e-20);
                Tensor low = zeros_like(precision),
                    high = full_like(precision, float.PositiveInfinity);
                Tensor weights = empty_like(squared);
                for (int i = 0; i < 64; i++)
                {
                    using var step = NewDisposeScope();
                    weights.copy_(squared).mul_(precision.neg()).exp_();
                    Tensor sum = weights.sum(1, keepdim: true);
                    Tensor entropy = sum.log() + precision * (weights * finite).sum(1, keepdim: true) / sum;
                    Tensor wide = entropy.gt(wanted);
                    if (i == 63 || (entropy - wanted).abs().max().ToDouble() < 1e-5)
                    {
                        break;
                    }

                    low.copy_(where(wide, precision, low));
                    high.copy_(where(wide, high, precision));
                    precision.copy_(where(high.isinf(), precision * 2, (low + high) / 2));
                }
                conditional.narrow(0, start, rows).copy_(weights.div_(weights.sum(1, keepdim: true)));
            }
        );
        return (conditional + conditional.t()).div_(2 * count).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What each step computes from all pairs, block by block: a pair's weight in the plane is w = 1 / (1 + distance^2), its
    /// probability q = w over the sum of all. The gradient of a point is sum (p - q) w (y_i - y_j), its factor of 4 left to
    /// the learning rate.
    /// </summary>
    private sealed class Step(Tensor joint, int count)
    {
        private readonly Tensor _weights = empty([RowsOf(count), count]),
            _scratch = empty([RowsOf(count), count]);

        /// <summary>Rows of a block.</summary>
        internal int Rows { get; } = RowsOf(count);

        internal Tensor Gradient(Tensor positions, double exaggeration)
        {
            // With a column of ones, a matrix of weights times this gives weighted sums of positions and the weights' own sums.
            Tensor extended = cat([positions, ones([count, 1])], 1);
            Tensor attraction = empty([count, 3]),
                repulsion = empty([count, 3]);
            double sum = 0;
            Points.InBlocks(
                count,
                Rows,
                (start, rows) =>
                {
                    (Tensor weights, Tensor scratch) = Weights(positions, start, rows);
                    sum += weights.sum().ToDouble();
                    attraction.narrow(0, start, rows).copy_(scratch.copy_(weights).mul_(joint.narrow(0, start, rows)).matmul(extended));
                    repulsion.narrow(0, start, rows).copy_(weights.mul_(weights).matmul(extended));
                }
            );
            Tensor all = attraction.mul_(exaggeration).add_(repulsion, -1 / sum);
            return positions * all.narrow(1, 2, 1) - all.narrow(1, 0, 2);
        }

        /// <summary>-sum p ln q.</summary>
        internal double CrossEntropy(Tensor positions)
        {
            double sum = 0,
                logarithms = 0;
            Points.InBlocks(
                count,
                Rows,
                (start, rows) =>
                {
                    (Tensor weights, _) = Weights(positions, start, rows);
                    sum += weights.sum().ToDouble();
                    logarithms += joint.narrow(0, start, rows).xlogy(weights).sum().ToDouble();
                }
            );
            return Math.Log(sum) - logarithms;
        }

        private (Tensor Weights, Tensor Scratch) Weights(Tensor positions, int start, int rows)
        {
            Tensor weights = _weights.narrow(0, 0, rows).fill_(1),
                scratch = _scratch.narrow(0, 0, rows);
            for (int axis = 0; axis < 2; axis++)
            {
                scratch.copy_(positions.narrow(1, axis, 1).t()).sub_(positions.narrow(0, start, rows).narrow(1, axis, 1));
                weights.addcmul_(scratch, scratch, 1);
            }
            weights.reciprocal_().diagonal(start).fill_(0); // A point is no neighbour of itself.
            return (weights, scratch);
        }
    }
}
