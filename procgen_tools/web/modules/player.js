// A player of recorded episodes: one or two boards side by side, a timeline, and what the policy
// would do at each step.
//
// The host has `time(number)`, `playing(yes)` and `speed(number)`. The tracks are those of
// web/tracks.py.

import { barRow, percent } from "./bars.js";
import { Board, markerIcon } from "./canvas.js";
import { choice, make } from "./dom.js";
import { inWords } from "./scale.js";
import { squareName } from "./scene.js";

const PARTING = "target"; // its look stands out
const SPEEDS = [1, 2, 5, 10, 20, 50];
const BIG_STEP = 10;
const TOLD_EVERY = 200; // milliseconds between messages while it plays
const ICONS = {
  start: "M6 5v14M19 5l-9 7 9 7z",
  back: "M16 5l-9 7 9 7z",
  play: "M7 5l12 7-12 7z",
  pause: "M8 5v14M16 5v14",
  on: "M8 5l9 7-9 7z",
  end: "M18 5v14M5 5l9 7-9 7z",
};

export class Player {
  constructor(kit, scene, { tracks, parting, limits }, host) {
    this.kit = kit;
    this.tracks = tracks;
    this.scene = scene;
    this.parting = parting;
    this.limits = limits;
    this.host = host;
    this.last = Math.max(...tracks.map(({ frames }) => frames.length - 1));
    this.time = 0;
    this.isPlaying = false;
    this.speed = 5;
    this.timer = null;
    this.told = 0;
    this.build();
  }

  build() {
    this.toggle = this.button("Play", ICONS.play, () => this.play(!this.isPlaying));
    const buttons = make(
      "div",
      { className: "pt-tools", role: "toolbar", "aria-label": "playing" },
      this.button("To the start", ICONS.start, () => this.go(0)),
      this.button("One step back", ICONS.back, () => this.go(this.time - 1)),
      this.toggle,
      this.button("One step on", ICONS.on, () => this.go(this.time + 1)),
      this.button("To the end", ICONS.end, () => this.go(this.last)),
    );
    this.speeds = make("div");
    this.range = make("input", {
      type: "range", className: "pt-slider pt-timeline", min: 0, max: this.last, step: 1,
      "aria-label": "step",
    });
    this.range.addEventListener("input", () => this.go(this.range.valueAsNumber));
    this.label = make("output", { className: "pt-step" });
    const line = make("div", { className: "pt-line-of-time" }, this.range);
    if (this.parting !== null) {
      const tick = make("button", { className: "pt-tick" });
      const text = `They part at step ${this.parting}`;
      tick.append(make("span", { className: "pt-tick-mark", "aria-hidden": "true" }), text);
      tick.addEventListener("click", () => this.go(this.parting));
      const share = this.parting / this.last;
      tick.style.setProperty("--pt-share", share);
      tick.classList.toggle("pt-tick-left", share > 0.6);
      line.append(tick);
    }
    const panels = make("div", { className: "pt-tracks" });
    panels.classList.toggle("pt-two", this.tracks.length > 1);
    this.panels = this.tracks.map((track) => this.newPanel(track));
    panels.append(...this.panels.map(({ element }) => element));
    this.legend = make("div", { className: "pt-legend" });
    this.spoken = make("div", { className: "pt-spoken", "aria-live": "polite" });
    this.message = make("div", { className: "pt-message", role: "status" });
    this.element = make(
      "div",
      { className: "pt-player", role: "group", tabIndex: 0, "aria-label": "episodes" },
      make("div", { className: "pt-controls" }, buttons, this.speeds, this.label),
      line, panels, this.legend, this.message, this.spoken,
    );
    this.element.setAttribute("aria-keyshortcuts", "Space ArrowLeft ArrowRight Home End");
    this.element.setAttribute(
      "aria-description",
      "Space plays and pauses. Arrow left and right step, with shift ten steps. Home and end jump.",
    );
    this.element.addEventListener("keydown", (event) => this.keydown(event));
    this.showSpeed();
    this.showLegend();
    this.show();
  }

  refuse(text) {
    this.message.textContent = text;
  }

  close() {
    clearTimeout(this.timer);
    for (const { board } of this.panels) board.close();
  }

  button(label, path, click) {
    const button = make("button", { className: "pt-button", title: label, onclick: click });
    this.draw(button, label, path);
    return button;
  }

  draw(button, label, path) {
    button.title = label;
    button.setAttribute("aria-label", label);
    button.innerHTML =
      `<svg viewBox="0 0 24 24" width="20" height="20" fill="currentColor" stroke="currentColor" ` +
      `stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></svg>`;
  }

  newPanel(track) {
    const board = new Board(this.kit, track.title);
    const state = make("div", { className: "pt-state" });
    const bars = make("div", { className: "pt-moves" });
    const title = make("h3", { className: "pt-title", textContent: track.title });
    const element = make("div", { className: "pt-panel" }, title, board.element, state, bars);
    return { board, state, bars, element, track };
  }

  // --- time

  // Go to a time; the host is told at once unless the player is playing.
  go(time, { told = true } = {}) {
    this.refuse("");
    this.time = Math.max(0, Math.min(this.last, time));
    if (this.isPlaying && this.time === this.last) this.play(false);
    this.show();
    if (!told) return;
    const now = performance.now();
    if (this.isPlaying && now - this.told < TOLD_EVERY) return;
    this.told = now;
    this.host.time(this.time);
    if (!this.isPlaying) this.say();
  }

  play(yes, { told = true } = {}) {
    if (yes && this.time === this.last) this.time = 0;
    const changed = yes !== this.isPlaying;
    this.isPlaying = yes;
    this.draw(this.toggle, yes ? "Pause" : "Play", yes ? ICONS.pause : ICONS.play);
    clearTimeout(this.timer);
    if (yes) this.schedule();
    if (told && changed) {
      this.host.playing(yes);
      this.host.time(this.time);
    }
    this.show();
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.go(this.time + 1);
      if (this.isPlaying) this.schedule();
    }, 1000 / this.speed);
  }

  setSpeed(speed, { told = true } = {}) {
    this.speed = speed;
    if (this.isPlaying) this.schedule();
    if (told) this.host.speed(speed);
    this.showSpeed();
  }

  showSpeed() {
    const speeds = [...new Set([...SPEEDS, this.speed])].sort((one, two) => one - two);
    const options = speeds.map((each) => [each, `${each} per second`]);
    this.speeds.replaceChildren(
      choice("steps", options, this.speed, (speed) => this.setSpeed(speed)),
    );
  }

  keydown(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { tagName, type } = event.composedPath()[0];
    if (tagName === "SELECT" || (tagName === "BUTTON" && event.key === " ")) return;
    const far = event.shiftKey ? BIG_STEP : 1;
    if (event.key === " ") this.play(!this.isPlaying);
    else if (event.key === "ArrowRight") this.go(this.time + far);
    else if (event.key === "ArrowLeft") this.go(this.time - far);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.last);
    else if (type === "range" && event.key.startsWith("Arrow")) return;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // --- drawing

  show() {
    this.range.value = this.time;
    this.range.setAttribute("aria-valuetext", `step ${this.time} of ${this.last}`);
    this.label.textContent = `step ${this.time} of ${this.last}`;
    for (const panel of this.panels) this.showPanel(panel);
  }

  showPanel({ board, state, bars, track }) {
    const end = track.frames.length - 1;
    const time = Math.min(this.time, end);
    const frame = track.frames[time];
    const [mover, ...others] = frame.things;
    const things = [...others, mover]; // nothing covers the player
    const scene = { ...this.scene, ...frame, things };
    const trail = track.squares.slice(0, time + 1);
    board.show({ scene, marks: this.marks(), path: trail, faded: false });
    const where = squareName(scene, track.squares[time]);
    board.canvas.setAttribute("aria-label", `${track.title}, step ${time}: ${where}`);
    const ended = time === end;
    state.textContent = ended ? `after ${end} steps: ${track.outcome}` : where;
    state.classList.toggle("pt-strong", ended);
    this.showBars(bars, track, time);
  }

  // Landmarks; the mouse is drawn where it is.
  marks() {
    const marks = this.scene.marks.filter(({ name }) => name !== "mouse");
    if (this.parting !== null && this.time >= this.parting) {
      const at = this.tracks[0].squares[this.parting - 1];
      marks.push({ name: PARTING, at });
    }
    return marks;
  }

  showBars(element, { chances, values, moves, taken, frames }, time) {
    if (chances === null) return;
    const step = Math.min(time, frames.length - 2); // the last frame has no step
    const rows = moves.map((name, move) => {
      const isTaken = taken[step] === move;
      return this.bar(name.toLowerCase(), chances[step][move], percent(chances[step][move]), {
        colour: this.kit.style.single_moves, isTaken,
      });
    });
    const [low, high] = this.limits;
    const share = (values[step] - low) / (high - low);
    const value = this.bar("value", share, inWords(values[step], low < 0), {
      colour: this.kit.style.goals.cheese.colour, isTaken: false,
    });
    value.title = "The discounted return that the policy expects";
    const before = step === time ? "Before this step" : "Before the last step";
    element.replaceChildren(make("div", { className: "pt-moves-name", textContent: before }), ...rows, value);
  }

  bar(name, share, text, { colour, isTaken }) {
    const row = barRow(isTaken ? `${name} ◂ taken` : name, [0, share], colour, text);
    if (isTaken) row.querySelector(".pt-bar-label").classList.add("pt-strong");
    return row;
  }

  showLegend() {
    const { board } = this.panels[0];
    const marks = this.scene.marks.filter(({ name }) => name !== "mouse");
    if (this.parting !== null) marks.push({ name: PARTING });
    const items = marks.map(({ name }, index) => {
      const words = name === PARTING ? "where they part" : name.replaceAll("_", " ");
      return make("span", {}, markerIcon(board.lookOf(name, index)), words);
    });
    const trail = make("i", { className: "pt-swatch" });
    trail.style.background = this.kit.style.picked;
    // What is drawn over other things says nothing by its shape alone.
    const over = Object.entries(this.kit.kinds)
      .filter(([name, { over }]) => over && this.scene.things.some(({ kind }) => kind === name))
      .map(([, { picture, label }]) =>
        make("span", {}, make("img", { src: picture, alt: "", width: 14, height: 14 }), label),
      );
    this.legend.replaceChildren(...items, ...over, make("span", {}, trail, "trail"));
  }

  say() {
    const words = this.panels.map(({ track, state }) =>
      this.tracks.length > 1 ? `${track.title}: ${state.textContent}` : state.textContent,
    );
    this.spoken.textContent = `step ${this.time}; ${words.join("; ")}`;
  }
}
