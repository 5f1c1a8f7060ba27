// A network in full precision: convolutions, pools, batch normalization and ReLU, from a safetensors file and its list of layers.
class FloatNetwork {
  constructor(layers, file) {
    const view = new DataView(file.buffer, file.byteOffset), end = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, end)));
    this.layers = layers;
    this.bytes = file.length;
    this.about = header.__metadata__;
    this.tensors = {};
    for (const [name, { data_offsets: offsets }] of Object.entries(header)) {
      if (offsets) this.tensors[name] = new Float32Array(file.slice(end + offsets[0], end + offsets[1]).buffer);
    }
  }

  // Fills this.values with what each layer gives, and this.logits.
  run(pixels, { channels, height, width }) {
    const { pixelMean, pixelDeviation, batchNormEpsilon } = this.about;
    let x = { channels, height, width, data: Float64Array.from(pixels, p => (p - pixelMean) / pixelDeviation) };
    this.values = this.layers.map((layer, i) => {
      const t = name => this.tensors[`layers.${i}.${name}`];
      if (layer.type === "conv") x = convolve(x, t("weight"), layer.filters, layer.kernel, layer.kernel, layer.padding ?? 0);
      if (layer.type === "dense") x = convolve(x, t("weight"), t("weight").length / x.data.length, x.height, x.width, 0);
      if (layer.type === "maxPool") x = poolFloats(x, layer.size);
      if (layer.type === "activation") x = { ...x, data: x.data.map(v => Math.max(0, v)) };
      if (layer.type === "batchNorm") {
        const [gamma, beta, mean, variance] = ["gamma", "beta", "mean", "variance"].map(t), area = x.height * x.width;
        x = { ...x, data: x.data.map((v, n) => {
          const c = Math.floor(n / area);
          return gamma[c] * (v - mean[c]) / Math.sqrt(variance[c] + +batchNormEpsilon) + beta[c];
        }) };
      }
      return x;
    });
    this.logits = Array.from(x.data);
    return this.logits.indexOf(Math.max(...this.logits));
  }

  probabilities() {
    return softmax(this.logits);
  }
}

function convolve({ channels, height, width, data }, weights, outputs, kernelHeight, kernelWidth, padding) {
  const paddedHeight = height + 2 * padding, paddedWidth = width + 2 * padding, input = new Float64Array(channels * paddedHeight * paddedWidth);
  for (let row = 0; row < channels * height; row++) {
    const to = (Math.floor(row / height) * paddedHeight + (row % height) + padding) * paddedWidth + padding;
    input.set(data.subarray(row * width, (row + 1) * width), to);
  }
  const newHeight = paddedHeight - kernelHeight + 1, newWidth = paddedWidth - kernelWidth + 1, sums = new Float64Array(outputs * newHeight * newWidth);
  let weight = 0;
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < kernelHeight; i++) {
        for (let j = 0; j < kernelWidth; j++) {
          const w = weights[weight++];
          for (let y = 0; y < newHeight; y++) {
            const from = (c * paddedHeight + y + i) * paddedWidth + j, to = (o * newHeight + y) * newWidth;
            for (let x = 0; x < newWidth; x++) sums[to + x] += w * input[from + x];
          }
        }
      }
    }
  }
  return { channels: outputs, height: newHeight, width: newWidth, data: sums };
}

function poolFloats({ channels, height, width, data }, size) {
  const newHeight = Math.floor(height / size), newWidth = Math.floor(width / size), pooled = new Float64Array(channels * newHeight * newWidth).fill(-Infinity);
  for (let n = 0; n < pooled.length; n++) {
    const c = Math.floor(n / (newHeight * newWidth)), y = Math.floor(n / newWidth) % newHeight, x = n % newWidth;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) pooled[n] = Math.max(pooled[n], data[(c * height + y * size + i) * width + x * size + j]);
    }
  }
  return { channels, height: newHeight, width: newWidth, data: pooled };
}
