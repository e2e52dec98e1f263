/**
 * The host of an `Editor` on a page without Python: it checks proposals, and undoes and redoes them.
 *
 * `check(scene)` returns the completed scene, or throws an error whose message says what to change.
 */

export class History {
  constructor(scene, check, changed) {
    this.check = check;
    this.changed = changed;
    this.past = [];
    this.future = [];
    this.scene = check(scene);
    this.stroke = null;
    this.editor = null;
  }

  show() {
    const steps = { undo: this.past.length > 0, redo: this.future.length > 0 };
    this.editor.show(this.scene, steps);
    this.changed(this.scene);
  }

  propose({ by, scene, stroke }) {
    let refused = null;
    try {
      this.put(scene, stroke);
    } catch (error) {
      refused = error.message;
    }
    this.editor.answer({ by, refused });
  }

  /** Replace the scene; the edits of one stroke are one step for undo. */
  put(scene, stroke) {
    const checked = this.check(scene);
    if (stroke === null || stroke !== this.stroke) this.past.push(this.scene);
    this.stroke = stroke;
    this.future = [];
    this.scene = checked;
    this.show();
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.scene);
    this.scene = from.pop();
    this.stroke = null;
    this.show();
  }
}
