/**
 * The page of `procgen-tools page` for crops and humans, and the one in notebooks: an editor, the
 * greedy arrows, the values of the moves in a chosen cell, and the walk. Python writes what it needs
 * into the element `config`.
 */

import { barRow } from "./bars.js";
import {
  ACTIONS, OFFSETS, canExit, contentOf, greedy, only, stateAt, valueField, valuesOf, walk,
} from "./crops.js";
import { choice, make } from "./dom.js";
import { Editor } from "./editor.js";
import { fitFrame, keep, kept } from "./framed.js";
import { History } from "./history.js";
import { loadParts } from "./parts.js";
import { readNetwork } from "./q_network.js";
import { describe, isWall, sameSquare, squareName } from "./scene.js";

const config = JSON.parse(document.getElementById("config").textContent);
const { agents, exit: usualExit, kit, mazes: sets } = config;
const SMALLEST_SCALE = 12; // the bars of most cells have the same scale
const ARROW = 0.6; // of the length of a certain move, so that walks and things stay visible
const place = (id) => document.getElementById(id);

let networks = []; // one per agent, once they are loaded
const before = kept();
let agentChosen = before?.agentChosen ?? 0;
let setChosen = before?.setChosen ?? 0;
let latestMaze = before?.latestMaze ?? 0;
let chosen = before?.chosen ?? null; // the square whose values are shown; null for the agent's
let shown = null; // the field and the walk of the present scene

// --- what is allowed

/** A scene with its notes and caption; throws if two things share a cell, or one is in a wall. */
function completed(scene) {
  scene.things.forEach(({ kind, at }, number) => {
    const { label } = kit.kinds[kind];
    const where = squareName(scene, at);
    if (isWall(scene, at)) {
      throw new Error(`The ${label} cannot be at ${where}: a wall is there. Choose an open cell.`);
    }
    const other = scene.things.slice(0, number).find((each) => sameSquare(each.at, at));
    if (other) {
      const both = `the ${kit.kinds[other.kind].label} and the ${label}`;
      throw new Error(`One cell cannot hold ${both}: choose an empty cell for one of them.`);
    }
  });
  const notes = [];
  if (!canExit(scene)) notes.push("No way leads from the agent to the exit.");
  if (!sameSquare(only(scene, "exit").at, usualExit)) {
    notes.push("The agent cannot see that the exit has moved. The values stay the same.");
  }
  const open = scene.walls.join("").replaceAll("#", "").length;
  const things = scene.things.map(({ kind, at }) => `${kind} at ${squareName(scene, at)}`);
  const caption = [`${scene.rows} × ${scene.cols} cells, ${open} of them open`, ...things].join("; ");
  return { ...scene, notes, caption };
}

const host = new History(before?.scene ?? sets[0].scenes[0], completed, () => think());
const editor = new Editor(kit, host, { look: true });
const notes = make("ul", { className: "pt-notes" });

// --- thinking and drawing

function think() {
  const { scene } = host;
  remember();
  notes.replaceChildren(...scene.notes.map((text) => make("li", { textContent: text })));
  if (!networks.length) return;
  const network = networks[agentChosen];
  shown = { field: valueField(network, scene), walk: walk(network, scene, config) };
  showBoard();
  showValues();
  showWalk();
}

function remember() {
  keep({ agentChosen, setChosen, latestMaze, chosen, scene: host.scene });
}

/** The square whose values are shown: the chosen one if the agent can be there, or its own. */
function chosenSquare() {
  const { scene } = host;
  const canBe = chosen !== null && !["wall", "exit"].includes(contentOf(scene, chosen));
  return canBe ? chosen : only(scene, "agent").at;
}

function showBoard() {
  const { field, walk: walked } = shown;
  editor.extras = {
    field,
    change: field.values.map((values) => {
      const [up, right] = OFFSETS[greedy(values)];
      return [ARROW * right, ARROW * up];
    }),
    path: walked.squares,
    marks: [{ name: "chosen", at: chosenSquare() }],
  };
  editor.refresh();
}

const signed = (number, digits) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(digits)}`;

function showValues() {
  const { scene } = host;
  const square = chosenSquare();
  const values = valuesOf(networks[agentChosen], stateAt(scene, square));
  const best = greedy(values);
  const words = describe(scene, kit, square);
  place("cell").textContent = `${words[0].toUpperCase()}${words.slice(1)}. It goes ${ACTIONS[best]}.`;
  const largest = Math.max(SMALLEST_SCALE, ...shown.field.values.flat().map(Math.abs));
  place("values").replaceChildren(
    ...values.map((value, action) => {
      const ends = [0.5, 0.5 + value / largest / 2].sort((one, other) => one - other);
      const label = action === best ? `${ACTIONS[action]} ◂` : ACTIONS[action];
      const row = barRow(label, ends, kit.style.single_moves, signed(value, 2));
      if (action === best) row.querySelector(".pt-bar-label").classList.add("pt-strong");
      return row;
    }),
  );
}

function outcomeOf({ squares, exits, repeats }) {
  const steps = (count) => (count === 1 ? "1 step" : `${count} steps`);
  if (exits) return `It exits after ${steps(squares.length - 1)}.`;
  if (repeats === null) return `It has not left after ${steps(config.stepLimit)}.`;
  if (repeats.period === 1) {
    return `It never exits: after ${steps(repeats.from)} it only bumps into a wall.`;
  }
  return `It never exits: after ${steps(repeats.from)} it repeats the same ${steps(repeats.period)}.`;
}

function showWalk() {
  const { walk: walked } = shown;
  place("outcome").textContent = outcomeOf(walked);
  const harvests = walked.harvests.map(({ kind, step }) => {
    const picture = make("img", { src: kit.kinds[kind].picture, alt: "", width: 20, height: 20 });
    const label = `${kit.kinds[kind].label} in step ${step} (${signed(config.rewards[kind], 0)})`;
    return make("li", {}, picture, make("span", { textContent: label }));
  });
  const nothing = make("li", { textContent: "Nothing is harvested." });
  place("harvests").replaceChildren(...(harvests.length ? harvests : [nothing]));
  place("return").textContent = signed(walked.discounted, 2);
}

// --- controls

function choose(square) {
  if (square === null || !shown) return;
  chosen = square;
  remember();
  showBoard();
  showValues();
}

function showMaze(number) {
  const { scenes } = sets[setChosen];
  latestMaze = number % scenes.length;
  chosen = null;
  host.put(scenes[latestMaze], null);
}

/** A choice among things with labels; null if there is only one. */
function chooserOf(label, things, index, change) {
  if (things.length === 1) return null;
  return choice(label, things.map((thing, number) => [number, thing.label]), index, change);
}

function build() {
  const who = chooserOf("who walks", agents, agentChosen, (index) => {
    agentChosen = index;
    think();
  });
  const where = chooserOf("mazes", sets, setChosen, (index) => {
    setChosen = index;
    showMaze(0);
  });
  const next = make("button", {
    className: "pt-button",
    textContent: where ? "Another maze" : `Another ${sets[0].label} maze`,
    onclick: () => showMaze(latestMaze + 1),
  });
  place("top").append(...[who, where, next].filter((each) => each !== null));
  place("editor").append(editor.element, notes);
  // The editor's own listeners come first, so its cursor is where the visitor is.
  const { canvas } = editor.board;
  canvas.addEventListener("pointermove", (event) => {
    if (!editor.drag) choose(editor.board.squareAt(event));
  });
  canvas.addEventListener("pointerdown", () => choose(editor.cursor));
  canvas.addEventListener("pointerup", () => choose(editor.cursor));
  canvas.addEventListener("keydown", () => choose(editor.cursor));
}

build();
fitFrame();
host.editor = editor;
host.show();

/** For scripts and tests: the networks, once they are loaded, and the functions that use them. */
globalThis.procgenPage = {
  ready: loadParts(config.files).then(
    (parts) => {
      networks = agents.map(({ part, sizes, slope }) =>
        readNetwork(new Float32Array(parts[part]), { sizes, slope }),
      );
      think();
      return networks;
    },
    (error) => {
      place("cell").textContent = `The agents could not be loaded: ${error.message}`;
      throw error;
    },
  ),
  answer: (network, scene) => ({
    ...valueField(network, scene),
    walk: walk(network, scene, config),
  }),
};
