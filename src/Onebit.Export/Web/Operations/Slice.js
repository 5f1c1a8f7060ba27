operations.Slice = {
  kinds: [23],

  read(reader, op) {
    op.start = reader.size();
    op.shape = [reader.size(), reader.size(), reader.size()];
  },

  infer(op, [x], model) {
    const shape = model.shape(...op.shape);
    check(op.start + shape.count <= x.count, "A slice is read beyond the end of a value.");
    return { ...x, ...shape };
  },

  run(op, [x], output) {
    for (let i = 0; i < output.length; i++) output[i] = x[op.start + i];
  },
};
