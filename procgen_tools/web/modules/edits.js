// What a visitor has chosen in a widget of the app, for addresses and for widgets that replace it.
//
// An edit is plain JSON: the intervention of the field explorer, the look of the activation browser
// (see web/looks.py), or the time of the player.

const SCENE = ["world", "walls", "things", "settings"]; // what decides a level

// What is decided by the level of a scene, and nothing that follows from it.
export function essential(scene) {
  return Object.fromEntries(SCENE.map((name) => [name, scene[name]]));
}

// The edit that a model shows, or null.
export function editOf(model) {
  const looking = model.get("_looking");
  if (looking) {
    const { layer, channel, cell, clamps } = looking;
    const [, other] = model.get("_scenes");
    return { layer, channel, cell, clamps, other: other ? essential(other) : null };
  }
  const now = model.get("_now");
  if (now) return now.time > 0 ? { time: now.time } : null;
  return model.get("_chosen") || null;
}

// Choose an edit in a model, as far as it can be chosen there.
export function restore(model, edit) {
  if (edit === null || typeof edit !== "object") return;
  const options = model.get("_options");
  if (options) restoreRecipe(model, options, edit);
  else if (model.get("_looking") && "clamps" in edit) model.send({ type: "look", ...edit });
  else if (model.get("_now") && "time" in edit) model.send({ type: "time", time: edit.time });
}

function restoreRecipe(model, options, edit) {
  const recipe = options.recipes.find(({ name }) => name === edit.recipe);
  if (!recipe) return;
  const most = options.channels[edit.layer];
  const fits = (name) => name in edit && (name !== "layer" || most) && (name !== "channel" || edit.channel < most);
  const kept = recipe.uses.filter(fits).map((name) => [name, edit[name]]);
  model.send({ type: "choose", edit: { recipe: recipe.name, ...Object.fromEntries(kept) } });
}
