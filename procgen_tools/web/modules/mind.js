/** A maze and an edit in, everything that is known about the agent out. */

import { chancesByStart } from "./chain.js";
import { decision } from "./field.js";
import { openSquares } from "./maze.js";

export class Mind {
  /** `agent` is an `Agent`; `options` are those of `chancesByStart`. */
  constructor(agent, options) {
    this.agent = agent;
    this.options = options;
  }

  /**
   * What the agent would do, as trained and with `coefficient` times `vector` added. Without a
   * vector, the maze's own cheese vector is added, and nothing if the maze has no cheese.
   *
   * Returns `vector`, `views` (one or two, each a field with `chances` by start and `decision`) and
   * `milliseconds` {total, network}; or null if `signal` was aborted. `onPart(fields, share)` is
   * called after each batch (see `Agent.fields`).
   */
  async think(maze, { coefficient, vector = null, signal = null, onPart } = {}) {
    const began = performance.now();
    const added = vector ?? (maze.cheese >= 0 ? await this.agent.cheeseVector(maze) : null);
    const edits = [null];
    if (added) edits.push(added.map((value) => coefficient * value));
    if (signal?.aborted) return null;
    const asked = performance.now();
    const answer = await this.agent.fields(maze, edits, { signal, onPart });
    if (answer === null) return null;
    const network = performance.now() - asked;
    const views = answer.fields.map((field) => ({
      ...field,
      chances: chancesByStart(maze, field.probabilities, field.flipped, this.options),
      decision: decision(maze, field.probabilities),
    }));
    const milliseconds = { total: performance.now() - began, network };
    return { vector: added, start: openSquares(maze).indexOf(maze.mouse), views, milliseconds };
  }
}
