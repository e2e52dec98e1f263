"""Play a world in a notebook: buttons and typed letters move, and only a move takes a step."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import gymnasium

from procgen_tools.shown import pixels_png
from procgen_tools.widgets.base import Browser
from procgen_tools.worlds import register_environments
from procgen_tools.worlds.keyboard import NEW_KEY, Game, PlayedEpisode, View
from procgen_tools.worlds.registration import WORLDS, world_id

BUTTONS = {"◀": "LEFT", "▲": "UP", "▼": "DOWN", "▶": "RIGHT", "new level": NEW_KEY}
"""The key of each button."""

LARGEST = 480
"""Pixels of the longer side of the picture."""


class GameBrowser(Browser):
    """Play any world with buttons, or by typing W, A, S, D and N into the field beside them.

    As the last expression of a cell, it displays the game in a live notebook, and a picture of the
    level elsewhere.

    Args:
        world: the name of a world, such as "keys-and-chests".
        seed: of the levels.
        settings: of the environment, such as `variant="test"`.

    Raises:
        ValueError: an unknown world, or one without moves for keys.

    Example:
        >>> game = GameBrowser("keys-and-chests", seed=0, variant="test")
        >>> game.press("d")
        >>> game
        keys_and_chests: 1 step, return 0
    """

    def __init__(self, world: str, *, seed: int | None = None, **settings: Any) -> None:
        identifier = world_id(world)
        chosen = WORLDS[identifier]
        if not chosen.moves:
            names = ", ".join(each.name for each in WORLDS.values() if each.moves)
            raise ValueError(f"{world} has no moves for the keys: choose one of {names}")
        register_environments()
        env = gymnasium.make(identifier, render_mode="rgb_array", **settings).unwrapped
        self.world = chosen.name
        self._game = Game(env, chosen.moves, seed=seed)
        self._live: Any = None

    @property
    def view(self) -> View:
        """What the player sees now."""
        return self._game.view

    @property
    def played(self) -> tuple[PlayedEpisode, ...]:
        """The episodes that are over."""
        return tuple(self._game.played)

    def press(self, key: str) -> None:
        """Press a key (see `worlds.keyboard`); one that means nothing changes nothing."""
        if self._game.press(key) and self._live is not None:
            _, image, label = self._live.children
            image.value, label.value = self.current(), repr(self)

    def current(self) -> bytes:
        return pixels_png(self.view.picture)

    def widget(self, picture: bytes | None = None) -> Any:
        """Buttons, a field for letters, the picture and the score; see `Browser.widget`."""
        if self._live is None:
            ipywidgets: Any = import_module("ipywidgets")
            shown = self.view.picture
            width = round(LARGEST * shown.shape[1] / max(shown.shape[:2]))
            image = ipywidgets.Image(value=picture or self.current(), format="png", width=width)
            field = ipywidgets.Text(placeholder="W A S D, N", layout={"width": "9em"})

            def typed(change: dict[str, Any]) -> None:
                for letter in change["new"]:
                    self.press(letter.lower())
                if change["new"]:
                    field.value = ""

            field.observe(typed, names="value")
            buttons = []
            for name, key in BUTTONS.items():
                button = ipywidgets.Button(description=name, layout={"width": "auto"})
                button.on_click(lambda _, key=key: self.press(key))
                buttons.append(button)
            label = ipywidgets.Label(repr(self))
            self._live = ipywidgets.VBox([ipywidgets.HBox([*buttons, field]), image, label])
        return self._live

    def __repr__(self) -> str:
        view = self.view
        steps = f"{view.steps} step{'' if view.steps == 1 else 's'}"
        message = f"; {view.message}" if view.message else ""
        return f"{self.world}: {steps}, return {view.episode_return:g}{message}"
