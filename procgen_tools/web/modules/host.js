// The editor of a widget: Python checks every proposal. The traits are those of widgets/live.py.

import { Choices, Levels, NewLevel } from "./controls.js";
import { make } from "./dom.js";
import { Editor } from "./editor.js";

// An editor with its controls in an element, connected to a model. Returns {editor, close,
// onProposal}; the function given to `onProposal` is called with each proposal.
export function connect(model, element) {
  const kit = model.get("_kit");
  let proposed = () => {};
  const host = {
    propose: (proposal) => {
      proposed();
      model.send({ type: "propose", ...proposal });
    },
    undo: () => model.send({ type: "undo" }),
    redo: () => model.send({ type: "redo" }),
    create: (level) => {
      proposed();
      model.send({ type: "create", ...level });
    },
    save: (name) => model.send({ type: "save", name }),
    load: (name) => model.send({ type: "load", name }),
  };
  const editor = new Editor(kit, host);
  const fresh = new NewLevel(kit, host);
  const choices = new Choices(kit, editor);
  const levels = new Levels(host);
  const notes = make("ul", { className: "pt-notes" });
  editor.element.append(fresh.element, choices.element);
  if (model.get("_saves")) editor.element.append(levels.element);
  editor.element.append(notes);
  element.append(editor.element);

  const show = () => {
    const scene = model.get("_scene");
    editor.show(scene, model.get("_history"));
    choices.show(scene);
    fresh.show(scene, model.get("_made"));
    notes.replaceChildren(...scene.notes.map((text) => make("li", { textContent: text })));
  };
  const hear = (message) => {
    if (message.type === "answer") {
      editor.answer(message);
      if (message.refused) choices.show(model.get("_scene"));
    } else if (message.type === "refused" || message.type === "said") editor.refuse(message.text);
  };
  const list = () => levels.show(model.get("_names"));
  model.on("change:_scene", show);
  model.on("change:_history", show);
  model.on("change:_made", show);
  model.on("change:_names", list);
  model.on("msg:custom", hear);
  show();
  list();
  const close = () => {
    model.off("change:_scene", show);
    model.off("change:_history", show);
    model.off("change:_made", show);
    model.off("change:_names", list);
    model.off("msg:custom", hear);
    editor.close();
  };
  const onProposal = (does) => {
    proposed = does;
  };
  return { editor, close, onProposal };
}

// The root of a widget. JupyterLab leaves keys that are pressed inside it alone.
export function root(element) {
  element.classList.add("pt");
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  return element;
}
