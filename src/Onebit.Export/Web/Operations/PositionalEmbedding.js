operations.PositionalEmbedding = {
  kinds: [18],

  read(reader, op) {
    op.signs = reader.take(reader.size());
    op.multipliers = reader.integers32(reader.size());
  },

  infer(op, [x], model) {
    check(op.multipliers.length === x.channels && op.signs.length === Math.ceil(x.count / 8), "A positional embedding has another size than its input.");
    check(x.count % 8 === 0 || op.signs[op.signs.length - 1] >> (x.count % 8) === 0, "Unused bits of the model file are not 0.");
    model.countWeights(op.signs.length);
    const largest = op.multipliers.reduce((most, m) => Math.max(most, Math.abs(m)), 0);
    return integers(sameShape(model, x), x.min - largest, x.max + largest);
  },

  run(op, [x], output, [{ area }]) {
    for (let i = 0; i < x.length; i++) {
      const multiplier = op.multipliers[Math.floor(i / area)];
      output[i] = x[i] + (op.signs[i >> 3] >> (i & 7) & 1 ? multiplier : -multiplier);
    }
  },
};
