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


class Game:
    """An environment that is played one key at a time.

    Args:
        env: with `render_mode="rgb_array"`.
        moves: the action of UP, DOWN, LEFT and RIGHT (see `registration.World.moves`).
        seed: of the levels.

    Example:
        >>> from procgen_tools.keys_and_chests import KeysAndChestsEnv
        >>> env = KeysAndChestsEnv(render_mode="rgb_array", max_ticks=3)
        >>> game = Game(env, {"DOWN": 0, "UP": 1, "RIGHT": 2, "LEFT": 3}, seed=0)
        >>> [game.press(key) for key in "dx"], game.view.steps
        ([True, False], 1)
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], moves: Mapping[str, int], *, seed: int | None = None
    ) -> None:
        self.env, self.moves = env, moves
        self.played: list[PlayedEpisode] = []
        self._steps, self._total, self._message = 0, 0.0, ""
        self._infos: dict[str, Any] = {}
        env.reset(seed=seed)

    @property
    def view(self) -> View:
        """What the player sees now."""
        picture: Any = self.env.render()
        return View(np.asarray(picture), self._steps, self._total, self._message)

    @property
    def finished(self) -> int:
        """The number of episodes that were played to their end."""
        return sum(episode.finished for episode in self.played)

    def press(self, key: str) -> bool:
        """Do what a key does: a move takes a step, N begins another level.

        Returns:
            Whether the key means anything. Others change nothing.
        """
        if key == NEW_KEY:
            self.leave()
            self.env.reset()
        elif key in MOVE_KEYS:
            _, reward, terminated, truncated, self._infos = self.env.step(
                self.moves[MOVE_KEYS[key]]
            )
            self._steps, self._total = self._steps + 1, self._total + float(reward)
            if terminated or truncated:
                self._end(finished=True)
                self.env.reset()
        else:
            return False
        return True

    def leave(self) -> None:
        """End the present episode, which is listed if it has a step."""
        self._end(finished=False)

    def _end(self, *, finished: bool) -> None:
        if self._steps:
            self.played.append(PlayedEpisode(self._steps, self._total, self._infos, finished))
            self._message = f"last episode: {self.played[-1]}"
        self._steps, self._total = 0, 0.0


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
    game = Game(env, moves, seed=seed)
    show(game.view)
    for key in keys:
        if key in QUIT_KEYS:
            break
        if not game.press(key):
            continue
        if episodes and game.finished == episodes:
            return game.played
        show(game.view)
    game.leave()
    return game.played


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
