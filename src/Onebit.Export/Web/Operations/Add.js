operations.Add = {
  kinds: [6],

  read(reader, op) {
    op.inputs.push(reader.size());
  },

  infer(op, [x, other], model) {
    check(x.channels === other.channels && x.height === other.height && x.width === other.width, "Values of two shapes cannot be added.");
    return integers(sameShape(model, x), x.min + other.min, x.max + other.max);
  },

  run(op, [x, other], output) {
    for (let i = 0; i < x.length; i++) output[i] = x[i] + other[i];
  },
};
