operations.BitPlane = {
  kinds: [10],

  read(reader, op) {
    op.bit = reader.byte();
  },

  infer(op, [x], model) {
    check(x.kind === CODES && op.bit < x.bits, "A bit is taken of codes that do not have it.");
    return signs(sameShape(model, x));
  },

  run(op, [x], output) {
    for (let i = 0; i < x.length; i++) output[i] = x[i] >> op.bit & 1 ? 1 : -1;
  },
};
