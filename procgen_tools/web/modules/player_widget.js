// The module of widgets.rollout_player.RolloutPlayer.

import { root } from "./host.js";
import { Player } from "./player.js";

export default {
  render({ model, el }) {
    const name = Math.random().toString(36).slice(2);
    const ask = (type, what) => model.send({ type, by: name, ...what });
    const player = new Player(model.get("_kit"), model.get("_scene"), model.get("_tracks"), {
      time: (time) => ask("time", { time }),
      playing: (playing) => ask("playing", { playing }),
      speed: (speed) => ask("speed", { speed }),
    });
    root(el).append(player.element);
    // What Python says, unless it repeats what this player has said.
    const show = () => {
      const { time, playing, speed, by } = model.get("_now");
      if (by === name) return;
      if (speed !== player.speed) player.setSpeed(speed, { told: false });
      if (time !== player.time) player.go(time, { told: false });
      if (playing !== player.isPlaying) player.play(playing, { told: false });
    };
    const hear = (message) => {
      if (message.type === "refused") player.refuse(message.text);
    };
    model.on("change:_now", show);
    model.on("msg:custom", hear);
    show();
    return () => {
      model.off("change:_now", show);
      model.off("msg:custom", hear);
      player.close();
    };
  },
};
