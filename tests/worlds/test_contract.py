"""The contract holds for our worlds; worlds that break it, law by law, are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, MultiDiscrete
from gymnasium.vector import AutoresetMode

from procgen_tools.crops_and_humans import CropsAndHumansVectorEnv
from procgen_tools.maze import MazeVectorEnv
from procgen_tools.worlds import ContractBroken, StackObservations, check_world
from procgen_tools.worlds.wrappers import policy_observations, under_key

SMALL = {"distribution_mode": "easy", "start_level": 202, "num_levels": 2}
"""Easy levels with the cheese one or two steps away, which random play soon solves."""

STEPS = 16


class SmallMaze(MazeVectorEnv):
    """Levels that random play solves within a few steps."""

    def __init__(self, num_envs: int, **options: Any) -> None:
        super().__init__(num_envs, **SMALL, **options)


def test_the_maze_keeps_the_contract() -> None:
    played = check_world(SmallMaze, num_steps=40)
    print(f"\n{played}")
    assert played.steps == 120
    assert played.episodes > 5


@pytest.mark.parametrize("mode", AutoresetMode)
def test_every_autoreset_mode_keeps_the_contract(mode: AutoresetMode) -> None:
    played = check_world(lambda num: SmallMaze(num, autoreset_mode=mode), num_steps=40)
    assert played.episodes > 5
    crops = check_world(
        lambda num: CropsAndHumansVectorEnv(num, step_limit=9, autoreset_mode=mode), num_steps=40
    )
    assert crops.episodes >= 9


@pytest.mark.parametrize(
    "options",
    [
        {"distribution_mode": "hard", "start_level": 323, "use_backgrounds": False},
        {"env_name": "maze_aisc", "rand_region": 3},
    ],
)
def test_other_mazes_keep_the_contract(options: dict[str, Any]) -> None:
    check_world(lambda num: MazeVectorEnv(num, **{**SMALL, **options}), num_steps=20)


@pytest.mark.parametrize(
    "wrap", [policy_observations, under_key, lambda env: StackObservations(env, 3)]
)
def test_wrapped_mazes_keep_the_contract(wrap: Callable[[Any], Any]) -> None:
    check_world(lambda num: wrap(SmallMaze(num)), num_envs=2, num_steps=STEPS)


# --- worlds that break it


class WrongSpace(SmallMaze):
    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs)
        self.observation_space = Box(0, 255, (num_envs, 64, 64, 4), np.uint8)


class WrongActions(SmallMaze):
    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs)
        self.single_action_space = MultiDiscrete([15])


class WrongNumber(SmallMaze):
    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs + 1)


class NoMode(SmallMaze):
    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs)
        self.metadata = {"autoreset_mode": "SameStep"}


class NextStep(SmallMaze):
    """Says that it begins episodes in the next step, and does so in the same."""

    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs)
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}


class NeverWaits(SmallMaze):
    """The step that should begin an episode ends it at once."""

    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs, autoreset_mode="NextStep")

    def step(self, actions: Any) -> Any:
        waited = self._over.copy()
        frames, rewards, terminations, truncations, infos = super().step(actions)
        return frames, rewards + waited, terminations, truncations, infos


class ResetShowsTheLast(SmallMaze):
    """A reset of what ended shows its last frame again."""

    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs, autoreset_mode="Disabled")

    def reset(self, **arguments: Any) -> Any:
        over = self._over.copy()
        frames, infos = super().reset(**arguments)
        for index in np.flatnonzero(over):
            frames[index] = self._last_seen[index]
        return frames, infos


class FloatFrames(SmallMaze):
    def reset(self, **arguments: Any) -> Any:
        frames, infos = super().reset(**arguments)
        return frames.astype(np.float32), infos


class Stepping(SmallMaze):
    """Changes what a step gives."""

    def step(self, actions: Any) -> Any:
        return self.changed(*super().step(actions))

    def changed(self, frames: Any, rewards: Any, over: Any, cut: Any, infos: Any) -> Any:
        raise NotImplementedError


class OtherFrames(Stepping):
    def changed(self, frames: Any, *rest: Any) -> Any:
        return frames[:, :32], *rest


class InfiniteReward(Stepping):
    def changed(self, frames: Any, rewards: Any, *rest: Any) -> Any:
        return frames, np.where(rewards > 0, np.inf, 0.0), *rest


class WholeRewards(Stepping):
    def changed(self, frames: Any, rewards: Any, *rest: Any) -> Any:
        return frames, rewards.astype(int), *rest


class ListOfEnds(Stepping):
    def changed(self, frames: Any, rewards: Any, over: Any, *rest: Any) -> Any:
        return frames, rewards, over.tolist(), *rest


class NoFinalFrames(Stepping):
    def changed(self, *all_but_infos_and_infos: Any) -> Any:
        *rest, infos = all_but_infos_and_infos
        infos.pop("_final_obs", None)
        return *rest, infos


class SmallFinalFrames(Stepping):
    def changed(self, *all_but_infos_and_infos: Any) -> Any:
        *rest, infos = all_but_infos_and_infos
        for index in np.flatnonzero(infos.get("_final_obs", [])):
            infos["final_obs"][index] = infos["final_obs"][index][:32]
        return *rest, infos


class NeverBegins(Stepping):
    """Shows the last frame where the next episode's first is due."""

    def changed(self, frames: Any, *rest: Any) -> Any:
        for index in np.flatnonzero(rest[-1].get("_final_obs", [])):
            frames[index] = rest[-1]["final_obs"][index]
        return frames, *rest


class NeverEnds(SmallMaze):
    def step(self, actions: Any) -> Any:
        return super().step(np.full(self.num_envs, 4) + 0 * np.asarray(actions))


class Unseeded(SmallMaze):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(seed=int(np.random.default_rng().integers(2**31)), options=options)


class SeededOnce(SmallMaze):
    """Goes on where it was when seeded again."""

    seeded = False

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        result = super().reset(seed=None if self.seeded else seed, options=options)
        self.seeded = True
        return result


class OneSeed(SmallMaze):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(seed=None if seed is None else 7, options=options)


class SeededAsOne(SmallMaze):
    """Environments play otherwise in another batch."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        seeds = None if seed is None else [seed + self.num_envs * i for i in range(self.num_envs)]
        return super().reset(seed=seeds, options=options)


class Buffered(SmallMaze):
    """Gives the same array every time."""

    def step(self, actions: Any) -> Any:
        frames, *rest = super().step(actions)
        if not hasattr(self, "frames"):
            self.frames = frames
        self.frames[...] = frames
        return self.frames, *rest


class Exposed(SmallMaze):
    """Gives away an array that it goes on from."""

    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs)
        self.returns = np.zeros(num_envs)

    def reset(self, **arguments: Any) -> Any:
        self.returns = np.zeros(self.num_envs)
        return super().reset(**arguments)

    def step(self, actions: Any) -> Any:
        frames, rewards, *rest, infos = super().step(actions)
        self.returns = self.returns + rewards
        return frames, rewards, *rest, {**infos, "return": self.returns}


class Lenient(SmallMaze):
    def step(self, actions: Any) -> Any:
        return super().step(np.clip(actions, 0, 14))


class LenientCount(SmallMaze):
    def step(self, actions: Any) -> Any:
        return super().step(np.resize(actions, self.num_envs))


class WrongError(SmallMaze):
    def step(self, actions: Any) -> Any:
        if np.max(actions) > 14:
            raise KeyError(actions)
        return super().step(actions)


class HalfStep(SmallMaze):
    """Refuses an action after it has acted on it."""

    def step(self, actions: Any) -> Any:
        try:
            return super().step(actions)
        except ValueError:
            super().step(np.full(self.num_envs, 5))
            raise


class IgnoresStates(SmallMaze):
    def set_state(self, states: Any) -> None:
        """Stays where it is."""


class RepeatsStates(SmallMaze):
    """Gives the states that it was given, and stays where it is."""

    given: Any = None

    def get_state(self) -> Any:
        return self.given or super().get_state()

    def set_state(self, states: Any) -> None:
        self.given = states


class OwnStates(SmallMaze):
    """Its states mean nothing to other worlds."""

    def __init__(self, num_envs: int) -> None:
        super().__init__(num_envs)
        self.known: list[Any] = []
        self.reset(seed=99)

    def get_state(self) -> Any:
        states = super().get_state()
        if states not in self.known:
            self.known.append(states)
        return [b"%d" % self.known.index(states)]

    def set_state(self, states: Any) -> None:
        if int(states[0]) < len(self.known):
            super().set_state(self.known[int(states[0])])


BROKEN: dict[type[MazeVectorEnv], str] = {
    WrongSpace: "observation_space does not batch",
    WrongActions: "actions are MultiDiscrete.*, not Discrete",
    WrongNumber: "num_envs is 4, not 3",
    NoMode: r"metadata\['autoreset_mode'\] is SameStep, not an AutoresetMode",
    NextStep: r"'final_obs' is given in mode AutoresetMode\.NEXT_STEP at step \d+",
    NeverWaits: r"a step that begins an episode has a reward or an end at step \d+",
    ResetShowsTheLast: r"no other episode began as in mode AutoresetMode\.DISABLED",
    FloatFrames: "first observations are outside observation_space",
    OtherFrames: "observations outside observation_space at step 1",
    InfiniteReward: r"rewards are not finite at step \d+",
    WholeRewards: "rewards are not an array of shape.*kind 'f' at step 1",
    ListOfEnds: "terminations are not an array of shape.*kind 'b' at step 1",
    NoFinalFrames: r"'_final_obs' does not mark which ended at step \d+",
    SmallFinalFrames: r"episode is outside single_observation_space at step \d+",
    NeverBegins: r"no other episode began as in mode AutoresetMode\.SAME_STEP",
    NeverEnds: "no episode ended in 16 steps of 3 environments: give more num_steps",
    Unseeded: r"the same seed gives different results in another world: \w+",
    SeededOnce: "the same seed gives different results after other play",
    OneSeed: "another seed gives the same results: it is not used",
    SeededAsOne: "environment 1 of the batch differs from a single environment",
    Buffered: "a later step changes earlier results: observations",
    Exposed: r"a change of earlier results changes later ones: infos\['return'\]",
    Lenient: "actions that are too high do not raise a ValueError",
    LenientCount: "actions that are too few do not raise a ValueError",
    WrongError: "actions that are too high raise KeyError, not ValueError",
    HalfStep: "rejected actions change later results",
    IgnoresStates: "get_state does not return what set_state took, in the world it came from",
    RepeatsStates: "play from a state continues differently in the world it came from",
    OwnStates: "play from a state continues differently in a new world",
}


@pytest.mark.parametrize("world", BROKEN, ids=lambda world: world.__name__)
def test_a_broken_world_is_told(world: Callable[[int], MazeVectorEnv]) -> None:
    with pytest.raises(ContractBroken, match=BROKEN[world]):  # type: ignore[index]
        check_world(world, num_steps=STEPS)
