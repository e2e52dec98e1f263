// Controls around an editor: a new level, what a scene can be set to, and levels by name.

import { choice, make } from "./dom.js";
import { withKind, withSetting } from "./scene.js";

// A row of controls. `host` has `create({seed, size})`.
export class NewLevel {
  constructor(kit, host) {
    const [low, high] = kit.new.seed;
    const seed = make("input", { type: "number", className: "pt-number", min: low, max: high });
    seed.placeholder = "any number";
    const name = make("span", { textContent: "seed" });
    const field = make("label", { className: "pt-field" }, name, seed);
    this.seed = seed;
    this.size = null;
    this.last = null; // the latest seed
    const create = () => {
      if (seed.value === "") seed.value = this.last === null ? low : this.last;
      host.create({ seed: seed.valueAsNumber, size: this.size });
    };
    seed.addEventListener("change", create);
    const sides = kit.new.sizes.map((side) => [side, `${side} × ${side}`]);
    const options = [[null, "as drawn"], ...sides];
    const sizes = choice("size", options, null, (side) => {
      this.size = side;
      create();
    });
    this.sizes = sizes.querySelector("select");
    const next = make("button", { className: "pt-button", textContent: "Next level" });
    next.addEventListener("click", () => {
      seed.value = this.last === null ? low : Math.min(high, this.last + 1);
      create();
    });
    this.element = make(
      "div",
      { className: "pt-controls" },
      field, kit.new.sizes.length ? sizes : null, next,
    );
  }

  // `made` is the {seed, size} of the level that is shown, or empty: nobody knows the seed of a
  // level that was drawn.
  show(scene, made) {
    const known = made.seed !== undefined;
    if (known) this.last = made.seed;
    if (!this.seed.matches(":focus")) this.seed.value = known ? made.seed : "";
    if (known) this.size = made.size;
    else if (this.size !== scene.rows) this.size = null;
    this.sizes.value = JSON.stringify(this.size);
  }
}

// The choices of a kit, such as the background. Each is an edit.
export class Choices {
  constructor(kit, editor) {
    this.kit = kit;
    this.editor = editor;
    this.element = make("div", { className: "pt-controls" });
  }

  show(scene) {
    const values = this.kit.choices.map(({ setting, thing }) =>
      setting ? scene.settings[setting] : scene.things[thing] && scene.things[thing].kind,
    );
    const key = JSON.stringify(values);
    if (key === this.shown) return;
    this.shown = key;
    this.element.replaceChildren(
      ...this.kit.choices.map(({ label, setting, thing, options }, number) =>
        choice(label, options, values[number], (value) => {
          const change = (each) =>
            setting ? withSetting(each, setting, value) : withKind(each, thing, value);
          this.editor.strokes += 1;
          this.editor.propose(change, this.editor.strokes);
          this.shown = null; // a refusal shows the old value again
        }),
      ),
    );
  }
}

// Levels in a folder. `host` has `save(name)` and `load(name)`.
export class Levels {
  constructor(host) {
    this.host = host;
    this.name = make("input", { className: "pt-text", placeholder: "name" });
    this.name.setAttribute("aria-label", "name of the level");
    const save = make("button", { className: "pt-button", textContent: "Save" });
    save.addEventListener("click", () => host.save(this.name.value));
    this.list = make("span");
    this.element = make("div", { className: "pt-controls" }, this.name, save, this.list);
  }

  show(names) {
    const first = names.length ? "load …" : "no levels";
    const options = [["", first], ...names.map((each) => [each, each])];
    const select = choice("saved levels", options, "", (name) => {
      if (name) {
        this.name.value = name;
        this.host.load(name);
      }
    });
    this.list.replaceChildren(select);
  }
}
