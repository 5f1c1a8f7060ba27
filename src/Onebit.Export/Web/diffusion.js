// Draws with a diffusion model, in integers from the seed to the pixels, as docs/generation.md says.
const SIGNAL_ONE = 2 ** 14, STATE_ONE = 2 ** 12, CHANCE_ONE = 2 ** 16;

// The noise levels, and the number of classes.
class Diffusion {
  constructor(reader, isBits) {
    const levels = reader.size();
    check(levels >= 1 && levels <= 1000, "A diffusion model has 1 to 1000 noise levels.");
    const signal = (this.signal = [SIGNAL_ONE, ...reader.integers32(levels)]);
    const noise = (this.noise = isBits ? signal.map(s => Math.floor((SIGNAL_ONE - s + 1) / 2)) : [0, ...reader.integers32(levels)]);
    check(signal.every((s, l) => s >= 0 && (l === 0 || (s <= signal[l - 1] && noise[l] >= noise[l - 1] && noise[l] > 0))) && noise[levels] <= SIGNAL_ONE,
      "The signal of a diffusion model falls, and its noise rises, from level to level.");
    this.isBits = isBits;
    this.levels = levels;
    this.classes = reader.size();
    check(this.classes >= 1 && this.classes < 2 ** 15, "A diffusion model has 1 to 32767 classes.");
    const named = reader.byte();
    check(named <= 1, "The model file does not say whether its classes have names.");
    this.hasNames = named === 1;
  }

  // The levels that a sampler visits, and level 0.
  visited(steps) {
    return Array.from({ length: steps + 1 }, (_, k) => Math.floor((2 * this.levels * (steps - k) + steps) / (2 * steps)));
  }

  // The factors of the image, the state and new noise in a step.
  step(from, to) {
    const { signal, noise } = this, root = x => Math.floor(Math.sqrt(x)), divisor = Math.max(1, noise[from] * signal[to]);
    const lost = root(signal[to] ** 2 - signal[from] ** 2);
    const ofNoise = Math.min(noise[to], Math.floor((noise[to] * lost * SIGNAL_ONE + Math.floor(divisor / 2)) / divisor));
    const ofState = Math.floor((root(noise[to] ** 2 - ofNoise ** 2) * SIGNAL_ONE + Math.floor(noise[from] / 2)) / noise[from]);
    return [signal[to] - Math.floor((ofState * signal[from] + SIGNAL_ONE / 2) / SIGNAL_ONE), ofState, ofNoise];
  }

  // Of a model of bits: the probability of a 1 at a lower level.
  chance(from, to, isOne, output) {
    const entry = clamp(output >> 6, -192, 191), p = clamp(Math.round(CHANCE_ONE / (1 + Math.exp(-(entry + 0.5) / 16))), 1, CHANCE_ONE - 1);
    const mean = 2 * p - CHANCE_ONE, signal = this.signal[to], told = isOne ? this.signal[from] : -this.signal[from], whole = SIGNAL_ONE * CHANCE_ONE;
    const one = (signal + told) * (whole + signal * mean), sum = BigInt(one + (signal - told) * (whole - signal * mean));
    return clamp(Number((BigInt(one) * BigInt(CHANCE_ONE) + sum / 2n) / (sum > 1n ? sum : 1n)), 1, CHANCE_ONE - 1);
  }
}

// The numbers of a step, from SplitMix64: of variance 1 in 2^-12, or of 16 bits, all as likely.
function fillNoise(seed, step, numbers, isUniform) {
  const wrap = x => BigInt.asUintN(64, x), increment = 0x9e3779b97f4a7c15n;
  let state = wrap(seed + BigInt(step) * BigInt(numbers.length) * increment);
  for (let i = 0; i < numbers.length; i++) {
    state = wrap(state + increment);
    let z = wrap((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = wrap((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    z ^= z >> 31n;
    let sum = 0;
    for (let half of [Number(z & 0xffffffffn), Number(z >> 32n)]) for (; half; half >>>= 8) sum += half & 255;
    numbers[i] = isUniform ? Number(z >> 48n) : ((sum - 1020) * 5017) >> 8;
  }
}

// Gives the pixels of the noise, and then those after each step. The last ones are the image.
function* drawing(model, classIndex, seed, steps) {
  const { diffusion, values, image: { count } } = model;
  check(diffusion, "The model is a classifier, which draws nothing.");
  check(classIndex >= 0 && classIndex < diffusion.classes, "The model has no such class.");
  check(steps >= 1 && steps <= diffusion.levels, `The model draws in 1 to ${diffusion.levels} steps.`);
  const { isBits } = diffusion, state = values[0], levels = diffusion.visited(steps), noise = new Int32Array(count);
  const pixels = () => Uint8Array.from(state.subarray(0, count), x => ((clamp(x, -STATE_ONE, STATE_ONE) + STATE_ONE) * 255 + STATE_ONE) >> 13);
  fillNoise(seed, 0, noise, isBits);
  noise.forEach((x, i) => (state[i] = isBits ? (x < CHANCE_ONE / 2 ? STATE_ONE : -STATE_ONE) : x));
  for (let k = 0; k < steps; k++) {
    yield pixels();
    const [level, next] = [levels[k], levels[k + 1]];
    state[count] = level - 1;
    state[count + 1] = classIndex;
    model.compute();
    const predicted = values.at(-1);
    if (isBits) {
      fillNoise(seed, k + 1, noise, true);
      for (let i = 0; i < count; i++) state[i] = noise[i] < diffusion.chance(level, next, state[i] > 0, predicted[i]) ? STATE_ONE : -STATE_ONE;
      continue;
    }
    const [ofImage, ofState, ofNoise] = diffusion.step(level, next);
    if (ofNoise) fillNoise(seed, k + 1, noise, false);
    for (let i = 0; i < count; i++) {
      const sum = ofImage * clamp(predicted[i], -STATE_ONE, STATE_ONE) + ofState * state[i] + ofNoise * noise[i];
      state[i] = clamp(Math.floor((sum + SIGNAL_ONE / 2) / SIGNAL_ONE), -(2 ** 15), 2 ** 15 - 1);
    }
  }
  yield pixels();
}
