/**
 * Fields: what the agent would do at every open square, for both facings of the mouse; equal to
 * `vfield.py` of the Python package.
 */

import { MOVES, decisionSquare, nearerMoves, openSquares, cornerOf } from "./maze.js";

export const NUM_ACTIONS = 15;

/** The move of each of procgen's 15 actions, as an index into MOVES. */
export const MOVE_OF_ACTION = [0, 0, 0, 3, 4, 2, 1, 1, 1, 4, 4, 4, 4, 4, 4];

/** Probabilities of the five moves, (square, move), from logits, (square, action). */
export function moveProbabilities(logits) {
  const squares = logits.length / NUM_ACTIONS;
  const moves = new Float64Array(squares * MOVES.length);
  const weights = new Float64Array(NUM_ACTIONS);
  for (let square = 0; square < squares; square++) {
    const row = logits.subarray(square * NUM_ACTIONS, (square + 1) * NUM_ACTIONS);
    const largest = Math.max(...row);
    let total = 0;
    for (let action = 0; action < NUM_ACTIONS; action++) {
      weights[action] = Math.exp(row[action] - largest);
      total += weights[action];
    }
    for (let action = 0; action < NUM_ACTIONS; action++) {
      moves[square * MOVES.length + MOVE_OF_ACTION[action]] += weights[action] / total;
    }
  }
  return moves;
}

/** The mean move to the right and up at every square, (square, 2). */
export function arrows(probabilities) {
  const mean = new Float64Array((probabilities.length / MOVES.length) * 2);
  for (let square = 0; square < mean.length / 2; square++) {
    const [left, right, up, down] = probabilities.subarray(square * 5, square * 5 + 4);
    mean[square * 2] = right - left;
    mean[square * 2 + 1] = up - down;
  }
  return mean;
}

/**
 * The probabilities at the decision square, by the goal that the moves lead nearer to, or null.
 *
 * `probabilities` are (square, move) with the mouse facing as in the maze.
 */
export function decision(maze, probabilities) {
  const square = decisionSquare(maze);
  if (square < 0) return null;
  const index = openSquares(maze).indexOf(square);
  const moves = Array.from(probabilities.subarray(index * 5, index * 5 + 5));
  const total = moves.reduce((sum, chance) => sum + chance, 0);
  const towards = (target) => {
    const nearer = nearerMoves(maze, square, target);
    return moves.reduce((sum, chance, move) => sum + (nearer[move] ? chance : 0), 0) / total;
  };
  const cheese = towards(maze.cheese);
  const topRight = towards(cornerOf(maze));
  return { square, cheese, topRight, other: Math.max(1 - cheese - topRight, 0) };
}
