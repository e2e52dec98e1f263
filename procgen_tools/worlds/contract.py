"""The contract that every world satisfies, as an executable check.

Worlds are gymnasium vector environments with discrete actions. After the end of an episode, the
next one begins in the same step (`SAME_STEP`), in the next step (`NEXT_STEP`), or at a `reset` with
a mask (`DISABLED`), according to gymnasium's autoreset mode. `check_world` takes random actions and
reports the first law that does not hold, with the step and the environment.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from jaxtyping import Int

from procgen_tools.worlds.replays import (
    ContractBroken,
    World,
    compare,
    first_difference,
    part_of,
    play,
    require,
    row_of,
    runs_of_actions,
    take_step,
)

__all__ = [
    "ContractBroken",
    "MakeWorld",
    "Played",
    "World",
    "check_batch_equals_singles",
    "check_copies",
    "check_invalid_actions",
    "check_play",
    "check_seeds",
    "check_spaces",
    "check_states",
    "check_world",
]

MakeWorld = Callable[[int], World]
"""Makes a world with the given number of environments; two calls make equal worlds."""


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
        make: makes a world with the given number of environments. The world must have at least two
            levels, so that seeds make a difference, and levels easy enough for episodes to end.
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
    actions = runs_of_actions(make(num_envs), num_steps, seed)
    played = check_play(make(num_envs), actions, seed)
    check_seeds(make, actions, seed)
    check_batch_equals_singles(make, actions, seed)
    check_copies(make, actions, seed)
    check_invalid_actions(make, actions, seed)
    check_states(make, actions, seed)
    return played


def check_spaces(world: World, num_envs: int) -> None:
    """Spaces of the batch match those of one environment, and the autoreset mode is declared."""
    require(world.num_envs == num_envs, f"num_envs is {world.num_envs}, not {num_envs}")
    mode = world.metadata.get("autoreset_mode")
    require(
        isinstance(mode, AutoresetMode),
        f"metadata['autoreset_mode'] is {mode}, not an AutoresetMode",
    )
    action_space = world.single_action_space
    require(isinstance(action_space, Discrete), f"actions are {action_space}, not Discrete")
    for kind in ("observation", "action"):
        space, single = getattr(world, f"{kind}_space"), getattr(world, f"single_{kind}_space")
        require(space == batch_space(single, num_envs), f"{kind}_space does not batch {single}")


def check_play(world: World, actions: Int[np.ndarray, "step env"], seed: int) -> Played:
    """Shapes and types match, rewards are finite, and ends of episodes match the autoreset mode."""
    mode = world.metadata["autoreset_mode"]
    seen = play(world, actions, seed)
    require(
        seen[0].observations in world.observation_space,
        "the first observations are outside observation_space",
    )
    shape = (world.num_envs,)
    episodes, begun = 0, 0
    waiting = np.zeros(shape, bool)
    for step, now in enumerate(seen[1:], start=1):
        where = f"at step {step}"
        require(
            now.observations in world.observation_space,
            f"observations outside observation_space {where}",
        )
        for name, kind in (("rewards", "f"), ("terminations", "b"), ("truncations", "b")):
            array = getattr(now, name)
            right = isinstance(array, np.ndarray) and array.shape == shape
            require(
                right and array.dtype.kind == kind,
                f"{name} are not an array of shape {shape} and kind {kind!r} {where}",
            )
        require(bool(np.isfinite(now.rewards).all()), f"rewards are not finite {where}")
        ended = now.terminations | now.truncations
        told = now.infos.get("_final_obs", np.zeros(shape, bool))
        if mode is AutoresetMode.SAME_STEP:
            require(bool((told == ended).all()), f"'_final_obs' does not mark which ended {where}")
            pairs = [
                (now.infos["final_obs"][index], row_of(now.observations, index))
                for index in np.flatnonzero(ended).tolist()
            ]
        else:
            require("final_obs" not in now.infos, f"'final_obs' is given in mode {mode} {where}")
            later = now.begun[0] if now.begun is not None else now.observations
            earlier = now.observations if now.begun is not None else seen[step - 1].observations
            began = ended if now.begun is not None else waiting
            pairs = [
                (row_of(earlier, index), row_of(later, index))
                for index in np.flatnonzero(began).tolist()
            ]
            require(
                not (now.rewards[waiting].any() or ended[waiting].any()),
                f"a step that begins an episode has a reward or an end {where}",
            )
            waiting = ended & (mode is AutoresetMode.NEXT_STEP)
        for final, first in pairs:
            require(
                final in world.single_observation_space,
                f"the last observation of an episode is outside single_observation_space {where}",
            )
            begun += first_difference(final, first, "") is not None
        episodes += int(ended.sum())
    require(
        episodes > 0,
        f"no episode ended in {len(actions)} steps of {world.num_envs} environments: give more "
        "num_steps, or levels that end sooner",
    )
    require(begun > 0, f"{episodes} episodes ended, but no other episode began as in mode {mode}")
    return Played(actions.size, episodes)


def check_seeds(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """The same seed and actions give the same bytes, in a new world and in a used one.

    A different seed gives different bytes.
    """
    world = make(actions.shape[1])
    first = play(world, actions, seed)
    compare(
        first,
        play(make(actions.shape[1]), actions, seed),
        "the same seed gives different results in another world",
    )
    compare(
        first,
        play(world, actions, seed),
        "the same seed gives different results after other play",
    )
    other = play(world, actions, seed + actions.shape[1])
    differences = (
        first_difference(one.observations, two.observations, "")
        for one, two in zip(first, other, strict=True)
    )
    require(
        any(differences),
        "another seed gives the same results: it is not used, or there is only one level",
    )


def check_batch_equals_singles(
    make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int
) -> None:
    """Environment i of a batch behaves as a single environment with seed + i."""
    batch = play(make(actions.shape[1]), actions, seed)
    for index in range(actions.shape[1]):
        single = play(make(1), actions[:, index : index + 1], seed + index)
        mine = [part_of(now, index, actions.shape[1]) for now in batch]
        alone = [part_of(now, 0, 1) for now in single]
        compare(alone, mine, f"environment {index} of the batch differs from a single environment")


def check_copies(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """Later steps do not change earlier results, and changing those does not affect later steps."""
    expected = play(make(actions.shape[1]), actions, seed)
    kept = play(make(actions.shape[1]), actions, seed, snapshot=False)
    compare(expected, kept, "a later step changes earlier results")
    spoiled = play(make(actions.shape[1]), actions, seed, spoil=True)
    compare(expected, spoiled, "a change of earlier results changes later ones")


def check_invalid_actions(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """Actions that do not exist raise ValueError and change nothing."""
    num_envs = actions.shape[1]
    expected = play(make(num_envs), actions, seed)
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

    seen = play(world, actions, seed, before_step=offer)
    compare(expected, seen, "rejected actions change later results")


def check_states(make: MakeWorld, actions: Int[np.ndarray, "step env"], seed: int) -> None:
    """If a world has states: get_state returns what set_state took, and play continues equally."""
    world = make(actions.shape[1])
    if not hasattr(world, "get_state"):
        return
    early, late = np.array_split(actions, 2)
    last = play(world, early, seed)[-1]
    # A state does not record that an episode is over and the next step begins another.
    while world.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP and (
        (last.terminations | last.truncations).any()
    ):
        last, late = take_step(world, late[0]), late[1:]
    state = copy.deepcopy(world.get_state())
    expected = [take_step(world, row) for row in late]
    targets: dict[str, Any] = {"the world it came from": world, "a new world": make(len(late[0]))}
    for name, target in targets.items():
        target.set_state(copy.deepcopy(state))
        again = target.get_state()
        require(
            first_difference(state, again, "") is None,
            f"get_state does not return what set_state took, in {name}",
        )
        compare(
            expected,
            [take_step(target, row) for row in late],
            f"play from a state continues differently in {name}",
        )
