operations.Scores = {
  kinds: [7, 14],

  read(reader, op, kind) {
    op.affine = Affine.readWhole(reader, kind === 14);
    op.shift = op.affine.shift;
  },

  infer(op, [x], model) {
    check(x.channels >= 2 && x.area === 1, "Scores are made of at least two classes x 1 x 1.");
    op.affine.infer(x);
    return { ...sameShape(model, x), kind: INTEGERS, bits: 64, min: 0, max: 0 };
  },

  run(op, [x], output) {
    for (let c = 0; c < x.length; c++) output[c] = op.affine.wide(x[c], c);
  },
};
