"""The conditions of an evaluation, and their held-out levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from jaxtyping import Int64

from procgen_tools.names import did_you_mean
from procgen_tools.shown import brief
from procgen_tools.training.settings import CHEESE
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import HARD_WORLD_SIZE, Maze
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, LevelRule, make_bank

USUAL_RAND_REGION = 5
"""The region assumed for agents whose files do not record it."""


class Condition(StrEnum):
    """Where the cheese is placed."""

    IN_DISTRIBUTION = "in_distribution"
    """In the region where it was in training."""
    ANYWHERE = "anywhere"
    """On any open square except the start."""
    NO_CHEESE = "no_cheese"
    """Nowhere: the levels of IN_DISTRIBUTION without the cheese."""

    def rule(self, trained: LevelRule) -> LevelRule:
        """The rule of the levels, for an agent that was trained on levels of `trained`."""
        return replace(trained, rand_region=None) if self is Condition.ANYWHERE else trained

    def maze(self, level: Maze) -> Maze:
        """The maze that is played in a level: without its cheese in NO_CHEESE.

        Example:
            >>> from procgen_tools import maze
            >>> print(Condition.NO_CHEESE.maze(maze.parse("..C\\n.##\\nM..")).cheese)
            None
        """
        return remove_cheese(level) if self is Condition.NO_CHEESE else level


def read_conditions(text: str) -> tuple[Condition, ...]:
    """Parse comma-separated names of conditions. Keeps their order and drops repetitions.

    Raises:
        ValueError: an empty or unknown name.

    Example:
        >>> [condition.value for condition in read_conditions("anywhere, no_cheese")]
        ['anywhere', 'no_cheese']
    """
    conditions: dict[Condition, None] = {}
    for name in (part.strip() for part in text.split(",")):
        if name not in list(Condition):
            hint = did_you_mean(name, map(str, Condition))
            raise ValueError(
                f"unknown condition {name!r}: choose from {', '.join(Condition)}, "
                f"separated by commas{hint}"
            )
        conditions[Condition(name)] = None
    return tuple(conditions)


def trained_goal(metadata: Mapping[str, Any]) -> str:
    """The object that an agent was trained to reach; the cheese if its file does not record it.

    Args:
        metadata: the metadata of its checkpoint (see `models.checkpoint_metadata`).

    Example:
        >>> trained_goal({"settings": {"goal": "yellow_line"}}), trained_goal({})
        ('yellow_line', 'cheese')
    """
    settings = metadata.get("settings")
    return str(settings.get("goal", CHEESE)) if isinstance(settings, dict) else CHEESE


def check_goal(metadata: Mapping[str, Any], name: str) -> None:
    """Check that an agent was trained to reach the cheese.

    Args:
        metadata: the metadata of its checkpoint.
        name: of the agent, for the message.

    Raises:
        ValueError: it was trained to reach another object.
    """
    goal = trained_goal(metadata)
    if goal != CHEESE:
        raise ValueError(
            f"{name} was trained to reach a {goal.replace('_', ' ')}, and in levels of the maze "
            f"there is a cheese: ask procgen-tools audit {name} --world two_objects"
        )


def trained_rule(metadata: Mapping[str, Any]) -> LevelRule | None:
    """The rule of the levels that an agent was trained on; None if its file does not record it.

    Args:
        metadata: the metadata of its checkpoint (see `models.checkpoint_metadata`).

    Raises:
        ValueError: the metadata contain impossible settings.

    Example:
        >>> from procgen_tools import models
        >>> trained_rule(models.checkpoint_metadata("rand_region_5")).rand_region
        5
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
            f"the agent's file records impossible training settings: {error!s:.200}. The file is "
            "damaged or was not written by a trainer: download it again, or save its parameters "
            "without these settings"
        ) from None


USUAL_RULE = LevelRule(HARD_WORLD_SIZE, USUAL_RAND_REGION)
"""The rule assumed for agents whose files do not record how their levels were drawn."""


@dataclass(frozen=True, eq=False)
class HeldOutLevels:
    """Levels whose seeds are never used in training.

    Attributes:
        seeds: (level,) level seeds, all below `levels.FIRST_TRAINING_SEED`.
        mazes: the levels, each with its cheese.
    """

    seeds: Int64[np.ndarray, " level"]
    mazes: tuple[Maze, ...]

    __repr__ = brief


def held_out_levels(rule: LevelRule, count: int, *, first_seed: int = 0) -> HeldOutLevels:
    """The first `count` levels, from `first_seed` on, that have a cheese.

    Their seeds are never used in training. Several seeds can give the same level, though,
    especially a small one (see `seen_levels`).

    Raises:
        ValueError: a count below 1, or more levels than are held out.

    Example:
        >>> held_out_levels(LevelRule(25, 5), 3).seeds
        array([0, 1, 2])
    """
    if count < 1:
        raise ValueError(f"{count} levels were requested: give 1 or more")
    seeds: list[int] = []
    mazes: list[Maze] = []
    start = first_seed
    while len(mazes) < count:
        stop = min(start + count - len(mazes) + 10, FIRST_TRAINING_SEED)
        if not 0 <= start <= FIRST_TRAINING_SEED - (count - len(mazes)):
            raise ValueError(
                f"{count} levels from seed {first_seed} on do not fit in the held-out seeds "
                f"0..{FIRST_TRAINING_SEED - 1}: request fewer, or start at a lower seed"
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
