// The module of widgets.activation_browser.ActivationBrowser.

import { Activations } from "./activations.js";
import { make } from "./dom.js";
import { Explorer } from "./explorer.js";
import { connect, root } from "./host.js";

export default {
  render({ model, el }) {
    const { editor, close, onProposal } = connect(model, root(el));
    const kit = model.get("_kit");
    const ask = (type, what = {}) => model.send({ type, ...what });
    const activations = new Activations(kit, model.get("_layers"), {
      layer: (layer) => ask("layer", { layer }),
      channel: (channel) => ask("channel", { channel }),
      cell: (cell) => ask("cell", { cell }),
      clamp: (cell, value) => ask("clamp", { cell, value }),
      square: (square) => ask("square", { square }),
      unclamp: (clamp) => ask("unclamp", { clamp }),
      compare: (other) => ask("compare", { with: other }),
      picture: () => ask("picture"),
    });
    // The fields follow below the activation; there are no other interventions than clamps.
    const explorer = new Explorer(kit, editor, { recipes: [], channels: {} }, { seen: () => {} });
    onProposal(() => explorer.started());
    el.prepend(activations.element, make("hr", { className: "pt-line" }));
    el.append(explorer.element);
    const shown = [
      ["_scenes", (scenes) => activations.showScenes(scenes)],
      ["_looking", (looking) => activations.showLooking(looking)],
      ["_map", (map) => activations.showMap(map)],
      ["_scene", (scene) => explorer.showScene(scene)],
      ["_answer_of", (answer) => explorer.showAnswer(answer)],
    ].map(([name, show]) => [name, () => show(model.get(name))]);
    const hear = (message) => {
      if (message.type === "declined") activations.decline(message.text);
      if (message.type === "picture") download(message);
    };
    for (const [name, show] of shown) {
      model.on(`change:${name}`, show);
      show();
    }
    model.on("msg:custom", hear);
    explorer.showEdit({ recipe: null });
    return () => {
      for (const [name, show] of shown) model.off(`change:${name}`, show);
      model.off("msg:custom", hear);
      activations.close();
      explorer.close();
      close();
    };
  },
};

function download({ name, png }) {
  const link = make("a", { href: `data:image/png;base64,${png}`, download: name });
  link.click();
}
