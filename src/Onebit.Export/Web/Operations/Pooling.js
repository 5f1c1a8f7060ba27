// Pooling: one element per window of each channel.
operations.MaxPool = {
  kinds: [4],

  read(reader, op) {
    op.size = reader.size();
    op.stride = reader.size();
  },

  infer(op, [x], model) {
    return { ...x, ...windows(op, x, model) };
  },

  run(op, [x], output, infos, info) {
    overWindows(op, x, output, infos[0], info, -Infinity, Math.max);
  },
};

operations.SumPool = {
  kinds: [5],

  read: operations.MaxPool.read,

  infer(op, [x], model) {
    const shape = windows(op, x, model), window = op.size * op.size;
    if (x.kind !== CODES) return integers(shape, window * x.min, window * x.max);
    const bits = x.bits + Math.ceil(Math.log2(window));
    check(bits <= 31, "Codes of the model are too wide.");
    return codes(shape, bits, window * x.max);
  },

  run(op, [x], output, infos, info) {
    overWindows(op, x, output, infos[0], info, 0, (a, b) => a + b);
  },
};

function windows({ size, stride }, x, model) {
  check(size >= 1 && stride >= 1 && size <= x.height && size <= x.width, "A window of the model does not fit into its input.");
  return model.shape(x.channels, Math.floor((x.height - size) / stride) + 1, Math.floor((x.width - size) / stride) + 1, size * size);
}

function overWindows({ size, stride }, x, output, { height, width }, info, start, combine) {
  for (let n = 0; n < output.length; n++) {
    const channel = Math.floor(n / info.area), position = n % info.area;
    const first = (channel * height + Math.floor(position / info.width) * stride) * width + (position % info.width) * stride;
    let result = start;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) result = combine(result, x[first + i * width + j]);
    }
    output[n] = result;
  }
}
