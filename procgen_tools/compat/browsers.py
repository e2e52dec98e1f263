"""The former browsers of channels and levels, as the widgets that replaced them, for migration."""

from __future__ import annotations

from typing import Any

from procgen_tools.models import Policy
from procgen_tools.names import did_you_mean
from procgen_tools.widgets.activation_browser import ActivationBrowser
from procgen_tools.widgets.field_explorer import FieldExplorer
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.situations import SITUATIONS, situations

AS_DRAWN = "as the level has it"


class ChannelBrowser(ActivationBrowser):
    """An `ActivationBrowser` with the arguments of the former `widgets.channels.ChannelBrowser`.

    Example:
        >>> from procgen_tools import maze, models
        >>> layer = "embedder.block2.res1.resadd"
        >>> ChannelBrowser(models.ImpalaPolicy(), maze.make_level(3), layer, channel=3)
        channel 3 of 32 of embedder.block2.res1.resadd_out
    """

    def __init__(
        self,
        policy: Policy,
        maze: Maze,
        layer: str,
        *,
        other: Maze | None = None,
        channel: int | None = None,
    ) -> None:
        super().__init__(maze, policy, layer, other=other, channel=channel)


class LevelBrowser(FieldExplorer):
    """A `FieldExplorer` with the arguments of the former `widgets.levels.LevelBrowser`.

    Example:
        >>> from procgen_tools import models
        >>> browser = LevelBrowser(models.ImpalaPolicy(), seed=51)
        >>> browser.choose(size=5)
        >>> browser.maze.size
        5
    """

    def __init__(
        self, policy: Policy, seed: int = 0, size: int | None = None, cheese: str = AS_DRAWN
    ) -> None:
        self.chosen: dict[str, Any] = {"seed": seed, "size": size, "cheese": cheese}
        super().__init__(level(seed, size, cheese), policy)

    def choose(self, name: str | None = None, **settings: Any) -> None:
        """Choose any of seed, size and cheese, or an intervention as `FieldExplorer.choose` does.

        Raises:
            ValueError: see `level` and `FieldExplorer.choose`. In this case nothing changes.
        """
        if name is None and settings:
            wanted = self.chosen | settings
            self.maze = level(**wanted)
            self.chosen = wanted
        else:
            super().choose(name, **settings)


def level(seed: int, size: int | None = None, cheese: str = AS_DRAWN) -> Maze:
    """A level with its cheese in one of the situations of `worlds.maze.situations`.

    Args:
        seed: the seed of the level.
        size: side of the maze in squares. Defaults to the size that procgen draws.
        cheese: one of `SITUATIONS`. Defaults to the level's own cheese.

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
