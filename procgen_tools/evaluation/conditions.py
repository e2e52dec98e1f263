"""Conditions of an evaluation, and the held-out levels that belong to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from jaxtyping import Int64

from procgen_tools.names import did_you_mean
from procgen_tools.shown import brief
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import HARD_WORLD_SIZE, Maze
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, LevelRule, make_bank

USUAL_RAND_REGION = 5
"""Of agents whose files do not say where their cheese lay."""


class Condition(StrEnum):
    """Where the cheese lies."""

    IN_DISTRIBUTION = "in_distribution"
    """Where it lay in training."""
    ANYWHERE = "anywhere"
    """On any open square but the start."""
    NO_CHEESE = "no_cheese"
    """Nowhere: the levels of IN_DISTRIBUTION with the cheese taken out."""

    def rule(self, trained: LevelRule) -> LevelRule:
        """How the levels are drawn, for an agent that was trained on levels of `trained`."""
        return replace(trained, rand_region=None) if self is Condition.ANYWHERE else trained

    def maze(self, level: Maze) -> Maze:
        """What is played of a level."""
        return remove_cheese(level) if self is Condition.NO_CHEESE else level


def read_conditions(text: str) -> tuple[Condition, ...]:
    """Conditions from their names with commas between, each once, in the order given.

    Raises:
        ValueError: no name, or an unknown one.
    """
    conditions: dict[Condition, None] = {}
    for name in (part.strip() for part in text.split(",")):
        if name not in list(Condition):
            hint = did_you_mean(name, map(str, Condition))
            raise ValueError(
                f"unknown condition {name!r}: choose from {', '.join(Condition)}, "
                f"with commas between{hint}"
            )
        conditions[Condition(name)] = None
    return tuple(conditions)


def trained_rule(metadata: Mapping[str, Any]) -> LevelRule | None:
    """How the levels were drawn that an agent was trained on; None if its file does not say.

    Args:
        metadata: of the checkpoint (see `models.checkpoint_metadata`).

    Raises:
        ValueError: the file says something that cannot be.
    """
    settings = metadata.get("settings")
    if not isinstance(settings, dict) or not {"world_size", "rand_region"} <= settings.keys():
        return None
    try:
        return LevelRule(
            settings["world_size"],
            settings["rand_region"],
            maze_size=settings.get("maze_size") or None,
            max_maze_size=settings.get("max_maze_size") or None,
        )
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"the agent's file says of its training what cannot be: {error!s:.200}. It was damaged "
            "or not written by a trainer: download it again, or save its parameters without these "
            "settings"
        ) from None


USUAL_RULE = LevelRule(HARD_WORLD_SIZE, USUAL_RAND_REGION)
"""Taken for agents whose files do not say how their levels were drawn."""


@dataclass(frozen=True, eq=False)
class HeldOutLevels:
    """Levels that no training draws by its seed.

    Attributes:
        seeds: (level,) level seeds, below `levels.FIRST_TRAINING_SEED`.
        mazes: the levels, each with its cheese.
    """

    seeds: Int64[np.ndarray, " level"]
    mazes: tuple[Maze, ...]

    __repr__ = brief


def held_out_levels(rule: LevelRule, count: int, *, first_seed: int = 0) -> HeldOutLevels:
    """The first `count` levels from `first_seed` on that have a cheese.

    Their seeds are never trained on; a small maze may come from several seeds all the same (see
    `seen_levels`).

    Raises:
        ValueError: a count below 1, or more levels than are held out.
    """
    if count < 1:
        raise ValueError(f"{count} levels: give a number from 1 up")
    seeds: list[int] = []
    mazes: list[Maze] = []
    start = first_seed
    while len(mazes) < count:
        stop = min(start + count - len(mazes) + 10, FIRST_TRAINING_SEED)
        if not 0 <= start <= FIRST_TRAINING_SEED - (count - len(mazes)):
            raise ValueError(
                f"{count} levels from seed {first_seed} on do not lie within the held-out seeds "
                f"0..{FIRST_TRAINING_SEED - 1}: ask for fewer, or begin lower"
            )
        for level_seed, maze in zip(
            range(start, stop), make_bank(range(start, stop), rule), strict=True
        ):
            if maze.cheese is not None:
                seeds.append(level_seed)
                mazes.append(maze)
        start = stop
    return HeldOutLevels(np.array(seeds[:count], np.int64), tuple(mazes[:count]))


def held_out_mazes(rule: LevelRule, count: int, *, first_seed: int = 0) -> list[Maze]:
    """The mazes of `held_out_levels`."""
    return list(held_out_levels(rule, count, first_seed=first_seed).mazes)
