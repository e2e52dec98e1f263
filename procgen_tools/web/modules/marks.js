// Arrows, bars of single moves, rings and markers, drawn as in our figures (plots/fields.py).

// To the right and up, from the probabilities of LEFT, RIGHT, UP, DOWN, STAY.
export function meanMove([left, right, up, down]) {
  return [right - left, up - down];
}

// An arrow around a point. Its lengths are those of matplotlib's quiver.
export function drawArrow(pen, x, y, side, [right, up], style) {
  const { length, width, headwidth, headlength, headaxislength, minlength } = style.arrow;
  const full = Math.hypot(right, up) * length * side;
  let wide = width * side;
  pen.fillStyle = style.ink;
  if (full < minlength * wide) {
    pen.beginPath();
    pen.arc(x, y, (minlength * wide) / 2 + 0.5, 0, 2 * Math.PI);
    pen.fill();
    return;
  }
  wide = Math.min(wide, full / headlength); // the head of a short arrow is smaller
  const [back, tip] = [-full / 2, full / 2];
  const half = wide / 2;
  const head = half * headwidth;
  pen.save();
  pen.translate(x, y);
  pen.rotate(-Math.atan2(up, right));
  pen.beginPath();
  pen.moveTo(back, -half);
  pen.lineTo(tip - headaxislength * wide, -half);
  pen.lineTo(tip - headlength * wide, -head);
  pen.lineTo(tip, 0);
  pen.lineTo(tip - headlength * wide, head);
  pen.lineTo(tip - headaxislength * wide, half);
  pen.lineTo(back, half);
  pen.closePath();
  pen.fill();
  pen.restore();
}

// A bar from a point in the direction of every move, half a square long if it is certain.
export function drawMoves(pen, x, y, side, moves, style) {
  const wide = style.bar_width * side;
  const long = (style.arrow.length * side) / 2;
  pen.fillStyle = style.single_moves;
  const [left, right, up, down] = moves.map((move) => move * long);
  pen.fillRect(x - left, y - wide / 2, left + right, wide);
  pen.fillRect(x - wide / 2, y - up, wide, up + down);
}

const THICKEST = 4; // of rings, in CSS pixels

// A coloured frame with a white edge and its marker. `depth` rings are around it.
export function drawRing(pen, [left, top], side, look, depth) {
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.min(Math.max(1.5, side / 14), THICKEST * ratio);
  const inset = wide / 2 + depth * wide * 1.9;
  for (const [colour, width] of [["white", 1.8 * wide], [look.colour, wide]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.strokeRect(left + inset, top + inset, side - 2 * inset, side - 2 * inset);
  }
  const size = Math.min(side / 8, 1.8 * THICKEST * ratio);
  const corner = inset + size / 2;
  drawMarker(pen, left + corner + depth * size * 2.4, top + corner, size, look);
}

const ANGLES = { "^": [3, -90], v: [3, 90], s: [4, 45], D: [4, 0], P: [4, 0], x: [4, 45] };

// One of matplotlib's markers, with a white edge.
export function drawMarker(pen, x, y, radius, { colour, marker }) {
  pen.beginPath();
  const [points, turn] = ANGLES[marker] || [0, 0];
  if (marker === "*") {
    for (let n = 0; n < 10; n += 1) {
      const angle = ((-90 + n * 36) * Math.PI) / 180;
      const far = n % 2 ? 0.45 * radius : radius;
      pen.lineTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
    }
  } else if (points) {
    for (let n = 0; n < points; n += 1) {
      const angle = ((turn + (n * 360) / points) * Math.PI) / 180;
      pen.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    }
  } else pen.arc(x, y, 0.85 * radius, 0, 2 * Math.PI);
  pen.closePath();
  pen.strokeStyle = "white";
  pen.lineWidth = Math.max(1.5, radius / 3);
  pen.stroke();
  pen.fillStyle = colour;
  pen.fill();
}
