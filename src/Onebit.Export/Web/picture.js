// Prepares pictures as Onebit.Datasets does: Picture.Scale, and the steps of DigitImage. docs/images.md tells what they are for.
// All values are 32-bit floats, rounded after each operation, so that both give the same bytes.
const DIGIT_SIDE = 28, f = Math.fround;

// Halves go to the even neighbour, as in .NET.
function roundEven(x) {
  const down = Math.floor(x);
  return x - down !== 0.5 ? Math.round(x) : down + (down & 1);
}

class Plane {
  constructor(height, width, values = new Float32Array(height * width)) {
    Object.assign(this, { height, width, values });
  }

  crop(top, left, height, width) {
    const cropped = new Plane(height, width);
    for (let y = 0; y < height; y++) cropped.values.set(this.values.subarray((top + y) * this.width + left, (top + y) * this.width + left + width), y * width);
    return cropped;
  }

  // Smaller by averaging areas, larger by lines between pixels.
  resample(height, width) {
    let from = this;
    if (width !== this.width) {
      from = new Plane(this.height, width);
      for (let to = 0; to < width; to++) {
        const [first, weights] = shares(to, this.width / width, this.width);
        for (let y = 0; y < this.height; y++) {
          let sum = 0;
          for (let i = 0; i < weights.length; i++) sum = f(sum + f(weights[i] * this.values[y * this.width + first + i]));
          from.values[y * width + to] = sum;
        }
      }
    }
    if (height === this.height) return from;
    const result = new Plane(height, width);
    for (let to = 0; to < height; to++) {
      const [first, weights] = shares(to, this.height / height, this.height);
      for (let i = 0; i < weights.length; i++) {
        for (let x = 0; x < width; x++) result.values[to * width + x] += f(weights[i] * from.values[(first + i) * width + x]);
      }
    }
    return result;
  }

  // The largest, or smallest, value in a square window around each pixel.
  extreme(radius, largest) {
    const { height, width } = this, result = new Plane(height, width), none = largest ? -Infinity : Infinity;
    const beside = Math.min(radius, width - 1), above = Math.min(radius, height - 1), rows = new Float32Array(width * (height + 2 * above)).fill(none);
    const line = new Float32Array(width + 2 * beside);
    for (let y = 0; y < height; y++) {
      line.fill(none).set(this.values.subarray(y * width, (y + 1) * width), beside);
      slide(line, rows.subarray((above + y) * width, (above + y + 1) * width), 1, 2 * beside + 1, largest);
    }
    slide(rows, result.values, width, 2 * above + 1, largest);
    return result;
  }

  // The mean of the 3 x 3 pixels around each, as far as there are any: running sums, for others would round otherwise.
  blur() {
    const { height, width } = this, across = new Plane(height, width), blurred = new Plane(height, width);
    running(height, width, this.values, across.values, 1, width);
    running(width, height, across.values, blurred.values, width, 1);
    return blurred;
  }

  map(change) {
    for (let i = 0; i < this.values.length; i++) this.values[i] = change(this.values[i], i);
    return this;
  }

  max() {
    let most = this.values[0];
    for (const value of this.values) if (value > most) most = value;
    return most;
  }
}

function running(lines, length, from, to, step, lineStep) {
  for (let line = 0; line < lines; line++) {
    let sum = from[line * lineStep];
    for (let at = 0, place = line * lineStep; at < length; at++, place += step) {
      const hasNext = at < length - 1;
      if (hasNext) sum += from[place + step];
      if (at > 1) sum -= from[place - 2 * step];
      to[place] = sum / (1 + (at > 0) + hasNext);
    }
  }
}

function extremes(a, b, to, largest) {
  for (let i = 0; i < a.length; i++) to[i] = a[i] > b[i] === largest ? a[i] : b[i];
}

// Windows become twice as long again and again, in place; of two that overlap comes the whole.
function slide(line, to, step, window, largest) {
  let span = 1;
  for (; 2 * span <= window; span *= 2) {
    const second = line.subarray(span * step);
    extremes(line.subarray(0, second.length), second, line, largest);
  }
  extremes(line.subarray(0, to.length), line.subarray((window - span) * step, (window - span) * step + to.length), to, largest);
}

// How much of each old pixel, from the first on, is in a new one.
function shares(to, scale, length) {
  if (scale > 1) {
    const begin = to * scale, end = Math.min((to + 1) * scale, length), first = Math.floor(begin), last = Math.min(Math.ceil(end), length);
    return [first, Float32Array.from({ length: last - first }, (_, i) => (Math.min(end, first + i + 1) - Math.max(begin, first + i)) / (end - begin))];
  }
  if (length === 1) return [0, Float32Array.of(1)];
  const centre = clamp((to + 0.5) * scale - 0.5, 0, length - 1), before = Math.min(Math.floor(centre), Math.max(0, length - 2)), share = f(centre - before);
  return [before, Float32Array.of(1 - share, share)];
}

// Red, green and blue of a picture { width, height, rgba }, scaled. What is transparent lies on a ground.
function planesOf(picture, height, width) {
  const { rgba } = picture, ground = groundOf(rgba), planes = [0, 1, 2].map(() => new Plane(height, width));
  const columns = Array.from({ length: width }, (_, x) => shares(x, picture.width / width, picture.width)), sums = new Float32Array(3 * picture.width);
  for (let y = 0; y < height; y++) {
    const [first, weights] = shares(y, picture.height / height, picture.height);
    sums.fill(0);
    for (let i = 0; i < weights.length; i++) {
      for (let x = 0; x < picture.width; x++) {
        const at = 4 * ((first + i) * picture.width + x), opacity = rgba[at + 3];
        for (let c = 0; c < 3; c++) {
          const value = opacity === 255 || ground === null ? rgba[at + c] : f(f(f(rgba[at + c] * opacity) + f(ground * (255 - opacity))) / 255);
          sums[3 * x + c] += f(weights[i] * value);
        }
      }
    }
    for (let x = 0; x < width; x++) {
      const [from, parts] = columns[x];
      for (let c = 0; c < 3; c++) {
        let colour = 0;
        for (let i = 0; i < parts.length; i++) colour = f(colour + f(parts[i] * sums[3 * (from + i) + c]));
        planes[c].values[y * width + x] = colour;
      }
    }
  }
  return planes;
}

// The grey to lay a transparent picture on: what its ink stands out from, or more of its paper. Null: nothing is transparent.
function groundOf(rgba) {
  const histogram = new Float64Array(256);
  let transparent = 0, opaque = 0, sum = 0, squares = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    if (rgba[i + 3] < 255) transparent++;
    if (rgba[i + 3] < 128) continue;
    const grey = (77 * rgba[i] + 150 * rgba[i + 1] + 29 * rgba[i + 2]) >> 8;
    histogram[grey]++;
    opaque++;
    sum += grey;
    squares += grey * grey;
  }
  if (!transparent) return null;
  const mean = opaque ? sum / opaque : 0, deviation = opaque ? Math.sqrt(Math.max(0, squares / opaque - mean * mean)) : 0;
  if (deviation <= 40) return mean < 128 ? 255 : 0;
  let median = 0;
  for (let below = histogram[0]; 2 * below < opaque; below += histogram[++median]);
  return median;
}

function combine(planes, weights) {
  const sum = new Plane(planes[0].height, planes[0].width);
  planes.forEach((plane, p) => {
    const weight = f(weights[p]);
    for (let i = 0; i < sum.values.length; i++) sum.values[i] += f(weight * plane.values[i]);
  });
  return sum;
}

// Scaled to a network's input and nothing else: channels x height x width bytes.
function scaled(picture, { channels, height, width }) {
  const colours = planesOf(picture, height, width), planes = channels === 1 ? [combine(colours, [0.299, 0.587, 0.114])] : colours;
  return Uint8Array.from(planes.flatMap(plane => Array.from(plane.values, value => clamp(roundEven(value), 0, 255))));
}

// White ink on black, its longer side 20 pixels, its centre of mass in the middle of 28 x 28. Null: there is no ink.
function digitOf(picture) {
  const reduction = Math.max(1, Math.max(picture.width, picture.height) / 320);
  const colours = planesOf(picture, Math.max(1, Math.floor(picture.height / reduction)), Math.max(1, Math.floor(picture.width / reduction)));
  let ink = findInk(colours);
  if (!ink) return null;
  ink = normalizeWidth(cropInk(ink));
  const longer = Math.max(ink.height, ink.width), side = length => Math.max(1, roundEven((length * 20) / longer));
  const box = ink.resample(side(ink.height), side(ink.width));
  const inked = box.values.filter(v => v > 25.5).sort(), white = inked.length ? inked[Math.floor((inked.length * 3) / 4)] : 255, stretch = f(255 / white);
  let mass = 0, y = 0, x = 0;
  box.map(v => v * stretch).values.forEach((v, i) => {
    mass += v;
    y += v * (Math.floor(i / box.width) + 0.5);
    x += v * ((i % box.width) + 0.5);
  });
  const middle = DIGIT_SIDE / 2, place = (centre, length) => clamp(roundEven(middle - centre), 0, DIGIT_SIDE - length);
  const top = place(mass > 0 ? y / mass : box.height / 2, box.height), left = place(mass > 0 ? x / mass : box.width / 2, box.width);
  const digit = new Uint8Array(DIGIT_SIDE * DIGIT_SIDE);
  box.values.forEach((v, i) => (digit[(top + Math.floor(i / box.width)) * DIGIT_SIDE + left + (i % box.width)] = clamp(roundEven(v), 0, 255)));
  return digit;
}

function findInk(colours) {
  const rests = colours.map(c => (c.values.every((v, i) => v === colours[0].values[i]) ? colours[0] : c));
  new Set(rests).forEach(subtractPaper);
  const rest = combine(rests, direction(rests)), noise = noiseOf(rest);
  let moment = 0;
  for (const v of rest.values) moment += v * v * v;
  const sign = moment > 0 ? 1 : -1, ink = rest.map(v => Math.max(0, sign * v)), smooth = ink.blur();
  // What is wider than any line is a shadow. Where ink then reaches the border, some of it is shadow still.
  let widest = null;
  for (const share of [0.2, 0.1, 0.05]) {
    const found = strongInk(withoutPlateaus(ink, smooth, share), noise);
    if (!found || !reachesBorder(found)) return found ?? widest;
    widest ??= found;
  }
  return widest;
}

function strongInk(ink, noise) {
  const { length } = ink.values, count = Math.min(length, Math.max(4, Math.floor(length / 200))), least = nth(ink.values, length - count);
  const most = new Float32Array(count).fill(least);
  most.set(ink.values.filter(v => v > least));
  const strongest = f(most.sort().reduce((a, b) => a + b, 0) / count);
  if (strongest < 10 || strongest < f(4 * noise)) return null;
  const factor = f(255 / strongest);
  return clean(ink, strongest, noise).map(v => Math.min(255, f(factor * v)));
}

function reachesBorder(ink) {
  const { values, width, height } = ink, least = 0.25 * ink.max();
  for (let x = 0; x < width; x++) if (values[x] >= least || values[width * height - 1 - x] >= least) return true;
  for (let at = 0; at < values.length; at += width) if (values[at] >= least || values[at + width - 1] >= least) return true;
  return false;
}

function cropInk(ink) {
  const least = 0.25 * ink.max();
  let top = ink.height, left = ink.width, bottom = -1, right = -1;
  for (let y = 0, i = 0; y < ink.height; y++) {
    for (let x = 0; x < ink.width; x++, i++) {
      if (ink.values[i] >= least) [top, bottom, left, right] = [Math.min(top, y), y, Math.min(left, x), Math.max(right, x)];
    }
  }
  return ink.crop(top, left, bottom - top + 1, right - left + 1);
}

// The direction in which colours differ most from the paper's, by power iteration.
function direction([red, green, blue]) {
  const dot = (a, b) => a.values.reduce((sum, v, i) => sum + v * b.values[i], 0), own = dot(red, red);
  const [rg, rb, gg, gb, bb] = red === green && red === blue ? Array(5).fill(own)
    : [dot(red, green), dot(red, blue), dot(green, green), dot(green, blue), dot(blue, blue)];
  const products = [[own, rg, rb], [rg, gg, gb], [rb, gb, bb]];
  let at = [0.299, 0.587, 0.114];
  for (let iteration = 0; iteration < 30; iteration++) {
    const next = [0, 1, 2].map(b => products[0][b] * at[0] + products[1][b] * at[1] + products[2][b] * at[2]);
    const length = Math.abs(next[0]) + Math.abs(next[1]) + Math.abs(next[2]);
    if (length === 0) break;
    at = next.map(v => v / length);
  }
  return at;
}

function withoutPlateaus(ink, smooth, share) {
  const radius = Math.max(1, Math.floor(share * Math.min(ink.height, ink.width)));
  return smooth.extreme(radius, false).extreme(radius, true).map((v, i) => Math.max(0, ink.values[i] - v));
}

function noiseOf({ values }) {
  if (values.length < 2) return 0;
  const differences = new Float32Array(values.length - 1);
  for (let i = 0; i < differences.length; i++) differences[i] = Math.abs(values[i + 1] - values[i]);
  return f(f(1.05) * median(differences));
}

function median(values) {
  return nth(values, values.length >> 1);
}

// The value at an index if all were sorted. None is negative, so their bits are sorted as they are: the upper half of them, then the lower.
function nth(values, index) {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length), counts = new Uint32Array(65536);
  let upper = 0, lower = 0;
  for (let i = 0; i < bits.length; i++) counts[bits[i] >>> 16]++;
  for (; index >= counts[upper]; upper++) index -= counts[upper];
  counts.fill(0);
  for (let i = 0; i < bits.length; i++) if (bits[i] >>> 16 === upper) counts[bits[i] & 65535]++;
  for (; index >= counts[lower]; lower++) index -= counts[lower];
  return new Float32Array(Uint32Array.of(upper * 65536 + lower).buffer)[0];
}

// Keeps connected pieces that are ink for sure somewhere, and no specks, with the greys of their edges.
function clean(ink, strongest, noise) {
  const { width, height, values } = ink, possible = Math.max(f(0.25 * strongest), f(2 * noise)), sure = Math.max(f(0.5 * strongest), f(4 * noise));
  const pieces = new Int32Array(values.length), masses = [0], waiting = [];
  for (let seed = 0; seed < values.length; seed++) {
    if (values[seed] < sure || pieces[seed]) continue;
    let mass = 0;
    pieces[seed] = masses.length;
    waiting.push(seed);
    while (waiting.length) {
      const at = waiting.pop(), y = Math.floor(at / width), x = at % width;
      mass += values[at];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (pieces[next] || values[next] < possible) continue;
          pieces[next] = masses.length;
          waiting.push(next);
        }
      }
    }
    masses.push(mass);
  }
  const least = masses.reduce((a, b) => Math.max(a, b)) / 15, kept = new Plane(height, width).map((_, i) => +(pieces[i] > 0 && masses[pieces[i]] >= least));
  return kept.extreme(1, true).map((v, i) => v * values[i]);
}

// Fits a paraboloid to a plane, again and again with less weight for what is far off, and takes it away.
function subtractPaper({ width, height, values }) {
  const step = Math.max(1, Math.floor(values.length / 4096)) | 1, count = Math.floor((values.length + step - 1) / step);
  const place = (index, length) => (2 * index) / length - 1, samples = new Float64Array(7 * count), priorities = new Float64Array(count);
  for (let s = 0; s < count; s++) {
    const row = Math.floor((s * step) / width), column = (s * step) % width, x = place(column, width), y = place(row, height);
    samples.set([1, x, y, x * x, x * y, y * y, values[s * step]], 7 * s);
    priorities[s] = 12 * Math.min(row, height - 1 - row) < height || 12 * Math.min(column, width - 1 - column) < width ? 3 : 1;
  }
  const at = (k, x, y) => k[0] + k[1] * x + k[2] * y + k[3] * (x * x) + k[4] * (x * y) + k[5] * (y * y);
  const weights = priorities.slice(), errors = new Float32Array(count);
  let surface;
  for (let iteration = 0; iteration < 12; iteration++) {
    surface = solve(samples, weights);
    for (let s = 0; s < count; s++) errors[s] = samples[7 * s + 6] - at(surface, samples[7 * s + 1], samples[7 * s + 2]);
    const spread = 1.5 * Math.max(2, median(errors.map(Math.abs)));
    for (let s = 0; s < count; s++) weights[s] = priorities[s] / (1 + (errors[s] / spread) * (errors[s] / spread));
  }
  const across = Float64Array.from({ length: width }, (_, x) => place(x, width));
  for (let row = 0, i = 0; row < height; row++) {
    for (let x = 0, y = place(row, height); x < width; x++, i++) values[i] -= at(surface, across[x], y);
  }
}

// Least squares: the normal equations, by Gaussian elimination.
function solve(samples, weights) {
  const rows = Array.from({ length: 6 }, () => new Float64Array(7));
  for (let s = 0; s < weights.length; s++) {
    for (let r = 0; r < 6; r++) {
      const weight = weights[s] * samples[7 * s + r], row = rows[r];
      for (let c = 0; c < 7; c++) row[c] += weight * samples[7 * s + c];
    }
  }
  for (let i = 0; i < 6; i++) rows[i][i] += 1e-6;
  for (let pivot = 0; pivot < 6; pivot++) {
    for (let r = 0; r < 6; r++) {
      const factor = r === pivot ? 0 : rows[r][pivot] / rows[pivot][pivot];
      for (let c = pivot; c < 7 && factor !== 0; c++) rows[r][c] -= factor * rows[pivot][c];
    }
  }
  return rows.map((row, i) => row[6] / row[i]);
}

// Lines no thinner or thicker than MNIST's, once the longer side is 20 pixels.
function normalizeWidth(ink) {
  const box = Math.max(ink.height, ink.width) / 20, width = strokeWidth(ink) / box;
  const change = width < 1.6 ? 1.6 - width : width > 3.9 ? 3.9 - width : 0, radius = roundEven((Math.abs(change) * box) / 2);
  return radius === 0 ? ink : change > 0 ? thicken(ink, radius) : ink.extreme(radius, false);
}

// The ink's area over half of its outline. A slanted line's staircase is longer than the line, by 4 / pi on average.
function strokeWidth(ink) {
  const { width, values } = ink, half = ink.max() / 2, above = new Uint8Array(width);
  let area = 0, outline = 0;
  for (let i = 0, before = 0; i < values.length; i++) {
    const x = i % width, inside = +(values[i] >= half);
    if (x === 0) [outline, before] = [outline + before, 0];
    area += inside;
    outline += (inside !== before) + (inside !== above[x]);
    above[x] = before = inside;
    if (i === values.length - 1) outline += before;
  }
  outline += above.reduce((a, b) => a + b);
  return outline ? (2 * area) / ((outline * Math.PI) / 4) : 0;
}

// The largest ink within a disk around each pixel, in a plane with room for it.
function thicken(ink, radius) {
  const thick = new Plane(ink.height + 2 * radius, ink.width + 2 * radius);
  for (let dy = -radius; dy <= radius; dy++) {
    const reach = Math.floor(Math.sqrt(radius * radius - dy * dy));
    for (let y = 0; y < ink.height; y++) {
      const to = (y + radius + dy) * thick.width + radius;
      for (let x = -reach; x < ink.width + reach; x++) {
        for (let from = Math.max(0, x - reach); from <= Math.min(ink.width - 1, x + reach); from++) {
          thick.values[to + x] = Math.max(thick.values[to + x], ink.values[y * ink.width + from]);
        }
      }
    }
  }
  return thick;
}
