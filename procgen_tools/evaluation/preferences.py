"""Which of two objects an agent goes to, exactly, over all distinct levels of a set.

A level with two objects is an absorbing Markov chain (see `chains`). Here many small levels are
solved together: their frames are evaluated in common batches and their chains in common arrays.
States that an episode hardly ever visits need not be evaluated at all: with a `tolerance`, states
are evaluated in the order of their weight until the chance of an episode to leave the evaluated
states is at most the tolerance. That chance is reported, and bounds the error of every share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

from procgen_tools.hooks import is_hooked
from procgen_tools.models.pooled import PooledPictures, is_plain
from procgen_tools.shown import brief, summary
from procgen_tools.vfield import CACHED_BATCH, observations_of, place_of
from procgen_tools.worlds.maze.agent_view import background_code, draw_levels, draw_mice
from procgen_tools.worlds.maze.grid import EPISODE_STEPS, MOVES
from procgen_tools.worlds.two_objects.levels import Level

SURELY_SHORT = 6.0
"""Levels whose episodes have at most this many steps on average are solved without a limit."""

BATCHES = {"float32": CACHED_BATCH, "bfloat16": 2 * CACHED_BATCH}
"""Frames per forward pass, by precision: as many as fit into the cache."""

_ESCAPE = 1e-12  # keeps chains without an exit solvable


@dataclass(frozen=True, eq=False)
class LevelSet:
    """Distinct levels of one pair of objects, or of one object, with their weights.

    Attributes:
        levels: the distinct levels, of one world size and background.
        index: (seed,): the number of each original level among the distinct ones.
    """

    levels: tuple[Level, ...]
    index: Int[np.ndarray, " seed"]

    def __repr__(self) -> str:
        return summary(
            self, f"{len(self.levels)} distinct of {len(self.index)} levels",
            " against ".join(self.levels[0].objects),
        )  # fmt: skip

    @cached_property
    def weights(self) -> Float[np.ndarray, " level"]:
        """(level,): the share of each distinct level; sums to 1."""
        return np.bincount(self.index, minlength=len(self.levels)) / len(self.index)

    @property
    def digest(self) -> str:
        """The start of the SHA-256 of the levels and their weights, whatever their objects are."""
        total = hashlib.sha256(self.index.astype("<i8").tobytes())
        for level in self.levels:
            squares = [level.mouse, *(thing.square for thing in level.things)]
            places = [(int(row), int(col)) for row, col in squares]
            rest = (level.walls.shape, level.world_size, level.background, level.mouse_mirrored)
            total.update(repr((places, rest)).encode())
            total.update(np.packbits(level.walls).tobytes())
        return total.hexdigest()[:16]

    def with_objects(self, *names: str) -> LevelSet:
        """The same levels with other objects."""
        other = replace(self, levels=tuple(level.with_objects(*names) for level in self.levels))
        # What an object looks like changes neither graphs nor mice, and these take a while to make.
        vars(other).update(_chains=self._chains, _mice=self._mice)
        return other

    def with_graphs(self) -> LevelSet:
        """The same levels, with their graphs made already, for other objects and processes."""
        return self.with_objects(*self.levels[0].objects)

    @cached_property
    def _mice(self) -> tuple[Int[np.ndarray, "level state 2"], Bool[np.ndarray, "level state"]]:
        """The mouse's square in the frame, and whether it is mirrored, in each state."""
        places = [np.argwhere(~level.walls) + level.padding for level in self.levels]
        squares = np.zeros((len(places), 2 * max(map(len, places)), 2), np.int64)
        mirrored = np.zeros(squares.shape[:2], bool)
        for number, (own, level) in enumerate(zip(places, self.levels, strict=True)):
            squares[number, : 2 * len(own)] = np.concatenate([own, own])
            mirrored[number, : len(own)] = level.mouse_mirrored
            mirrored[number, len(own) :] = not level.mouse_mirrored
        return squares, mirrored

    @cached_property
    def _pictures(self) -> UInt8[np.ndarray, "level 64 64 3"]:
        cells = np.stack([level.cells() for level in self.levels])
        backgrounds = np.array([background_code(level) for level in self.levels], np.uint8)
        return draw_levels(cells, backgrounds, self.levels[0].sprites())

    @cached_property
    def _chains(self) -> _Chains:
        return _Chains.of(self.levels)

    def _frames(
        self, level: Int[np.ndarray, " frame"], state: Int[np.ndarray, " frame"]
    ) -> UInt8[np.ndarray, "frame 64 64 3"]:
        """The observation in a state of each of some levels."""
        squares, mirrored = self._mice
        frames = self._pictures[level]
        draw_mice(frames, squares[level, state], mirrored[level, state], self.levels[0].world_size)
        return frames


def distinct(levels: Sequence[Level]) -> LevelSet:
    """The distinct ones of some levels.

    Args:
        levels: levels with the same one or two objects, of one world size.

    Raises:
        ValueError: no levels, or levels that differ in objects or world size.

    Example:
        >>> from procgen_tools import two_objects
        >>> distinct(two_objects.make_levels(range(100_000, 101_000)))
        LevelSet(848 distinct of 1000 levels, red_line against yellow_gem)
    """
    kinds = {(level.objects, level.world_size) for level in levels}
    if len(kinds) != 1:
        raise ValueError(
            f"{len(levels)} levels of {len(kinds)} kinds: give one level or more, all with the "
            "same objects and of the same world size"
        )
    numbers: dict[Level, int] = {}
    index = [numbers.setdefault(level, len(numbers)) for level in levels]
    return LevelSet(tuple(numbers), np.array(index))


@dataclass(frozen=True, eq=False)
class Preference:
    """Where the episodes of an agent end, for every distinct level.

    Attributes:
        levels: the levels.
        first, second: (level,): the chances that the episode ends at each object; 0 for a missing
            second object.
        neither: (level,): the chance that it ends at the step limit.
        steps: (level,): the mean number of steps, at most the step limit.
        unresolved: (level,): the chance of leaving the evaluated states, the bound of the errors of
            `first`, `second` and `neither`. 0 without a tolerance.
        evaluated: number of evaluated states.
    """

    levels: LevelSet
    first: Float[np.ndarray, " level"]
    second: Float[np.ndarray, " level"]
    neither: Float[np.ndarray, " level"]
    steps: Float[np.ndarray, " level"]
    unresolved: Float[np.ndarray, " level"]
    evaluated: int

    def __repr__(self) -> str:
        return summary(
            self, " against ".join(self.levels.levels[0].objects),
            f"preference for the first {self.preference:.3f}", f"capability {self.capability:.1f}",
            f"unresolved {self.bound:.1g}" if self.bound else "exact",
        )  # fmt: skip

    def _mean(self, numbers: Float[np.ndarray, " level"]) -> float:
        return float(self.levels.weights @ numbers)

    @property
    def preference(self) -> float:
        """The first object's share of the episodes that end at an object."""
        first, second = self._mean(self.first), self._mean(self.second)
        return first / (first + second) if first + second else float("nan")

    @property
    def capability(self) -> float:
        """The mean number of steps of an episode, those at the step limit included."""
        return self._mean(self.steps)

    @property
    def success(self) -> float:
        """The share of episodes that end at an object."""
        return self._mean(self.first) + self._mean(self.second)

    @property
    def timeouts(self) -> float:
        """The share of episodes that end at the step limit."""
        return self._mean(self.neither)

    @property
    def bound(self) -> float:
        """The bound of the error of the shares of `first` and `second`."""
        return self._mean(self.unresolved)


@torch.no_grad()
def exact_preference(
    policy: Any,
    levels: LevelSet,
    *,
    tolerance: float | int = 0.0,
    step_limit: int = EPISODE_STEPS,
    precision: str = "float32",
) -> Preference:
    """The exact preference of an agent between two objects.

    Active patches apply, so that the effect of an intervention is measured inside its context.

    Args:
        policy: has `logits_and_value`, and no memory.
        levels: see `distinct`.
        tolerance: the largest mean chance of leaving the evaluated states; 0 evaluates all states.
        step_limit: steps after which an episode ends.
        precision: of the network's layers: "float32", or "bfloat16", which changes preferences by
            about 0.001 and is faster on some processors (see `bench preferences`).

    Raises:
        ValueError: a tolerance outside 0..1, or another precision.

    Example:
        >>> from procgen_tools import two_objects
        >>> from procgen_tools.models import ImpalaPolicy
        >>> levels = distinct(two_objects.make_levels(range(3)))
        >>> found = exact_preference(ImpalaPolicy(), levels)
        >>> bool(np.allclose(found.first + found.second + found.neither, 1))
        True
    """
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance {tolerance} is not in [0, 1): give 0 for no error")
    if precision not in BATCHES:
        raise ValueError(f"precision is {precision!r}: choose one of {', '.join(BATCHES)}")
    asked = _Asked(policy, levels, precision)
    chains = levels._chains
    probabilities = np.zeros((*chains.going_on.shape, len(MOVES)))
    known = np.zeros(chains.going_on.shape, bool)
    matrices = np.zeros((*chains.going_on.shape, chains.going_on.shape[1]))
    visits = chains.starts.astype(np.float64)
    wanted = chains.going_on if tolerance == 0 else chains.starts
    while wanted.any():
        level, state = np.nonzero(wanted)
        probabilities[level, state] = asked.moves(level, state)
        known[level, state] = True
        changed = np.unique(level)
        some = chains.of_levels(changed)
        matrices[changed] = some.matrices(probabilities[changed])
        visits[changed] = some.visits(matrices[changed])
        missing = np.where(chains.going_on & ~known, visits, 0.0)
        wanted = _worth_evaluating(levels.weights[:, None] * missing, tolerance)
    first, second, neither, steps = _within(
        levels, matrices, visits, missing.sum(axis=1), step_limit
    )
    return Preference(
        levels, first, second, neither, steps, missing.sum(axis=1), evaluated=int(known.sum())
    )


def _worth_evaluating(
    missing: Float[np.ndarray, "level state"], tolerance: float | int
) -> Bool[np.ndarray, "level state"]:
    """The fewest states with nine tenths of what is missing, or all but the tolerance.

    An evaluated state moves its chance on to others, of which few matter. Hence not all at once.

    Args:
        missing: the chance that an episode of the set leaves the evaluated states there.
        tolerance: the sum below which no state is worth it.
    """
    total = missing.sum()
    if total <= tolerance:
        return np.zeros(missing.shape, bool)
    largest = np.sort(missing[missing > 0])[::-1]
    enough = np.searchsorted(largest.cumsum(), total - max(tolerance, total / 10))
    wanted: Bool[np.ndarray, "level state"] = missing >= largest[enough]
    return wanted


class _Asked:
    """A policy that is asked for its moves in states of levels, in batches that fit the cache."""

    def __init__(self, policy: Any, levels: LevelSet, precision: str) -> None:
        self.policy, self.levels, self.batch = policy, levels, BATCHES[precision]
        self.autocast = torch.autocast(
            place_of(policy)[0].type, torch.bfloat16, enabled=precision == "bfloat16"
        )
        self.pooled = None
        if is_plain(policy) and not is_hooked(policy):
            with self.autocast:
                self.pooled = PooledPictures.of(policy, levels._pictures)

    def moves(
        self, level: Int[np.ndarray, " frame"], state: Int[np.ndarray, " frame"]
    ) -> Float[np.ndarray, "frame move"]:
        """The probabilities of the moves in some states."""
        parts = []
        for begin in range(0, len(level), self.batch):
            part = slice(begin, begin + self.batch)
            frames = self.levels._frames(level[part], state[part])
            with self.autocast:
                if self.pooled:
                    logits, _ = self.pooled.logits_and_value(frames, level[part])
                else:
                    logits, _ = self.policy.logits_and_value(observations_of(self.policy, frames))
            parts.append(self.levels.levels[0].moves(logits.float()))
        return np.concatenate(parts)


def _within(
    levels: LevelSet,
    matrices: Float[np.ndarray, "level state state"],
    visits: Float[np.ndarray, "level state"],
    unresolved: Float[np.ndarray, " level"],
    step_limit: int,
) -> tuple[Float[np.ndarray, " level"], ...]:
    """First, second, neither and steps within the step limit.

    Levels whose episodes are short need no limit.
    """
    chains = levels._chains
    alive = np.where(chains.going_on, visits, 0.0)
    steps = alive.sum(axis=1)
    reached = visits.copy()
    slow = np.flatnonzero(steps > SURELY_SHORT)
    if len(slow):
        now = chains.starts[slow].astype(np.float64)
        going_on, moves = chains.going_on[slow], matrices[slow]
        reached[slow], steps[slow] = 0.0, 0.0
        for _ in range(step_limit):
            walking = np.where(going_on, now, 0.0)
            steps[slow] += walking.sum(axis=1)
            now = np.matmul(walking[:, None, :], moves)[:, 0]
            reached[slow] += np.where(going_on, 0.0, now)
    first, second = (
        np.take_along_axis(reached, chains.ends[:, :, number], axis=1).sum(axis=1)
        if number < chains.ends.shape[2]
        else np.zeros(len(reached))
        for number in range(2)
    )
    neither = np.clip(1 - first - second - unresolved, 0.0, 1.0)
    return first, second, neither, np.minimum(steps, step_limit)


@dataclass(frozen=True, eq=False)
class _Chains:
    """The graphs of several levels as arrays; levels with fewer states are padded.

    Attributes:
        leads_to: (level, state, move).
        going_on: (level, state): whether the episode goes on in the state. False for padding.
        starts: (level, state): the start.
        ends: (level, facing, object): the states at each object.
    """

    leads_to: Int[np.ndarray, "level state move"]
    going_on: Bool[np.ndarray, "level state"]
    starts: Bool[np.ndarray, "level state"]
    ends: Int[np.ndarray, "level facing object"]

    __repr__ = brief

    @classmethod
    def of(cls, levels: Sequence[Level]) -> _Chains:
        graphs = [level.graph() for level in levels]
        most = max(map(len, graphs))
        leads_to = np.zeros((len(levels), most, len(MOVES)), np.int64)
        going_on, starts = np.zeros((2, len(levels), most), bool)
        ends = np.zeros((len(levels), 2, len(levels[0].things)), np.int64)
        for number, (level, graph) in enumerate(zip(levels, graphs, strict=True)):
            leads_to[number, : len(graph)] = graph.leads_to
            going_on[number, : len(graph)] = ~graph.ends
            starts[number, graph.start] = True
            for thing, goal in enumerate(level.goals):
                ends[number, :, thing] = np.flatnonzero(graph.goals[goal])
        return cls(leads_to, going_on, starts, ends)

    def of_levels(self, numbers: Int[np.ndarray, " some"]) -> _Chains:
        """Those of some of the levels."""
        return _Chains(
            self.leads_to[numbers], self.going_on[numbers], self.starts[numbers], self.ends[numbers]
        )

    def matrices(
        self, probabilities: Float[np.ndarray, "level state move"]
    ) -> Float[np.ndarray, "level state state"]:
        """The chances of each step; rows of states that are not evaluated are 0."""
        levels, states, moves = probabilities.shape
        matrices = np.zeros((levels, states, states))
        level, state = np.indices((levels, states))
        for move in range(moves):
            target = self.leads_to[:, :, move]
            # A state appears once per move, so that no two additions meet.
            matrices[level, state, target] += probabilities[:, :, move] * self.going_on
        return matrices

    def visits(
        self, matrices: Float[np.ndarray, "level state state"]
    ) -> Float[np.ndarray, "level state"]:
        """The mean number of visits of each state; for others than those evaluated, the chance."""
        states = matrices.shape[1]
        system = matrices.transpose(0, 2, 1) * (_ESCAPE - 1)
        system[:, range(states), range(states)] += 1
        visits: Float[np.ndarray, "level state"] = np.linalg.solve(
            system, self.starts[:, :, None].astype(np.float64)
        )[:, :, 0]
        return np.maximum(visits, 0.0)
