// Fields, values, differences and exact chances beside an editor, and the sliders of an intervention.
//
// The host has `choose(edit)`, with the settings of web/recipes.py, and `seen(number, milliseconds)`.

import { showBars, words } from "./bars.js";
import { Board, markerIcon } from "./canvas.js";
import { choice, make } from "./dom.js";
import { showScale } from "./scale.js";
import { isInside, isWall, rowName } from "./scene.js";

const VIEWS = [["moves", "moves"], ["values", "value map"]];
const STEPS = 200; // of the slider of the coefficient

export class Explorer {
  constructor(kit, editor, options, host) {
    this.kit = kit;
    this.editor = editor;
    this.options = options;
    this.host = host;
    this.view = "moves";
    this.boards = [];
    this.answer = {};
    this.edit = { recipe: null };
    this.began = null;
    this.asking = false; // whether a slider has said more than Python has answered
    this.titles = make("h3", { className: "pt-title", textContent: "" });
    this.scale = make("div", { className: "pt-scale" });
    editor.board.element.before(this.titles);
    editor.board.element.after(this.scale);
    this.others = make("div", { className: "pt-panels" });
    this.bars = make("div", { className: "pt-bars" });
    this.legend = make("div", { className: "pt-legend" });
    this.state = make("div", { className: "pt-state", role: "status" });
    this.sliders = make("div", { className: "pt-controls" });
    this.chooser = make("div", { className: "pt-controls" });
    const side = make(
      "div",
      { className: "pt-side" },
      make("h3", { className: "pt-title", textContent: "Chances within an episode, exact" }),
      this.bars, this.chooser, this.sliders, this.state, this.legend,
    );
    // The editor becomes the first panel.
    const grid = make("div", { className: "pt-explorer" });
    editor.element.replaceWith(grid);
    grid.append(editor.element, side, this.others);
    this.element = make("div");
    this.showChooser();
  }

  close() {
    for (const { board } of this.boards) board.close();
  }

  // An edit was proposed: the time to the picture counts from here.
  started() {
    if (this.began === null) this.began = performance.now();
  }

  showScene(scene) {
    this.scene = scene;
    this.refresh(true);
    this.showLegend();
    this.showSliders();
  }

  // What Python knows: {panels, bars, complete, error, edit}.
  showAnswer(answer) {
    this.answer = answer;
    if (answer.panels && answer.panels.length) this.panels = this.merged(answer);
    const rows = answer.bars && answer.bars.length ? answer.bars[0].rows.length : 0;
    if (answer.complete || rows >= (this.rows || 0)) {
      this.rows = rows;
      showBars(this.bars, answer.bars || []);
    }
    this.state.textContent = answer.error || (answer.complete ? answer.edit : "computing …");
    this.state.classList.toggle("pt-message", Boolean(answer.error));
    this.refresh(false);
    // An answer to an older edit does not stop the clock.
    const isNewest = !this.asking && this.editor.waiting === null && !this.editor.queue.length;
    if (answer.complete && isNewest && this.began !== null) {
      const { began } = this;
      this.began = null;
      // After the next frame, the picture is on the screen.
      requestAnimationFrame(() =>
        setTimeout(() => this.host.seen(answer.number, Math.round(performance.now() - began))),
      );
    }
  }

  // While an answer is incomplete, older panels stay, pale, where it has none yet.
  merged({ panels, complete }) {
    const titles = (this.panels || []).map(({ title }) => title);
    if (complete || !panels.every(({ title }) => titles.includes(title))) return panels;
    const found = (old) => panels.find(({ title }) => title === old.title);
    return this.panels.map((old) => found(old) || { ...old, old: true });
  }

  partsOf(panel, isStale) {
    const stale = isStale || panel.old;
    const { squares, moves, hidden, arrows } = panel;
    const field = { squares, moves, hidden };
    if (this.view === "values") return { field, heat: panel.values, plain: true, stale };
    return { field, change: arrows, heat: panel.amounts, stale };
  }

  // `stale`: the scene is newer than the field, whose arrows are pale until the next answer.
  refresh(stale) {
    if (!this.panels) return;
    const marks = this.scene.marks;
    const [first, ...rest] = this.panels;
    this.titles.textContent = first.title;
    this.editor.extras = { ...this.partsOf(first, stale), marks, faded: true };
    this.editor.refresh();
    showScale(this.scale, this.editor.extras.heat, this.kit);
    while (this.boards.length > rest.length) {
      const { board, element } = this.boards.pop();
      board.close();
      element.remove();
    }
    while (this.boards.length < rest.length) this.addBoard();
    rest.forEach((panel, index) => {
      const { board, title, scale } = this.boards[index];
      title.textContent = panel.title;
      const target = this.uses("square") ? this.edit.square : null;
      const parts = this.partsOf(panel, stale);
      board.show({ ...parts, scene: this.scene, marks, faded: true, target });
      board.canvas.setAttribute("aria-label", `${panel.title}: ${this.scene.caption}`);
      showScale(scale, parts.heat, this.kit);
    });
  }

  addBoard() {
    const board = new Board(this.kit, "");
    const title = make("h3", { className: "pt-title" });
    const scale = make("div", { className: "pt-scale" });
    const element = make("div", { className: "pt-panel" }, title, board.element, scale);
    board.canvas.addEventListener("click", (event) => {
      const square = board.squareAt(event);
      if (this.uses("square") && square && !isWall(this.scene, square)) this.set({ square });
    });
    this.boards.push({ board, title, scale, element });
    this.others.append(element);
  }

  // --- the intervention

  recipe() {
    return this.options.recipes.find(({ name }) => name === this.edit.recipe);
  }

  uses(setting) {
    const recipe = this.recipe();
    return Boolean(recipe && recipe.uses.includes(setting));
  }

  showEdit(edit) {
    this.asking = false;
    this.edit = edit;
    this.showChooser();
    this.showSliders();
  }

  set(changes) {
    this.started();
    this.asking = true;
    this.edit = { ...this.edit, ...changes };
    const { uses } = this.recipe();
    const kept = Object.fromEntries(uses.map((name) => [name, this.edit[name]]));
    this.showSliders();
    // Sliders say more than can be computed: the latest counts.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.host.choose({ recipe: this.edit.recipe, ...kept }), 30);
  }

  showChooser() {
    const recipes = this.options.recipes.map(({ name }) => [name, name]);
    const key = JSON.stringify([this.edit.recipe, this.view]);
    if (this.chooserShown === key) return;
    this.chooserShown = key;
    const all = [[null, "none"], ...recipes];
    const select = recipes.length === 0 ? "" : choice("intervention", all, this.edit.recipe, (name) => {
      this.started();
      const recipe = this.options.recipes.find((each) => each.name === name);
      const kept = recipe ? recipe.uses.map((each) => [each, recipe.start[each]]) : [];
      this.host.choose({ recipe: name, ...Object.fromEntries(kept) });
    });
    const view = choice("show", VIEWS, this.view, (name) => {
      this.view = name;
      this.refresh(false);
    });
    this.chooser.replaceChildren(select, view);
  }

  showSliders() {
    const recipe = this.recipe();
    const uses = recipe ? recipe.uses : [];
    const key = JSON.stringify([this.edit.recipe, this.edit.layer, this.scene && this.scene.rows]);
    if (this.slidersShown !== key) {
      this.slidersShown = key;
      this.inputs = {};
      const parts = [];
      if (uses.includes("layer")) {
        const layers = Object.keys(this.options.channels).map((name) => [name, shortName(name)]);
        parts.push(choice("layer", layers, this.edit.layer, (layer) => {
          const channel = Math.min(this.edit.channel || 0, this.options.channels[layer] - 1);
          this.set({ layer, channel });
        }));
      }
      if (uses.includes("coefficient")) {
        const [low, high] = recipe.span;
        parts.push(this.slider("coefficient", low, high, (high - low) / STEPS));
      }
      if (uses.includes("channel")) {
        parts.push(this.slider("channel", 0, this.options.channels[this.edit.layer] - 1, 1));
      }
      if (uses.includes("square")) {
        parts.push(this.slider("row", 0, this.scene.rows - 1, 1));
        parts.push(this.slider("column", 0, this.scene.cols - 1, 1));
      }
      this.sliders.replaceChildren(...parts);
    }
    for (const [name, { range, number }] of Object.entries(this.inputs || {})) {
      const value = this.valueOf(name);
      if (document.activeElement !== number) number.value = value;
      range.value = value;
    }
  }

  valueOf(name) {
    if (name === "row") return rowName(this.scene, this.edit.square[0]);
    if (name === "column") return this.edit.square[1];
    return this.edit[name];
  }

  slider(name, low, high, step) {
    const change = (text) => {
      const value = Number(text);
      if (text === "" || Number.isNaN(value)) return;
      if (name === "row" || name === "column") {
        const [row, col] = this.edit.square;
        const square = name === "row" ? [rowName(this.scene, value), col] : [row, value];
        if (isInside(this.scene, square)) this.set({ square });
      } else this.set({ [name]: value });
    };
    const range = make("input", {
      type: "range", className: "pt-slider", min: low, max: high, step, "aria-label": name,
      oninput: () => change(range.value),
    });
    const number = make("input", {
      type: "number", className: "pt-number pt-short", min: low, max: high, step: "any",
      "aria-label": `${name}, as a number`,
      onchange: () => change(number.value),
    });
    this.inputs[name] = { range, number };
    return make(
      "div",
      { className: "pt-field" },
      make("span", { textContent: name }),
      make("div", { className: "pt-slider-row" }, range, number),
    );
  }

  showLegend() {
    const marks = this.scene.marks.map(({ name }, index) =>
      make("span", {}, markerIcon(this.editor.board.lookOf(name, index)), words(name)),
    );
    const arrow = make("span", {}, make("b", { textContent: "→" }), "mean move (whole square: certain)");
    const bar = make("i", { className: "pt-swatch" });
    bar.style.background = this.kit.style.single_moves;
    this.legend.replaceChildren(...marks, arrow, make("span", {}, bar, "single moves"));
  }
}

function shortName(layer) {
  return layer.replace(/^embedder\./, "").replace(/_out$/, "");
}
