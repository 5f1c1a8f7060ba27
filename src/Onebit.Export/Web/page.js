// The page: a field to draw on, what the networks see, and what they say.
const content = JSON.parse(document.getElementById("content").textContent), SIDE = 192, PEN = 0.075;
const $ = id => document.getElementById(id), percent = p => `${(100 * p).toFixed(p > 0.9995 || p < 0.0005 ? 0 : 1)} %`;
const field = $("field"), brush = field.getContext("2d"), small = canvasOf(SIDE, SIDE), smallBrush = small.getContext("2d", { willReadFrequently: true });
let strokes = [], picture = null, pixels = null, shown = 0, isDue = false;

function element(tag, parent, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  parent?.append(made);
  return made;
}

function canvasOf(width, height, parent, label) {
  const canvas = element("canvas", parent, "", label ? { role: "img", "aria-label": label } : {});
  Object.assign(canvas, { width, height });
  return canvas;
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
}

function say(sentence) {
  $("alert").textContent = sentence;
}

// Runs what may refuse its input, and shows the sentence if it does.
function attempt(action) {
  try {
    say("");
    return action();
  } catch (error) {
    say(error instanceof ModelError ? error.message : "This did not work, and the page does not know why.");
    console.error(error);
  }
}

// The one-bit models, each made when it is first chosen.
const models = content.models.map(entry => ({ ...entry, get network() {
  const network = new Model(bytesOf(entry.file)), [input] = network.infos;
  check(input.channels === 1 || input.channels === 3, "This page reads models of images with 1 or 3 channels.");
  Object.defineProperty(this, "network", { value: network });
  return network;
} }));
const current = () => models[shown];

// How a model's pictures are prepared, as onebit predict prepares them. Null: there is no ink.
function prepare(model) {
  const [input] = model.network.infos;
  if (pixels) return pixels.length === input.count ? pixels : null;
  const from = picture ?? { width: SIDE, height: SIDE, rgba: smallBrush.getImageData(0, 0, SIDE, SIDE).data };
  return model.digits ? digitOf(from) : scaled(from, input);
}

// Grey or colour, channel by channel, as a canvas shows it.
function paint(canvas, values, { channels, height, width }) {
  Object.assign(canvas, { width, height });
  const image = new ImageData(width, height), area = height * width;
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 4; c++) image.data[4 * i + c] = c === 3 ? 255 : values ? values[channels === 3 ? c * area + i : i] : 0;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function makeAnswer(title, kind) {
  const card = element("article", $("answers"), "", { class: `card answer ${kind}`, "aria-label": title }), head = element("header", card);
  const about = element("div", head);
  element("h3", about, title);
  const answer = { name: element("div", about), best: element("output", head, "", { class: "class" }), bars: element("ul", card, "", { class: "bars" }) };
  answer.facts = element("small", card);
  answer.times = [];
  return answer;
}

// The most likely classes, all of them where there are ten.
function showAnswer(answer, names, probabilities, facts) {
  const rows = names.map((_, c) => c);
  if (names.length > 10 && probabilities) rows.sort((a, b) => probabilities[b] - probabilities[a]);
  answer.bars.replaceChildren();
  answer.bars.parentNode.classList.toggle("names", names.some(name => name.length > 3));
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  for (const c of rows.slice(0, 10)) {
    const row = element("li", answer.bars, "", c === best ? { class: "best" } : {}), p = probabilities?.[c] ?? 0;
    element("span", row, names[c]);
    element("i", row, "", { style: `--p:${p.toFixed(4)}` });
    element("b", row, probabilities ? percent(p) : "");
  }
  answer.best.textContent = best < 0 ? "" : names[best];
  answer.best.classList.toggle("long", best >= 0 && names[best].length > 3);
  answer.facts.textContent = facts;
}

// The first runs are slower: the browser compiles them. So there are some at once.
function timed(answer, run) {
  do {
    const start = performance.now();
    run();
    answer.times = [...answer.times.slice(-19), performance.now() - start];
  } while (answer.times.length < 5);
}

function facts(entry, answer, bytes) {
  const times = answer.times.slice().sort((a, b) => a - b), time = times.length ? times[times.length >> 1] : null;
  return [`${bytes.toLocaleString("en")} bytes`, time === null ? "" : `${time < 0.1 ? "under 0.1" : time.toFixed(1)} ms per image`,
    entry.accuracy ? `${(100 * entry.accuracy).toFixed(2)} % of the test images are right` : ""].filter(Boolean).join(" · ");
}

const oneBit = makeAnswer(content.float32 ? "One bit per weight" : "The network says", "");
const full = typeof makeFull === "function" ? makeFull() : null;

function recognise() {
  isDue = false;
  const empty = !strokes.length && !picture && !pixels, model = current(), { network } = model, [input] = network.infos;
  const seen = empty ? null : prepare(model);
  let probabilities = null;
  if (seen) {
    timed(oneBit, () => network.run(seen));
    probabilities = network.probabilities();
  }
  if (!empty && !seen) say(pixels ? "This model reads images of another size." : "The picture shows no ink: it is blank, or too faint.");
  paint($("seen"), seen, input);
  showAnswer(oneBit, network.names, probabilities, facts(model, oneBit, network.bytes));
  full?.show(seen, model);
  clearTimeout(recognise.later);
  // Screen readers are told once the hand rests.
  recognise.later = setTimeout(() => ($("spoken").textContent = probabilities ? `The network says ${oneBit.best.textContent}.` : ""), 700);
}

function due() {
  if (!isDue) requestAnimationFrame(() => attempt(recognise));
  isDue = true;
}

function redraw() {
  const scale = Math.min(2, devicePixelRatio || 1), size = Math.round((field.clientWidth || 320) * scale);
  if (field.width !== size) field.width = field.height = size;
  for (const [context, side] of [[brush, size], [smallBrush, SIDE]]) {
    context.fillStyle = current().dark ? "#000" : "#fff";
    context.fillRect(0, 0, side, side);
    Object.assign(context, { lineWidth: PEN * side, lineCap: "round", lineJoin: "round", strokeStyle: current().dark ? "#fff" : "#000" });
    for (const stroke of strokes) {
      context.beginPath();
      stroke.forEach(([x, y]) => context.lineTo(x * side, y * side));
      if (stroke.length === 1) context.lineTo(stroke[0][0] * side + 0.01, stroke[0][1] * side);
      context.stroke();
    }
  }
  if (!strokes.length && !picture && !pixels) {
    Object.assign(brush, { fillStyle: "#8a949e", font: `${size / 14}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle" });
    brush.fillText("Draw here", size / 2, size / 2);
  }
  const image = picture?.canvas ?? (pixels && $("seen"));
  if (image) {
    const ratio = Math.min(size / image.width, size / image.height), width = image.width * ratio, height = image.height * ratio;
    brush.imageSmoothingEnabled = !pixels;
    brush.drawImage(image, (size - width) / 2, (size - height) / 2, width, height);
  }
}

function reset(change) {
  [strokes, picture, pixels] = [[], null, null];
  full?.release();
  change?.();
  redraw();
  due();
}

// Shows the networks an image of their size.
function readImage(image) {
  reset(() => (pixels = image));
  recognise();
  redraw();
  field.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function undo() {
  if (picture || pixels) return reset();
  strokes.pop();
  redraw();
  due();
}

const point = event => {
  const box = field.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
};
field.addEventListener("pointerdown", event => {
  if (event.button > 0 || !event.isPrimary) return;
  event.preventDefault();
  field.focus({ preventScroll: true });
  field.setPointerCapture(event.pointerId);
  if (picture || pixels) reset();
  strokes.push([point(event)]);
  redraw();
  due();
});
field.addEventListener("pointermove", event => {
  if (!event.isPrimary || !field.hasPointerCapture(event.pointerId) || !strokes.length) return;
  for (const part of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) strokes.at(-1).push(point(part));
  redraw();
  due();
});
document.addEventListener("keydown", event => {
  if (event.target.matches("select")) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
  else if (["Delete", "Backspace", "Escape"].includes(event.key)) reset();
  else return;
  event.preventDefault();
});
$("undo").addEventListener("click", undo);
$("clear").addEventListener("click", () => attempt(reset));

// An image, or in the full page a model too.
async function open(file) {
  if (!file) return;
  try {
    say("");
    if (file.name?.endsWith(".onebit")) {
      check(full && file.size < 2 ** 22, "This page does not open model files of this size.");
      return full.addModel(file.name, new Uint8Array(await file.arrayBuffer()));
    }
    let bitmap;
    try {
      bitmap = await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
    } catch {
      throw new ModelError("This file is not an image that the browser can read.");
    }
    const { width, height } = bitmap;
    check(width * height <= 24e6, `The image has ${width} x ${height} pixels, more than 24 million; make it smaller.`);
    const canvas = canvasOf(width, height), context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    reset(() => (picture = { canvas, width, height, rgba: context.getImageData(0, 0, width, height).data }));
  } catch (error) {
    attempt(() => {
      throw error;
    });
  }
}

$("file").addEventListener("change", event => open(event.target.files[0]).then(() => (event.target.value = "")));
document.addEventListener("paste", event => open([...event.clipboardData.files][0]));
document.addEventListener("dragover", event => {
  event.preventDefault();
  field.classList.add("over");
});
document.addEventListener("dragleave", () => field.classList.remove("over"));
document.addEventListener("drop", event => {
  event.preventDefault();
  field.classList.remove("over");
  open(event.dataTransfer.files[0]);
});
addEventListener("resize", redraw);
full?.start();
if (!full) oneBit.name.textContent = current().name;
attempt(() => {
  redraw();
  recognise();
  full?.startDrawing();
});
