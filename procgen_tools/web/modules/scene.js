// Scenes: levels as plain JSON. The contract is in web/scenes.py. All functions return new scenes.

export function isInside(scene, [row, col]) {
  return row >= 0 && row < scene.rows && col >= 0 && col < scene.cols;
}

// Beyond the scene there are walls.
export function isWall(scene, square) {
  return !isInside(scene, square) || scene.walls[square[0]][square[1]] === "#";
}

export function sameSquare(one, other) {
  return one !== null && other !== null && one[0] === other[0] && one[1] === other[1];
}

// The numbers of the things on a square, the one that is drawn last first.
export function thingsAt(scene, square) {
  const found = scene.things.map((_, number) => number);
  return found.filter((number) => sameSquare(scene.things[number].at, square)).reverse();
}

export function withWall(scene, square, wall) {
  if (wall && thingsAt(scene, square).length) return scene;
  const walls = [...scene.walls];
  const row = walls[square[0]];
  walls[square[0]] = row.slice(0, square[1]) + (wall ? "#" : ".") + row.slice(square[1] + 1);
  return { ...scene, walls };
}

export function withMoved(scene, number, square) {
  const things = scene.things.map((thing, n) => (n === number ? { ...thing, at: square } : thing));
  return { ...scene, things };
}

// A scene with a thing of a kind on a square. The only thing of its kind moves there.
export function withPut(scene, kit, kind, square) {
  const number = scene.things.findIndex((thing) => thing.kind === kind);
  if (number >= 0 && kit.kinds[kind].most === 1) return withMoved(scene, number, square);
  return { ...scene, things: [...scene.things, { kind, at: square }] };
}

export function without(scene, number) {
  return { ...scene, things: scene.things.filter((_, n) => n !== number) };
}

export function withKind(scene, number, kind) {
  const things = scene.things.map((thing, n) => (n === number ? { ...thing, kind } : thing));
  return { ...scene, things };
}

export function withSetting(scene, name, value) {
  return { ...scene, settings: { ...scene.settings, [name]: value } };
}

// Whether a thing may be taken away: its kind has more than it needs.
export function isRemovable(scene, kit, number) {
  const { kind } = scene.things[number];
  const count = scene.things.filter((thing) => thing.kind === kind).length;
  return !kit.kinds[kind].fixed && count > kit.kinds[kind].least && !("reward" in scene.things[number]);
}

// The row as people count it in this world.
export function rowName(scene, row) {
  return scene.top_down ? scene.rows - 1 - row : row;
}

export function squareName(scene, [row, col]) {
  return `row ${rowName(scene, row)}, column ${col}`;
}

export function describe(scene, kit, square) {
  const names = thingsAt(scene, square).map((number) => kit.kinds[scene.things[number].kind].label);
  const content = names.length ? names.join(" and ") : isWall(scene, square) ? "wall" : "open";
  return `${squareName(scene, square)}: ${content}`;
}

// The squares on a line between two squares, without the first.
export function between([row, col], [lastRow, lastCol]) {
  const steps = Math.max(Math.abs(lastRow - row), Math.abs(lastCol - col));
  return Array.from({ length: steps }, (_, n) => [
    Math.round(row + ((lastRow - row) * (n + 1)) / steps),
    Math.round(col + ((lastCol - col) * (n + 1)) / steps),
  ]);
}
