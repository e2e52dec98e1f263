// The module of widgets.maze_editor.MazeEditor.

import { connect, root } from "./host.js";

export default {
  render({ model, el }) {
    return connect(model, root(el)).close;
  },
};
