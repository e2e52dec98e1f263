// An editor of scenes: tools, painting and dragging, the keyboard, messages, undo and redo.
//
// The host decides what is allowed. It has `propose({by, scene, stroke})`, which is answered once by
// `answer({by, refused})`, `undo()` and `redo()`. Before it answers, it gives `show` the scene that
// is now true. All edits of one stroke, such as of one drag, are one step for undo.

import { Board } from "./canvas.js";
import { make } from "./dom.js";
import {
  between, describe, isInside, isRemovable, isWall, sameSquare, squareName, thingsAt, withMoved,
  withPut, withWall, without,
} from "./scene.js";

const WALLS = "walls";
const ERASE = "erase";
const INSPECT = "look";
const ARROWS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const HELP =
  "Arrow keys move the cursor. Enter or space uses the tool, or picks up what is there and puts " +
  "it down. Delete removes. Escape cancels. Control Z undoes, control Y repeats.";

const UNDO = "M5 9h9a5 5 0 0 1 0 10H9M5 9l4-4M5 9l4 4";
const REDO = "M19 9h-9a5 5 0 0 0 0 10h5M19 9l-4-4M19 9l-4 4";

let editors = 0;

export class Editor {
  // With `look` there is a tool that changes nothing: on a touch screen it chooses a square.
  constructor(kit, host, { look = false } = {}) {
    this.kit = kit;
    this.host = host;
    this.canInspect = look;
    this.name = `editor-${(editors += 1)}-${Math.random().toString(36).slice(2)}`;
    this.sent = 0;
    this.strokes = 0;
    this.waiting = null; // the change that the host has not answered
    this.queue = []; // changes that wait for it
    this.tool = WALLS;
    this.drag = null; // {stroke, last, carried, paint}
    this.lifted = null; // the number of the thing that the keyboard carries
    this.cursor = null;
    this.scene = null;
    this.extras = {}; // more parts of the board, such as a field
    this.build();
  }

  build() {
    this.board = new Board(this.kit, "maze");
    const { canvas } = this.board;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "maze editor");
    canvas.setAttribute("aria-description", HELP);
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => this[kind](event));
    }
    canvas.addEventListener("keydown", (event) => this.keydown(event));
    canvas.addEventListener("focus", () => this.refresh());
    canvas.addEventListener("blur", () => this.refresh());
    this.spoken = make("div", { className: "pt-spoken", "aria-live": "polite" });
    this.message = make("div", { className: "pt-message", role: "status" });
    this.tools = make("div", { className: "pt-tools", role: "toolbar", "aria-label": "tools" });
    const history = make("div", { className: "pt-tools" });
    this.undo = this.historyButton("Undo", UNDO, () => this.host.undo());
    this.redo = this.historyButton("Redo", REDO, () => this.host.redo());
    history.append(this.undo, this.redo);
    this.bar = make("div", { className: "pt-toolbar" }, this.tools, history);
    this.element = make(
      "div",
      { className: "pt-editor" },
      this.bar, this.board.element, this.message, this.spoken,
    );
  }

  historyButton(label, path, click) {
    const button = make("button", { className: "pt-button", title: label, onclick: click });
    button.setAttribute("aria-label", label);
    button.innerHTML =
      `<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" ` +
      `stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></svg>`;
    return button;
  }

  close() {
    this.board.close();
  }

  // --- what the host says

  show(scene, { undo, redo }) {
    const first = this.scene === null;
    this.scene = scene;
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
    if (first || !isInside(scene, this.cursor)) this.cursor = [0, 0];
    if (this.lifted !== null && this.lifted >= scene.things.length) this.lifted = null;
    this.showTools();
    this.refresh();
  }

  answer({ by, refused }) {
    if (this.waiting === null || by !== this.waiting.by) return;
    const { silent } = this.waiting;
    this.waiting = null;
    if (refused && !silent) this.refuse(refused);
    if (!refused) this.message.textContent = "";
    this.send();
    this.refresh();
  }

  refuse(text) {
    this.message.textContent = text;
  }

  // --- proposals: one at a time, the next when the host has answered

  // `change` makes a scene from a scene. A carried thing is only sent to its latest square.
  propose(change, stroke, { silent = false, latest = false } = {}) {
    if (latest) this.queue = this.queue.filter((each) => !each.latest);
    this.queue.push({ change, stroke, silent, latest });
    this.send();
    this.refresh();
  }

  send() {
    while (this.waiting === null && this.queue.length) {
      const next = this.queue.shift();
      const scene = next.change(this.scene);
      if (scene === this.scene) continue;
      this.sent += 1;
      this.waiting = { ...next, by: `${this.name}-${this.sent}` };
      this.host.propose({ by: this.waiting.by, scene, stroke: `${this.name}-${next.stroke}` });
    }
  }

  // The scene as it will be if the host agrees.
  expected() {
    const changes = this.waiting ? [this.waiting, ...this.queue] : this.queue;
    return changes.reduce((scene, { change }) => change(scene), this.scene);
  }

  // --- drawing

  refresh() {
    if (!this.scene) return;
    const focused = document.activeElement === this.board.canvas || this.hasFocusInShadow();
    this.board.show({
      ...this.extras,
      scene: this.expected(),
      cursor: focused ? this.cursor : null,
      target: this.lifted === null ? null : this.cursor,
      carried: this.drag ? this.drag.carried : null,
    });
    this.board.canvas.setAttribute("aria-label", `maze, ${this.scene.caption}`);
  }

  hasFocusInShadow() {
    return this.board.canvas.getRootNode().activeElement === this.board.canvas;
  }

  showTools() {
    const tools = [[WALLS, "walls", null]];
    for (const [kind, { label, fixed, most, picture }] of Object.entries(this.kit.kinds)) {
      const there = this.scene.things.some((thing) => thing.kind === kind);
      // An object whose number is fixed can only be moved.
      const ofWorld = Object.keys(this.kit.kinds).length < 6;
      if (!fixed && (ofWorld || (there && most === 1))) tools.push([kind, label, picture]);
    }
    const kinds = Object.values(this.kit.kinds);
    if (this.scene.things.some((_, n) => isRemovable(this.scene, this.kit, n)) || kinds.length < 6) {
      tools.push([ERASE, "erase", null]);
    }
    if (this.canInspect) tools.push([INSPECT, "look", null]);
    const key = JSON.stringify(tools.map(([tool]) => tool));
    if (this.toolsShown === key) return;
    this.toolsShown = key;
    this.tools.replaceChildren(
      ...tools.map(([tool, label, picture]) => {
        const icon = picture
          ? make("img", { src: picture, alt: "", width: 20, height: 20 })
          : make("span", { className: `pt-icon pt-icon-${tool}`, "aria-hidden": "true" });
        const button = make("button", { className: "pt-button", onclick: () => this.use(tool) });
        button.append(icon, make("span", { textContent: label }));
        button.dataset.tool = tool;
        return button;
      }),
    );
    if (!tools.some(([tool]) => tool === this.tool)) this.tool = WALLS;
    this.use(this.tool);
  }

  use(tool) {
    this.tool = tool;
    for (const button of this.tools.children) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  say(text) {
    this.spoken.textContent = text;
  }

  // --- tools

  // The thing that a press on a square picks up, or null.
  heldAt(scene, square) {
    if (this.tool === ERASE || this.tool === INSPECT) return null;
    const held = thingsAt(scene, square).filter((n) => !this.kit.kinds[scene.things[n].kind].fixed);
    if (this.tool === WALLS || !held.length) return held.length ? held[0] : null;
    const own = held.find((number) => scene.things[number].kind === this.tool);
    if (own !== undefined) return this.kit.kinds[this.tool].most === 1 ? own : null;
    return null;
  }

  // What the tool does on squares from this one on: a function of a scene and a square.
  paintFrom(scene, square) {
    const { tool, kit } = this;
    if (tool === INSPECT) return (each) => each; // only the cursor moves
    if (tool === WALLS) {
      const wall = !isWall(scene, square);
      return (each, at) => withWall(each, at, wall);
    }
    const isOf = (each, number) => tool === ERASE || each.things[number].kind === tool;
    const clear = (each, at) => {
      const found = thingsAt(each, at).find((n) => isOf(each, n) && isRemovable(each, kit, n));
      return found === undefined ? each : without(each, found);
    };
    const there = thingsAt(scene, square).some((number) => isOf(scene, number));
    if (tool === ERASE || (there && kit.kinds[tool].most !== 1)) return clear;
    return (each, at) => {
      const present = thingsAt(each, at).some((number) => isOf(each, number));
      return present ? each : withPut(each, kit, tool, at);
    };
  }

  // --- the pointer

  pointerdown(event) {
    const square = this.board.squareAt(event);
    if (square === null || event.button !== 0 || this.drag) return;
    this.board.canvas.setPointerCapture(event.pointerId);
    this.cursor = square;
    this.lifted = null;
    this.strokes += 1;
    const scene = this.expected();
    const number = this.heldAt(scene, square);
    this.drag = { stroke: this.strokes, last: square, carried: null, paint: null };
    if (number !== null) {
      this.drag.carried = { number, ...this.board.placeAt(event) };
    } else {
      this.drag.paint = this.paintFrom(scene, square);
      this.paintSquares([square]);
    }
    this.refresh();
  }

  pointermove(event) {
    const square = this.board.squareAt(event);
    const { canvas } = this.board;
    if (!this.drag) {
      const held = square === null || !this.scene ? null : this.heldAt(this.scene, square);
      canvas.style.cursor = held === null ? "crosshair" : "grab";
      return;
    }
    const { drag } = this;
    canvas.style.cursor = drag.carried ? "grabbing" : "crosshair";
    if (drag.carried) Object.assign(drag.carried, this.board.placeAt(event));
    if (square !== null && !sameSquare(square, drag.last)) {
      if (drag.carried) this.carry(square, true);
      else this.paintSquares(between(drag.last, square));
      drag.last = square;
      this.cursor = square;
    }
    this.refresh();
  }

  pointerup(event) {
    if (!this.drag) return;
    const { drag } = this;
    // A drop is proposed again, aloud: what was refused on the way is only said here.
    if (drag.carried) this.carry(drag.last, false);
    this.drag = null;
    this.say(describe(this.expected(), this.kit, drag.last));
    this.board.canvas.style.cursor = "";
    this.refresh();
    event.preventDefault();
  }

  pointercancel() {
    this.drag = null;
    this.refresh();
  }

  carry(square, silent) {
    const { number } = this.drag.carried;
    const change = (scene) =>
      sameSquare(scene.things[number].at, square) ? scene : withMoved(scene, number, square);
    this.propose(change, this.drag.stroke, { silent, latest: true });
  }

  paintSquares(squares) {
    const { paint, stroke } = this.drag;
    for (const square of squares) this.propose((scene) => paint(scene, square), stroke);
  }

  // --- the keyboard

  keydown(event) {
    if (event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (command && (key === "y" || (key === "z" && event.shiftKey))) this.host.redo();
    else if (command && key === "z") this.host.undo();
    else if (command) return;
    else if (ARROWS[event.key]) this.step(ARROWS[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.press();
    else if (event.key === "Delete" || event.key === "Backspace") this.remove();
    else if (event.key === "Escape" && this.lifted !== null) this.letGo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  step([up, right]) {
    const square = [this.cursor[0] + up, this.cursor[1] + right];
    if (!isInside(this.scene, square)) {
      this.say("edge");
      return;
    }
    this.cursor = square;
    this.say(describe(this.expected(), this.kit, square));
    this.refresh();
  }

  press() {
    const scene = this.expected();
    this.strokes += 1;
    if (this.lifted !== null) {
      const number = this.lifted;
      const at = this.cursor;
      this.lifted = null;
      this.propose((each) => withMoved(each, number, at), this.strokes);
      this.say(`put down at ${squareName(scene, at)}`);
      return;
    }
    const number = this.heldAt(scene, this.cursor);
    if (number !== null) {
      this.lifted = number;
      const { label } = this.kit.kinds[scene.things[number].kind];
      this.say(`picked up: ${label}. Arrow keys choose a square, enter puts it down`);
      this.refresh();
      return;
    }
    const paint = this.paintFrom(scene, this.cursor);
    const at = this.cursor;
    this.propose((each) => paint(each, at), this.strokes);
    this.say(describe(this.expected(), this.kit, at));
  }

  remove() {
    const scene = this.expected();
    const number = thingsAt(scene, this.cursor).find((n) => isRemovable(scene, this.kit, n));
    if (number === undefined) {
      this.say("nothing here can be removed");
      return;
    }
    this.strokes += 1;
    this.propose((each) => without(each, number), this.strokes);
    this.say(describe(this.expected(), this.kit, this.cursor));
  }

  letGo() {
    this.lifted = null;
    this.say("cancelled");
    this.refresh();
  }
}
