namespace Onebit.Export;

/// <summary>The function that draws with a diffusion model: the sampler of <see cref="Generator"/> around those of the layers.</summary>
/// <param name="unit">The file.</param>
internal sealed class CGenerator(CUnit unit)
{
    private readonly ModelInput _input = unit.Model.Input;

    /// <summary>The function's declaration.</summary>
    public string Declaration =>
        $"int {unit.Prefix}_generate(int label, uint64_t seed, int steps, uint8_t *pixels, {unit.Prefix}_work *work)";

    private bool IsBits => _input.Bits == 1;

    private NoiseSchedule Schedule => _input.Diffusion!.Schedule;

    private int Count => _input.Shape.Count;

    /// <summary>The functions, and the constants of the noise levels.</summary>
    /// <param name="buffer">The work buffer.</param>
    /// <param name="calls">The statements that run the layers once.</param>
    public string Text(WorkBuffer buffer, string calls)
    {
        int levels = Schedule.Levels,
            last = unit.Model.Operations.Count;
        string state = CType.Of(unit.Model.Values[0]).Name,
            image = CType.Of(unit.Model.Values[last]).Name,
            signal = unit.Array("signal", [.. Schedule.Signal.ToArray().Select(s => (long)s)]);
        string step = IsBits ? Posterior(signal) : Factors(signal);
        return $$"""
            /* A number of SplitMix64 (Steele, Lea and Flood 2014). */
            static uint64_t mix(uint64_t z) {
            z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
            z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
            return z ^ z >> 31;
            }

            /* The noise level where so many of all steps are left. */
            static uint32_t level_of(int left, int steps) {
            return ({{2 * levels}}u * (uint32_t)left + (uint32_t)steps) / (2u * (uint32_t)steps);
            }

            /* A number from -most to most. */
            static int32_t clip(int32_t x, int32_t most) {
            return x < -most ? -most : x > most ? most : x;
            }

            {{step}}
            {{Declaration}} {
            uint8_t *const memory = work->bytes;
            {{state}} *const state = {{buffer.Address(0)}};
            const {{image}} *const image = {{buffer.Address(last)}};
            uint64_t random = seed;
            if (label < 0 || label >= {{_input.Diffusion!.Classes}} || steps < 1 || steps > {{levels}}) {
            return -1;
            }
            for (uint32_t i = 0; i < {{Count}}; i++) {
            random += UINT64_C(0x9e3779b97f4a7c15);
            state[i] = ({{state}}){{(IsBits ? "(mix(random) >> 63 ? -4096 : 4096)" : "noise(random)")}};
            }
            state[{{CUnit.Literal(Count + 1)}}] = ({{state}})label;
            for (int left = steps; left > 0; left--) {
            const uint32_t level = level_of(left, steps), next = level_of(left - 1, steps);
            state[{{CUnit.Literal(Count)}}] = ({{state}})(level - 1);
            {{calls}}
            {{(IsBits ? "" : "const factors f = step_factors(level, next);")}}
            for (uint32_t i = 0; i < {{Count}}; i++) {
            random += UINT64_C(0x9e3779b97f4a7c15);
            {{(
                IsBits
                    ? $"state[i] = ({state})((uint32_t)(mix(random) >> 48) < chance(level, next, state[i] > 0, image[i]) ? 4096 : -4096);"
                    : $"""
                    const int32_t x = (f.image * clip(image[i], 4096) + f.state * state[i] + f.noise * noise(random) + 8192) >> 14;
                    state[i] = ({state})(x < -32768 ? -32768 : x > 32767 ? 32767 : x);
                    """
            )}}
            }
            }
            for (uint32_t i = 0; i < {{Count}}; i++) {
            pixels[i] = (uint8_t)(((clip(state[i], 4096) + 4096) * 255 + 4096) >> 13);
            }
            return 0;
            }
            """;
    }

    /// <summary>Gaussian noise, and the factors of <see cref="NoiseSchedule.Step"/>.</summary>
    private string Factors(string signal)
    {
        string noise = unit.Array("noise_of_level", [.. Schedule.Noise.ToArray().Select(n => (long)n)]);
        return $$"""
            /* Gaussian noise of variance 1, in 2^-12: the sum of eight bytes. */
            static int32_t noise(uint64_t state) {
            int32_t sum = -1020;
            for (uint64_t z = mix(state); z != 0; z >>= 8) {
            sum += (int32_t)(z & 255);
            }
            return sum * 5017 >> 8;
            }

            /* The integer part of a square root. */
            static uint32_t root(uint32_t x) {
            uint32_t r = 0;
            for (uint32_t bit = (uint32_t)1 << 30; bit != 0; bit >>= 2) {
            const uint32_t more = r + bit;
            r >>= 1;
            if (x >= more) {
            x -= more;
            r += bit;
            }
            }
            return r;
            }

            /* The factors of the image, the state and new noise in a step, in 2^-14. */
            typedef struct factors {
            int32_t image, state, noise;
            } factors;

            static factors step_factors(uint32_t from, uint32_t to) {
            const uint32_t s0 = {{signal}}[from], s1 = {{signal}}[to], n0 = {{noise}}[from], n1 = {{noise}}[to];
            const uint32_t lost = root(s1 * s1 - s0 * s0), divisor = n0 * s1 == 0 ? 1 : n0 * s1;
            const uint64_t exact = (((uint64_t)n1 * lost << 14) + divisor / 2) / divisor;
            const uint32_t of_noise = exact < n1 ? (uint32_t)exact : n1;
            const uint32_t of_state = (uint32_t)((((uint64_t)root(n1 * n1 - of_noise * of_noise) << 14) + n0 / 2) / n0);
            factors f;
            f.image = (int32_t)s1 - (int32_t)(((uint64_t)of_state * s0 + 8192) >> 14);
            f.state = (int32_t)of_state;
            f.noise = (int32_t)of_noise;
            return f;
            }

            """;
    }

    /// <summary>Bayes' rule for a bit, as docs/generation.md has it.</summary>
    private string Posterior(string signal)
    {
        // Of logits from -12 to 12, in sixteenths.
        string probabilities = unit.Array(
            "probabilities",
            [.. Enumerable.Range(-192, 384).Select(i => (long)Math.Clamp(Math.Round(65536 / (1 + Math.Exp(-(i + 0.5) / 16))), 1, 65535))]
        );
        return $$"""
            /* The probability of a 1 at a lower level, in 2^-16. */
            static uint32_t chance(uint32_t from, uint32_t to, int is_one, int32_t output) {
            const int64_t s = {{signal}}[to], told = is_one ? (int64_t){{signal}}[from] : -(int64_t){{signal}}[from];
            const int32_t entry = output >> 6;
            const int64_t mean = 2 * (int64_t){{probabilities}}[entry < -192 ? 0 : entry > 191 ? 383 : entry + 192] - 65536;
            const int64_t one = (s + told) * (1073741824 + s * mean), sum = one + (s - told) * (1073741824 - s * mean);
            const int64_t p = (one * 65536 + sum / 2) / (sum > 1 ? sum : 1);
            return p < 1 ? 1 : p > 65535 ? 65535 : (uint32_t)p;
            }

            """;
    }
}
