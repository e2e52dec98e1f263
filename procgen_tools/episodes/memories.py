"""What a policy with a memory remembers in episodes of keys and chests, and what follows from it.

    memories = remember(policy, episodes, every=5)       # activations while it plays
    moment = moment_at(policy, episodes, tick=40)        # states, and the memory in them
    reached = first_reached(policy, moment, 30, seed=0)  # key or chest: where it goes from there

A `Moment` holds states and the memory before they are seen. Edits act on it from there on: `once`
in its first step, or `always`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int8, Int64, UInt8
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.checks import check_finite, whole_number
from procgen_tools.episodes.keys import KeyEpisodes, observe
from procgen_tools.hooks import canonical
from procgen_tools.interventions import NOTHING, Intervention
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.shown import brief
from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, Level
from procgen_tools.worlds.keys_and_chests.players import Actor
from procgen_tools.worlds.keys_and_chests.rules import MOVES, States, beginning, step

CELL, HIDDEN = "lstm1.cell_out", "lstm1.hidden_out"
"""The two halves of the memory."""


@dataclass(frozen=True, eq=False)
class Memories:
    """Activations of a policy along episodes, and what was the case there.

    Attributes:
        ticks: (tick,) the recorded ones.
        activations: by name, (level, tick, unit), after the policy saw the state of the tick.
        keys: (level, tick) held.
        frames: (level, tick, feature) what was seen, one pixel per cell, flattened, 0 or 1.
    """

    ticks: Int64[np.ndarray, " tick"]
    activations: Mapping[str, Float[np.ndarray, "level tick unit"]]
    keys: Int64[np.ndarray, "level tick"]
    frames: UInt8[np.ndarray, "level tick feature"]

    __repr__ = brief


def remember(
    policy: CnnLstmPolicy,
    episodes: KeyEpisodes,
    layers: Sequence[str] = (CELL, HIDDEN),
    *,
    every: int = 1,
) -> Memories:
    """Record activations of a policy that sees the states of episodes, whoever played them.

    Args:
        policy: in eval mode. Active interventions apply.
        episodes: that it sees. Its own actions are not taken.
        layers: names of activations without positions.
        every: record ticks 0, every, 2 x every, and so on.

    Raises:
        ValueError: an unknown layer, or `every` below 1.

    Example:
        >>> from procgen_tools.episodes.keys import play
        >>> from procgen_tools.worlds.keys_and_chests.levels import LevelRule, make_levels
        >>> from procgen_tools.worlds.keys_and_chests.players import key_only
        >>> episodes = play(key_only(seed=0), make_levels(range(2), LevelRule(max_ticks=10)))
        >>> memories = remember(CnnLstmPolicy("small"), episodes, every=5)
        >>> memories.activations["lstm1.cell_out"].shape, memories.ticks
        ((2, 2, 128), array([0, 5]))
    """
    whole_number("every", every, 1)
    names = [canonical(layer) for layer in layers]
    kept: dict[str, list[np.ndarray]] = {name: [] for name in names}
    keys, frames, ticks = [], [], []
    with hooks.record(policy, names) as recorded:
        for tick, states, _ in _along(policy, episodes):
            if tick % every:
                continue
            ticks.append(tick)
            keys.append(states.keys)
            frames.append((states.observations(1) > 0).reshape(len(states), -1))
            for name in names:
                kept[name].append(recorded[name].numpy().copy())
    return Memories(
        np.array(ticks, np.int64),
        {name: np.stack(values, axis=1) for name, values in kept.items()},
        np.stack(keys, axis=1),
        np.stack(frames, axis=1).astype(np.uint8),
    )


@torch.no_grad()
def _along(
    policy: CnnLstmPolicy, episodes: KeyEpisodes
) -> Iterator[tuple[int, States, Float[Tensor, "level memory"]]]:
    """Yield each tick, its states, and the memory before the policy saw them.

    The policy has seen the states when they are yielded, so recorded activations belong to them.
    The states after the last action are left out.
    """
    memory = policy.initial_memory(len(episodes))
    for tick, states in zip(range(episodes.actions.shape[1]), episodes.states(), strict=False):
        before = memory
        _, _, memory = policy.step(
            observe(policy, states), memory, torch.from_numpy(states.ticks == 0)
        )
        yield tick, states, before


@dataclass(frozen=True, eq=False)
class Moment:
    """States, and what a policy remembers before it sees them.

    Attributes:
        states: the states.
        memory: (state, memory); None for a player that needs none.
    """

    states: States
    memory: Float[Tensor, "state memory"] | None

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.states)

    def chosen(self, which: Int[np.ndarray, " chosen"] | Bool[np.ndarray, " state"]) -> Moment:
        """Some of the states, with their memories."""
        memory = None if self.memory is None else self.memory[torch.from_numpy(which)]
        return Moment(self.states.chosen(which), memory)


def moment_at(policy: CnnLstmPolicy, episodes: KeyEpisodes, tick: int) -> Moment:
    """The states of episodes at a tick, and the memory of a policy that saw all states before.

    Raises:
        ValueError: a tick that no step of the episodes begins at.
    """
    whole_number("tick", tick, 0, episodes.actions.shape[1] - 1)
    for now, states, memory in _along(policy, episodes):
        if now == tick:
            return Moment(states, memory)
    raise AssertionError


@torch.no_grad()
def led(
    policy: CnnLstmPolicy | None, levels: Sequence[Level], actions: Int[np.ndarray, "level tick"]
) -> Moment:
    """The moment after forced actions, which a policy only watches.

    Args:
        policy: sees the states on the way, and chooses nothing. None for a player without memory:
            the moment then has no memory either.
        levels: of one size.
        actions: (level, tick) indices of moves.

    Raises:
        ValueError: see `rules.beginning` and `rules.step`.
    """
    states = beginning(levels)
    memory = None if policy is None else policy.initial_memory(len(levels))
    for chosen in actions.T:
        if policy is not None and memory is not None:
            _, _, memory = policy.step(
                observe(policy, states), memory, torch.from_numpy(states.ticks == 0)
            )
        states = step(states, chosen.astype(np.int64)).states
    return Moment(states, memory)


def chances_of(policy: CnnLstmPolicy, moment: Moment) -> Float[np.ndarray, "state action"]:
    """The probabilities of the next move in each state, given what is remembered there.

    Args:
        policy: in eval mode. Active interventions apply.
        moment: the states and memories.

    Raises:
        ValueError: the moment has no memory.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.levels import make_levels
        >>> policy = CnnLstmPolicy("small").eval()
        >>> moment = led(policy, make_levels(range(3)), np.zeros((3, 2), np.int64))
        >>> chances_of(policy, moment).shape
        (3, 4)
    """
    return _answer(policy, moment)[0]


def chances_along(
    policy: CnnLstmPolicy | None, levels: Sequence[Level], *, seed: int, ticks: int | None = None
) -> Iterator[tuple[States, Float[np.ndarray, "level action"]]]:
    """Yield the states of sampled episodes, and the probabilities of the next move in each.

    Args:
        policy: in eval mode; None for random moves.
        levels: of one size. One episode is played in each.
        seed: of the sampled actions. Episode i draws the same numbers whatever the policy.
        ticks: how many; defaults to those of the first level.

    Raises:
        ValueError: see `rules.beginning`.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.levels import make_levels
        >>> steps = list(chances_along(None, make_levels(range(2)), seed=0, ticks=3))
        >>> len(steps), steps[0][1].tolist()
        (3, [[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]])
    """
    moment = led(policy, levels, np.zeros((len(levels), 0), np.int64))
    ticks = levels[0].max_ticks if ticks is None else ticks
    draws = np.random.default_rng(seed).random((ticks, len(levels)))
    for drawn in draws:
        chances, memory = np.full((len(levels), len(MOVES)), 1 / len(MOVES)), moment.memory
        if policy is not None:
            chances, memory = _answer(policy, moment)
        yield moment.states, chances
        moment = Moment(step(moment.states, _sampled(chances, drawn)).states, memory)


@dataclass(frozen=True, eq=False)
class Reached:
    """The first key or chest that a player steps onto.

    Attributes:
        codes: (state,) `grid.KEY` or `grid.CHEST`, or `grid.EMPTY` for neither.
        squares: (state, 2) row and column of it; of the player at the end for neither.
        steps: (state,) taken until then.
    """

    codes: Int8[np.ndarray, " state"]
    squares: Int64[np.ndarray, "state 2"]
    steps: Int64[np.ndarray, " state"]

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.codes)


def first_reached(
    player: CnnLstmPolicy | Actor,
    moment: Moment,
    steps: int,
    *,
    seed: int,
    once: Intervention = NOTHING,
    always: Intervention = NOTHING,
) -> Reached:
    """The key or chest that a player steps onto first. (A chest counts without a key, too.)

    A policy draws the same random numbers in state i whatever the edits, so that comparisons are
    paired.

    Args:
        player: a policy, which samples its actions, or a scripted player, which ignores the seed
            and the edits.
        moment: where it begins.
        steps: the largest number of steps.
        seed: seed of the sampled actions.
        once: an intervention in the first step only.
        always: an intervention in every step.

    Raises:
        ValueError: a policy without a memory in the moment; see also `Intervention.on`.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.grid import parse
        >>> from procgen_tools.worlds.keys_and_chests.players import key_only
        >>> moment = led(None, [parse("#####/#@.k#/#c..#/#...#/#####")], np.zeros((1, 0), np.int64))
        >>> reached = first_reached(key_only(seed=0), moment, 9, seed=0)
        >>> reached.codes == KEY, reached.steps
        (array([ True]), array([2]))
    """
    codes = np.full(len(moment), EMPTY, np.int8)
    squares, taken = moment.states.players.copy(), np.full(len(moment), steps, np.int64)

    def ended(before: States, after: States, which: np.ndarray, number: int) -> np.ndarray:
        everyone = np.arange(len(after))
        touched = before.cells[everyone, after.players[:, 0], after.players[:, 1]]
        touched = np.where((after.players != before.players).any(axis=1), touched, EMPTY)
        found: np.ndarray = (touched == KEY) | (touched == CHEST)
        squares[which] = after.players
        codes[which[found]], taken[which[found]] = touched[found], number + 1
        return found

    _walk(player, moment, steps, seed, (once, always), ended)
    return Reached(codes, squares, taken)


def reaches(
    player: CnnLstmPolicy | Actor,
    moment: Moment,
    squares: Int[np.ndarray, "state 2"],
    steps: int,
    *,
    seed: int,
) -> Bool[np.ndarray, " state"]:
    """Whether a player comes to a square, whatever it passes on the way.

    Args:
        player: see `first_reached`.
        moment: where it begins.
        squares: (state, 2) row and column to reach in each state.
        steps: how many it has at most.
        seed: of the actions.

    Raises:
        ValueError: see `first_reached`.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.grid import parse
        >>> from procgen_tools.worlds.keys_and_chests.players import key_only
        >>> moment = led(None, [parse("#####/#@.k#/#c..#/#...#/#####")], np.zeros((1, 0), np.int64))
        >>> reaches(key_only(seed=0), moment, np.array([[1, 3]]), 2, seed=0)
        array([ True])
    """
    found = (moment.states.players == squares).all(axis=1)

    def ended(before: States, after: States, which: np.ndarray, number: int) -> np.ndarray:
        there: np.ndarray = (after.players == squares[which]).all(axis=1)
        found[which] |= there
        return there

    _walk(player, moment, steps, seed, (NOTHING, NOTHING), ended)
    return found


def _walk(
    player: CnnLstmPolicy | Actor,
    moment: Moment,
    steps: int,
    seed: int,
    edits: tuple[Intervention, Intervention],
    ended: Callable[[States, States, np.ndarray, int], np.ndarray],
) -> None:
    """Step from a moment until `ended` says so: of states before and after, which, and when."""
    draws = np.random.default_rng(seed).random((steps, len(moment)))
    going = np.arange(len(moment))
    for number in range(steps):
        if isinstance(player, CnnLstmPolicy):
            with ExitStack() as stack:
                for edit in edits if number == 0 else edits[1:]:
                    if edit.layers:
                        stack.enter_context(edit.on(player, may_be_idle=True))
                chances, memory = _answer(player, moment)
            actions = _sampled(chances, draws[number, going])
        else:
            memory, actions = None, player(moment.states)
        states = step(moment.states, actions).states
        over = ended(moment.states, states, going, number)
        going = going[~over]
        if not len(going):
            return
        moment = Moment(states, memory).chosen(~over)


@torch.no_grad()
def _answer(
    policy: CnnLstmPolicy, moment: Moment
) -> tuple[Float[np.ndarray, "state action"], Tensor]:
    if moment.memory is None:
        raise ValueError("the moment has no memory: make it with this policy, by led or moment_at")
    firsts = torch.from_numpy(moment.states.ticks == 0)
    logits, _, memory = policy.step(observe(policy, moment.states), moment.memory, firsts)
    chances = logits.softmax(-1).double().numpy()
    check_finite("the probabilities of actions", chances)
    return chances, memory


def _sampled(
    chances: Float[np.ndarray, "state action"], draws: Float[np.ndarray, " state"]
) -> Int64[np.ndarray, " state"]:
    above = chances.cumsum(axis=1)[:, :-1] < draws[:, None]
    return above.sum(axis=1).astype(np.int64)
