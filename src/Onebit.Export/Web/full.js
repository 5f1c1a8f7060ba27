// What the full page has beside the tiny one: full precision, several models, a look inside, and hard test images.
function makeFull() {
  const float = content.float32 && { ...content.float32, network: new FloatNetwork(content.float32.layers, bytesOf(content.float32.file)) };
  const floatAnswer = float && makeAnswer("32 bits per weight", "float"), select = element("select", oneBit.name, "", { "aria-label": "One-bit model" });
  let later;

  function fillSelect() {
    select.replaceChildren(...models.map((model, i) => element("option", null, model.name, { value: i })));
    select.value = shown;
  }

  function choose(index) {
    const before = shown;
    shown = index;
    const works = attempt(() => current().network);
    if (!works) shown = before;
    select.value = shown;
    oneBit.times = [];
    if (pixels && pixels.length !== current().network.infos[0].count) return reset();
    redraw();
    due();
  }

  select.addEventListener("change", () => choose(+select.value));

  return {
    start() {
      if (float) floatAnswer.name.textContent = float.name;
      fillSelect();
      showGallery();
    },

    startDrawing() {
      if (content.generator) makeGenerator();
    },

    // A model that a person opens.
    addModel(name, file) {
      const network = new Model(file), [input] = network.infos;
      check(!network.diffusion, "This model draws images. 'onebit demo' puts it into a page.");
      check(input.channels === 1 || input.channels === 3, "This page reads models of images with 1 or 3 channels.");
      const isDigits = network.preparation === 2 && input.channels === 1 && input.height === DIGIT_SIDE && input.width === DIGIT_SIDE;
      models.push({ name, network, digits: isDigits, dark: !isDigits && input.channels === 1 });
      fillSelect();
      choose(models.length - 1);
    },

    show(seen, model) {
      const [input] = model.network.infos, fitsFloat = float && model.digits && input.count === float.pixels;
      if (float) {
        let probabilities = null;
        if (seen && fitsFloat) {
          timed(floatAnswer, () => float.network.run(seen, input));
          probabilities = float.network.probabilities();
        }
        showAnswer(floatAnswer, float.names, probabilities, facts(float, floatAnswer, float.network.bytes));
      }
      $("inside").hidden = !seen;
      // Tiles take longer than an answer: they wait until the hand rests a moment.
      clearTimeout(later);
      if (seen) later = setTimeout(() => look(model.network), 40);
    },

    release() {
      document.querySelectorAll('.gallery [aria-pressed="true"]').forEach(button => button.setAttribute("aria-pressed", "false"));
    },
  };

  // The layer that a value comes from: the number of the first convolution or dense layer before it, and its shape.
  function layerOf(all, infos, value) {
    let at = value;
    while (at > 0 && all[at - 1].type !== "Linear") at = all[at - 1].inputs[0];
    if (at === 0) return "Input";
    const { kernelHeight: height, kernelWidth: width, inputs } = all[at - 1], { height: rows, width: columns } = infos[inputs[0]];
    const number = all.slice(0, at).filter(operation => operation.type === "Linear").length;
    return `Layer ${number}, ${height === rows && width === columns ? "dense" : `${height}x${width} convolution`}`;
  }

  // Each value of signs or codes as tiles, a channel each. Attention has a tile per head and position.
  function look({ operations: all, infos, values }) {
    const box = $("layers");
    box.replaceChildren();
    all.forEach((operation, i) => {
      const info = infos[i + 1], value = values[i + 1], layer = element("div", null, "", { class: "layer" });
      if (operation.type === "Scores" || info.kind === INTEGERS) return;
      box.append(layer);
      if (operation.type === "Softmax") {
        const keys = info.channels / operation.heads, side = Math.sqrt(keys), isSquare = Number.isInteger(side);
        element("h3", layer, `Attention of ${operation.heads} heads: a row per head, a tile per position, showing what it looks at`);
        tiles(layer, { channels: operation.heads * info.area, height: isSquare ? side : 1, width: isSquare ? side : keys }, 0, info.max,
          (c, at) => value[(Math.floor(c / info.area) * keys + at) * info.area + (c % info.area)], "Attention maps", info.area);
        return;
      }
      const isBit = info.kind === SIGNS || info.bits === 1, size = info.area === 1 ? `${info.channels} neurons` : `${info.channels} channels of ${info.height} x ${info.width}`;
      const pooled = operation.type === "SumPool" ? ", summed" : "", name = layerOf(all, infos, i + 1) + pooled;
      element("h3", layer, `${name}: ${size}, ${isBit ? "one bit" : `${info.bits} bits`} each`);
      const most = value.reduce((a, b) => Math.max(a, b), isBit ? 1 : 8);
      tiles(layer, info, info.kind === SIGNS ? -1 : 0, most, (c, at) => value[c * info.area + at], `${name}: activations`, 0);
    });
  }

  function tiles(parent, { channels, height, width }, low, high, valueAt, label, perRow) {
    const count = Math.min(channels, 256), isLine = height * width === 1, columns = Math.min(count, perRow || (isLine ? 64 : Math.max(1, Math.floor(250 / (width + 1)))));
    const rows = Math.ceil(count / columns), stepX = width + 1, stepY = height + 1, canvas = canvasOf(columns * stepX - 1, rows * stepY - 1, parent, label);
    const image = new ImageData(canvas.width, canvas.height);
    for (let c = 0; c < count; c++) {
      for (let at = 0; at < height * width; at++) {
        const x = (c % columns) * stepX + (at % width), y = Math.floor(c / columns) * stepY + Math.floor(at / width), v = (255 * (valueAt(c, at) - low)) / (high - low);
        image.data.set([v, v, v, 255], 4 * (y * canvas.width + x));
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    canvas.style.width = `${Math.max(1, Math.min(isLine ? 10 : 4, Math.floor(1000 / canvas.width))) * canvas.width}px`;
  }

  function showGallery() {
    const { gallery } = content;
    if (!gallery) return;
    const all = bytesOf(gallery.pixels), size = gallery.channels * gallery.height * gallery.width, box = element("div", $("gallery"), "", { class: "gallery" });
    gallery.images.forEach(({ label, answers }, i) => {
      const button = element("button", box, "", { type: "button", "aria-pressed": "false" }), image = all.subarray(i * size, (i + 1) * size);
      paint(canvasOf(1, 1, button), image, gallery);
      element("b", button, `This is ${label}`);
      for (const [name, answer] of answers) {
        const row = element("span", button, "", answer === label ? {} : { class: "wrong" });
        element("span", row, name);
        element("span", row, `${answer} ${answer === label ? "\u2713" : "\u2717"}`);
      }
      button.addEventListener("click", () => attempt(() => {
        readImage(image);
        button.setAttribute("aria-pressed", "true");
      }));
    });
    if (gallery.images.length <= 12) return;
    box.classList.add("short");
    const more = element("button", $("gallery"), `Show all ${gallery.images.length} images`, { type: "button" });
    more.addEventListener("click", () => {
      box.classList.remove("short");
      box.children[12].focus();
      more.remove();
    });
  }
}
