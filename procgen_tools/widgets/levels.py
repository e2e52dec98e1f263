"""Levels to choose from and the policy's field in each, or a picture outside a live notebook."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from procgen_tools.models import ImpalaPolicy
from procgen_tools.names import did_you_mean
from procgen_tools.shown import figure_png
from procgen_tools.vfield import vector_field
from procgen_tools.widgets.base import Browser
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, LevelRule, make_level
from procgen_tools.worlds.maze.situations import SITUATIONS, situations

AS_DRAWN = "as the level has it"
SIZES = tuple(range(3, 26, 2))
LAST_SEED = FIRST_TRAINING_SEED - 1
"""The last held-out seed: agents are trained on larger seeds."""


class LevelBrowser(Browser):
    """Choose the seed, the size and the cheese of a level, and see the policy's field there.

    As the last expression of a cell, it displays controls in a live notebook. In a saved notebook,
    on a web page, or without ipywidgets, it displays its first picture.

    Args:
        policy: a policy without memory.
        seed, size, cheese: the level to start with; see `level`.

    Raises:
        ValueError: see `level`.

    Example:
        >>> from procgen_tools import models
        >>> browser = LevelBrowser(models.load_policy("rand_region_5"), seed=51)
        >>> browser.choose(size=5)
        >>> browser
        level 51, 5 x 5
    """

    def __init__(
        self,
        policy: ImpalaPolicy,
        seed: int = 0,
        size: int | None = None,
        cheese: str = AS_DRAWN,
    ) -> None:
        level(seed, size, cheese)
        self._policy = policy
        self.chosen: dict[str, Any] = {"seed": seed, "size": size, "cheese": cheese}
        self._live: Any = None

    @property
    def maze(self) -> Maze:
        """The current level."""
        return level(**self.chosen)

    def picture(self) -> bytes:
        """A PNG of the field, with the exact chances above it."""
        from matplotlib.figure import Figure

        from procgen_tools.plots.situations import plot_with_chances

        figure = Figure(figsize=(5.4, 7.0), layout="constrained")
        maze = self.maze
        title = f"seed {self.chosen['seed']}, {maze.size} x {maze.size}"
        plot_with_chances(
            vector_field(maze, self._policy), figure.subplots(), title=title, legend=True
        )
        return figure_png(figure)

    def current(self) -> bytes:
        return self.picture()

    def choose(self, **chosen: Any) -> None:
        """Choose another level.

        Args:
            chosen: any of seed, size and cheese. The others keep their values.

        Raises:
            ValueError: see `level`. In this case nothing changes.
        """
        wanted = self.chosen | chosen
        level(**wanted)
        self.chosen = wanted

    def widget(self, picture: bytes | None = None) -> Any:
        """The controls and the picture; see `Browser.widget`."""
        if self._live is None:
            ipywidgets: Any = import_module("ipywidgets")
            controls = {
                "seed": ipywidgets.BoundedIntText(self.chosen["seed"], min=0, max=LAST_SEED),
                "size": ipywidgets.Dropdown(
                    options=[("as the level has it", None), *((str(side), side) for side in SIZES)],
                    value=self.chosen["size"],
                ),
                "cheese": ipywidgets.Dropdown(
                    options=[AS_DRAWN, *SITUATIONS], value=self.chosen["cheese"]
                ),
            }
            image = ipywidgets.Image(value=picture or self.picture(), format="png")
            words = ipywidgets.Label()

            def show(_: dict[str, Any]) -> None:
                try:
                    self.choose(**{name: control.value for name, control in controls.items()})
                    image.value, words.value = self.picture(), ""
                except ValueError as error:
                    words.value = str(error)

            for name, control in controls.items():
                control.description = name
                control.observe(show, names="value")
            self._live = ipywidgets.VBox([*controls.values(), words, image])
        return self._live

    def __repr__(self) -> str:
        return f"level {self.chosen['seed']}, {self.maze.size} x {self.maze.size}"


def level(seed: int, size: int | None = None, cheese: str = AS_DRAWN) -> Maze:
    """A level with its mouse at the start.

    Args:
        seed: the seed of the level.
        size: side of the maze in squares. Defaults to the size that procgen draws. The same seed
            gives different mazes at different sizes.
        cheese: one of `worlds.maze.situations.SITUATIONS`. Defaults to the level's own cheese.

    Raises:
        ValueError: an invalid seed or size, an unknown situation, or a situation that does not
            fit in this maze.

    Example:
        >>> level(3, size=5).size
        5
    """
    maze = make_level(seed, LevelRule(maze_size=size))
    if cheese == AS_DRAWN:
        return maze
    if cheese not in SITUATIONS:
        raise ValueError(
            f"no situation {cheese!r}: choose {AS_DRAWN!r} or one of {', '.join(SITUATIONS)}"
            f"{did_you_mean(cheese, SITUATIONS)}"
        )
    possible = situations(maze, seed)
    if cheese not in possible:
        raise ValueError(
            f"level {seed} of size {maze.size} has no room for cheese {cheese!r} "
            f"({SITUATIONS[cheese]}): choose another seed or a larger size"
        )
    return possible[cheese]
