// A board of an activation: its cells over the outlines of the walls, with marked cells and pixels.
//
// Cells are larger or smaller than squares. `edges` of the whole activation, [left, right, bottom,
// top], are in columns and rows of the maze (see web/activation_panels.py).

import { Board } from "./canvas.js";
import { drawMarker } from "./marks.js";
import { isWall } from "./scene.js";

const WALL = "#333333";
const NO_NUMBER = "#B8B8B8"; // walls, where the mouse cannot stand
const PAPER = "#FFFFFF";

export class CellBoard extends Board {
  // `parts` has `scene`, `scale` {limits, map}, and either `cells` [[number]] with `edges`, or
  // `heat` {numbers} with `squares`; and any of `clamped` [cells], `chosen` (a cell), `boxes`
  // [{edges, dashed}], `marks`, `stale`.
  draw() {
    if (!this.parts || !this.layOut()) return;
    const pen = this.canvas.getContext("2d");
    const { scene, cells, squares, numbers, scale, clamped, chosen, boxes, marks } = this.parts;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.cover(pen, cells ? PAPER : NO_NUMBER);
    pen.save();
    pen.beginPath();
    pen.rect(this.margin, 0, scene.cols * this.side, scene.rows * this.side);
    pen.clip();
    pen.globalAlpha = this.parts.stale ? 0.35 : 1;
    if (cells) this.drawCells(pen, cells, scale);
    else if (numbers) this.drawHeat(pen, { numbers, ...scale }, squares);
    pen.globalAlpha = 1;
    this.drawOutlines(pen, scene);
    for (const box of boxes || []) this.drawBox(pen, box);
    for (const cell of clamped || []) this.drawClamp(pen, cell);
    if (chosen) this.drawChosen(pen, chosen);
    pen.restore();
    this.drawMarks(pen, marks || []);
    this.drawNumbers(pen, scene);
  }

  // Pixels of a place in columns and rows of the maze.
  across(col) {
    return Math.round(this.margin + (col + 0.5) * this.side);
  }

  down(row) {
    return Math.round((this.parts.scene.rows - 0.5 - row) * this.side);
  }

  // The left, top, width and height of a cell, in pixels.
  placeOf([row, col]) {
    const { cells, edges } = this.parts;
    const [left, right, bottom, top] = edges;
    const wide = (right - left) / cells[0].length;
    const high = (top - bottom) / cells.length;
    const x = this.across(left + col * wide);
    const y = this.down(top - row * high);
    return [
      x, y, this.across(left + (col + 1) * wide) - x, this.down(top - (row + 1) * high) - y,
    ];
  }

  drawCells(pen, cells, { limits, map }) {
    const colours = this.kit.style.maps[map];
    const [low, high] = limits;
    cells.forEach((row, index) =>
      row.forEach((number, col) => {
        const share = Math.min(1, Math.max(0, (number - low) / (high - low)));
        pen.fillStyle = colours[Math.round(share * (colours.length - 1))];
        pen.fillRect(...this.placeOf([index, col]));
      }),
    );
  }

  // Lines between walls and open squares, visible on light and dark colours.
  drawOutlines(pen, scene) {
    const lines = new Path2D();
    for (let row = 0; row < scene.rows; row += 1) {
      for (let col = 0; col < scene.cols; col += 1) {
        const [x, y] = this.corner([row, col]);
        const wall = isWall(scene, [row, col]);
        if (wall !== isWall(scene, [row, col - 1])) {
          lines.moveTo(x, y);
          lines.lineTo(x, y + this.side);
        }
        if (wall !== isWall(scene, [row + 1, col])) {
          lines.moveTo(x, y);
          lines.lineTo(x + this.side, y);
        }
      }
    }
    lines.rect(this.margin, 0, scene.cols * this.side, scene.rows * this.side);
    for (const [colour, width] of [["rgba(255, 255, 255, 0.7)", 3.5], [WALL, 1.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width * this.ratio;
      pen.stroke(lines);
    }
  }

  drawFrame(pen, place, colour, { dashed = false, wide = 2 } = {}) {
    const width = wide * this.ratio;
    const [x, y, w, h] = place;
    const inside = [x + width, y + width, w - 2 * width, h - 2 * width];
    pen.strokeStyle = "white";
    pen.lineWidth = 2 * width;
    pen.strokeRect(...inside);
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dashed ? [2.5 * width, 2 * width] : []);
    pen.strokeRect(...inside);
    pen.setLineDash([]);
  }

  drawBox(pen, { edges: [left, right, bottom, top], dashed }) {
    const [x, y] = [this.across(left), this.down(top)];
    const place = [x, y, this.across(right) - x, this.down(bottom) - y];
    this.drawFrame(pen, place, this.kit.style.picked, { dashed });
  }

  drawClamp(pen, cell) {
    const look = this.kit.style.marks.target;
    const place = this.placeOf(cell);
    this.drawFrame(pen, place, look.colour);
    const size = Math.min(7 * this.ratio, place[2] / 3);
    drawMarker(pen, place[0] + place[2] / 2, place[1] + place[3] / 2, size, look);
  }

  drawChosen(pen, cell) {
    this.drawFrame(pen, this.placeOf(cell), "black", { dashed: true });
  }

  // The cell at a pointer event, or null outside the maze or without cells.
  cellAt(event) {
    if (!this.parts || !this.parts.cells || this.squareAt(event) === null) return null;
    const { x, y } = this.placeAt(event);
    const { cells, edges, scene } = this.parts;
    const [left, right, bottom, top] = edges;
    const col = ((x - 0.5 - left) / (right - left)) * cells[0].length;
    const row = ((top - (scene.rows - 0.5 - y)) / (top - bottom)) * cells.length;
    return [Math.floor(row), Math.floor(col)];
  }

  // The square of the maze below the middle of a cell.
  squareOf([row, col]) {
    const { cells, edges } = this.parts;
    const [left, right, bottom, top] = edges;
    return [
      Math.round(top - ((row + 0.5) * (top - bottom)) / cells.length),
      Math.round(left + ((col + 0.5) * (right - left)) / cells[0].length),
    ];
  }

  // Whether any of a cell is within the maze.
  isVisible(cell) {
    const { cells, scene } = this.parts;
    if (cell[0] < 0 || cell[1] < 0 || cell[0] >= cells.length || cell[1] >= cells[0].length) {
      return false;
    }
    const [x, y, w, h] = this.placeOf(cell);
    const [right, bottom] = [this.margin + scene.cols * this.side, scene.rows * this.side];
    return x + w > this.margin && x < right && y + h > 0 && y < bottom;
  }
}
