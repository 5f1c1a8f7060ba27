operations.Requantize = {
  kinds: [3, 13],

  read(reader, op, kind) {
    op.bits = reader.byte();
    op.affine = Affine.readWhole(reader, kind === 13);
  },

  infer(op, [x], model) {
    check(op.bits === 8 || op.bits === 16, "Requantization gives 8 or 16 bits.");
    op.affine.infer(x);
    const shape = sameShape(model, x);
    return op.bits === 8 ? codes(shape, 8) : integers(shape, -32768, 32767);
  },

  run(op, [x], output, [{ area }], { min, max }) {
    for (let i = 0; i < x.length; i++) output[i] = Math.min(max, Math.max(min, op.affine.at(x[i], Math.floor(i / area))));
  },
};
