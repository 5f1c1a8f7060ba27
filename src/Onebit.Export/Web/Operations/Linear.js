// A convolution with weights of -1 and +1. Each sum is twice the inputs with weight +1, less all inputs.
operations.Linear = {
  kinds: [1, 12],

  read(reader, op, kind, before) {
    let first = before.length;
    if (kind === 12) {
      first = reader.size();
      check(before[first]?.type === "Linear", "A layer shares weights with none.");
      const { outputs, kernelHeight, kernelWidth, stride, padding, groups, weights, key } = before[first];
      Object.assign(op, { outputs, kernelHeight, kernelWidth, stride, padding, groups, weights, key });
    } else {
      for (const size of ["outputs", "kernelHeight", "kernelWidth", "stride", "padding", "groups"]) op[size] = reader.size();
      op.weights = reader.take(reader.size());
      op.key = [op.outputs, op.kernelHeight, op.kernelWidth, op.stride, op.padding, op.groups, op.weights].join();
    }
    const same = before.findIndex(other => other.key === op.key);
    check((same < 0 ? before.length : same) === first, "Weights of the model are not written as those of the first layer that has them.");
  },

  infer(op, [x], model) {
    const { outputs, kernelHeight, kernelWidth, stride, padding, groups, weights } = op;
    check(x.kind !== INTEGERS, "Weights of one bit are multiplied with signs or codes.");
    check(outputs && kernelHeight && kernelWidth && stride && groups, "Outputs, kernel, stride and groups are at least 1.");
    check(x.channels % groups === 0 && outputs % groups === 0, "The channels do not divide into the groups.");
    const height = x.height + 2 * padding, width = x.width + 2 * padding, channels = x.channels / groups;
    check(kernelHeight <= height && kernelWidth <= width && height <= MAX_ELEMENTS && width <= MAX_ELEMENTS, "A kernel does not fit into its input.");
    check(x.channels * height * width <= MAX_ELEMENTS, "A padded input is too large for this page.");
    const fanIn = channels * kernelHeight * kernelWidth, bits = fanIn * outputs;
    check(weights.length === Math.ceil(bits / 8) && (bits % 8 === 0 || weights[weights.length - 1] >> (bits % 8) === 0), "A layer has another number of weights than its sizes say.");
    model.countWeights(weights.length);
    const shape = model.shape(outputs, Math.floor((height - kernelHeight) / stride) + 1, Math.floor((width - kernelWidth) / stride) + 1, 0);
    model.count(shape.area * x.bits * (outputs * Math.ceil(fanIn / 64) + groups * fanIn));
    // Where the inputs lie, from a position's first on: all of a group's, and for each output those with weight +1.
    const places = [];
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < kernelHeight; i++) {
        for (let j = 0; j < kernelWidth; j++) places.push((c * height + i) * width + j);
      }
    }
    op.all = Int32Array.from(places);
    op.ones = Array.from({ length: outputs }, (_, o) => op.all.filter((_, i) => {
      const bit = o * fanIn + i;
      return weights[bit >> 3] >> (bit & 7) & 1;
    }));
    op.padded = padding ? new Int32Array(x.channels * height * width).fill(x.kind === SIGNS ? -1 : 0) : null;
    op.starts = Int32Array.from({ length: shape.area }, (_, p) => (Math.floor(p / shape.width) * width + (p % shape.width)) * stride);
    op.totals = new Float64Array(groups * shape.area);
    const counts = op.ones.map(list => list.length), most = counts.reduce((a, b) => Math.max(a, b)), least = counts.reduce((a, b) => Math.min(a, b));
    return x.kind === SIGNS ? integers(shape, -fanIn, fanIn) : integers(shape, -x.max * (fanIn - least), x.max * most);
  },

  run(op, [x], output, [info], { area }) {
    const { padding, padded, starts, totals, all, groups, outputs, ones } = op, height = info.height + 2 * padding, width = info.width + 2 * padding;
    for (let row = 0; padded && row < info.channels * info.height; row++) {
      const c = Math.floor(row / info.height);
      padded.set(x.subarray(row * info.width, (row + 1) * info.width), (c * height + row - c * info.height + padding) * width + padding);
    }
    const input = padded ?? x, groupElements = (info.channels / groups) * height * width;
    for (let g = 0; g < groups; g++) addUp(input, all, starts, g * groupElements, totals, g * area, null, 0);
    for (let o = 0; o < outputs; o++) {
      const g = Math.floor(o / (outputs / groups));
      addUp(input, ones[o], starts, g * groupElements, output, o * area, totals, g * area);
    }
  },
};

// At each position the sum of the inputs at some places; where totals are given, twice that less the total. Four positions at a time.
function addUp(input, places, starts, base, output, to, totals, from) {
  const area = starts.length;
  let p = 0;
  for (; p + 3 < area; p += 4) {
    const a = base + starts[p], b = base + starts[p + 1], c = base + starts[p + 2], d = base + starts[p + 3];
    let w = 0, x = 0, y = 0, z = 0;
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      w += input[a + place];
      x += input[b + place];
      y += input[c + place];
      z += input[d + place];
    }
    output[to + p] = totals ? 2 * w - totals[from + p] : w;
    output[to + p + 1] = totals ? 2 * x - totals[from + p + 1] : x;
    output[to + p + 2] = totals ? 2 * y - totals[from + p + 2] : y;
    output[to + p + 3] = totals ? 2 * z - totals[from + p + 3] : z;
  }
  for (; p < area; p++) {
    let sum = 0;
    for (let i = 0; i < places.length; i++) sum += input[base + starts[p] + places[i]];
    output[to + p] = totals ? 2 * sum - totals[from + p] : sum;
  }
}
