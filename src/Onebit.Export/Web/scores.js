// Runs a model in Node: node FILE model.onebit images.bin > scores.bin. Images lie one after another; a score is 64 bits, little-endian.
const [modelFile, imageFile] = process.argv.slice(2), fs = require("node:fs");
try {
  const model = new Model(new Uint8Array(fs.readFileSync(modelFile))), images = new Uint8Array(fs.readFileSync(imageFile)), size = model.values[0].length;
  check(images.length % size === 0, "The images have another size than the model reads.");
  const scores = new BigInt64Array((images.length / size) * model.classes);
  for (let i = 0; i * size < images.length; i++) {
    model.run(images.subarray(i * size, (i + 1) * size));
    scores.set(model.scores, i * model.classes);
  }
  fs.writeSync(1, new Uint8Array(scores.buffer));
} catch (error) {
  if (!(error instanceof ModelError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
