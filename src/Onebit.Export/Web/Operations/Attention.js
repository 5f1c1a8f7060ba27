// Attention: scores of queries and keys, their softmax, and what it weighs.
operations.AttentionScores = {
  kinds: [19],

  read(reader, op) {
    op.inputs.push(reader.size());
    op.heads = reader.size();
    op.zeros = [reader.byte(), reader.byte()];
  },

  infer(op, [q, k], model) {
    check(q.bits <= 8 && k.bits <= 8 && q.channels === k.channels, "Queries and keys of the model do not fit.");
    check(op.heads >= 1 && q.channels % op.heads === 0, "The channels do not divide into the heads.");
    check([q, k].every((x, i) => x.kind === CODES || op.zeros[i] === 0), "Only codes have a zero of their own.");
    const depth = q.channels / op.heads, shape = model.shape(op.heads * k.area, q.height, q.width, depth);
    const products = [q.min, q.max].flatMap(a => [k.min, k.max].map(b => (a - op.zeros[0]) * (b - op.zeros[1])));
    return integers(shape, depth * Math.min(...products), depth * Math.max(...products));
  },

  run(op, [q, k], output, [{ area: queries, channels }, { area: keys }]) {
    const depth = channels / op.heads, [queryZero, keyZero] = op.zeros;
    let next = 0;
    for (let h = 0; h < op.heads; h++) {
      for (let j = 0; j < keys; j++) {
        for (let i = 0; i < queries; i++) {
          let sum = 0;
          for (let c = h * depth; c < (h + 1) * depth; c++) sum += (q[c * queries + i] - queryZero) * (k[c * keys + j] - keyZero);
          output[next++] = sum;
        }
      }
    }
  },
};

operations.Softmax = {
  kinds: [20],

  read(reader, op) {
    op.heads = reader.size();
    op.shift = reader.byte();
    op.multipliers = reader.integers32(op.heads);
    op.table = reader.take(reader.size());
    const flag = reader.byte();
    check(flag <= 1, "A softmax has thresholds (1) or none (0).");
    if (flag) {
      op.thresholdShift = reader.byte();
      op.thresholds = reader.integers32(op.heads);
    }
  },

  infer(op, [x], model) {
    check(op.heads >= 1 && x.channels % op.heads === 0 && op.shift <= 62, "A softmax has another shape than its input, or a shift above 62.");
    check(op.table.length >= 1 && op.table.length <= 256 && op.table[0] > 0, "A table of exponentials has 1 to 256 entries, the first above 0.");
    check(!op.thresholds || (op.thresholdShift <= 30 && op.thresholds.every(t => t >= 0)), "Thresholds of a softmax are out of range.");
    const widest = op.multipliers.reduce((most, m) => (check(m >= 0, "Multipliers of a softmax are at least 0."), Math.max(most, m)), 0);
    const product = BigInt(widest) * BigInt(x.max - x.min);
    check(fits(product, 64), "A difference times its multiplier can leave 64 bits.");
    op.isWide = !fits(product, 54);
    return codes(sameShape(model, x, 3), op.thresholds ? 1 : 8);
  },

  run(op, [s], output, [{ area: queries, channels }]) {
    const keys = channels / op.heads, last = op.table.length - 1;
    for (let n = 0; n < op.heads * queries; n++) {
      const h = Math.floor(n / queries), first = h * keys * queries + (n % queries), end = first + keys * queries;
      let most = -Infinity, sum = 0;
      for (let at = first; at < end; at += queries) most = Math.max(most, s[at]);
      for (let at = first; at < end; at += queries) {
        const difference = most - s[at], multiplier = op.multipliers[h];
        const entry = op.isWide ? Number(BigInt(difference) * BigInt(multiplier) >> BigInt(op.shift)) : Math.floor(difference * multiplier / 2 ** op.shift);
        sum += output[at] = op.table[Math.min(last, entry)];
      }
      // Both sides are exact: products below 2^39, and a sum below 2^30 times a power of two.
      for (let at = first; op.thresholds && at < end; at += queries) output[at] = +(output[at] * op.thresholds[h] >= sum * 2 ** op.thresholdShift);
    }
  },
};

operations.AttentionSum = {
  kinds: [21],

  read(reader, op) {
    op.inputs.push(reader.size());
    op.heads = reader.size();
  },

  infer(op, [p, v], model) {
    const shape = attended(op, p, v, model);
    check(p.bits === 1, "The weights of a sum are codes of one bit.");
    return integers(shape, v.area * Math.min(0, v.min), v.area * Math.max(0, v.max));
  },

  run(op, xs, output, infos) {
    overKeys(op, xs, output, infos, sum => sum);
  },
};

operations.AttentionMean = {
  kinds: [22],

  read(reader, op) {
    operations.AttentionSum.read(reader, op);
    op.fractionBits = reader.byte();
  },

  infer(op, [p, v], model) {
    const shape = attended(op, p, v, model), factor = 2 ** op.fractionBits;
    check(op.fractionBits <= 8 && p.bits <= 8, "A mean has at most 8 fraction bits, and weights of at most 8 bits.");
    return integers(shape, factor * Math.min(0, v.min), factor * Math.max(0, v.max));
  },

  // The numerator is below 2^48, so a quotient of doubles never rounds up to the next integer.
  run(op, xs, output, infos) {
    const factor = 2 * 2 ** op.fractionBits;
    overKeys(op, xs, output, infos, (sum, total) => (total ? Math.floor((factor * sum + total) / (2 * total)) : 0));
  },
};

// What the two ends of attention share: values summed over all keys with the weights of a query.
function attended(op, p, v, model) {
  check(p.kind === CODES && v.bits <= 8, "The weights of attention are codes, and its values have at most 8 bits.");
  check(op.heads >= 1 && v.channels % op.heads === 0 && p.channels === op.heads * v.area, "Weights and values of attention do not fit.");
  return model.shape(v.channels, p.height, p.width, v.area);
}

function overKeys(op, [p, v], output, [{ area: queries }, { area: keys, channels }], finish) {
  const depth = channels / op.heads;
  for (let n = 0; n < output.length; n++) {
    const channel = Math.floor(n / queries), h = Math.floor(channel / depth);
    let at = h * keys * queries + (n % queries), sum = 0, total = 0;
    for (let j = 0; j < keys; j++, at += queries) {
      sum += p[at] * v[channel * keys + j];
      total += p[at];
    }
    output[n] = finish(sum, total);
  }
}
