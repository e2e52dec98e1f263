// A slider with its number beside it.

import { make } from "./dom.js";

const SLIDER_STEPS = 200;

// `change(value)` is called with numbers only. Returns {element, range, show(value), within(low, high)}.
export function slider(name, low, high, change) {
  const heard = (text) => {
    if (text !== "" && Number.isFinite(Number(text))) change(Number(text));
  };
  const range = make("input", {
    type: "range", className: "pt-slider", min: low, max: high, step: (high - low) / SLIDER_STEPS,
    "aria-label": name,
  });
  const number = make("input", {
    type: "number", className: "pt-number pt-short", step: "any", "aria-label": `${name}, as a number`,
  });
  range.addEventListener("input", () => {
    number.value = range.value;
    heard(range.value);
  });
  number.addEventListener("change", () => heard(number.value));
  const show = (value) => {
    range.value = value;
    if (number.getRootNode().activeElement !== number) number.value = Number(value.toPrecision(6));
  };
  const within = (first, last) => {
    Object.assign(range, { min: first, max: last, step: (last - first) / SLIDER_STEPS });
  };
  const row = make("div", { className: "pt-slider-row" }, range, number);
  const label = make("span", { textContent: name });
  const element = make("div", { className: "pt-field" }, label, row);
  return { element, range, show, within };
}
