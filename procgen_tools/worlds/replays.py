"""Play worlds with fixed actions, keep what they return, and compare it.

These are the tools of the checks in `worlds.contract`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from jaxtyping import Int, Shaped

World = VectorEnv[Any, Any, Any]


class ContractBroken(AssertionError):
    """A law of the contract does not hold.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> from procgen_tools.worlds import check_world
        >>> try:
        ...     check_world(lambda num_envs: MazeVectorEnv(num_envs, num_levels=1), num_steps=1)
        ... except ContractBroken as error:
        ...     print(error)
        no episode ended in 1 steps of 3 environments: give more num_steps, or ...
    """


@dataclass(frozen=True, eq=False)
class Seen:
    """The result of a reset or a step. After a reset, rewards and ends are None.

    Attributes:
        begun: in `DISABLED` mode, observations and infos of the reset after a step in which
            episodes ended; otherwise None.
    """

    observations: Any
    infos: dict[str, Any]
    rewards: Any = None
    terminations: Any = None
    truncations: Any = None
    begun: Any = None


def runs_of_actions(world: World, num_steps: int, seed: int) -> Int[np.ndarray, "step env"]:
    """Random actions in runs of the same action, which reach further than single random steps."""
    space = world.single_action_space
    assert isinstance(space, Discrete)
    rng = np.random.default_rng(seed)
    actions = space.start + rng.integers(space.n, size=(num_steps, world.num_envs))
    for step in range(1, num_steps):
        repeat = rng.random(world.num_envs) < 0.5
        actions[step, repeat] = actions[step - 1, repeat]
    return actions


def take_step(world: World, actions: Int[np.ndarray, " env"]) -> Seen:
    """A step (see `advance`), as a copy that later steps do not change."""
    return copy.deepcopy(advance(world, actions))


def advance(world: World, actions: Int[np.ndarray, " env"]) -> Seen:
    """A step, and the reset of ended episodes if the mode leaves it to the caller."""
    observations, rewards, terminations, truncations, infos = world.step(actions)
    begun = None
    ended = terminations | truncations
    if world.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
        begun = world.reset(options={"reset_mask": ended.copy()})
    return Seen(observations, infos, rewards, terminations, truncations, begun)


def play(
    world: World,
    actions: Int[np.ndarray, "step env"],
    seed: int,
    *,
    snapshot: bool = True,
    spoil: bool = False,
    before_step: Callable[[], None] = lambda: None,
) -> list[Seen]:
    """A reset with a seed, and one step per row of actions.

    Args:
        world: the world, new or used.
        actions: (step, env): the actions.
        seed: the seed of the reset.
        snapshot: keep copies. Otherwise later steps may change what is kept.
        spoil: overwrite each result after it was kept, as a careless caller might.
        before_step: called before each step.
    """
    seen: list[Seen] = []

    def keep(now: Seen) -> None:
        seen.append(copy.deepcopy(now) if snapshot else now)
        if spoil:
            for field in fields(now):
                _spoil(getattr(now, field.name))

    keep(Seen(*world.reset(seed=seed)))
    for row in actions:
        before_step()
        keep(advance(world, row.copy()))
    return seen


def _spoil(value: Any) -> None:
    if isinstance(value, dict):
        for part in value.values():
            _spoil(part)
    elif isinstance(value, tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        for part in value:
            _spoil(part)
    elif isinstance(value, np.ndarray) and value.flags.writeable:
        value[...] = ~value if value.dtype == bool else value + 1


def row_of(value: Any, index: int) -> Any:
    """Environment `index` of batched observations."""
    if isinstance(value, dict):
        return {name: row_of(part, index) for name, part in value.items()}
    return value[index]


def part_of(now: Seen, index: int, num_envs: int) -> Seen:
    """The part of one environment, with only its own infos."""

    def infos_of(infos: dict[str, Any]) -> dict[str, Any]:
        chosen = {}
        for name, value in infos.items():
            told = infos.get(f"_{name}", np.ones(num_envs, bool))
            if not name.startswith("_") and told[index]:
                chosen[name] = infos_of(value) if isinstance(value, dict) else value[index]
        return chosen

    begun = None
    if now.begun is not None and (now.terminations | now.truncations)[index]:
        begun = (row_of(now.begun[0], index), infos_of(now.begun[1]))
    arrays = (now.rewards, now.terminations, now.truncations)
    rewards, terminations, truncations = (
        None if array is None else array[index] for array in arrays
    )
    return Seen(
        row_of(now.observations, index),
        infos_of(now.infos),
        rewards,
        terminations,
        truncations,
        begun,
    )


def compare(expected: list[Seen], found: list[Seen], law: str) -> None:
    """Require that two plays are equal.

    Raises:
        ContractBroken: they differ. The message names the law, the first difference and its step.
    """
    first = 0 if expected[0].rewards is None else 1
    for step, (one, other) in enumerate(zip(expected, found, strict=True), start=first):
        for field in fields(one):
            parts = getattr(one, field.name), getattr(other, field.name)
            difference = first_difference(*parts, field.name)
            when = f"step {step}" if step else "the reset"
            require(difference is None, f"{law}: {difference}, at {when}")


def first_difference(one: Any, other: Any, path: str) -> str | None:
    """The first difference of two structures of arrays, or None."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return f"{path} has {sorted(one)} and {sorted(other)}"
        parts = [(one[name], other[name], f"{path}[{name!r}]") for name in one]
    elif isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.dtype != object:
        same = one.dtype == other.dtype and np.array_equal(one, other)
        return None if same else _where(one, other, path)
    elif isinstance(one, list | tuple | np.ndarray) and type(one) is type(other):
        if len(one) != len(other):
            return f"{path} has {len(one)} and {len(other)} parts"
        parts = [(a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True))]
    else:
        return None if type(one) is type(other) and one == other else f"{path} differs"
    differences = (first_difference(*part) for part in parts)
    return next((difference for difference in differences if difference is not None), None)


def _where(one: Shaped[np.ndarray, "*a"], other: Shaped[np.ndarray, "*b"], path: str) -> str:
    if one.shape != other.shape or one.dtype != other.dtype:
        return f"{path} is {one.dtype}{one.shape} and {other.dtype}{other.shape}"
    places = np.argwhere(one != other)
    return f"{path}{places[0].tolist()} and {len(places) - 1} other places differ"


def require(holds: bool, law: str) -> None:
    """Raise ContractBroken with the law, unless it holds."""
    if not holds:
        raise ContractBroken(law)
