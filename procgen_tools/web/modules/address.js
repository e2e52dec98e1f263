// What an address restores: the part after # names a view, a world, agents, an episode, a level and
// an edit.

import { essential } from "./edits.js";

const NAMES = ["view", "world", "agent", "other"];

// The fragment of {view, world, agent, other, seed, scene, edit}, without the #. What is null is left out.
export function fragmentOf(wish) {
  const parts = new URLSearchParams();
  for (const name of NAMES) if (wish[name]) parts.set(name, wish[name]);
  if (wish.seed) parts.set("episode", wish.seed);
  if (wish.edit && wish.edit.recipe !== null) parts.set("edit", JSON.stringify(wish.edit));
  if (wish.scene) parts.set("level", packed(JSON.stringify(essential(wish.scene))));
  return parts.toString();
}

// The inverse of `fragmentOf`. Throws an error with a message for people if there is no level in it.
export function wishOf(fragment) {
  const parts = new URLSearchParams(fragment);
  const wish = { scene: null, edit: null };
  for (const name of NAMES) wish[name] = parts.get(name);
  wish.seed = Number(parts.get("episode")); // 0 if there is none
  try {
    if (parts.has("edit")) wish.edit = JSON.parse(parts.get("edit"));
    if (parts.has("level")) wish.scene = JSON.parse(unpacked(parts.get("level")));
  } catch {
    throw new Error("The address is damaged: the level in it cannot be read.");
  }
  return wish;
}

// Text as base64 without letters that addresses escape.
function packed(text) {
  const bytes = new TextEncoder().encode(text);
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=*$/, "");
}

function unpacked(text) {
  const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)));
}
