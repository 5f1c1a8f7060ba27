operations.Concat = {
  kinds: [15],

  read(reader, op) {
    reader.others(op.inputs);
  },

  infer(op, xs, model) {
    const [{ height, width, kind }] = xs, most = (key, sign = 1) => sign * xs.reduce((a, x) => Math.max(a, sign * x[key]), -Infinity);
    check(xs.length >= 2 && xs.every(x => x.height === height && x.width === width && x.kind === kind), "Values of the model cannot be concatenated.");
    const shape = model.shape(xs.reduce((sum, x) => sum + x.channels, 0), height, width);
    return { ...shape, kind, bits: most("bits"), min: most("min", -1), max: most("max") };
  },

  run(op, xs, output) {
    let at = 0;
    for (const x of xs) {
      output.set(x, at);
      at += x.length;
    }
  },
};
