/**
 * The agent's view, 64 x 64 pixels, drawn from tables that Python wrote; equal to Python's
 * `worlds/maze/agent_view.py` in every byte.
 *
 * Python writes the tables of one world size with `page/tables.py`: `cells` (layer, y, x), `textures` (layer, y, x, 3), `backgrounds`
 * (background, y, x, 3), and the sprites `cheese`, `mouse` and `mirrored_mouse`, each with `side`
 * (pixels of a patch), `top` (row), `left` (column) and `pixels` (row, column, y, x, 4).
 */

import { CODES, outerCells } from "./maze.js";

export const SIDE = 64;
export const FRAME_BYTES = SIDE * SIDE * 3;
export const BLACK = 255;
const LAYERS = 4;
const PIXELS = SIDE * SIDE;

/** The tables in a buffer: the length of a JSON header, the header, and the arrays behind it. */
export function readTables(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const tables = {};
  for (const { name, kind, offset, count } of header) {
    const Kind = kind === "int16" ? Int16Array : Uint8Array;
    const [thing, part] = name.split("/");
    const array = new Kind(buffer, offset, count);
    if (part) (tables[thing] ??= {})[part] = array;
    else tables[thing] = array;
  }
  for (const sprite of [tables.cheese, tables.mouse, tables.mirrored_mouse]) {
    sprite.side = Math.sqrt(sprite.pixels.length / (4 * sprite.top.length * sprite.left.length));
  }
  return tables;
}

/** The frame of a maze without its mouse. */
export function drawWorld(tables, maze) {
  const frame = new Uint8Array(FRAME_BYTES);
  const cells = outerCells(maze);
  const picture = maze.background === BLACK ? null : maze.background * FRAME_BYTES;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    // Up to four cells cover a pixel, and the wall that was painted last is visible.
    let layer = LAYERS - 1;
    while (layer >= 0 && cells[tables.cells[layer * PIXELS + pixel]] !== CODES.WALL) layer--;
    for (let colour = 0; colour < 3; colour++) {
      const at = pixel * 3 + colour;
      if (layer >= 0) frame[at] = tables.textures[layer * FRAME_BYTES + at];
      else if (picture !== null) frame[at] = tables.backgrounds[picture + at];
    }
  }
  const cheese = cells.indexOf(CODES.CHEESE);
  if (cheese >= 0) drawSprite(frame, tables.cheese, maze.worldSize, cheese);
  return frame;
}

/** The frames with the mouse at each of the given squares, one after the other. */
export function drawFrames(tables, maze, squares, mirrored = maze.mirrored) {
  const world = drawWorld(tables, maze);
  const frames = new Uint8Array(squares.length * FRAME_BYTES);
  const padding = Math.floor((maze.worldSize - maze.size) / 2);
  const sprite = mirrored ? tables.mirrored_mouse : tables.mouse;
  squares.forEach((square, index) => {
    const frame = frames.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES);
    frame.set(world);
    const row = Math.floor(square / maze.size) + padding;
    const col = (square % maze.size) + padding;
    drawSprite(frame, sprite, maze.worldSize, row * maze.worldSize + col);
  });
  return frames;
}

/** Blend a sprite into a frame. No wall covers it: sprites are transparent at their edges. */
function drawSprite(frame, sprite, world, cell) {
  const row = Math.floor(cell / world);
  const col = cell % world;
  const { side, top, left, pixels } = sprite;
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const source = ((cell * side + i) * side + j) * 4;
      const opacity = pixels[source + 3];
      const pixel = (top[row] + i) * SIDE + left[col] + j;
      if (opacity === 0) continue;
      for (let colour = 0; colour < 3; colour++) {
        const at = pixel * 3 + colour;
        const product = frame[at] * (255 - opacity);
        frame[at] = pixels[source + colour] + ((product + (product >> 8) + 0x80) >> 8);
      }
    }
  }
}
