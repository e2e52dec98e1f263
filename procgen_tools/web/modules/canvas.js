// A board: a scene, a field, a heat map and marks on a canvas with one whole number of pixels per
// square of the maze, so that all edges are sharp.

import { isWall, rowName, sameSquare } from "./scene.js";
import { isPicture, make, pictureOf } from "./dom.js";
import { drawArrow, drawMarker, drawMoves, drawRing, meanMove } from "./marks.js";

const MARGIN = 20; // for the numbers of rows and columns, in CSS pixels
const MOST_NUMBERS = 13; // per axis
const NUMBER_ROOM = 16; // from one number to the next, in CSS pixels
const STALE = 0.35; // opacity of arrows of an older scene
const LARGEST = 96; // side of a square, in CSS pixels
const MOVERS = ["mouse", "agent", "player"]; // kinds of what a policy moves

export class Board {
  // `parts` has `scene`, and any of: `field` {squares, moves, hidden}, `change` (arrows, one [right,
  // up] per square), `heat` {numbers, map, limits}, `marks` [{name, at}], `path` [squares],
  // `cursor`, `target`, `carried` {number, x, y}, `faded`, `plain` (no arrows), and `stale` (the
  // field belongs to an older scene).
  constructor(kit, label) {
    this.kit = kit;
    this.parts = null;
    this.canvas = make("canvas", { className: "pt-board", role: "img", "aria-label": label });
    this.element = make("div", { className: "pt-board-space" }, this.canvas);
    this.redraw = this.redraw.bind(this);
    this.canvas.addEventListener("transitionend", this.redraw); // another theme
    this.watcher = new ResizeObserver(() => this.redraw());
    this.watcher.observe(this.element);
  }

  close() {
    this.watcher.disconnect();
    cancelAnimationFrame(this.frame);
  }

  show(parts) {
    this.parts = parts;
    this.redraw();
  }

  redraw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  // The square at a pointer event, or null outside the maze.
  squareAt(event) {
    const { x, y } = this.placeAt(event);
    const square = [this.parts.scene.rows - 1 - Math.floor(y), Math.floor(x)];
    const { rows, cols } = this.parts.scene;
    const inside = square[0] >= 0 && square[0] < rows && square[1] >= 0 && square[1] < cols;
    return inside ? square : null;
  }

  // Columns from the left and rows from the top at a pointer event, as fractions.
  placeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return {
      x: ((event.clientX - box.left) * scale - this.margin) / this.side,
      y: ((event.clientY - box.top) * scale) / this.side,
    };
  }

  // The middle of a square, in CSS pixels of the page.
  middleOf([row, col]) {
    const box = this.canvas.getBoundingClientRect();
    const scale = box.width / this.canvas.width;
    const [x, y] = this.corner([row, col]);
    return [box.left + (x + this.side / 2) * scale, box.top + (y + this.side / 2) * scale];
  }

  // The top left pixel of a square.
  corner([row, col]) {
    return [this.margin + col * this.side, (this.parts.scene.rows - 1 - row) * this.side];
  }

  middle(square) {
    return this.corner(square).map((each) => each + this.side / 2);
  }

  layOut() {
    const { rows, cols } = this.parts.scene;
    const ratio = window.devicePixelRatio || 1;
    const width = this.element.clientWidth;
    if (!width) return false;
    this.margin = Math.round(MARGIN * ratio);
    const fitting = Math.floor((width * ratio - this.margin) / cols);
    this.side = Math.max(2, Math.min(fitting, Math.round(LARGEST * ratio)));
    const size = [this.margin + cols * this.side, rows * this.side + this.margin];
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) {
      [this.canvas.width, this.canvas.height] = size;
      this.canvas.style.width = `${size[0] / ratio}px`;
      this.canvas.style.height = `${size[1] / ratio}px`;
    }
    this.ratio = ratio;
    return true;
  }

  draw() {
    if (!this.parts || !this.layOut()) return;
    const pen = this.canvas.getContext("2d");
    const { scene, field, change, heat, marks, path, cursor, target, carried, faded } = this.parts;
    const { plain, stale } = this.parts;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.drawFloor(pen, scene);
    this.drawWalls(pen, scene);
    if (faded) this.cover(pen, `rgba(255, 255, 255, ${this.kit.style.fade})`);
    pen.globalAlpha = stale ? STALE : 1;
    if (heat) this.drawHeat(pen, heat, field.squares);
    pen.globalAlpha = 1;
    if (path) this.drawPath(pen, path);
    const arrows = field && !plain;
    pen.globalAlpha = stale ? STALE : 1;
    if (arrows && !change) this.drawSingleMoves(pen, field);
    pen.globalAlpha = 1;
    const shown = scene.things.filter((_, number) => !carried || carried.number !== number);
    const isMover = ({ kind }) => MOVERS.includes(kind);
    for (const thing of shown) if (!isMover(thing)) this.drawThing(pen, scene, thing);
    this.drawMarks(pen, marks || []);
    pen.globalAlpha = stale ? STALE : 1;
    if (arrows) this.drawArrows(pen, field, change);
    pen.globalAlpha = 1;
    // No arrow hides the mouse.
    for (const thing of shown) if (isMover(thing)) this.drawThing(pen, scene, thing);
    if (target) this.outline(pen, target, this.kit.style.picked);
    if (cursor) this.outline(pen, cursor, getComputedStyle(this.canvas).outlineColor);
    if (carried) {
      const x = this.margin + (carried.x - 0.5) * this.side;
      const y = (carried.y - 0.5) * this.side;
      pen.globalAlpha = 0.85;
      this.drawPicture(pen, scene, scene.things[carried.number], x, y);
      pen.globalAlpha = 1;
    }
    this.drawNumbers(pen, scene);
  }

  cover(pen, colour) {
    const { rows, cols } = this.parts.scene;
    pen.fillStyle = colour;
    pen.fillRect(this.margin, 0, cols * this.side, rows * this.side);
  }

  drawFloor(pen, scene) {
    const { backgrounds, colour, line } = this.kit.floor;
    const floor = colour || backgrounds[String(scene.settings.background)];
    if (isPicture(floor)) {
      const picture = pictureOf(floor, this.redraw);
      this.cover(pen, "#888888");
      if (!picture) return;
      // The picture is stretched over the world, of which the maze is the middle.
      const world = scene.settings.world_size;
      const square = picture.width / world;
      const left = Math.floor((world - scene.cols) / 2) * square;
      const top = (world - Math.floor((world - scene.rows) / 2) - scene.rows) * square;
      const size = [scene.cols * square, scene.rows * square];
      const shown = [this.margin, 0, scene.cols * this.side, scene.rows * this.side];
      pen.drawImage(picture, left, top, ...size, ...shown);
      return;
    }
    this.cover(pen, floor);
    if (!line) return;
    pen.strokeStyle = line;
    pen.lineWidth = Math.max(1, Math.round(this.side / 40));
    pen.beginPath();
    for (const square of this.squares((each) => !isWall(scene, each))) {
      pen.rect(...this.corner(square), this.side, this.side);
    }
    pen.stroke();
  }

  squares(chosen) {
    const { rows, cols } = this.parts.scene;
    const all = Array.from({ length: rows * cols }, (_, n) => [Math.floor(n / cols), n % cols]);
    return all.filter(chosen);
  }

  drawWalls(pen, scene) {
    const walls = this.squares((square) => isWall(scene, square));
    const picture = isPicture(this.kit.wall) ? pictureOf(this.kit.wall, this.redraw) : null;
    pen.fillStyle = isPicture(this.kit.wall) ? "#8A7A5C" : this.kit.wall;
    for (const square of walls) {
      const place = [...this.corner(square), this.side, this.side];
      if (picture) pen.drawImage(picture, ...place);
      else pen.fillRect(...place);
    }
    if (this.kit.relief) this.drawRelief(pen, scene, walls);
  }

  // Shadows on the floor, with light from the top left, and rims of walls: as in human_view.
  drawRelief(pen, scene, walls) {
    const { shadow, rim, depth, width } = this.kit.relief;
    const { side } = this;
    const deep = Math.round(side * depth);
    const floor = new Path2D();
    const dark = new Path2D();
    for (const square of this.squares((each) => !isWall(scene, each))) {
      floor.rect(...this.corner(square), side, side);
    }
    const around = Array.from({ length: scene.cols + 1 }, (_, n) => [scene.rows, n - 1]);
    for (let row = 0; row < scene.rows; row += 1) around.push([row, -1]);
    for (const square of [...walls, ...around]) {
      const [x, y] = this.corner(square);
      dark.moveTo(x, y);
      dark.lineTo(x + side, y);
      dark.lineTo(x + side + deep, y + deep);
      dark.lineTo(x + side + deep, y + side + deep);
      dark.lineTo(x + deep, y + side + deep);
      dark.lineTo(x, y + side);
      dark.closePath();
    }
    pen.save();
    pen.clip(floor);
    pen.fillStyle = `rgba(0, 0, 0, ${1 - shadow})`;
    pen.fill(dark);
    pen.restore();
    const wide = Math.max(1, Math.round(side * width));
    const rims = new Path2D();
    for (const [row, col] of walls) {
      const [x, y] = this.corner([row, col]);
      const open = (up, right) =>
        row + up >= 0 && row + up < scene.rows && col + right >= 0 && col + right < scene.cols &&
        !isWall(scene, [row + up, col + right]);
      if (open(1, 0)) rims.rect(x, y, side, wide);
      if (open(-1, 0)) rims.rect(x, y + side - wide, side, wide);
      if (open(0, -1)) rims.rect(x, y, wide, side);
      if (open(0, 1)) rims.rect(x + side - wide, y, wide, side);
      for (const [up, right] of [[1, -1], [1, 1], [-1, -1], [-1, 1]]) {
        if (!open(up, right)) continue;
        rims.rect(right < 0 ? x : x + side - wide, up > 0 ? y : y + side - wide, wide, wide);
      }
    }
    pen.fillStyle = `rgba(0, 0, 0, ${1 - rim})`;
    pen.fill(rims);
  }

  drawHeat(pen, { numbers, map, limits }, squares) {
    const colours = this.kit.style.maps[map];
    const [low, high] = limits;
    squares.forEach((square, index) => {
      const share = Math.min(1, Math.max(0, (numbers[index] - low) / (high - low)));
      pen.fillStyle = colours[Math.round(share * (colours.length - 1))];
      pen.fillRect(...this.corner(square), this.side, this.side);
    });
  }

  drawPath(pen, path) {
    pen.strokeStyle = this.kit.style.picked;
    pen.lineWidth = Math.max(2, this.side / 8);
    pen.lineJoin = "round";
    pen.lineCap = "round";
    pen.beginPath();
    path.forEach((square) => pen.lineTo(...this.middle(square)));
    pen.stroke();
  }

  drawThing(pen, scene, thing) {
    this.drawPicture(pen, scene, thing, ...this.corner(thing.at));
  }

  drawPicture(pen, scene, thing, x, y) {
    const { side } = this;
    const picture = pictureOf(this.kit.kinds[thing.kind].picture, this.redraw);
    if (!picture) return;
    pen.imageSmoothingQuality = "high";
    if (thing.kind === "mouse" && scene.settings.mirrored) {
      pen.save();
      pen.translate(x + side, y);
      pen.scale(-1, 1);
      pen.drawImage(picture, 0, 0, side, side);
      pen.restore();
    } else pen.drawImage(picture, x, y, side, side);
  }

  drawMarks(pen, marks) {
    marks.forEach(({ name, at }, index) => {
      const before = marks.slice(0, index).filter((mark) => sameSquare(mark.at, at)).length;
      drawRing(pen, this.corner(at), this.side, this.lookOf(name, index), before);
    });
  }

  lookOf(name, index) {
    const { marks, goals, series } = this.kit.style;
    return marks[name] || goals[name] || series[index % series.length];
  }

  // The numbers of the squares of a field on which an episode goes on.
  goingOn({ squares, hidden }) {
    const ends = (square) => (hidden || []).some((each) => sameSquare(each, square));
    return squares.map((_, index) => index).filter((index) => !ends(squares[index]));
  }

  drawSingleMoves(pen, field) {
    for (const index of this.goingOn(field)) {
      const [x, y] = this.middle(field.squares[index]);
      drawMoves(pen, x, y, this.side, field.moves[index], this.kit.style);
    }
  }

  drawArrows(pen, field, change) {
    for (const index of this.goingOn(field)) {
      const [x, y] = this.middle(field.squares[index]);
      const arrow = change ? change[index] : meanMove(field.moves[index]);
      drawArrow(pen, x, y, this.side, arrow, this.kit.style);
    }
  }

  outline(pen, square, colour) {
    const [x, y] = this.corner(square);
    const wide = Math.max(2 * this.ratio, this.side / 12);
    for (const [style, width] of [["white", 2 * wide], [colour, wide]]) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.strokeRect(x + wide / 2, y + wide / 2, this.side - wide, this.side - wide);
    }
  }

  drawNumbers(pen, scene) {
    const style = getComputedStyle(this.canvas);
    pen.fillStyle = style.color;
    pen.font = `${Math.round(11 * this.ratio)}px ${style.fontFamily}`;
    const most = Math.max(scene.rows, scene.cols);
    const room = Math.ceil((NUMBER_ROOM * this.ratio) / this.side);
    const step = Math.max(1, Math.ceil(most / MOST_NUMBERS), room);
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (let row = 0; row < scene.rows; row += 1) {
      const name = rowName(scene, row);
      const y = this.middle([row, 0])[1];
      if (name % step === 0) pen.fillText(name, this.margin - 5 * this.ratio, y);
    }
    pen.textAlign = "center";
    for (let col = 0; col < scene.cols; col += step) {
      const y = scene.rows * this.side + this.margin / 2 + this.ratio;
      pen.fillText(col, this.middle([0, col])[0], y);
    }
  }
}

// The look of a mark as a small picture, for legends.
export function markerIcon(look) {
  const canvas = make("canvas", { className: "pt-marker", width: 32, height: 32 });
  drawMarker(canvas.getContext("2d"), 16, 16, 11, look);
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
