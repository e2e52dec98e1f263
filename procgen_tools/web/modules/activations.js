// One channel of an activation over the maze: its cells can be chosen and clamped, its maps compared.
//
// The host has `layer(name)`, `channel(number)`, `cell(cell)`, `clamp(cell, value)`,
// `unclamp(number)`, `square(square)`, which moves the mouse, `compare(with)` and `picture()`. What
// Python knows is in web/activation_panels.py.

import { markerIcon } from "./canvas.js";
import { CellBoard } from "./cells.js";
import { clampItems, comparisons, nameClamps } from "./clamps.js";
import { choice, make } from "./dom.js";
import { inWords, showScale } from "./scale.js";
import { rowName } from "./scene.js";
import { slider } from "./slider.js";

const CLAMP = "clamp";
const LOOK = "look";
const MOUSE = "mouse";
const TOOLS = [[CLAMP, "clamps a cell"], [LOOK, "only looks"], [MOUSE, "moves the mouse"]];
const CELL_KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const CELL_HELP =
  "Arrow keys choose a cell. Enter or space does what a click does: it clamps the cell to the value " +
  "of the slider or frees it, or moves the mouse there. Delete frees the cell.";
const PATIENT = 30; // milliseconds after which a slider's value is sent

export class Activations {
  constructor(kit, layers, host) {
    this.kit = kit;
    this.layers = layers;
    this.host = host;
    this.tool = CLAMP;
    this.value = 5.5;
    this.boards = [];
    this.looking = null;
    this.ahead = null; // {cell, layer} that Python has not heard of
    this.sent = null; // {place, value} of a clamp that Python has not repeated
    this.map = {};
    this.hovered = null;
    this.timers = {};
    this.build();
  }

  build() {
    this.main = this.newBoard("activation");
    const { canvas } = this.main.board;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "map of cells");
    canvas.setAttribute("aria-description", CELL_HELP);
    canvas.addEventListener("click", (event) => this.clicked(event));
    canvas.addEventListener("pointermove", (event) => this.hover(this.main.board.cellAt(event)));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("keydown", (event) => this.keydown(event));
    this.readout = this.main.note;
    this.spoken = make("div", { className: "pt-spoken", "aria-live": "polite" });
    this.main.element.append(this.spoken);
    this.tools = make("div", { className: "pt-tools", role: "toolbar", "aria-label": "clicks" });
    const button = (textContent, onclick) =>
      make("button", { className: "pt-button", textContent, onclick });
    for (const [tool, label] of TOOLS) {
      const chooser = button(label, () => this.use(tool));
      chooser.dataset.tool = tool;
      this.tools.append(chooser);
    }
    this.chooser = make("div", { className: "pt-controls" });
    this.clampControls = make("div", { className: "pt-controls" });
    this.clamps = make("ul", { className: "pt-clamps" });
    this.compares = make("div", { className: "pt-tools" });
    this.message = make("div", { className: "pt-message", role: "status" });
    this.legend = make("div", { className: "pt-legend" });
    const save = button("Save picture", () => this.host.picture());
    const title = (text) => make("h3", { className: "pt-title", textContent: text });
    this.clickTitle = title("");
    const side = make(
      "div",
      { className: "pt-side" },
      make("div", {}, title("Activation"), this.chooser),
      make("div", { className: "pt-stack" }, this.clickTitle, this.tools, this.clampControls, this.clamps),
      make("div", { className: "pt-stack" }, title("Compare with"), this.compares),
      make("div", { className: "pt-tools" }, save),
      this.message, this.legend,
    );
    this.others = make("div", { className: "pt-panels" });
    this.seen = this.newBoard("pixels that the cell sees");
    this.seen.title.textContent = "The pixels that feed the chosen cell";
    this.element = make(
      "section",
      { className: "pt-explorer", "aria-label": "activation" },
      this.main.element, side, this.others,
    );
    this.valueSlider = slider("value", -10, 10, (value) => this.setValue(value));
    this.clampUnit = button("Clamp this unit", () => this.host.clamp(null, this.value));
    this.freeAll = button("Free all", () => this.host.unclamp(null));
    for (const each of [this.clampUnit, this.freeAll]) each.hidden = true;
    this.clampControls.append(this.valueSlider.element, this.clampUnit, this.freeAll);
    this.use(CLAMP);
  }

  close() {
    for (const { board } of [this.main, this.seen, ...this.boards]) board.close();
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
  }

  newBoard(label) {
    const board = new CellBoard(this.kit, label);
    const title = make("h3", { className: "pt-title" });
    const scale = make("div", { className: "pt-scale" });
    const note = make("div", { className: "pt-state" });
    const element = make("div", { className: "pt-panel" }, title, board.element, scale, note);
    return { board, title, scale, note, element };
  }

  // --- what Python says

  showScenes(scenes) {
    this.scenes = scenes;
    this.stale = true;
    this.refresh();
    this.showLegend();
  }

  showLooking(looking) {
    const before = this.looking;
    this.looking = this.withAhead(looking);
    if (JSON.stringify(before) !== JSON.stringify(looking)) this.message.textContent = "";
    const here = this.looking.clamps.find((clamp) => this.isHere(clamp));
    if (here) this.hearValue(here.value);
    this.showChooser();
    this.showClamps();
    this.showCompares();
    this.valueSlider.show(this.value);
    this.refresh();
  }

  // The slider may be ahead of what Python has heard.
  hearValue(value) {
    const { sent } = this;
    const repeated = sent === null || sent.place !== this.place() || sent.value === value;
    if (!repeated) return;
    this.sent = null;
    this.value = value;
  }

  place() {
    const { layer, channel, cell } = this.looking;
    return JSON.stringify([layer, channel, cell]);
  }

  // The keyboard may be ahead of what Python has heard.
  withAhead(looking) {
    const { ahead } = this;
    const heard = ahead === null || String(ahead.cell) === String(looking.cell);
    if (heard || ahead.layer !== looking.layer) {
      this.ahead = null;
      return looking;
    }
    return { ...looking, cell: ahead.cell };
  }

  showMap(map) {
    this.map = map;
    this.stale = false;
    if (map.error) this.message.textContent = map.error;
    if (map.span) this.valueSlider.within(...map.span);
    this.refresh();
  }

  decline(text) {
    this.ahead = null;
    this.sent = null;
    this.message.textContent = text;
  }

  // --- drawing

  refresh() {
    const { maps } = this.map;
    if (!maps || !this.scenes || !this.looking) return;
    const [first, ...rest] = maps;
    this.main.title.textContent = this.map.title;
    this.draw(this.main, first, true);
    const caption = this.scenes[0].caption;
    this.main.board.canvas.setAttribute("aria-label", `${this.map.title}, ${caption}`);
    while (this.boards.length > rest.length) {
      const { board, element } = this.boards.pop();
      board.close();
      element.remove();
    }
    while (this.boards.length < rest.length) {
      this.boards.push(this.newBoard(""));
      this.seen.element.remove();
      this.others.append(this.boards.at(-1).element);
    }
    rest.forEach((map, index) => {
      const { board, title, note } = this.boards[index];
      title.textContent = map.title;
      note.textContent = map.scene ? map.caption : "";
      board.canvas.setAttribute("aria-label", `${map.title}: ${map.caption}`);
      this.draw(this.boards[index], map, false);
    });
    this.drawSeen();
    this.showReadout();
  }

  draw({ board, scale }, map, isMain) {
    const { squares, edges, clamped } = this.map;
    const scene = this.scenes[Math.min(map.scene, this.scenes.length - 1)];
    const common = { scene, marks: scene.marks, scale: this.map.scale, stale: this.stale };
    if (edges) {
      const chosen = isMain ? this.looking.cell : null;
      const cells = { cells: map.numbers, edges: edges[map.scene], clamped };
      board.show({ ...common, ...cells, chosen: this.fits(chosen, map.numbers) ? chosen : null });
    } else {
      board.show({ ...common, squares: squares[map.scene], numbers: map.numbers });
    }
    showScale(scale, this.map.scale, this.kit);
  }

  // A chosen cell may be of a layer whose map has not arrived yet.
  fits(cell, numbers) {
    return cell !== null && cell[0] < numbers.length && cell[1] < numbers[0].length;
  }

  drawSeen() {
    const { seen } = this.map;
    if (!seen) {
      this.seen.element.remove();
      return;
    }
    if (!this.seen.element.isConnected) this.others.append(this.seen.element);
    const { numbers, edges, boxes } = seen;
    const [scene] = this.scenes;
    this.seen.title.textContent = this.map.edges
      ? "The pixels that feed the chosen cell"
      : "The pixels that feed this unit, with the mouse where it is";
    this.seen.board.show({
      scene, cells: numbers, edges, scale: seen, marks: scene.marks, stale: this.stale,
      boxes: boxes.map((box, index) => ({ ...box, dashed: index > 0 })),
    });
    const named = boxes.map(({ name }, index) => `${index ? "dashed" : "solid"}: ${name}`);
    const { title } = this.seen;
    this.seen.board.canvas.setAttribute("aria-label", [title.textContent, ...named].join("; "));
    showScale(this.seen.scale, seen, this.kit);
    for (const name of named) {
      this.seen.scale.append(make("span", { className: "pt-scale-name", textContent: name }));
    }
  }

  // --- words

  nameOf(cell) {
    const scene = this.scenes[0];
    const [row, col] = this.main.board.squareOf(cell);
    return `cell (${cell.join(", ")}) at row ${rowName(scene, row)}, column ${col}`;
  }

  describe(cell) {
    const number = this.map.maps[0].numbers[cell[0]][cell[1]];
    const clamped = this.map.clamped.some((each) => each[0] === cell[0] && each[1] === cell[1]);
    return `${this.nameOf(cell)}: ${inWords(number, true)}${clamped ? ", clamped" : ""}`;
  }

  showReadout() {
    const { edges, value, maps } = this.map;
    if (!edges) {
      const shown = value === null ? "" : `: ${inWords(value, true)} where the mouse is`;
      this.readout.textContent = `Each square: this unit with the mouse there${shown}`;
      return;
    }
    const cell = this.hovered || this.looking.cell;
    const usable = cell !== null && this.fits(cell, maps[0].numbers);
    this.readout.textContent = usable ? this.describe(cell) : "Choose a cell to see its number.";
  }

  showLegend() {
    const [scene] = this.scenes;
    const marks = scene.marks.map(({ name }, index) =>
      make("span", {}, markerIcon(this.main.board.lookOf(name, index)), name),
    );
    if (this.looking && this.hasCells(this.looking.layer)) {
      marks.push(
        make("span", {}, markerIcon(this.kit.style.marks.target), "clamped cell"),
        make("span", {}, make("i", { className: "pt-dashed" }), "chosen cell"),
      );
    }
    this.legend.replaceChildren(...marks);
  }

  // --- choosing

  // Whether a layer has positions; otherwise its units are shown by the mouse's squares.
  hasCells(layer) {
    return this.layers[layer].shape.length === 3;
  }

  later(name, does) {
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(does, PATIENT);
  }

  showChooser() {
    const { layer, channel } = this.looking;
    if (this.chooserShown !== layer) {
      this.chooserShown = layer;
      const names = Object.entries(this.layers).map(([name, { short }]) => [name, short]);
      const select = choice("layer", names, layer, (name) => this.host.layer(name));
      const { shape } = this.layers[layer];
      const kind = this.hasCells(layer) ? "channel" : "unit";
      this.channelSlider = slider(kind, 0, shape[0] - 1, (number) =>
        this.later("channel", () => this.host.channel(number)),
      );
      this.channelSlider.range.step = 1;
      this.chooser.replaceChildren(select, this.channelSlider.element);
    }
    this.channelSlider.show(channel);
    this.tools.hidden = !this.hasCells(layer);
    this.clickTitle.textContent = this.hasCells(layer) ? "A click …" : "A click moves the mouse";
    if (this.scenes) this.showLegend();
  }

  use(tool) {
    this.tool = tool;
    for (const button of this.tools.children) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  hover(cell) {
    this.hovered = cell;
    if (this.map.maps) this.showReadout();
  }

  // The number of the clamp of the shown channel at a cell, or -1.
  clampAt(cell) {
    return this.looking.clamps.findIndex(
      (each) => this.isShown(each) && String(each.cell) === String(cell),
    );
  }

  isShown({ layer, channels }) {
    const { looking } = this;
    return layer === looking.layer && (channels === null || channels.includes(looking.channel));
  }

  isHere(clamp) {
    const { cell } = this.looking;
    return this.isShown(clamp) && String(clamp.cell) === String(cell);
  }

  clicked(event) {
    const { board } = this.main;
    const square = board.squareAt(event);
    if (square !== null && (this.tool === MOUSE || !this.map.edges)) this.host.square(square);
    else this.pressed(board.cellAt(event));
  }

  // Choose a cell; the tool decides whether it is clamped, or freed again.
  pressed(cell) {
    if (cell === null) return;
    const number = this.clampAt(cell);
    if (this.tool === LOOK) this.host.cell(cell);
    else if (this.tool === MOUSE) this.host.square(this.main.board.squareOf(cell));
    else if (number >= 0) this.host.unclamp(number);
    else this.host.clamp(cell, this.value);
  }

  keydown(event) {
    const { cell } = this.looking;
    if (event.altKey || event.ctrlKey || event.metaKey || !this.map.edges) return;
    if (CELL_KEYS[event.key]) this.step(CELL_KEYS[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && cell) {
      if (this.tool === CLAMP) {
        this.say(this.clampAt(cell) >= 0 ? "free" : `clamped to ${inWords(this.value)}`);
      }
      this.pressed(cell);
    } else if ((event.key === "Delete" || event.key === "Backspace") && cell) {
      const number = this.clampAt(cell);
      if (number >= 0) this.host.unclamp(number);
      this.say(number >= 0 ? "free" : "this cell is not clamped");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  step([down, right]) {
    const { board } = this.main;
    const from = this.looking.cell || this.firstCell();
    const next = this.looking.cell ? [from[0] + down, from[1] + right] : from;
    if (!board.isVisible(next)) {
      this.say("edge");
      return;
    }
    this.ahead = { cell: next, layer: this.looking.layer };
    this.looking = { ...this.looking, cell: next };
    this.say(this.describe(next));
    this.refresh();
    this.later("cell", () => this.host.cell(next));
  }

  // The cell in the middle of the maze.
  firstCell() {
    const { cells } = this.main.board.parts;
    return [Math.floor(cells.length / 2), Math.floor(cells[0].length / 2)];
  }

  say(text) {
    this.spoken.textContent = text;
  }

  // --- clamps and comparison

  setValue(value) {
    this.value = value;
    const { cell } = this.looking;
    const isUnit = !this.hasCells(this.looking.layer);
    // A clamp that is there follows the slider.
    if (this.looking.clamps.some((each) => this.isHere(each))) {
      this.sent = { place: this.place(), value };
      this.later("clamp", () => this.host.clamp(isUnit ? null : cell, value));
    }
  }

  showClamps() {
    const { clamps, layer } = this.looking;
    this.clampUnit.hidden = this.hasCells(layer);
    this.freeAll.hidden = clamps.length < 2;
    // A value that changes leaves the button that is about to be pressed.
    const key = JSON.stringify(clamps.map((each) => [each.layer, each.channels, each.cell]));
    if (this.clampsShown !== key) {
      this.clampsShown = key;
      this.clamps.replaceChildren(...clampItems(clamps, this.host));
    }
    nameClamps(this.clamps.children, clamps, (name) => this.hasCells(name));
  }

  showCompares() {
    const { compares, cheese } = this.looking;
    const key = JSON.stringify([compares, cheese]);
    if (this.comparesShown === key) return;
    this.comparesShown = key;
    this.compares.replaceChildren(...comparisons(this.looking, this.host));
  }
}
