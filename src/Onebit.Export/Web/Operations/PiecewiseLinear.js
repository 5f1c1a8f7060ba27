operations.PiecewiseLinear = {
  kinds: [11],

  read(reader, op) {
    const shift = reader.byte(), channels = reader.size();
    op.low = Affine.read(reader, channels, shift);
    op.high = Affine.read(reader, channels, shift);
    op.breaks = reader.integers32(channels);
  },

  infer(op, [x], model) {
    op.low.infer(x);
    op.high.infer(x);
    return integers(sameShape(model, x), -32768, 32767);
  },

  run(op, [x], output, [{ area }], { min, max }) {
    for (let i = 0; i < x.length; i++) {
      const c = Math.floor(i / area), line = x[i] >= op.breaks[c] ? op.high : op.low;
      output[i] = Math.min(max, Math.max(min, line.at(x[i], c)));
    }
  },
};
