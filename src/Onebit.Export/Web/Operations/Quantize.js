operations.Quantize = {
  kinds: [9],

  read(reader, op) {
    op.bits = reader.byte();
    check(op.bits >= 1 && op.bits <= 7, "Quantization gives 1 to 7 bits.");
    const channels = reader.size();
    op.thresholds = reader.integers32(channels * (2 ** op.bits - 1));
    op.flipped = reader.flags(channels);
  },

  infer(op, [x], model) {
    const levels = 2 ** op.bits - 1;
    check(op.flipped.length === x.channels, "An array of the model does not have one entry per channel.");
    check(op.thresholds.every((t, i) => i % levels === 0 || t >= op.thresholds[i - 1]), "Thresholds of the model are out of order.");
    return codes(sameShape(model, x, levels), op.bits);
  },

  run(op, [x], output, [{ area }], { max }) {
    for (let i = 0; i < x.length; i++) {
      const c = Math.floor(i / area);
      let reached = 0;
      for (let t = c * max; t < (c + 1) * max && x[i] >= op.thresholds[t]; t++) reached++;
      output[i] = op.flipped[c] ? max - reached : reached;
    }
  },
};
