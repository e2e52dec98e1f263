/**
 * The agent: a trained network in Web Workers, asked about all squares of a maze at once.
 *
 * Each worker has a runtime of its own, so the squares are divided among them without shared
 * memory, which a page opened from disk does not have.
 */

import { moveProbabilities } from "./field.js";
import { MOVES, openSquares } from "./maze.js";

const BATCH = 16;
const MOST_WORKERS = 4;

/** The number of workers for a machine: half of its cores, at most four. */
export function workerCount(cores) {
  return Math.min(Math.max(Math.floor(cores / 2), 1), MOST_WORKERS);
}

export class Agent {
  /**
   * `script` is the text of the worker, and `parts` what it needs: `runtime`, `wasm`, `before`,
   * `after`, `tables` and `shape` (see `worker.js`).
   */
  static async start(script, parts, workers = workerCount(navigator.hardwareConcurrency ?? 2)) {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const started = Array.from({ length: workers }, () => new Asked(new Worker(url)));
    await Promise.all(started.map((worker) => worker.ask("start", parts)));
    URL.revokeObjectURL(url);
    return new Agent(started);
  }

  constructor(workers) {
    this.workers = workers;
  }

  /** What the cheese of a maze adds to the edited activation, as numbers in one row. */
  async cheeseVector(maze) {
    return (await this.workers[0].ask("vector", { maze })).vector;
  }

  /**
   * The fields of a maze, one for each of `edits` (null, or numbers that are added to the
   * activation).
   *
   * A field has `probabilities` and `flipped`, (square, move), for the mouse facing as in the maze
   * and the other way, and `values`, (square,). `onPart(fields, share)` gets the unfinished fields,
   * with NaN where nothing is known yet, after each batch. Returns the fields and the milliseconds
   * that the network took, or null if `signal` was aborted.
   */
  async fields(maze, edits, { signal = null, onPart = () => {} } = {}) {
    const count = openSquares(maze).length;
    const unknown = (size) => new Float64Array(size).fill(NaN);
    const fields = edits.map(() => ({
      probabilities: unknown(count * MOVES.length),
      flipped: unknown(count * MOVES.length),
      values: unknown(count),
    }));
    const tasks = [];
    for (const mirrored of [maze.mirrored, !maze.mirrored]) {
      for (let from = 0; from < count; from += BATCH) {
        tasks.push({ mirrored, from, to: Math.min(from + BATCH, count) });
      }
    }
    const { walls, cheese, worldSize, background } = maze;
    const name = JSON.stringify([[...walls].join(""), cheese, worldSize, background]);
    let done = 0;
    let milliseconds = 0;
    // A task always goes to the same worker, which may have kept its activations.
    const run = async (worker, number) => {
      for (let i = number; i < tasks.length; i += this.workers.length) {
        if (signal?.aborted) return;
        const task = tasks[i];
        const answer = await worker.ask("squares", { maze, name, edits, ...task });
        milliseconds += answer.milliseconds;
        answer.parts.forEach(({ logits, values }, k) => {
          const own = task.mirrored === maze.mirrored;
          const into = own ? fields[k].probabilities : fields[k].flipped;
          into.set(moveProbabilities(logits), task.from * MOVES.length);
          if (own) fields[k].values.set(values, task.from);
        });
        done += 1;
        if (!signal?.aborted) onPart(fields, done / tasks.length);
      }
    };
    await Promise.all(this.workers.map(run));
    return signal?.aborted ? null : { fields, milliseconds };
  }
}

/** A worker whose answers are promises. */
class Asked {
  constructor(worker) {
    this.worker = worker;
    this.waiting = new Map();
    this.next = 0;
    worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error) reject(new Error(data.error));
      else resolve(data);
    };
    worker.onerror = ({ message }) => {
      for (const { reject } of this.waiting.values()) reject(new Error(message));
      this.waiting.clear();
    };
  }

  ask(kind, given) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, kind, ...given });
    });
  }
}
