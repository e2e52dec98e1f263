"""Sampled episodes of keys and chests, one per level.

    levels = keys_and_chests.make_levels(range(1000), keys_and_chests.VARIANTS["test"])
    episodes = play(policy_actor(policy, seed=0), levels)
    episodes.returns.mean(), episodes.collected_keys.mean()

Levels and actions determine everything else, so states are not stored. `states` plays them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import SupportsIndex

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from procgen_tools.checks import check_finite
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.shown import brief
from procgen_tools.worlds.keys_and_chests.grid import CHEST, Level
from procgen_tools.worlds.keys_and_chests.human_view import pictures
from procgen_tools.worlds.keys_and_chests.players import Actor
from procgen_tools.worlds.keys_and_chests.rules import States, beginning, step
from procgen_tools.worlds.maze.observations import to_observations

_INK = "#111111"


@dataclass(frozen=True, eq=False)
class KeyEpisode:
    """One episode, which `videos.write_video` shows with the keys that are held.

    Attributes:
        level: the level.
        actions: (tick,) of the player.
    """

    level: Level
    actions: UInt8[np.ndarray, " tick"]

    __repr__ = brief

    @property
    def steps(self) -> int:
        """The number of steps in the episode."""
        return len(self.actions)

    @property
    def world_size(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.level.cells.shape

    @cached_property
    def states(self) -> tuple[States, ...]:
        """The state at each tick: before the first step, and after every one."""
        states = [beginning([self.level])]
        for action in self.actions.tolist():
            states.append(step(states[-1], np.array([action])).states)
        return tuple(states)

    def picture(self, time: int, square_pixels: int) -> UInt8[np.ndarray, "height width 3"]:
        """The level after `time` steps."""
        return pictures(self.states[time], cell_pixels=square_pixels)[0]

    def notes(self, time: int) -> tuple[str, str, str]:
        """The tick, the keys that are held, and the chests that were opened so far."""
        now = self.states[time]
        opened = int((self.level.cells == CHEST).sum() - (now.cells == CHEST).sum())
        return str(time), f"keys {now.keys[0]}  opened {opened}", _INK


@dataclass(frozen=True, eq=False)
class KeyEpisodes:
    """One episode per level. All levels have the same size and the same number of ticks.

    Attributes:
        levels: the levels.
        actions: (level, tick) of the player.
        returns: (level,) chests opened.
        hidden_returns: (level,) hidden chests opened with ghost keys.
        collected_keys: (level,).
    """

    levels: tuple[Level, ...]
    actions: UInt8[np.ndarray, "level tick"]
    returns: Int64[np.ndarray, " level"]
    hidden_returns: Int64[np.ndarray, " level"]
    collected_keys: Int64[np.ndarray, " level"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.levels)

    def __getitem__(self, index: SupportsIndex) -> KeyEpisode:
        """The episode in one level."""
        return KeyEpisode(self.levels[index], self.actions[index])

    def states(self) -> Iterator[States]:
        """The states of all levels at each tick: before the first step, and after every one."""
        states = beginning(self.levels)
        yield states
        for actions in self.actions.T:
            states = step(states, actions.astype(np.int64)).states
            yield states


def observe(policy: CnnLstmPolicy, states: States) -> Float[Tensor, "state channel row col"]:
    """What a policy sees of states, in the resolution that it takes.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.levels import make_levels
        >>> observe(CnnLstmPolicy("small"), beginning(make_levels(range(2)))).shape
        torch.Size([2, 4, 12, 12])
    """
    rows = policy.observation_shape[1]
    frames = states.observations(max(1, rows // states.cells.shape[1]))
    return to_observations(torch.from_numpy(frames))


def policy_actor(policy: CnnLstmPolicy, seed: int = 0, *, greedy: bool = False) -> Actor:
    """The policy as a player of one batch of episodes, from their beginning.

    Args:
        policy: in eval mode.
        seed: of the sampled actions.
        greedy: take the most probable action instead of sampling.

    Raises:
        ValueError: when called with levels of a size that the policy does not take.
    """
    generator = torch.Generator().manual_seed(seed)
    memory: list[torch.Tensor] = []

    @torch.no_grad()
    def act(states: States) -> Int64[np.ndarray, " state"]:
        if not memory:
            memory.append(policy.initial_memory(len(states)))
        firsts = torch.from_numpy(states.ticks == 0)
        logits, _, memory[0] = policy.step(observe(policy, states), memory[0], firsts)
        chances = logits.softmax(-1)
        check_finite("the probabilities of actions", chances)
        if greedy:
            return logits.argmax(dim=1).numpy()
        return torch.multinomial(chances, 1, generator=generator).flatten().numpy()

    return act


def play(actor: Actor, levels: Sequence[Level]) -> KeyEpisodes:
    """Play one episode in each level, all together.

    Args:
        actor: chooses the actions, such as `policy_actor` or a scripted player.
        levels: of one size, with the same number of ticks.

    Raises:
        ValueError: no levels, or levels of different sizes or numbers of ticks.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.levels import make_levels
        >>> from procgen_tools.worlds.keys_and_chests.players import key_only
        >>> len(play(key_only(seed=0), make_levels(range(3))))
        3
    """
    states = beginning(levels)
    ticks = sorted(set(states.max_ticks.tolist()))
    if len(ticks) != 1:
        raise ValueError(f"levels have {ticks} ticks: give levels with the same number")
    actions = np.empty((len(levels), ticks[0]), np.uint8)
    sums = np.zeros((3, len(levels)), np.int64)
    for tick in range(ticks[0]):
        chosen = actor(states)
        actions[:, tick] = chosen
        stepped = step(states, chosen)
        states = stepped.states
        sums += np.array([stepped.rewards, stepped.hidden_rewards, stepped.collected], np.int64)
    return KeyEpisodes(tuple(levels), actions, *sums)
