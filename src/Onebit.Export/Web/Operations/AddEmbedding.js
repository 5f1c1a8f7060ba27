operations.AddEmbedding = {
  kinds: [24],

  read(reader, op) {
    op.inputs.push(reader.size());
    op.element = reader.size();
    op.table = reader.integers32(reader.size());
  },

  infer(op, [x, index], model) {
    check(op.table.length % x.channels === 0, "A table does not have one entry per channel in each row.");
    check(op.element < index.count, "A table is chosen from by an element that does not exist.");
    const least = op.table.reduce((a, b) => Math.min(a, b)), most = op.table.reduce((a, b) => Math.max(a, b));
    return integers(sameShape(model, x), x.min + least, x.max + most);
  },

  run(op, [x, index], output, [{ area, channels }]) {
    const row = Math.min(Math.max(index[op.element], 0), op.table.length / channels - 1) * channels;
    for (let i = 0; i < x.length; i++) output[i] = x[i] + op.table[row + Math.floor(i / area)];
  },
};
