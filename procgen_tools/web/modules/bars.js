// Exact chances as bars, one group per goal.

import { make } from "./dom.js";
import { markerIcon } from "./canvas.js";

export function words(name) {
  return name.replaceAll("_", " ");
}

// Probabilities are never rounded to certainty.
export function percent(chance) {
  const rounded = (100 * chance).toFixed(1);
  if (rounded === "100.0" && chance < 1) return "> 99.9%";
  if (rounded === "0.0" && chance > 0) return "< 0.1%";
  return `${rounded}%`;
}

// One bar: a label, the part of a track between two shares of its width, and a number in words.
export function barRow(label, [from, to], colour, text) {
  const fill = make("div", { className: "pt-bar-fill" });
  fill.style.marginLeft = `${100 * from}%`;
  fill.style.width = `${100 * (to - from)}%`;
  fill.style.background = colour;
  return make(
    "div",
    { className: "pt-bar" },
    make("span", { className: "pt-bar-label", textContent: label }),
    make("div", { className: "pt-bar-track", "aria-hidden": "true" }, fill),
    make("span", { className: "pt-bar-number", textContent: text }),
  );
}

// Show bars: [{name, look, rows: [{label, chance}]}]. A chance of null is not known yet.
export function showBars(container, bars) {
  container.replaceChildren(
    ...bars.map(({ name, look, rows }) => {
      const title = make("div", { className: "pt-bar-name" }, markerIcon(look), words(name));
      const drawn = rows.map(({ label, chance }, number) => {
        const text = chance === null ? "…" : percent(chance);
        const row = barRow(label, [0, chance || 0], look.colour, text);
        const fill = row.querySelector(".pt-bar-fill");
        fill.style.opacity = number === 0 && rows.length > 1 ? 0.5 : 1;
        return row;
      });
      return make("div", { className: "pt-bar-group" }, title, ...drawn);
    }),
  );
}
