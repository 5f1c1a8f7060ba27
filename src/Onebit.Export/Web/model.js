// Reads, checks and runs a packed model, as docs/format.md and docs/operations.md say. Each operation is a file in Operations.
const operations = {};
const SIGNS = "signs", CODES = "codes", INTEGERS = "integers";
const MAX_ELEMENTS = 2 ** 22, MAX_INT = 2 ** 31;

class ModelError extends Error {}

function check(holds, sentence) {
  if (!holds) throw new ModelError(sentence);
}

// The elements of a file. Every number has one encoding, and any other is refused.
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.entries = 0;
  }

  take(count) {
    check(count <= this.bytes.length - this.at, "The model file ends too early.");
    return this.bytes.subarray(this.at, (this.at += count));
  }

  byte() {
    return this.take(1)[0];
  }

  varint() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const next = this.byte();
      check(!(shift === 63n && next > 1) && !(shift > 0n && next === 0), "A number in the model file has more bytes than it needs.");
      value |= BigInt(next & 127) << shift;
      if (next < 128) return value;
    }
  }

  size() {
    const value = this.varint();
    check(value < MAX_INT, "A size in the model file is too large.");
    return Number(value);
  }

  packed(count, width) {
    this.entries += count;
    check(count > 0 && this.entries <= 2 ** 20, "An array of the model file is empty or too long.");
    const bytes = this.take(Math.ceil((count * width) / 8)), last = (count * width) % 8;
    check(last === 0 || bytes[bytes.length - 1] >> last === 0, "Unused bits of the model file are not 0.");
    return bytes;
  }

  // As BigInt, because offsets have up to 64 bits.
  integers(count) {
    const zigzag = this.varint(), width = this.byte();
    check(width <= 64, "Integers of the model file are too wide.");
    const smallest = zigzag & 1n ? -(zigzag >> 1n) - 1n : zigzag >> 1n, packed = this.packed(count, width), high = Math.max(0, width - 32);
    const differences = Array.from({ length: count }, (_, i) => {
      const low = BigInt(bitsAt(packed, i * width, width - high));
      return high ? low | BigInt(bitsAt(packed, i * width + 32, high)) << 32n : low;
    });
    let least = differences[0], most = differences[0];
    for (const d of differences) {
      if (d < least) least = d;
      if (d > most) most = d;
    }
    check(least === 0n && (width === 0 ? most === 0n : most >> BigInt(width - 1) === 1n), "An array of the model file has wider entries than it needs.");
    check(fits(smallest + most, 64), "An integer of the model file does not fit into 64 bits.");
    return differences.map(d => smallest + d);
  }

  integers32(count) {
    return Int32Array.from(this.integers(count), value => {
      check(fits(value, 32), "An integer of the model file does not fit into 32 bits.");
      return Number(value);
    });
  }

  flags(count) {
    const packed = this.packed(count, 1);
    return Uint8Array.from({ length: count }, (_, i) => packed[i >> 3] >> (i & 7) & 1);
  }

  // The values behind the first that an operation reads.
  others(inputs) {
    const count = this.size();
    check(count >= 1 && count <= 64, "An operation reads 1 to 64 values.");
    while (inputs.length < count) inputs.push(this.size());
  }
}

// A number of at most 32 bits that begins at any bit.
function bitsAt(bytes, start, width) {
  let value = 0;
  for (let done = 0; done < width; done += 8 - ((start + done) & 7)) value += (bytes[(start + done) >> 3] >> ((start + done) & 7)) * 2 ** done;
  return value % 2 ** width;
}

function fits(value, bits) {
  return BigInt.asIntN(bits, value) === value;
}

function clamp(x, low, high) {
  return Math.min(high, Math.max(low, x));
}

function crc32c(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

class Model {
  constructor(bytes) {
    const end = bytes.length - 4;
    check([49, 66, 73, 84].every((letter, i) => bytes[i] === letter), "This is not a .onebit file.");
    const version = bytes[4] & 15, isDiffusion = version === 3;
    this.preparation = bytes[4] >> 4;
    check(version >= 1 && version <= 3 && this.preparation <= 2, `This page reads versions 1 to 3 of the format; the model has ${bytes[4]}.`);
    check(end > 4 && crc32c(bytes.subarray(0, end)) === new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0, true),
      "The model file is damaged or incomplete: its checksum does not match.");
    const reader = new Reader(bytes.subarray(5, end));
    this.bytes = bytes.length;
    this.cost = { elements: 0, steps: 0, weights: 0 };
    const [channels, height, width] = [reader.size(), reader.size(), reader.size()], bits = reader.byte();
    this.threshold = reader.byte();
    check(isDiffusion ? (bits === 16 || bits === 1) && this.threshold === 0 : (bits === 8 && this.threshold === 0) || (bits === 1 && this.threshold > 0),
      "Pixels have 8 bits, or 1 bit and a threshold; those of a diffusion model have 16 bits or 1, and no threshold.");
    this.image = this.shape(channels, height, width);
    this.diffusion = isDiffusion ? new Diffusion(reader, bits === 1) : null;
    this.infos = [isDiffusion ? integers(this.shape(this.image.count + 2, 1, 1), -(2 ** 15), 2 ** 15 - 1) : codes(this.image, bits)];
    const count = reader.size();
    check(count >= 1 && count <= 1024, "A model has 1 to 1024 operations.");
    this.operations = [];
    for (let i = 0; i < count; i++) this.add(reader, i === count - 1);
    const last = this.infos[count];
    check(!isDiffusion || (["channels", "height", "width"].every(side => last[side] === this.image[side]) && last.kind === INTEGERS && last.bits <= 16),
      "A diffusion model gives an image of its input's shape, in integers of at most 16 bits.");
    this.classes = isDiffusion ? this.diffusion.classes : last.channels;
    this.names = version === 2 || this.diffusion?.hasNames ? this.readNames(reader) : Array.from({ length: this.classes }, (_, c) => `${c}`);
    check(reader.at === reader.bytes.length, "Bytes follow the end of the model.");
    this.values = this.infos.slice(0, isDiffusion ? undefined : -1).map(info => new Int32Array(info.count));
    this.scores = isDiffusion ? null : new BigInt64Array(this.classes);
  }

  add(reader, isLast) {
    const kind = reader.byte(), operation = { inputs: [reader.size()] };
    operation.type = Object.keys(operations).find(type => operations[type].kinds.includes(kind));
    check(operation.type, `This page does not know operations of kind ${kind}.`);
    const code = operations[operation.type];
    if (code.read) code.read(reader, operation, kind, this.operations);
    check((operation.type === "Scores") === (isLast && !this.diffusion), "A classifier's last operation, and no other, gives scores.");
    check(operation.inputs.every(value => value < this.infos.length), "An operation reads a value that does not exist yet.");
    const info = code.infer(operation, operation.inputs.map(value => this.infos[value]), this);
    check(info.min >= -MAX_INT && info.max < MAX_INT, `Sums of ${operation.type} do not fit into 32 bits.`);
    this.operations.push(operation);
    this.infos.push(info);
  }

  readNames(reader) {
    const names = Array.from({ length: this.classes }, () => {
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reader.take(reader.byte()));
      } catch (error) {
        throw error instanceof ModelError ? error : new ModelError("A class name is not UTF-8.");
      }
    });
    check(names.every(name => name && !/[\0-\x1f\x7f-\x9f\u2028\u2029\ufffd]/.test(name)), "A class name is empty or holds control characters.");
    check(new Set(names).size === names.length, "Two classes have one name.");
    check(!names.every((name, c) => name === `${c}`), "Class names that are numbers are left out of a model file.");
    return names;
  }

  // A value's shape, which is counted against what a page may take.
  shape(channels, height, width, steps = 1) {
    const count = channels * height * width;
    check(channels >= 1 && height >= 1 && width >= 1 && count <= MAX_ELEMENTS, "A value of the model is empty or too large.");
    this.cost.elements += count;
    check(this.cost.elements <= 2 ** 24, "The model takes too much memory for this page.");
    this.count(count * steps);
    return { channels, height, width, count, area: height * width };
  }

  count(steps) {
    this.cost.steps += steps;
    check(this.cost.steps <= 2 ** 27, "The model takes too long for this page.");
  }

  countWeights(bytes) {
    this.cost.weights += bytes;
    check(this.cost.weights <= 2 ** 22, "The model's weights take too much memory for this page.");
  }

  // Fills this.values and this.scores, and gives the class: the first of the largest scores.
  run(pixels) {
    const { values, threshold } = this;
    check(!this.diffusion, "The model draws images; it reads none.");
    check(pixels.length === values[0].length, "An image has another size than the model reads.");
    for (let i = 0; i < pixels.length; i++) values[0][i] = threshold ? +(pixels[i] >= threshold) : pixels[i];
    this.compute();
    return this.scores.reduce((best, score, c) => (score > this.scores[best] ? c : best), 0);
  }

  // Everything behind value 0.
  compute() {
    const { values, infos } = this;
    this.operations.forEach((operation, i) => {
      const output = operation.type === "Scores" ? this.scores : values[i + 1];
      operations[operation.type].run(operation, operation.inputs.map(v => values[v]), output, operation.inputs.map(v => infos[v]), infos[i + 1]);
    });
  }

  // For display only: the softmax of score / 2^shift.
  probabilities() {
    const shift = this.operations.at(-1).shift, most = this.scores.reduce((a, b) => (a > b ? a : b));
    return softmax(Array.from(this.scores, score => -Number(most - score) / 2 ** shift));
  }
}

function softmax(logits) {
  const most = Math.max(...logits), e = logits.map(logit => Math.exp(logit - most)), sum = e.reduce((a, b) => a + b);
  return e.map(x => x / sum);
}

function signs(shape) {
  return { ...shape, kind: SIGNS, bits: 1, min: -1, max: 1 };
}

function codes(shape, bits, max = 2 ** bits - 1) {
  return { ...shape, kind: CODES, bits, min: 0, max };
}

function integers(shape, min, max) {
  let bits = 1;
  while (min < -(2 ** (bits - 1)) || max >= 2 ** (bits - 1)) bits++;
  return { ...shape, kind: INTEGERS, bits, min, max };
}

function sameShape(model, x, steps) {
  return model.shape(x.channels, x.height, x.width, steps);
}

// multiplier[channel] * x + offset[channel], shifted. Doubles are exact while all on the way stays below 2^53; else BigInt is used.
class Affine {
  constructor(multipliers, offsets, shift) {
    Object.assign(this, { multipliers, offsets, shift, scale: 2 ** -shift, isWide: false, numbers: Float64Array.from(offsets, Number) });
  }

  static read(reader, channels, shift) {
    return new Affine(reader.integers32(channels), reader.integers(channels), shift);
  }

  // Shift, grain of the offsets and channels come first.
  static readWhole(reader, isCoarse) {
    const shift = reader.byte(), grain = BigInt(isCoarse ? reader.byte() : 0), affine = Affine.read(reader, reader.size(), shift);
    const all = affine.offsets.reduce((bits, offset) => bits | (offset << grain), 0n);
    let zeros = 0n;
    while (all && !(all >> zeros & 1n)) zeros++;
    check((zeros >= 4n ? zeros : 0n) === grain && grain > 0n === isCoarse, "Offsets of the model file are not written in the shortest way.");
    return new Affine(affine.multipliers, affine.offsets.map(offset => offset << grain), shift);
  }

  infer(x) {
    check(this.multipliers.length === x.channels, "An array of the model does not have one entry per channel.");
    check(this.shift <= 62, "A shift of the model is above 62.");
    this.offsets.forEach((offset, c) => {
      check(fits(offset, 64), "An offset of the model does not fit into 64 bits.");
      for (const end of [x.min, x.max]) {
        const product = BigInt(this.multipliers[c]) * BigInt(end);
        check(fits(product + offset, 64), "multiplier * value + offset can leave 64 bits.");
        this.isWide ||= [product, offset, product + offset].some(v => !fits(v, 54));
      }
    });
  }

  wide(x, c) {
    return BigInt(this.multipliers[c]) * BigInt(x) + this.offsets[c];
  }

  at(x, c) {
    return this.isWide ? Number(this.wide(x, c) >> BigInt(this.shift)) : Math.floor((this.multipliers[c] * x + this.numbers[c]) * this.scale);
  }
}
