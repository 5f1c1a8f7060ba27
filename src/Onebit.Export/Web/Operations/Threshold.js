operations.Threshold = {
  kinds: [2],

  read(reader, op) {
    const channels = reader.size();
    op.thresholds = reader.integers32(channels);
    op.flipped = reader.flags(channels);
  },

  infer(op, [x], model) {
    check(op.flipped.length === x.channels, "An array of the model does not have one entry per channel.");
    return signs(sameShape(model, x));
  },

  run(op, [x], output, [{ area }]) {
    for (let i = 0; i < x.length; i++) {
      const c = Math.floor(i / area);
      output[i] = x[i] >= op.thresholds[c] === !op.flipped[c] ? 1 : -1;
    }
  },
};
