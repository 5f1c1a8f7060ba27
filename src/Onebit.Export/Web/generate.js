// A diffusion model draws in the full page: a button per class, and the steps from noise to image as a small film.
function makeGenerator() {
  const network = new Model(bytesOf(content.generator.file)), { diffusion, image, names } = network;
  check(diffusion && image.channels === 1, "This page shows diffusion models that draw grey images.");
  const canvas = $("drawn"), steps = Math.min(diffusion.levels, 20), hasClasses = diffusion.classes > 1;
  let drawn = null, asked = 0, later;

  function show(frame) {
    drawn = frame;
    paint(canvas, drawn, { channels: 1, height: image.height, width: image.width });
  }

  function draw(classIndex) {
    const seed = BigInt(asked++ + 1), frames = drawing(network, classIndex, seed, steps), name = hasClasses ? names[classIndex] : "an image";
    let time = 0;
    clearTimeout(later);
    $("read").disabled = true;
    const step = () => {
      const start = performance.now(), { value, done } = frames.next();
      time += performance.now() - start;
      if (!done) {
        show(value);
        later = setTimeout(step, 60);
        return;
      }
      $("read").disabled = false;
      $("facts").textContent = `Drew ${name} from seed ${seed}, in ${steps} steps and ${time.toFixed(0)} ms. ${content.generator.name} has ${network.bytes.toLocaleString("en")} bytes.`;
    };
    step();
  }

  (hasClasses ? names.slice(0, 20) : ["Draw"]).forEach((name, c) => {
    const button = element("button", $("choices"), name, { type: "button", "aria-label": hasClasses ? `Draw ${name}` : "Draw" });
    button.addEventListener("click", () => attempt(() => draw(c)));
  });
  $("read").addEventListener("click", () => attempt(() => {
    check(drawn.length === current().network.infos[0].count, "The networks above read images of another size.");
    readImage(drawn);
  }));
  show(null);
}
