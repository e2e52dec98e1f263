/**
 * The page of `procgen-tools page`: an editor, the agent's field as trained and with the cheese
 * vector, and exact chances. Python writes what it needs into the element `config`.
 */

import { Agent } from "./agent.js";
import { showBars } from "./bars.js";
import { Board, markerIcon } from "./canvas.js";
import { Choices } from "./controls.js";
import { choice, make } from "./dom.js";
import { Editor } from "./editor.js";
import { History } from "./history.js";
import { MOVES, cornerOf, decisionSquare, distances, mazeOf, openSquares } from "./maze.js";
import { Mind } from "./mind.js";
import { SIDE, drawFrames, readTables } from "./observe.js";
import { loadParts } from "./parts.js";

const config = JSON.parse(document.getElementById("config").textContent);
const { kit, levels, corner_region: cornerRegion, step_limit: stepLimit } = config;
const place = (id) => document.getElementById(id);

// --- what is shown

// `held` is the vector that stays the same for all mazes, once `holding` is true and it is known.
const state = {
  coefficient: config.coefficient, holding: false, held: null, colour: "none",
};
let latest = null; // the latest complete answer
let thinking = null; // the AbortController of the question that is being answered
let mind = null;
let tables = null;

const squareOf = (maze, number) => [Math.floor(number / maze.size), number % maze.size];

/** A scene with its marks, notes and caption; throws if the maze is impossible. */
function completed(scene) {
  const maze = mazeOf(scene);
  const meeting = decisionSquare(maze);
  const marks = [{ name: "top-right corner", at: squareOf(maze, cornerOf(maze)) }];
  if (meeting >= 0) marks.push({ name: "decision square", at: squareOf(maze, meeting) });
  const notes = [];
  const steps = distances(maze, maze.mouse);
  if (maze.cheese < 0) notes.push("Without a cheese there is no cheese vector.");
  else if (steps[maze.cheese] === Infinity) notes.push("The mouse cannot reach the cheese.");
  else if (steps[cornerOf(maze)] === Infinity) notes.push("The mouse cannot reach the corner.");
  else if (meeting < 0) notes.push("The cheese is on the way to the corner, or the corner on the way to the cheese.");
  const open = openSquares(maze).length;
  const where = ([row, col]) => `row ${row}, column ${col}`;
  const things = scene.things.map(({ kind, at }) => `${kind} at ${where(at)}`);
  const caption = [`${maze.size} × ${maze.size} squares, ${open} of them open`, ...things].join("; ");
  return { ...scene, marks, notes, caption };
}

const editHost = new History(levels[0].scene, completed, (scene) => sceneChanged(scene));
const editor = new Editor(kit, editHost);
const choices = new Choices(kit, editor);
const edited = new Board(kit, "the same maze with the edited agent");
const notes = make("ul", { className: "pt-notes" });

// The levels of the page, and which of them is shown: after undo, another one than was chosen last.
let chooser = null;
let latestLevel = 0;

function showChoice(scene) {
  const own = ({ walls, things, settings }) => JSON.stringify([walls, things, settings]);
  const shown = levels.findIndex((level) => own(level.scene) === own(scene));
  if (shown >= 0) latestLevel = shown;
  if (chooser) chooser.value = JSON.stringify(shown < 0 ? null : shown);
}

function sceneChanged(scene) {
  choices.show(scene);
  showChoice(scene);
  notes.replaceChildren(...scene.notes.map((text) => make("li", { textContent: text })));
  showView();
  ask();
}

// --- asking

/** Ask about the maze; with `afresh`, what is shown belongs to another maze and goes away. */
async function ask(afresh = true) {
  latest = null;
  thinking?.abort();
  thinking = new AbortController();
  const { signal } = thinking;
  const maze = mazeOf(editHost.scene);
  if (afresh) {
    showBoards(null);
    showChances(null);
  }
  if (!mind) return;
  say("Asking the agent about every square …", true);
  try {
    const answer = await mind.think(maze, {
      coefficient: state.coefficient,
      vector: state.held,
      signal,
      onPart: (fields, share) => {
        showBoards(fields);
        say(`Asking the agent about every square: ${Math.round(100 * share)}%`, true);
      },
    });
    if (answer === null) return;
    latest = answer;
    if (state.holding) state.held ??= answer.vector;
    showBoards(answer.views);
    showChances(answer);
    sayTimes(maze, answer);
  } catch (error) {
    say(`The agent failed: ${error.message}`);
  }
}

/** Show a message. While the page is `busy`, screen readers wait for the last one. */
function say(text, busy = false) {
  place("status").setAttribute("aria-busy", String(busy));
  place("status").textContent = text;
}

function sayTimes(maze, { milliseconds: { total, network } }) {
  const seconds = (total / 1000).toFixed(total < 1000 ? 2 : 1);
  const share = Math.round((100 * network) / total);
  say(`${openSquares(maze).length} squares, both facings: ${seconds} s, ${share}% of it the network.`);
}

// --- drawing

/** The part of a field that is known, for a board. */
function known(maze, field) {
  const squares = [];
  const moves = [];
  const hidden = [];
  openSquares(maze).forEach((square, index) => {
    const row = Array.from(field.probabilities.subarray(index * MOVES.length, (index + 1) * MOVES.length));
    if (Number.isNaN(row[0])) return;
    squares.push(squareOf(maze, square));
    moves.push(row);
    if (square === maze.cheese) hidden.push(squares.at(-1));
  });
  return { squares, moves, hidden };
}

function heatOf(view) {
  if (state.colour === "none" || !view.chances) return null;
  const numbers = state.colour === "value" ? view.values : view.chances[state.colour];
  const limits = state.colour === "value" ? [Math.min(...numbers), Math.max(...numbers, 1e-6)] : [0, 1];
  return { numbers, map: "amounts", limits };
}

/** Show fields on both boards; null empties them until the first answer. */
function showBoards(fields) {
  const { scene } = editHost;
  const maze = mazeOf(scene);
  const parts = (fields ?? []).map((field) => ({
    field: known(maze, field),
    heat: heatOf(field),
    faded: true,
    marks: scene.marks,
  }));
  const empty = { marks: scene.marks, faded: true, field: null, heat: null };
  editor.extras = parts[0] ?? empty;
  editor.refresh();
  edited.show({ ...(parts[1] ?? empty), scene });
}

function multiple() {
  const { coefficient } = state;
  const sign = coefficient < 0 ? "−" : "+";
  return `${sign}${Math.abs(coefficient).toFixed(1)}`;
}

/** Show the chances of an answer; null shows that they are not known yet. */
function showChances(answer) {
  const { goals } = kit.style;
  const corner = `visits the top-right ${cornerRegion} × ${cornerRegion}`;
  const bars = [
    ["reaches the cheese", goals.cheese, (view) => view.chances.cheese[answer.start]],
    [corner, goals.corner, (view) => view.chances.corner[answer.start]],
    ["neither", goals.neither, (view) => view.chances.neither[answer.start]],
  ];
  if (editHost.scene.marks.some(({ name }) => name === "decision square")) {
    bars.push(
      ["turns to the cheese at the decision square", goals.cheese, (view) => view.decision.cheese],
      ["turns to the corner there", goals.corner, (view) => view.decision.topRight],
    );
  }
  const labels = ["as trained", "edited"];
  const shown = labels.slice(0, answer ? answer.views.length : 2);
  showBars(
    place("bars"),
    bars.map(([name, look, number]) => ({
      name,
      look,
      rows: shown.map((label, index) => ({
        label,
        chance: answer ? number(answer.views[index]) : null,
      })),
    })),
  );
}

/** The picture that the agent sees, enlarged by the browser. */
function showView() {
  if (!tables) return;
  const maze = mazeOf(editHost.scene);
  const frame = drawFrames(tables[maze.worldSize], maze, [maze.mouse]);
  const canvas = place("view");
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(SIDE, SIDE);
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      image.data[pixel * 4 + colour] = frame[pixel * 3 + colour];
    }
    image.data[pixel * 4 + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
}

// --- controls

function build() {
  const names = levels.map(({ name }, index) => [index, name]);
  const open = (index) => editHost.put(levels[index].scene, null);
  const maze = choice("maze", [...names, [null, "a maze of your own"]], 0, open);
  chooser = maze.querySelector("select");
  Object.assign(chooser.lastChild, { hidden: true, disabled: true }); // it cannot be chosen
  const next = make("button", { className: "pt-button", textContent: "Next maze" });
  next.addEventListener("click", () => open((latestLevel + 1) % levels.length));
  const summary = make("summary", { textContent: "background, facing" });
  const more = make("details", { className: "more" }, summary, choices.element);
  place("editor").append(editor.element, notes, more);
  place("edited").append(edited.element);

  const slider = place("coefficient");
  slider.value = state.coefficient;
  const shown = place("multiple");
  shown.textContent = multiple();
  slider.addEventListener("input", () => {
    state.coefficient = slider.valueAsNumber;
    shown.textContent = multiple();
    ask(false);
  });
  place("held").addEventListener("change", ({ target }) => {
    state.holding = target.checked;
    state.held = target.checked ? (latest?.vector ?? null) : null;
    ask(false);
  });
  const colours = [
    ["none", "nothing"],
    ["cheese", "the chance to reach the cheese from there"],
    ["corner", "the chance to visit the corner from there"],
    ["value", "the value that the agent expects"],
  ];
  const colour = choice("colour squares by (darker is more)", colours, "none", (chosen) => {
    state.colour = chosen;
    if (latest) showBoards(latest.views);
  });
  place("top").append(maze, next);
  place("colours").append(colour);
  for (const element of document.querySelectorAll("[data-mark]")) {
    element.prepend(markerIcon(kit.style.marks[element.dataset.mark]));
  }
}

// --- loading

async function startMind() {
  say(`Loading the agent (${config.megabytes} MB) …`);
  const parts = await loadParts(config.files);
  const buffers = { 15: parts.tables15, 25: parts.tables25 };
  tables = Object.fromEntries(Object.entries(buffers).map(([size, part]) => [size, readTables(part)]));
  showView();
  say("Starting the agent …");
  const agent = await Agent.start(config.worker, {
    runtime: new TextDecoder().decode(parts.runtime),
    wasm: parts.wasm,
    before: parts.before,
    after: parts.after,
    tables: buffers,
    shape: config.shape,
  });
  mind = new Mind(agent, { cornerRegion, stepLimit });
  return mind;
}

build();
editHost.editor = editor;
editHost.show();

/** For scripts and tests: the mind, once it has started, and the functions that it uses. */
globalThis.procgenPage = {
  ready: startMind().then(
    (started) => {
      ask();
      return started;
    },
    (error) => {
      say(`The agent could not be started: ${error.message}`);
      throw error;
    },
  ),
  mazeOf,
  frames: (scene) => {
    const maze = mazeOf(scene);
    return drawFrames(tables[maze.worldSize], maze, openSquares(maze));
  },
};
