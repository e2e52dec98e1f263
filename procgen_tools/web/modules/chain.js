/**
 * Exact chances of an episode: the field as an absorbing Markov chain, iterated to the step limit;
 * equal to `chains.py` and `absorbing.py` of the Python package.
 *
 * A state is an open square and a facing. State i is open square i with the mouse facing as in the
 * maze, and state i + squares is the same square with the mouse facing the other way.
 */

import { COLUMN_STEPS, MOVES, neighbour, openSquares } from "./maze.js";

export const STEP_LIMIT = 500;

/** The state that each move leads to, (state, move). */
export function transitions(maze) {
  const squares = openSquares(maze);
  const numbers = new Int32Array(maze.walls.length).fill(-1);
  squares.forEach((square, index) => (numbers[square] = index));
  const count = squares.length;
  const leadsTo = new Int32Array(2 * count * MOVES.length);
  for (let flipped = 0; flipped < 2; flipped++) {
    const looksRight = maze.mirrored !== (flipped === 1);
    squares.forEach((square, index) => {
      MOVES.forEach((_, move) => {
        const columns = COLUMN_STEPS[move];
        // The mouse faces the way it last went, even if a wall stopped it.
        const right = columns > 0 || (looksRight && columns === 0);
        const state = flipped * count + index;
        const there = numbers[neighbour(maze, square, move)];
        leadsTo[state * MOVES.length + move] = there + (right !== maze.mirrored ? count : 0);
      });
    });
  }
  return leadsTo;
}

/**
 * The exact chances from every open square, in the order of `openSquares`.
 *
 * The goals are the cheese, which ends the episode, and the corner: the top-right region with
 * `cornerRegion` squares per side. `probabilities` and `flipped` are (square, move), for the two
 * facings of the mouse.
 *
 * Returns arrays: `cheese` and `corner`, the chances of visiting the goal; `cheeseFirst`,
 * `cornerFirst` and `neither`, which sum to 1; `stepsToCheese`, the mean number of steps over the
 * episodes that reach it, NaN if none does; and `episodeSteps`, over all episodes.
 */
export function chancesByStart(
  maze,
  probabilities,
  flipped,
  { stepLimit = STEP_LIMIT, cornerRegion = 1 } = {},
) {
  const squares = openSquares(maze);
  const count = squares.length;
  const states = 2 * count;
  const inCheese = new Uint8Array(states);
  const inCorner = new Uint8Array(states);
  squares.forEach((square, index) => {
    const row = Math.floor(square / maze.size);
    const col = square % maze.size;
    const far = maze.size - cornerRegion;
    for (const state of [index, index + count]) {
      inCheese[state] = square === maze.cheese ? 1 : 0;
      inCorner[state] = row >= far && col >= far ? 1 : 0;
    }
  });
  const steps = stepsOf(transitions(maze), probabilities, flipped);

  // Until the cheese: its chance, E[steps; the cheese is reached], and the mean length.
  const reached = iterate(steps, stepLimit, {
    columns: 3,
    stops: inCheese,
    start: (state, row) => (row[0] = inCheese[state]),
    everyStep: (row) => {
      row[1] += row[0];
      row[2] += 1;
    },
  });
  // Until any goal: the chance that it is the cheese, that it is in the corner, both, or none.
  const either = inCheese.map((cheese, state) => (cheese || inCorner[state] ? 1 : 0));
  const first = iterate(steps, stepLimit, {
    columns: 4,
    stops: either,
    start: (state, row) => {
      row[0] = inCheese[state];
      row[1] = inCorner[state] && !inCheese[state] ? 1 : 0;
      row[2] = inCorner[state];
      row[3] = 1 - either[state];
    },
    everyStep: () => {},
  });
  // Rounding may take sums above 1.
  const column = (table, number, columns) =>
    Float64Array.from({ length: count }, (_, i) => Math.min(table[i * columns + number], 1));
  const cheese = column(reached, 0, 3);
  return {
    cheese,
    corner: column(first, 2, 4),
    cheeseFirst: column(first, 0, 4),
    cornerFirst: column(first, 1, 4),
    neither: column(first, 3, 4),
    stepsToCheese: cheese.map((_, i) => (reached[i * 3] > 0 ? reached[i * 3 + 1] / reached[i * 3] : NaN)),
    episodeSteps: cheese.map((_, i) => Math.min(reached[i * 3 + 2], stepLimit)),
  };
}

/** The chances from the mouse's own square; see `chancesByStart`. */
export function chances(maze, probabilities, flipped, options = {}) {
  const start = openSquares(maze).indexOf(maze.mouse);
  const all = chancesByStart(maze, probabilities, flipped, options);
  return Object.fromEntries(Object.entries(all).map(([name, numbers]) => [name, numbers[start]]));
}

/** The steps of the chain as rows of (state, probability), without zeros and duplicates. */
function stepsOf(leadsTo, probabilities, flipped) {
  const width = MOVES.length;
  const states = leadsTo.length / width;
  const half = probabilities.length;
  const ends = new Int32Array(states + 1);
  const targets = [];
  const weights = [];
  for (let state = 0; state < states; state++) {
    const row = new Map();
    let total = 0;
    for (let move = 0; move < width; move++) {
      const at = state * width + move;
      const chance = at < half ? probabilities[at] : flipped[at - half];
      total += chance;
      row.set(leadsTo[at], (row.get(leadsTo[at]) ?? 0) + chance);
    }
    for (const [target, chance] of row) {
      if (chance > 0) {
        targets.push(target);
        weights.push(chance / total);
      }
    }
    ends[state + 1] = targets.length;
  }
  return { ends, targets: Int32Array.from(targets), weights: Float64Array.from(weights) };
}

/** Backward iteration of a table (state, column), in which the rows of `stops` never change. */
function iterate({ ends, targets, weights }, stepLimit, { columns, stops, start, everyStep }) {
  const states = stops.length;
  const rows = (table) =>
    Array.from({ length: states }, (_, i) => table.subarray(i * columns, (i + 1) * columns));
  let now = new Float64Array(states * columns);
  let next = new Float64Array(states * columns);
  let [nowRows, nextRows] = [rows(now), rows(next)];
  nowRows.forEach((row, state) => start(state, row));
  next.set(now);
  for (let step = 0; step < stepLimit; step++) {
    for (let state = 0; state < states; state++) {
      if (stops[state]) continue;
      const base = state * columns;
      next.fill(0, base, base + columns);
      for (let entry = ends[state]; entry < ends[state + 1]; entry++) {
        const from = targets[entry] * columns;
        const weight = weights[entry];
        for (let column = 0; column < columns; column++) {
          next[base + column] += weight * now[from + column];
        }
      }
      everyStep(nextRows[state]);
    }
    [now, next, nowRows, nextRows] = [next, now, nextRows, nowRows];
  }
  return now;
}
