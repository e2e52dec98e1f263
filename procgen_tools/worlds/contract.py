"""The contract that every world satisfies, as an executable check.

Worlds are gymnasium vector environments with discrete actions. After the end of an episode, the
next one begins in the same step (`SAME_STEP`), in the next step (`NEXT_STEP`), or at a `reset` with
a mask (`DISABLED`), according to gymnasium's autoreset mode. `check_world` takes random actions and
reports the first law that does not hold, with the step and the environment.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from jaxtyping import Int, Shaped

World = VectorEnv[Any, Any, Any]
MakeWorld = Callable[[int], World]
"""Makes a world with the given number of environments; two calls make equal worlds."""


class ContractBroken(AssertionError):
    """A law of the contract does not hold.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
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


@dataclass(frozen=True)
class Played:
    """The amount of play in a check.

    Attributes:
        steps: number of steps, each of one environment.
        episodes: number of episodes that ended.
    """

    steps: int
    episodes: int


def check_world(
    make: MakeWorld, *, num_envs: int = 3, num_steps: int = 100, seed: int = 0
) -> Played:
    """Run every check of the contract.

    Args:
        make: makes a world with the given number of environments. With two or more easy levels,
            more episodes end.
        num_envs: number of environments, at least two.
        num_steps: number of steps. Some episodes must end within them.
        seed: seed of levels and actions.

    Returns:
        the amount of play.

    Raises:
        ContractBroken: a law does not hold.

    Example:
        >>> from procgen_tools.maze import MazeVectorEnv
        >>> def make(num_envs):
        ...     return MazeVectorEnv(num_envs, distribution_mode="easy", num_levels=20)
        >>> check_world(make, num_envs=2, num_steps=60).steps
        120
    """
    check_spaces(make(num_envs), num_envs)
    actions = _actions(make(num_envs), num_steps, seed)
    played = check_play(make(num_envs), actions, seed)
    check_seeds(make, actions, seed)
    check_batch_equals_singles(make, actions, seed)
    check_copies(make, actions, seed)
    check_invalid_actions(make, actions, seed)
    check_states(make, actions, seed)
    return played


def check_spaces(world: World, num_envs: int) -> None:
    """Spaces of the batch match those of one environment, and the autoreset mode is declared."""
    _require(world.num_envs == num_envs, f"num_envs is {world.num_envs}, not {num_envs}")
    mode = world.metadata.get("autoreset_mode")
    _require(
        isinstance(mode, AutoresetMode),
        f"metadata['autoreset_mode'] is {mode}, not an AutoresetMode",
    )
    action_space = world.single_action_space
    _require(isinstance(action_space, Discrete), f"actions are {action_space}, not Discrete")
    for kind in ("observation", "action"):
        space, single = getattr(world, f"{kind}_space"), getattr(world, f"single_{kind}_space")
        _require(space == batch_space(single, num_envs), f"{kind}_space does not batch {single}")


def check_play(world: World, actions: Int[np.ndarray, "step env"], seed: int) -> Played:
    """Shapes and types match, rewards are finite, and ends of episodes match the autoreset mode."""
    mode = world.metadata["autoreset_mode"]
    seen = _play(world, actions, seed)
    _require(
        seen[0].observations in world.observation_space,
        "the first observations are outside observation_space",
    )
    shape = (world.num_envs,)
    episodes, begun = 0, 0
    waiting = np.zeros(shape, bool)
    for step, now in enumerate(seen[1:], start=1):
        where = f"at step {step}"
        _require(
            now.observations in world.observation_space,
            f"observations outside observation_space {where}",
        )
        for name, kind in (("rewards", "f"), ("terminations", "b"), ("truncations", "b")):
            array = getattr(now, name)
            right = isinstance(array, np.ndarray) and array.shape == shape
            _require(
                right and array.dtype.kind == kind,
                f"{name} are not an array of shape {shape} and kind {kind!r} {where}",
            )
        _require(bool(np.isfinite(now.rewards).all()), f"rewards are not finite {where}")
        ended = now.terminations | now.truncations
        told = now.infos.get("_final_obs", np.zeros(shape, bool))
        if mode is AutoresetMode.SAME_STEP:
            _require(bool((told == ended).all()), f"'_final_obs' does not mark which ended {where}")
            pairs = [
                (now.infos["final_obs"][index], _row(now.observations, index))
                for index in np.flatnonzero(ended).tolist()
            ]
        else:
            _require("final_obs" not in now.infos, f"'final_obs' is given in mode {mode} {where}")
            later = now.begun[0] if now.begun is not None else now.observations
            earlier = now.observations if now.begun is not None else seen[step - 1].observations
            began = ended if now.begun is not None else waiting
            pairs = [
                (_row(earlier, index), _row(later, index))
                for index in np.flatnonzero(began).tolist()
            ]
            _require(
                not (now.rewards[waiting].any() or ended[waiting].any()),
                f"a step that begins an episode has a reward or an end {where}",
            )
            waiting = ended & (mode is AutoresetMode.NEXT_STEP)
        for final, first in pairs:
            _require(
                final in world.single_observation_space,
                f"the last observation of an episode is outside single_observation_space {where}",
            )
            begun += _difference(final, first, "") is not None
        episodes += int(ended.sum())
    _require(
        episodes > 0,
        f"no episode ended in {len(actions)} steps of {world.num_envs} environments: give more "
        "num_steps, or levels that end sooner",
    )
    _require(begun > 0, f"{episodes} episodes ended, but no other episode began as in mode {mode}")
    return Played(actions.size, episodes)


def check_seeds(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """The same seed and actions give the same bytes, in a new world and in a used one.

    A different seed gives different bytes.
    """
    world = make(actions.shape[1])
    first = _play(world, actions, seed)
    _compare(
        first,
        _play(make(actions.shape[1]), actions, seed),
        "the same seed gives different results in another world",
    )
    _compare(
        first,
        _play(world, actions, seed),
        "the same seed gives different results after other play",
    )
    other = _play(world, actions, seed + actions.shape[1])
    differences = (
        _difference(one.observations, two.observations, "")
        for one, two in zip(first, other, strict=True)
    )
    _require(
        any(differences),
        "another seed gives the same results: it is not used, or there is only one level",
    )


def check_batch_equals_singles(
    make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int
) -> None:
    """Environment i of a batch behaves as a single environment with seed + i."""
    batch = _play(make(actions.shape[1]), actions, seed)
    for index in range(actions.shape[1]):
        single = _play(make(1), actions[:, index : index + 1], seed + index)
        mine = [_only(now, index, actions.shape[1]) for now in batch]
        alone = [_only(now, 0, 1) for now in single]
        _compare(alone, mine, f"environment {index} of the batch differs from a single environment")


def check_copies(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """Results belong to the caller: later steps do not change them, nor do changes matter later."""
    expected = _play(make(actions.shape[1]), actions, seed)
    kept = _play(make(actions.shape[1]), actions, seed, snapshot=False)
    _compare(expected, kept, "a later step changes earlier results")
    spoiled = _play(make(actions.shape[1]), actions, seed, spoil=True)
    _compare(expected, spoiled, "a change of earlier results changes later ones")


def check_invalid_actions(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """Actions that do not exist raise ValueError and change nothing."""
    num_envs = actions.shape[1]
    expected = _play(make(num_envs), actions, seed)
    world = make(num_envs)
    space = world.single_action_space
    assert isinstance(space, Discrete)
    valid = np.full(num_envs, space.start)
    too_high, too_low = valid.copy(), valid.copy()
    too_high[-1], too_low[-1] = space.start + space.n, space.start - 1
    invalid = {
        "too high": too_high,
        "too low": too_low,
        "too few": valid[1:],
        "too many": np.append(valid, space.start),
        "not whole numbers": valid + 0.5,
    }

    def offer() -> None:
        for what, wrong in invalid.items():
            try:
                world.step(wrong)
            except ValueError:
                continue
            except Exception as error:
                raise ContractBroken(
                    f"actions that are {what} raise {type(error).__name__}, not ValueError"
                ) from error
            raise ContractBroken(f"actions that are {what} do not raise a ValueError")

    seen = _play(world, actions, seed, before_step=offer)
    _compare(expected, seen, "rejected actions change later results")


def check_states(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """If a world has states: get_state returns what set_state took, and play continues equally."""
    world = make(actions.shape[1])
    if not hasattr(world, "get_state"):
        return
    early, late = np.array_split(actions, 2)
    last = _play(world, early, seed)[-1]
    # A state does not record that an episode is over and the next step begins another.
    while world.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP and (
        (last.terminations | last.truncations).any()
    ):
        last, late = _step(world, late[0]), late[1:]
    state = copy.deepcopy(world.get_state())
    expected = [_step(world, row) for row in late]
    targets: dict[str, Any] = {"the world it came from": world, "a new world": make(len(late[0]))}
    for name, target in targets.items():
        target.set_state(copy.deepcopy(state))
        again = target.get_state()
        _require(
            _difference(state, again, "") is None,
            f"get_state does not return what set_state took, in {name}",
        )
        _compare(
            expected,
            [_step(target, row) for row in late],
            f"play from a state continues differently in {name}",
        )


# --- playing


def _actions(world: World, num_steps: int, seed: int) -> Int[np.ndarray, "step env"]:
    """Random actions in runs of the same action, which reach further than single random steps."""
    space = world.single_action_space
    assert isinstance(space, Discrete)
    rng = np.random.default_rng(seed)
    actions = space.start + rng.integers(space.n, size=(num_steps, world.num_envs))
    for step in range(1, num_steps):
        repeat = rng.random(world.num_envs) < 0.5
        actions[step, repeat] = actions[step - 1, repeat]
    return actions


def _step(world: World, actions: Int[np.ndarray, " env"]) -> Seen:
    return copy.deepcopy(_advance(world, actions))


def _advance(world: World, actions: Int[np.ndarray, " env"]) -> Seen:
    """A step, and the reset of ended episodes if the mode leaves it to the caller."""
    observations, rewards, terminations, truncations, infos = world.step(actions)
    begun = None
    ended = terminations | truncations
    if world.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
        begun = world.reset(options={"reset_mask": ended.copy()})
    return Seen(observations, infos, rewards, terminations, truncations, begun)


def _play(
    world: World,
    actions: Int[np.ndarray, "step env"],
    seed: int,
    *,
    snapshot: bool = True,
    spoil: bool = False,
    before_step: Callable[[], None] = lambda: None,
) -> list[Seen]:
    seen: list[Seen] = []

    def keep(now: Seen) -> None:
        seen.append(copy.deepcopy(now) if snapshot else now)
        if spoil:
            for field in fields(now):
                _spoil(getattr(now, field.name))

    keep(Seen(*world.reset(seed=seed)))
    for row in actions:
        before_step()
        keep(_advance(world, row.copy()))
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


# --- comparing


def _row(value: Any, index: int) -> Any:
    """Environment `index` of batched observations."""
    if isinstance(value, dict):
        return {name: _row(part, index) for name, part in value.items()}
    return value[index]


def _only(now: Seen, index: int, num_envs: int) -> Seen:
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
        begun = (_row(now.begun[0], index), infos_of(now.begun[1]))
    arrays = (now.rewards, now.terminations, now.truncations)
    rewards, terminations, truncations = (
        None if array is None else array[index] for array in arrays
    )
    return Seen(
        _row(now.observations, index),
        infos_of(now.infos),
        rewards,
        terminations,
        truncations,
        begun,
    )


def _compare(expected: list[Seen], found: list[Seen], law: str) -> None:
    first = 0 if expected[0].rewards is None else 1
    for step, (one, other) in enumerate(zip(expected, found, strict=True), start=first):
        for field in fields(one):
            parts = getattr(one, field.name), getattr(other, field.name)
            difference = _difference(*parts, field.name)
            when = f"step {step}" if step else "the reset"
            _require(difference is None, f"{law}: {difference}, at {when}")


def _difference(one: Any, other: Any, path: str) -> str | None:
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
    differences = (_difference(*part) for part in parts)
    return next((difference for difference in differences if difference is not None), None)


def _where(one: Shaped[np.ndarray, "*a"], other: Shaped[np.ndarray, "*b"], path: str) -> str:
    if one.shape != other.shape or one.dtype != other.dtype:
        return f"{path} is {one.dtype}{one.shape} and {other.dtype}{other.shape}"
    places = np.argwhere(one != other)
    return f"{path}{places[0].tolist()} and {len(places) - 1} other places differ"


def _require(holds: bool, law: str) -> None:
    if not holds:
        raise ContractBroken(law)
