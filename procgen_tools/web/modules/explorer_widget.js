// The module of widgets.field_explorer.FieldExplorer.

import { Explorer } from "./explorer.js";
import { connect, root } from "./host.js";

export default {
  render({ model, el }) {
    const { editor, close, onProposal } = connect(model, root(el));
    const kit = model.get("_kit");
    const explorer = new Explorer(kit, editor, model.get("_options"), {
      choose: (edit) => model.send({ type: "choose", edit }),
      seen: (number, milliseconds) => model.send({ type: "seen", number, milliseconds }),
    });
    onProposal(() => explorer.started());
    el.append(explorer.element);
    const scene = () => explorer.showScene(model.get("_scene"));
    const answer = () => explorer.showAnswer(model.get("_answer_of"));
    const edit = () => explorer.showEdit(model.get("_chosen"));
    model.on("change:_scene", scene);
    model.on("change:_answer_of", answer);
    model.on("change:_chosen", edit);
    scene();
    edit();
    answer();
    return () => {
      model.off("change:_scene", scene);
      model.off("change:_answer_of", answer);
      model.off("change:_chosen", edit);
      explorer.close();
      close();
    };
  },
};
