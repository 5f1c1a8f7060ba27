operations.Upsample = {
  kinds: [16],

  infer(op, [x], model) {
    return { ...x, ...model.shape(x.channels, 2 * x.height, 2 * x.width) };
  },

  // The rows of all channels lie one below the other.
  run(op, [x], output, infos, { width }) {
    for (let i = 0; i < output.length; i++) output[i] = x[(Math.floor(i / width) >> 1) * (width / 2) + (i % width >> 1)];
  },
};
