// The list of clamps, and the buttons that choose a maze to compare with.

import { make } from "./dom.js";
import { inWords } from "./scale.js";

// One item per clamp, with a button that frees it. The host has `unclamp(number)`.
export function clampItems(clamps, host) {
  return clamps.map((_, number) => {
    const free = make("button", { className: "pt-button pt-small", textContent: "Free" });
    free.addEventListener("click", () => host.unclamp(number));
    return make("li", {}, make("span"), free);
  });
}

// Write what each clamp is into its item.
export function nameClamps(items, clamps, hasCells) {
  clamps.forEach(({ layer, short, channels, cell, value }, number) => {
    const where = cell === null ? "" : `, cell (${cell.join(", ")})`;
    const one = hasCells(layer) ? "channel" : "unit";
    const which = channels === null ? `all ${one}s` : `${one} ${channels.join(", ")}`;
    const text = `${which} of ${short}${where}: ${inWords(value)}`;
    const [label, free] = items[number].children;
    label.textContent = text;
    free.setAttribute("aria-label", `Free ${text}`);
  });
}

// The host has `compare(with)`.
export function comparisons({ compares, cheese }, host) {
  const options = [["now", "This maze as it is now"]];
  if (cheese) options.push(["without cheese", "This maze without cheese"]);
  if (compares) options.push([null, "Nothing"]);
  return options.map(([what, text]) => {
    const button = make("button", { className: "pt-button", textContent: text });
    button.addEventListener("click", () => host.compare(what));
    return button;
  });
}
