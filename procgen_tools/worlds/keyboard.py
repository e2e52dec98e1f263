"""Play a world with a keyboard: what each key does, and what is shown.

Keys come from any iterator and pictures go to any function, so a terminal, a notebook and a test
play in the same way. Only a move takes a step in the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from procgen_tools.shown import brief

MOVE_KEYS = {
    "UP": "UP", "DOWN": "DOWN", "LEFT": "LEFT", "RIGHT": "RIGHT",
    "w": "UP", "s": "DOWN", "a": "LEFT", "d": "RIGHT",
}  # fmt: skip
"""The move of each key: the arrows, and W, A, S, D."""

QUIT_KEYS = ("q", "ESCAPE")
NEW_KEY = "n"

HELP = "arrows or W A S D move, N new level, Q quit"

UPPER_HALF = "▀"


@dataclass(frozen=True, eq=False)
class View:
    """What the player sees.

    Attributes:
        picture: of the environment.
        steps: taken in this episode.
        episode_return: sum of rewards so far.
        message: about the last episode; empty during the first.
    """

    picture: UInt8[np.ndarray, "height width 3"]
    steps: int
    episode_return: float
    message: str

    __repr__ = brief


@dataclass(frozen=True)
class PlayedEpisode:
    """One episode.

    Attributes:
        steps: number of steps.
        episode_return: sum of rewards.
        infos: of the last step.
        finished: False if the player stopped before the end.
    """

    steps: int
    episode_return: float
    infos: Mapping[str, Any]
    finished: bool

    def __str__(self) -> str:
        told = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in self.infos.items()
            if name != "episode_return"
        ]
        end = "" if self.finished else " (not finished)"
        return f"{self.steps} steps{end}, " + ", ".join([f"return {self.episode_return:g}", *told])


def play(
    env: gymnasium.Env[Any, Any],
    moves: Mapping[str, int],
    keys: Iterable[str],
    show: Callable[[View], None],
    *,
    seed: int | None = None,
    episodes: int = 0,
) -> list[PlayedEpisode]:
    """Play until the keys end, a key quits, or enough episodes have ended.

    Keys that mean nothing are ignored, and take no step.

    Args:
        env: with `render_mode="rgb_array"`.
        moves: the action of UP, DOWN, LEFT and RIGHT (see `registration.World.moves`).
        keys: names of keys (see MOVE_KEYS, QUIT_KEYS and NEW_KEY), one for each press.
        show: called at the beginning and after each change.
        seed: of the levels.
        episodes: number of finished episodes after which to stop; 0 for no limit.

    Returns:
        The episodes, also those that were left before their end, if they have a step.

    Example:
        >>> from procgen_tools.keys_and_chests import KeysAndChestsEnv
        >>> env = KeysAndChestsEnv(render_mode="rgb_array", max_ticks=3)
        >>> moves = {"DOWN": 0, "UP": 1, "RIGHT": 2, "LEFT": 3}
        >>> played = play(env, moves, "dxdsq", lambda view: None, seed=0)
        >>> played[0].steps, played[0].finished
        (3, True)
    """
    played: list[PlayedEpisode] = []
    steps, total, message = 0, 0.0, ""
    infos: dict[str, Any] = {}

    def finish(ended: bool) -> None:
        nonlocal steps, total, message
        if steps:
            played.append(PlayedEpisode(steps, total, infos, ended))
            message = f"last episode: {played[-1]}"
        steps, total = 0, 0.0

    def view() -> View:
        picture: Any = env.render()
        return View(np.asarray(picture), steps, total, message)

    env.reset(seed=seed)
    show(view())
    for key in keys:
        if key in QUIT_KEYS:
            break
        if key == NEW_KEY:
            finish(False)
            env.reset()
        elif key in MOVE_KEYS:
            _, reward, terminated, truncated, infos = env.step(moves[MOVE_KEYS[key]])
            steps, total = steps + 1, total + float(reward)
            if terminated or truncated:
                finish(True)
                if sum(episode.finished for episode in played) == episodes:
                    return played
                env.reset()
        else:
            continue
        show(view())
    finish(False)
    return played


def coloured_text(
    picture: UInt8[np.ndarray, "height width 3"], columns: int, lines: int
) -> list[str]:
    """A picture as text for a terminal with 24-bit colours: each character is two pixels.

    Args:
        picture: the picture.
        columns, lines: characters that there is room for. The picture keeps its proportions.
    """
    height, width = picture.shape[:2]
    scale = min(columns / width, 2 * lines / height)
    size = max(1, round(width * scale)), 2 * max(1, round(height * scale / 2))
    pixels = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX)).tolist()
    return [
        "".join(
            f"\x1b[38;2;{above[0]};{above[1]};{above[2]};48;2;{below[0]};{below[1]};{below[2]}m"
            f"{UPPER_HALF}"
            for above, below in zip(upper, lower, strict=True)
        )
        + "\x1b[0m"
        for upper, lower in zip(pixels[::2], pixels[1::2], strict=True)
    ]
