"""Episodes for visitors: one in a level of any world, by one agent, with a limit on its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from procgen_tools.episodes import crops, keys, rollouts, walks
from procgen_tools.models.recurrent import RecurrentPolicy
from procgen_tools.web.scenes import AnyLevel, world_of
from procgen_tools.web.tracks import Episode
from procgen_tools.worlds.crops_and_humans.walks import greedy

MOST_STEPS = 500
"""The most steps of an episode."""

LAST_SEED = 2**31 - 1
"""The largest seed of the actions."""

SAMPLED = ("maze", "two_objects", "keys_and_chests")
"""Worlds whose agents sample their actions. Agents of crops and humans take the best one."""


def without_memory(agent: Any) -> Any:
    """The agent, after a check that it has a field.

    Raises:
        ValueError: an agent with a memory.
    """
    if isinstance(agent, RecurrentPolicy):
        raise ValueError(
            "the agent has a memory, so what it does at a square depends on its way there: choose "
            "one without"
        )
    return agent


def episode(agent: Any, level: AnyLevel, seed: object = 0) -> Episode:
    """One episode of an agent in a level, from its beginning.

    Args:
        agent: an agent of the level's world. In mazes it may have a memory.
        level: the level.
        seed: seed of the actions, in worlds where they are sampled.

    Raises:
        ValueError: a seed out of range, an agent with a memory in a level of two objects, or a
            level of keys and chests that lasts too long or has another size than the agent takes.

    Example:
        >>> from procgen_tools import maze, models
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> episode(models.load_policy("rand_region_5"), level, 0).found
        True
    """
    if type(seed) is not int or not 0 <= seed <= LAST_SEED:
        raise ValueError(
            f"the episode is {str(seed)[:60]!r}: give a whole number in 0..{LAST_SEED}"
        )
    return _PLAY[world_of(level)](agent, level, seed)


def _in_maze(agent: Any, level: AnyLevel, seed: int) -> Episode:
    return rollouts.play(agent, level, seed=seed, step_limit=MOST_STEPS)[0]


def _in_two_objects(agent: Any, level: AnyLevel, seed: int) -> Episode:
    return walks.sample_walk(without_memory(agent), level, seed=seed, step_limit=MOST_STEPS)


def _in_crops_and_humans(agent: Any, level: AnyLevel, seed: int) -> Episode:
    return crops.play(greedy(agent), level)


def _in_keys_and_chests(agent: Any, level: AnyLevel, seed: int) -> Episode:
    if level.max_ticks > MOST_STEPS:
        raise ValueError(
            f"the level has {level.max_ticks:,} ticks: give one with at most {MOST_STEPS}"
        )
    return keys.play(keys.policy_actor(agent, seed), [level])[0]


_PLAY: Mapping[str, Callable[[Any, AnyLevel, int], Episode]] = {
    "maze": _in_maze,
    "two_objects": _in_two_objects,
    "crops_and_humans": _in_crops_and_humans,
    "keys_and_chests": _in_keys_and_chests,
}
