using static Onebit.Tests.SmallDiffusion;

namespace Onebit.Tests;

/// <summary>Drawing with a packed diffusion model.</summary>
public class GeneratorTests
{
    [Theory]
    [InlineData(16)]
    [InlineData(1)]
    public void Every_kernel_path_draws_the_same_pixels_as_the_reference_interpreter(int bits)
    {
        const int Models = 40;
        int empty = 0;
        for (int seed = 0; seed < Models; seed++)
        {
            BitModel model = Denoiser(new Random(seed), bits: bits);
            byte[] expected = new byte[Size * Size],
                drawn = new byte[Size * Size];
            ReferenceInterpreter.Generate(model, seed % Classes, seed, expected, 1 + seed % Levels);
            empty += expected.Distinct().Count() < (bits == 1 ? 2 : 3) ? 1 : 0;
            foreach (int width in new[] { 64, 128, 256, 512 })
            {
                new Generator(new BitModel(model.Input, model.Operations, width)).Generate(seed % Classes, seed, drawn, 1 + seed % Levels);
                Assert.Equal(expected, drawn);
            }
        }

        Assert.True(empty < Models / 4, $"{empty} images are empty.");
    }

    [Fact]
    public void Level_and_class_and_seed_and_steps_make_a_difference()
    {
        var generator = new Generator(Denoiser(new Random(1)));
        byte[] Draw(int classIndex, long seed, int? steps)
        {
            byte[] pixels = new byte[Size * Size];
            generator.Generate(classIndex, seed, pixels, steps);
            return pixels;
        }

        Assert.Equal(Levels, generator.MaxSteps);
        byte[] image = Draw(0, 1, null);
        Assert.Equal(image, Draw(0, 1, Levels));
        Assert.NotEqual(image, Draw(1, 1, null));
        Assert.NotEqual(image, Draw(0, 2, null));
        Assert.NotEqual(image, Draw(0, 1, 2));
    }

    [Fact]
    public void The_sampler_is_that_of_Ho_et_al_in_integers()
    {
        // A model that gives what it reads: after one step the image is the noise, clipped.
        var identity = new BitModel(
            Input,
            [new Slice(0, 0, new Shape(1, Size, Size)), new Requantize(1, new[] { 1 }, new[] { 0L }, 0, 16)]
        );
        int[] noise = new int[Size * Size];
        Generator.FillNoise(7, 0, noise);
        byte[] pixels = new byte[Size * Size];
        var shown = new List<(int Step, byte[] Pixels)>();
        new Generator(identity).Generate(0, 7, pixels, 1, (step, x) => shown.Add((step, x.ToArray())));
        Assert.Equal([.. noise.Select(n => (byte)Math.Floor((Math.Clamp(n, -4096, 4096) + 4096) * 255 / 8192.0 + 0.5))], pixels);
        Assert.Equal([0, 1], shown.Select(s => s.Step));
        Assert.Equal(pixels, shown[1].Pixels);

        // Two steps, in floating point.
        int[] added = new int[Size * Size];
        Generator.FillNoise(7, 1, added);
        NoiseSchedule schedule = Input.Diffusion!.Schedule;
        int[] visited = schedule.Visited(2);
        Assert.Equal([5, 3], visited); // 2.5 is rounded up.
        Assert.NotEqual(noise, added);
        (double signal, double deviation) = (Math.Cos(0.3 * Math.PI), Math.Sin(0.3 * Math.PI));
        new Generator(identity).Generate(0, 7, pixels, 2);
        for (int i = 0; i < noise.Length; i++)
        {
            double x = noise[i] / 4096.0,
                image = Math.Clamp(x, -1, 1),
                // The last level is noise alone, so what it tells of the image is forgotten: all noise of the next level is new.
                next = signal * image + deviation * added[i] / 4096.0;
            Assert.Equal((Math.Clamp(next, -1, 1) + 1) * 127.5, pixels[i], 1.0);
        }
    }

    [Fact]
    public void The_noise_is_documented_and_Gaussian()
    {
        // SplitMix64 of seed 0 begins with E220A8397B1DCDAF, whose bytes sum to 1,007.
        int[] noise = new int[200_000];
        Generator.FillNoise(0, 0, noise);
        Assert.Equal((0xE2 + 0x20 + 0xA8 + 0x39 + 0x7B + 0x1D + 0xCD + 0xAF - 1020) * 5017 >> 8, noise[0]);
        double mean = noise.Average(),
            deviation = Math.Sqrt(noise.Average(n => (n - mean) * (n - mean)));
        Assert.Equal(0, mean / 4096, 0.01);
        Assert.Equal(1, deviation / 4096, 0.01);
        // 15.87 % of a normal distribution lie above one deviation.
        Assert.Equal(0.1587, noise.Count(n => n > 4096) / (double)noise.Length, 0.004);
    }

    [Fact]
    public void A_schedule_keeps_the_variance_and_ends_with_noise_alone()
    {
        var schedule = NoiseSchedule.Cosine(20);
        Assert.Equal(20, schedule.Levels);
        Assert.Equal((1 << 14, 0), (schedule.Signal.Span[0], schedule.Noise.Span[0]));
        Assert.Equal((0, 1 << 14), (schedule.Signal.Span[20], schedule.Noise.Span[20]));
        for (int l = 0; l <= 20; l++)
        {
            Assert.Equal(1, Math.Pow(schedule.Signal.Span[l] / 16384.0, 2) + Math.Pow(schedule.Noise.Span[l] / 16384.0, 2), 3);
        }

        // The posterior of Ho, Jain & Abbeel 2020, equations 6 and 7: its mean and its variance.
        for (int from = 1; from <= 20; from++)
        {
            for (int to = 0; to < from; to++)
            {
                double s = Signal(to),
                    ratio = Signal(from) / s,
                    n = Variance(to) / Variance(from);
                (int image, int state, int noise) = schedule.Step(from, to);
                Assert.Equal(s * (1 - ratio * ratio) / Variance(from), image / 16384.0, 2e-3);
                Assert.Equal(ratio * n, state / 16384.0, 8e-3); // A root of a small difference.
                Assert.Equal(Math.Sqrt(n * (1 - ratio * ratio)), noise / 16384.0, 2e-3);
            }
        }

        Assert.Equal((1 << 14, 0, 0), schedule.Step(7, 0));
        Assert.Equal([20, 16, 12, 8, 4], schedule.Visited(5));
        Assert.Equal([20], schedule.Visited(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.Visited(21));
        Assert.Equal(1000, NoiseSchedule.Cosine(1000).Levels);
        Assert.Throws<InvalidDataException>(() => new NoiseSchedule(new[] { 16384, 0 }, new[] { 0, 16385 }));
        Assert.Throws<InvalidDataException>(() => new NoiseSchedule(new[] { 16384, 9, 0 }, new[] { 0, 2, 1 }));
        Assert.Throws<InvalidDataException>(() => new NoiseSchedule(new[] { 16384, 0 }, new[] { 0, 0 }));
        Assert.Throws<InvalidDataException>(() => new NoiseSchedule(new[] { 16384 }, new[] { 0 }));
        // No signal at all: nothing is divided by 0.
        Assert.Equal((0, 1 << 14, 0), new NoiseSchedule(new[] { 16384, 0, 0 }, new[] { 0, 1, 1 }).Step(2, 1));

        static double Signal(int level) => Math.Cos(level * Math.PI / 40);
        static double Variance(int level) => Math.Pow(Math.Sin(level * Math.PI / 40), 2);
    }

    [Fact]
    public void Files_of_diffusion_models_are_read_as_written_and_have_one_encoding()
    {
        foreach ((int bits, string[]? names) in new[] { (16, null), (16, ["zero", "one", "two"]), (1, (string[]?)null) })
        {
            BitModel model = Denoiser(new Random(3), names, bits);
            byte[] file = model.ToBytes();
            Assert.Equal(3, file[4]);
            BitModel read = BitModel.Read(file);
            Assert.Equal(file, read.ToBytes());
            Assert.Equal(model.ClassNames, read.ClassNames);
            Assert.Equal(model.Input.Diffusion!.Schedule.Signal.ToArray(), read.Input.Diffusion!.Schedule.Signal.ToArray());
            Assert.Equal(model.Input.Diffusion.Schedule.Noise.ToArray(), read.Input.Diffusion.Schedule.Noise.ToArray());

            // Damaged ones are refused, or draw what the reference interpreter draws.
            var random = new Random(5);
            int refused = 0,
                accepted = 0;
            for (int i = 0; i < 4000; i++)
            {
                byte[] content = file[..^4];
                content[random.Next(5, content.Length)] = (byte)random.Next(256);
                BitModel damaged;
                try
                {
                    damaged = BitModel.Read(FileBytes.WithChecksum(content));
                }
                catch (InvalidDataException)
                {
                    refused++;
                    continue;
                }

                accepted++;
                Assert.Equal(FileBytes.WithChecksum(content), damaged.ToBytes());
                byte[] pixels = new byte[damaged.Input.Shape.Count],
                    expected = new byte[pixels.Length];
                new Generator(damaged).Generate(0, i, pixels, 1);
                ReferenceInterpreter.Generate(damaged, 0, i, expected, 1);
                Assert.Equal(expected, pixels);
            }

            Assert.True(refused > 300 && accepted > 300, $"{refused} refused, {accepted} accepted");
        }
    }

    [Fact]
    public void A_diffusion_model_classifies_nothing_and_a_classifier_draws_nothing()
    {
        BitModel model = Denoiser(new Random(1));
        Assert.Contains(
            "use Generator",
            Assert.Throws<InvalidOperationException>(() => model.Predict(new byte[Size * Size])).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentException>(() => model.Trace(new byte[Size * Size]));
        Assert.Throws<ArgumentException>(() => new Generator(Build.Mlp(new Random(1))));
        using var folder = new TemporaryFolder();
        string path = folder.File("classifier.onebit");
        Build.Mlp(new Random(1)).Save(path);
        Assert.Contains("draws nothing", Assert.Throws<InvalidDataException>(() => Generator.Load(path)).Message, StringComparison.Ordinal);
        model.Save(path);
        Assert.Throws<ArgumentOutOfRangeException>(() => Generator.Load(path).Generate(Classes, 1, new byte[Size * Size]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Generator.Load(path).Generate(0, 1, new byte[Size * Size], Levels + 1));
        Assert.Throws<ArgumentException>(() => Generator.Load(path).Generate(0, 1, new byte[1]));
    }

    [Fact]
    public void The_ends_of_models_are_checked()
    {
        Refused("gives no scores", new Slice(0, 0, new Shape(2, 1, 1)), Build.Scores(1, 2));
        Refused("ends with integers of at most 16 bits of 1 x 6 x 6", new Slice(0, 0, new Shape(36, 1, 1)));
        Refused("ends with integers of at most 16 bits", new Slice(0, 0, new Shape(1, 6, 6)), new Add(1, 1));
        Assert.Throws<InvalidDataException>(() => new BitModel(Input with { Diffusion = null }, [Build.Scores(0, 36)]));
        Assert.Throws<InvalidDataException>(() =>
            new BitModel(Input with { Diffusion = new DiffusionInput(NoiseSchedule.Cosine(2), 0) }, [new Slice(0, 0, new Shape(1, 6, 6))])
        );

        static void Refused(string reason, params Operation[] operations) =>
            Assert.Contains(
                reason,
                Assert.Throws<InvalidDataException>(() => new BitModel(Input, operations)).Message,
                StringComparison.Ordinal
            );
    }

    [Fact]
    public void A_sampler_of_bits_compares_the_numbers_of_a_seed_with_probabilities()
    {
        // A model that gives the same logit everywhere, 3: bits are 1 with its probability, whatever the noise was.
        ModelInput input = Bits(NoiseSchedule.Cosine(Levels).Signal.ToArray());
        var constant = new BitModel(
            input,
            [new Slice(0, 0, new Shape(1, Size, Size)), new Requantize(1, new[] { 0 }, new[] { 3L << 10 }, 0, 16)]
        );
        int[] numbers = new int[Size * Size];
        byte[] pixels = new byte[Size * Size];
        Generator.FillUniform(9, 1, numbers);
        new Generator(constant).Generate(0, 9, pixels, 1);
        double entry = 65536 / (1 + Math.Exp(-(3 + 0.5 / 16)));
        Assert.Equal([.. numbers.Select(n => (byte)(n < Math.Round(entry) ? 255 : 0))], pixels);

        // All steps, with the definition in floating point.
        int[] state = new int[Size * Size];
        Generator.FillUniform(9, 0, state);
        double[] bits = [.. state.Select(n => n < 32768 ? 1.0 : -1)];
        double mean = 2 * Math.Round(entry) / 65536 - 1;
        for (int k = 0; k < Levels; k++)
        {
            Generator.FillUniform(9, k + 1, numbers);
            for (int i = 0; i < bits.Length; i++)
            {
                bits[i] = numbers[i] < Math.Round(65536 * Posterior(Signal(Levels - k), Signal(Levels - k - 1), bits[i], mean)) ? 1 : -1;
            }
        }

        new Generator(constant).Generate(0, 9, pixels);
        Assert.Equal([.. bits.Select(b => (byte)(b > 0 ? 255 : 0))], pixels);
        Assert.InRange(pixels.Count(p => p == 255), 28, 36);

        double Signal(int level) => input.Diffusion!.Schedule.Signal.Span[level] / 16384.0;

        // Bayes' rule, the flip between the levels written out.
        static double Posterior(double from, double to, double bit, double mean)
        {
            double kept = (1 + from / to * bit) / 2,
                one = (1 + to * mean) / 2;
            return kept * one / (kept * one + (1 - kept) * (1 - one));
        }
    }

    [Fact]
    public void Probabilities_of_bits_are_never_0_or_1_and_the_same_on_every_machine()
    {
        for (int i = -192; i < 192; i++)
        {
            // How near an exact entry is to where rounding changes: far beyond the errors of any exponential.
            double exact = 65536 / (1 + Math.Exp(-(i + 0.5) / 16));
            Assert.True(Math.Abs(exact - Math.Floor(exact) - 0.5) > 1e-5, $"entry {i}");
        }

        NoiseSchedule schedule = Bits(NoiseSchedule.Cosine(20).Signal.ToArray()).Diffusion!.Schedule;
        int previous = 0;
        for (int output = short.MinValue; output <= short.MaxValue; output++)
        {
            int one = BitPosterior.Of(schedule, 20, 0, isOne: true, output);
            Assert.InRange(one, Math.Max(1, previous), 65535);
            Assert.Equal(one, BitPosterior.Of(schedule, 20, 0, isOne: false, output));
            Assert.Equal(65536, one + BitPosterior.Of(schedule, 20, 0, isOne: true, -1 - output));
            previous = one;
            Assert.InRange(BitPosterior.Of(schedule, 1, 0, isOne: output % 2 == 0, output), 1, 65535);
        }

        // Levels without any signal: nothing is divided by 0.
        Assert.InRange(BitPosterior.Of(new NoiseSchedule(new[] { 16384, 0, 0 }), 2, 1, isOne: true, 0), 1, 65535);
        Assert.Equal([0, 1, 8192], new NoiseSchedule(new[] { 16384, 16383, 0 }).Noise.ToArray());
        Assert.Throws<InvalidDataException>(() => new NoiseSchedule(new[] { 16384, 16384, 0 }));
    }
}
