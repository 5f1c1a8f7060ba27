operations.WeightedSum = {
  kinds: [8],

  read(reader, op) {
    reader.others(op.inputs);
    op.channels = reader.size();
    op.multipliers = reader.integers32(op.channels * op.inputs.length);
  },

  infer(op, xs, model) {
    const [{ height, width }] = xs, { channels, multipliers } = op, min = new Array(channels).fill(0n), max = new Array(channels).fill(0n);
    const shape = model.shape(channels, height, width, xs.length);
    xs.forEach((x, t) => {
      check(x.height === height && x.width === width && channels % x.channels === 0, "Values of the model cannot be combined.");
      for (let c = 0; c < channels; c++) {
        const ends = [x.min, x.max].map(end => BigInt(multipliers[t * channels + c]) * BigInt(end));
        min[c] += ends[0] < ends[1] ? ends[0] : ends[1];
        max[c] += ends[0] < ends[1] ? ends[1] : ends[0];
      }
    });
    return integers(shape, Number(min.reduce((a, b) => (a < b ? a : b))), Number(max.reduce((a, b) => (a > b ? a : b))));
  },

  // The whole sum fits into 32 bits. Terms and partial sums may not, but that does not change its lowest 32 bits.
  run(op, xs, output, infos, { channels, area }) {
    output.fill(0);
    xs.forEach((x, t) => {
      const sharing = channels / infos[t].channels;
      for (let c = 0; c < channels; c++) {
        const multiplier = op.multipliers[t * channels + c], from = Math.floor(c / sharing) * area;
        for (let p = 0; p < area; p++) output[c * area + p] += Math.imul(multiplier, x[from + p]);
      }
    });
  },
};
