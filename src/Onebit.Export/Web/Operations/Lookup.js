operations.Lookup = {
  kinds: [17],

  read(reader, op) {
    op.table = reader.take(reader.size());
  },

  infer(op, [x], model) {
    check(x.kind === CODES && x.bits <= 8 && op.table.length === 2 ** x.bits, "A table of the model does not fit to what it reads.");
    return codes(sameShape(model, x), 8);
  },

  run(op, [x], output) {
    for (let i = 0; i < x.length; i++) output[i] = op.table[x[i]];
  },
};
