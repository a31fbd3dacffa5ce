"use strict";
// Shows reels (arena/show/reel.py): lists of shapes, one a moment. Nothing of a game is known here, shapes alone.

const TAPPED = 2.5; // how close a tap on the picture brings it
const byId = (id) => document.getElementById(id);
const number = (value, least, most) => Math.max(least, Math.min(value, most));

function element(name, attributes = {}, words = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = words;
  return made;
}

// Shapes ------------------------------------------------------------------------------------------------------------

const colour = (name) => (name ? `var(--${name})` : "none");
const paint = (fill, stroke, width) => ({ fill: colour(fill), stroke: colour(stroke), "stroke-width": width });
const CRISP = { "shape-rendering": "crispEdges" }; // tiles beside each other show no seam
const KINDS = {
  r: (x, y, width, height, fill, stroke, line, rx) =>
    ["rect", { x, y, width, height, ...(rx ? { rx } : CRISP), ...paint(fill, stroke, line) }],
  c: (cx, cy, r, fill, stroke, line) => ["circle", { cx, cy, r, ...paint(fill, stroke, line) }],
  p: (points, fill, stroke, line) => ["polygon", { points, "stroke-linejoin": "round", ...paint(fill, stroke, line) }],
  l: (points, stroke, line, dash) => ["polyline", {
    points, "stroke-linejoin": "round", "stroke-linecap": dash ? "butt" : "round",
    ...(dash ? { "stroke-dasharray": "5 4" } : {}), ...paint("", stroke, line),
  }],
  t: (x, y, words, size, fill, anchor, bold) => ["text", {
    x, y, "font-size": size, fill: colour(fill), "text-anchor": anchor, ...(bold ? { "font-weight": "bold" } : {}),
  }, words],
};

function drawn([name, attributes, words = ""]) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = words;
  return made;
}

// Panes: one replay each --------------------------------------------------------------------------------------------

const changed = (before, changes) =>
  changes.flatMap((one) => (Array.isArray(one) ? before.slice(one[0], one[1]) : [one]));

class Pane {
  constructor(reel) {
    this.reel = reel;
    this.last = reel.pictures.length - 1;
    let plain = [];
    this.pictures = reel.pictures.map(([first, ...lenses]) => {
      plain = changed(plain, first);
      return [plain, ...lenses.map((changes) => changed(plain, changes))];
    });
    this.shapes = [];
    this.svg = drawn(["svg", { viewBox: `0 0 ${reel.width} ${reel.height}`, role: "img" }]);
    this.frame = element("div", { class: "pane" });
    this.frame.append(this.svg);
    this.caption = element("figcaption", { "aria-hidden": "true" }); // it is told in #words
    this.figure = element("figure");
    this.figure.append(this.frame, this.caption);
    this.frame.style.setProperty("--aspect", reel.width / reel.height);
    this.frame.addEventListener("dblclick", tapped);
    this.frame.addEventListener("click", (event) => { if (event.pointerType === "touch") tapped(event); });
    this.frame.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" && event.buttons) this.frame.scrollBy(-event.movementX, -event.movementY);
    });
  }

  // Draws a moment, and returns what is to be said of it.
  show(at, lens) {
    const here = Math.min(at, this.last);
    const through = this.reel.lenses.findIndex(([name]) => name === lens);
    const said = [this.reel.words[here]];
    if (through >= 0) said.push(`Lens, ${lens}: ${this.reel.lenses[through][1]}`);
    this.svg.setAttribute("aria-label", said[0]);
    this.svg.replaceChildren(...this.pictures[here][1 + through].map((one) => this.shape(one)));
    this.caption.replaceChildren(...said.map((words, i) => element("p", i ? { class: "about" } : {}, words)));
    return said;
  }

  shape(one) {
    const [kind, ...values] = this.reel.shapes[one];
    return (this.shapes[one] ??= drawn(KINDS[kind](...values)));
  }
}

// What is being looked at, and the commands that change it ----------------------------------------------------------

const options = JSON.parse(byId("options").textContent); // keys, speeds, patience, how much closer, how close at most
let panes = [];
const view = { at: 0, playing: false, speed: 1, lens: "", episode: 0, beside: true, zoom: 1 };

const shownPanes = () => (view.beside ? panes : panes.slice(view.episode, view.episode + 1));
const last = () => Math.max(0, ...shownPanes().map((pane) => pane.last));
const lenses = () => new Map(shownPanes().flatMap((pane) => pane.reel.lenses));
const events = () => shownPanes().flatMap((pane, row) => pane.reel.events.map((event) => [...event, row]));

function go(at) {
  view.at = number(at, 0, last());
  view.playing &&= view.at < last();
}

function jump(found) {
  view.playing = false;
  if (found.length) go(found[0]);
}

function choose(episode) {
  view.episode = (episode + panes.length) % panes.length;
  if (!lenses().has(view.lens)) view.lens = "";
  go(view.at);
}

// Closer or farther, with what is at a point of the frames (in parts of them) staying there.
function look(zoom, x = 0.5, y = 0.5) {
  const before = view.zoom;
  view.zoom = number(zoom, 1, options.closest);
  const frames = shownPanes().map((pane) => pane.frame);
  const kept = frames.map((frame) => [
    (frame.scrollLeft + x * frame.clientWidth) / before, (frame.scrollTop + y * frame.clientHeight) / before,
  ]);
  byId("stage").style.setProperty("--zoom", view.zoom);
  frames.forEach((frame, i) => frame.scrollTo(
    kept[i][0] * view.zoom - x * frame.clientWidth, kept[i][1] * view.zoom - y * frame.clientHeight,
  ));
}

function tapped(event) {
  const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
  look(view.zoom > 1 ? 1 : TAPPED, (event.clientX - left) / width, (event.clientY - top) / height);
}

const commands = {
  play() {
    if (!view.playing && view.at >= last()) go(0);
    view.playing = !view.playing && last() > 0;
  },
  forward() { view.playing = false; go(view.at + 1); },
  back() { view.playing = false; go(view.at - 1); },
  first() { go(0); },
  last() { go(last()); },
  faster() { view.speed = options.speeds.find((one) => one > view.speed) ?? options.speeds.at(-1); },
  slower() { view.speed = options.speeds.findLast((one) => one < view.speed) ?? options.speeds[0]; },
  next_event() { jump(events().map(([at]) => at).filter((at) => at > view.at).sort((a, b) => a - b)); },
  previous_event() { jump(events().map(([at]) => at).filter((at) => at < view.at).sort((a, b) => b - a)); },
  next_lens() {
    const names = ["", ...lenses().keys()];
    view.lens = names[(names.indexOf(view.lens) + 1) % names.length];
  },
  next_episode() { choose(view.episode + 1); },
  previous_episode() { choose(view.episode - 1); },
  together() { view.beside = !view.beside || panes.length < 2; choose(view.episode); },
  closer() { look(view.zoom * options.closer); },
  farther() { look(view.zoom / options.closer); },
  whole() { look(1); },
  night() { document.documentElement.dataset.theme = dark() ? "light" : "dark"; },
  help() { byId("help").open ? byId("help").close() : byId("help").showModal(); },
};

const dark = () =>
  (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "")) ===
  "dark";

function act(command) {
  commands[command]();
  update();
}

// The page ----------------------------------------------------------------------------------------------------------

const only = (words) => [...new Set(words)];

// Which moment it is and what happens there, in a few words.
function told(at) {
  const over = at === last() && shownPanes().every((pane) => pane.reel.over);
  const where = over ? "the end" : `round ${at + 1} of ${Math.max(1, last())}`;
  return only([where, ...events().filter(([one]) => one === at).map(([, word]) => word)]).join(" · ");
}

function update() {
  const shown = shownPanes();
  const several = shown.length > 1;
  byId("stage").classList.toggle("several", several);
  byId("stage").style.setProperty("--across", Math.ceil(Math.sqrt(shown.length)));
  const figures = shown.map((pane) => pane.figure);
  if (figures.some((figure, i) => figure !== byId("stage").children[i]) || figures.length !== byId("stage").children.length) {
    byId("stage").replaceChildren(...figures);
    scale();
  }
  const said = shown.map((pane) => {
    const words = pane.show(view.at, view.lens);
    return several ? [pane.reel.player, ...words] : words;
  });
  byId("words").setAttribute("aria-live", view.playing ? "off" : "polite"); // not every round while they fly past
  byId("words").replaceChildren(...said.map((words) => element("p", {}, words.join(". "))));
  point();
  Object.assign(byId("at"), { max: last(), value: view.at });
  byId("at").setAttribute("aria-valuetext", told(view.at));
  byId("marks").style.setProperty("--part", last() ? view.at / last() : 0);
  byId("play").dataset.playing = view.playing;
  byId("play").setAttribute("aria-label", view.playing ? "Pause" : "Play");
  byId("speed").textContent = `${view.speed} a second`;
  byId("lens").value = view.lens;
  byId("lens").classList.toggle("through", view.lens !== "");
  byId("together").hidden = panes.length < 2;
  byId("together").setAttribute("aria-pressed", view.beside);
  byId("episodes").hidden = panes.length < 2 || view.beside;
  byId("episode").textContent = `${view.episode + 1} of ${panes.length}`;
  byId("night").textContent = dark() ? "light" : "dark";
  schedule();
}

// What is told of: the moment that is shown, or where the pointer is on the scale.
function point(at = view.at) {
  byId("told").textContent = told(at);
  byId("told").classList.toggle("pointed", at !== view.at);
}

function pointed(event) {
  const { left, width } = byId("marks").getBoundingClientRect();
  point(event.pointerType === "mouse" ? number(Math.round(((event.clientX - left) / width) * last()), 0, last()) : view.at);
}

// What depends on which replays are shown: the scale with its events, a row a replay, and the lenses to choose from.
function scale() {
  const rows = shownPanes().length;
  const part = (at) => `${(100 * at) / Math.max(1, last())}%`;
  const marks = [element("div", { class: "passed" })];
  if (rows === 1) {
    for (const [first, end] of shownPanes()[0].reel.deployed) {
      marks.unshift(element("div", { class: "deployed" }));
      Object.assign(marks[0].style, { left: part(first), width: part(end - first) });
    }
  }
  const upon = ([, , name]) => Number(name !== "ink"); // a defection lies upon what else happened there
  for (const [at, , name, large, row] of events().sort((a, b) => upon(a) - upon(b))) {
    marks.push(element("i", large ? { class: "large" } : {}));
    Object.assign(marks.at(-1).style, {
      left: part(at), top: `${(100 * (row + 0.5)) / rows}%`, background: colour(name),
    });
  }
  byId("marks").replaceChildren(...marks);
  byId("lens").replaceChildren(
    element("option", { value: "" }, "lens: none"),
    ...[...lenses()].map(([name, about]) => element("option", { value: name, title: about }, `lens: ${name}`)),
  );
  byId("lens").disabled = lenses().size === 0;
}

let timer = 0;
function schedule() {
  if (!view.playing) {
    clearTimeout(timer);
    timer = 0;
  } else if (!timer) {
    timer = setTimeout(() => { timer = 0; go(view.at + 1); update(); }, 1000 / view.speed);
  }
}

const NAMES = { " ": "space", ArrowRight: "right", ArrowLeft: "left", ArrowUp: "up", ArrowDown: "down" };
function typed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !panes.length) return;
  const name = NAMES[event.key] ?? (event.key.length > 1 ? event.key.toLowerCase() : event.key);
  const command = options.keys[name];
  if (!command || (byId("help").open && command !== "help")) return;
  const own = event.target.closest?.("button, select"); // these have a use for some keys themselves
  if (own && (name === "space" || (own.tagName === "SELECT" && event.key !== name))) return;
  event.preventDefault();
  act(command);
}

function begin() {
  document.addEventListener("keydown", typed);
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", (event) => {
      act(button.dataset.do);
      if (event.detail) button.blur(); // after the mouse, the space bar is for playing again
    });
  }
  byId("at").addEventListener("input", () => { view.playing = false; go(Number(byId("at").value)); update(); });
  byId("at").addEventListener("pointermove", pointed);
  byId("at").addEventListener("pointerleave", () => point());
  let clicked = false; // a list that was opened with the mouse lets go of the keys once something is chosen
  byId("lens").addEventListener("pointerdown", () => { clicked = true; });
  byId("lens").addEventListener("keydown", () => { clicked = false; });
  byId("lens").addEventListener("change", () => {
    view.lens = byId("lens").value;
    update();
    if (clicked) byId("lens").blur();
  });
  byId("help").addEventListener("click", (event) => { if (event.target === byId("help")) byId("help").close(); });
}

function fail(words) {
  panes = [];
  byId("stage").replaceChildren(element("p", { class: "wrong", role: "alert" }, words));
}

async function show(packed) {
  if (!("DecompressionStream" in window)) {
    fail("This browser is too old to unpack the replay. Chrome and Edge from 97, Firefox from 113, Safari from 16.4 can.");
    return;
  }
  try {
    const bytes = Uint8Array.from(atob(packed.trim()), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    panes = (await new Response(stream).json()).map((reel) => new Pane(reel));
  } catch {
    fail("The replay in this file is damaged. Save it once more.");
    return;
  }
  const moments = Math.max(...panes.map((pane) => pane.last));
  const beside = panes.length > 1 && panes.length <= options.abreast;
  Object.assign(view, { at: 0, playing: false, lens: "", episode: 0, beside });
  view.speed = options.speeds.slice(1).find((one) => moments <= one * options.patience) ?? options.speeds.at(-1);
  byId("stage").replaceChildren();
  document.title = only(panes.map((pane) => pane.reel.title)).join(" · ");
  byId("title").textContent = document.title;
  document.body.dataset.ready = "";
  look(1);
  update();
}

// An album: the replay is that of the address, kept beside the page.
function open() {
  const key = location.hash.slice(1);
  delete document.body.dataset.ready;
  if (!/^[\w.-]+$/.test(key)) {
    fail("Which replay? Its name comes after # in the address.");
    return;
  }
  const script = element("script", { src: `replays/${key}.js` });
  script.addEventListener("load", () => { if (key === location.hash.slice(1)) show(window.packed); });
  script.addEventListener("error", () => fail(`There is no replay ${key} in the folder replays beside this page.`));
  document.head.append(script);
}

begin();
if (byId("reels")) {
  show(byId("reels").textContent);
} else {
  window.addEventListener("hashchange", open);
  open();
}
