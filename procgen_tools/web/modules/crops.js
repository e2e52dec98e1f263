/**
 * Crops and humans: steps, what the network sees, and greedy walks; equal to `rules.py` and
 * `walks.py` of the Python package.
 *
 * A state is a scene, from which harvested things are missing, and the agent's square `at`. Squares
 * are those of scenes: row 0 at the bottom.
 */

import { outputsOf } from "./q_network.js";
import { isWall, sameSquare, without } from "./scene.js";

export const ACTIONS = ["up", "down", "left", "right"]; // in the order of the network's outputs
export const OFFSETS = [[1, 0], [-1, 0], [0, -1], [0, 1]];
const LAYERS = ["wall", "crop", "human"];

/** What is on a square, besides the agent: "wall", "empty", "exit", "crop" or "human". */
export function contentOf(scene, square) {
  if (isWall(scene, square)) return "wall";
  const found = scene.things.find(({ kind, at }) => kind !== "agent" && sameSquare(at, square));
  return found ? found.kind : "empty";
}

/** The only thing of a kind. */
export function only(scene, kind) {
  return scene.things.find((thing) => thing.kind === kind);
}

/** The state with the agent on a square, where it has harvested what was there. */
export function stateAt(scene, at) {
  const harvested = scene.things.findIndex(
    ({ kind, at: there }) => (kind === "crop" || kind === "human") && sameSquare(there, at),
  );
  return { scene: harvested < 0 ? scene : without(scene, harvested), at };
}

/** Take a step: the state after it, what it entered, and its reward. */
export function stepFrom({ scene, at }, action, rewards) {
  const [up, right] = OFFSETS[action];
  const to = [at[0] + up, at[1] + right];
  const entered = contentOf(scene, to);
  const state = entered === "wall" ? { scene, at } : stateAt(scene, to);
  return { state, entered, reward: rewards[entered] };
}

/** The input: walls, crops and humans, one number per cell from the top, then row and column. */
export function inputsOf({ scene, at }) {
  const { rows, cols } = scene;
  const inputs = new Float64Array(LAYERS.length * rows * cols + rows + cols);
  for (let row = 0; row < rows; row += 1) {
    for (let col = 0; col < cols; col += 1) {
      const layer = LAYERS.indexOf(contentOf(scene, [rows - 1 - row, col]));
      if (layer >= 0) inputs[(layer * rows + row) * cols + col] = 1;
    }
  }
  inputs[LAYERS.length * rows * cols + rows - 1 - at[0]] = 1;
  inputs[LAYERS.length * rows * cols + rows + at[1]] = 1;
  return inputs;
}

/** The values of the four moves in a state. */
export function valuesOf(network, state) {
  return Array.from(outputsOf(network, inputsOf(state)));
}

/** The move of the highest value. */
export function greedy(values) {
  return values.indexOf(Math.max(...values));
}

/** The values in every cell where the agent can be: {squares, values}. */
export function valueField(network, scene) {
  const squares = [];
  for (let row = 0; row < scene.rows; row += 1) {
    for (let col = 0; col < scene.cols; col += 1) {
      if (!["wall", "exit"].includes(contentOf(scene, [row, col]))) squares.push([row, col]);
    }
  }
  return { squares, values: squares.map((at) => valuesOf(network, stateAt(scene, at))) };
}

/**
 * The greedy walk from the agent's square, for at most `stepLimit` steps.
 *
 * Returns `squares` (those at each step), `harvests` [{kind, step}], `exits`, `repeats` (null, or
 * {from, period} of the first state that comes again) and `discounted`, the sum of the rewards.
 */
export function walk(network, scene, { rewards, discount, stepLimit }) {
  let state = { scene, at: only(scene, "agent").at };
  const squares = [state.at];
  const harvests = [];
  const seen = new Map();
  let repeats = null;
  let discounted = 0;
  for (let step = 0; step < stepLimit; step += 1) {
    // What was harvested never returns, so its number and the square identify a state.
    const key = JSON.stringify([state.at, harvests.length]);
    if (repeats === null && seen.has(key)) {
      repeats = { from: seen.get(key), period: step - seen.get(key) };
    }
    seen.set(key, step);
    const taken = stepFrom(state, greedy(valuesOf(network, state)), rewards);
    ({ state } = taken);
    squares.push(state.at);
    discounted += discount ** step * taken.reward;
    if (taken.entered === "crop" || taken.entered === "human") {
      harvests.push({ kind: taken.entered, step: step + 1 });
    }
    if (taken.entered === "exit") return { squares, harvests, exits: true, repeats: null, discounted };
  }
  return { squares, harvests, exits: false, repeats, discounted };
}

/** Whether the agent can walk to the exit. */
export function canExit(scene) {
  const { at: exit } = only(scene, "exit");
  const found = [only(scene, "agent").at];
  for (const [row, col] of found) { // grows while it is read
    for (const [up, right] of OFFSETS) {
      const to = [row + up, col + right];
      if (!isWall(scene, to) && !found.some((each) => sameSquare(each, to))) found.push(to);
    }
  }
  return found.some((each) => sameSquare(each, exit));
}
