// The colours of a heat map with its ends and its label.

import { make } from "./dom.js";

// Show the scale of `heat` {map, limits, label}, or nothing.
export function showScale(element, heat, kit) {
  if (!heat) {
    element.replaceChildren();
    return;
  }
  const strip = make("div", { className: "pt-strip" });
  strip.style.background = `linear-gradient(to right, ${kit.style.maps[heat.map].join(", ")})`;
  const signed = heat.limits[0] < 0 && heat.limits[1] > 0;
  const [low, high] = heat.limits.map((each) => inWords(each, signed));
  element.replaceChildren(
    make("span", { textContent: low }), strip, make("span", { textContent: high }),
    make("span", { className: "pt-scale-name", textContent: heat.label }),
  );
}

// A number with few digits; with `signed`, also a plus. The minus sign is a real one.
export function inWords(number, signed = false) {
  const rounded = Number(number.toPrecision(3));
  const text = Math.abs(rounded).toString();
  if (rounded < 0) return `−${text}`;
  return signed && rounded > 0 ? `+${text}` : text;
}
