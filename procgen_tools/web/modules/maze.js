/**
 * A maze as a value, and the rules of its moves; equal to `worlds/maze` of the Python package.
 *
 * A maze is a frozen object:
 *   size        squares per side of the inner grid, odd
 *   walls       Uint8Array, 1 for a wall; square (row, col) is at row * size + col, row 0 at the
 *               bottom
 *   mouse       the number of the mouse's square
 *   cheese      the number of the cheese's square, or -1 without a cheese
 *   worldSize   squares per side of the outer grid, 15 or 25
 *   background  0 to 8, or 255 for black
 *   mirrored    whether the mouse faces right
 */

export const MOVES = ["LEFT", "RIGHT", "UP", "DOWN", "STAY"];
export const COLUMN_STEPS = [-1, 1, 0, 0, 0];
export const ROW_STEPS = [0, 0, 1, -1, 0];
export const STAY = 4;

const CHEESE = 2;
const WALL = 51;
const OPEN = 100;

/** A maze, checked; throws a RangeError that says what is wrong. */
export function makeMaze({
  size,
  walls,
  mouse = 0,
  cheese = -1,
  worldSize = 25,
  background = 0,
  mirrored = false,
}) {
  const squares = size * size;
  if (walls.length !== squares || size < 1 || size > worldSize) {
    throw new RangeError(`${walls.length} squares are not a maze of side ${size}`);
  }
  for (const [name, square] of [["mouse", mouse], ["cheese", cheese]]) {
    if (name === "cheese" && square === -1) continue;
    if (!(square >= 0 && square < squares)) {
      throw new RangeError(`the ${name} is outside the maze: choose a square inside`);
    }
    if (walls[square]) throw new RangeError(`the ${name} is in a wall: choose an open square`);
  }
  const copy = Uint8Array.from(walls);
  return Object.freeze({ size, walls: copy, mouse, cheese, worldSize, background, mirrored });
}

/** The maze of a scene (see `scenes.py`). */
export function mazeOf(scene) {
  const size = scene.rows;
  const numberOf = (kind) => {
    const thing = scene.things.find((each) => each.kind === kind);
    return thing ? thing.at[0] * size + thing.at[1] : -1;
  };
  return makeMaze({
    size,
    walls: Uint8Array.from(scene.walls.join(""), (symbol) => (symbol === "#" ? 1 : 0)),
    mouse: numberOf("mouse"),
    cheese: numberOf("cheese"),
    worldSize: scene.settings.world_size,
    background: scene.settings.background ?? 255,
    mirrored: scene.settings.mirrored,
  });
}

/** The numbers of the open squares, row by row from the bottom. */
export function openSquares(maze) {
  const open = [];
  maze.walls.forEach((wall, square) => wall || open.push(square));
  return open;
}

/** The square that a move leads to; a move into a wall or over the edge stays. */
export function neighbour(maze, square, move) {
  const row = Math.floor(square / maze.size) + ROW_STEPS[move];
  const col = (square % maze.size) + COLUMN_STEPS[move];
  if (row < 0 || row >= maze.size || col < 0 || col >= maze.size) return square;
  const there = row * maze.size + col;
  return maze.walls[there] ? square : there;
}

/** The number of the top-right square. */
export function cornerOf(maze) {
  return maze.size * maze.size - 1;
}

/** Steps from a square to every square; Infinity for walls and where no path leads. */
export function distances(maze, from) {
  const steps = new Float64Array(maze.walls.length).fill(Infinity);
  if (maze.walls[from]) return steps;
  steps[from] = 0;
  const queue = [from];
  for (const square of queue) {
    for (let move = 0; move < STAY; move++) {
      const there = neighbour(maze, square, move);
      if (steps[there] === Infinity) {
        steps[there] = steps[square] + 1;
        queue.push(there);
      }
    }
  }
  return steps;
}

/**
 * The square where the mouse's paths to the cheese and to the top-right corner diverge, or -1.
 *
 * It is the square farthest from the mouse that is on a shortest path to each of them. There is
 * none if one of them is on the way to the other, or cannot be reached.
 */
export function decisionSquare(maze) {
  const corner = cornerOf(maze);
  if (maze.cheese < 0 || maze.walls[corner]) return -1;
  const start = distances(maze, maze.mouse);
  const cheese = distances(maze, maze.cheese);
  const far = distances(maze, corner);
  const [toCheese, toCorner] = [start[maze.cheese], start[corner]];
  if (toCheese === Infinity || toCorner === Infinity) return -1;
  let best = -1;
  for (const square of openSquares(maze)) {
    const shared =
      start[square] + cheese[square] === toCheese && start[square] + far[square] === toCorner;
    if (shared && (best < 0 || start[square] > start[best])) best = square;
  }
  return best === maze.cheese || best === corner ? -1 : best;
}

/** For each move, whether it leads from a square one step nearer to the target. */
export function nearerMoves(maze, square, target) {
  const away = distances(maze, target);
  return MOVES.map((_, move) => away[neighbour(maze, square, move)] < away[square]);
}

/** Codes of the outer grid, as the agent's frame is drawn from them: a wall, open, or the cheese. */
export function outerCells(maze) {
  const world = maze.worldSize;
  const padding = Math.floor((world - maze.size) / 2);
  const cells = new Uint8Array(world * world).fill(WALL);
  for (const square of openSquares(maze)) {
    const row = Math.floor(square / maze.size) + padding;
    const col = (square % maze.size) + padding;
    cells[row * world + col] = square === maze.cheese ? CHEESE : OPEN;
  }
  return cells;
}

export const CODES = { CHEESE, WALL };
