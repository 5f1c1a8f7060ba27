// The engine in Node, which writes bytes: node FILE scores model.onebit images.bin, or node FILE draw model.onebit CLASS SEED STEPS.
const readBytes = file => new Uint8Array(require("node:fs").readFileSync(file));
const commands = {
  // Images lie one after another. A score is 64 bits, little-endian.
  scores(modelFile, imageFile) {
    const model = new Model(readBytes(modelFile)), images = readBytes(imageFile), size = model.values[0].length;
    check(!model.diffusion, "The model draws images; it reads none.");
    check(images.length % size === 0, "The images have another size than the model reads.");
    const scores = new BigInt64Array((images.length / size) * model.classes);
    for (let i = 0; i * size < images.length; i++) {
      model.run(images.subarray(i * size, (i + 1) * size));
      scores.set(model.scores, i * model.classes);
    }
    return new Uint8Array(scores.buffer);
  },

  // The pixels of the noise, and then those after each step.
  draw(modelFile, classIndex, seed, steps) {
    return Buffer.concat([...drawing(new Model(readBytes(modelFile)), +classIndex, BigInt(seed), +steps)]);
  },
};
try {
  const [command, ...rest] = process.argv.slice(2), bytes = commands[command](...rest);
  for (let at = 0; at < bytes.length; ) at += require("node:fs").writeSync(1, bytes, at);
} catch (error) {
  if (!(error instanceof ModelError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
