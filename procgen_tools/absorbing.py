"""An episode as an absorbing Markov chain: which goals it visits, which first, and how soon.

`chains` gives the answers by start and by goal; this is the computation, for every state at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from procgen_tools.markov import Elimination, eliminate
from procgen_tools.shown import brief
from procgen_tools.worlds.graph import Graph


@dataclass(frozen=True, eq=False)
class Chain:
    """An episode as a Markov chain.

    Attributes:
        graph: the graph of the level.
        given: (state, move): the moves' probabilities, which need not sum to 1.
        ending: the goals that end the episode.
    """

    graph: Graph
    given: Float[np.ndarray, "state move"]
    ending: Sequence[str] = ()

    __repr__ = brief

    @cached_property
    def probabilities(self) -> Float[np.ndarray, "state move"]:
        """The moves' probabilities, divided by their sum."""
        return self.given / self.given.sum(axis=1, keepdims=True)

    @cached_property
    def in_goal(self) -> Bool[np.ndarray, " state"]:
        """The states that belong to a goal."""
        return np.logical_or.reduce(list(self.graph.goals.values()))

    @cached_property
    def any_goal(self) -> Bool[np.ndarray, " state"]:
        """The states that end the episode or belong to a goal."""
        return self.graph.ends | self.in_goal

    @cached_property
    def passing(self) -> tuple[str, ...]:
        """The goals that an episode can visit without ending."""
        ends = self.graph.ends
        return tuple(name for name, where in self.graph.goals.items() if (where & ~ends).any())

    def atoms(
        self, within: Bool[np.ndarray, " state"]
    ) -> list[tuple[tuple[str, ...], Bool[np.ndarray, " state"]]]:
        """The states in goals, grouped by their set of goals: pairs of goal names and states."""
        code = np.zeros(len(self.graph), np.int64)
        for bit, where in enumerate(self.graph.goals.values()):
            code |= where.astype(np.int64) << bit
        return [
            (
                tuple(name for bit, name in enumerate(self.graph.goals) if each >> bit & 1),
                within & (code == each),
            )
            for each in np.unique(code[within]).tolist()
            if each
        ]

    def ending_in(
        self, ends: Bool[np.ndarray, " state"]
    ) -> tuple[Float[np.ndarray, "state move"], Int[np.ndarray, "state move"]]:
        """The moves' probabilities and successors in the chain that is absorbed in `ends`."""
        probabilities, leads_to = self.probabilities.copy(), self.graph.leads_to.copy()
        probabilities[ends] = 0.0
        probabilities[ends, -1] = 1.0
        leads_to[ends] = np.flatnonzero(ends)[:, None]
        return probabilities, leads_to

    def eliminate(self, ends: Bool[np.ndarray, " state"]) -> Elimination:
        """The chain that is absorbed in `ends`, ready to be solved."""
        return eliminate(*self.ending_in(ends), _numbers(ends))

    def by_goal(
        self, by_atom: Sequence[tuple[tuple[str, ...], Float[np.ndarray, " state"]]]
    ) -> dict[str, Float[np.ndarray, " state"]]:
        """For each goal, the sum of the numbers of its atoms."""
        totals = {name: np.zeros(len(self.graph)) for name in self.graph.goals}
        for names, numbers in by_atom:
            for name in names:
                totals[name] = totals[name] + numbers
        return totals


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The result of `without_limit` or `within_limit`, by the state in which an episode begins.

    Attributes:
        visits: for each goal, the chance that the episode visits it.
        weighted_steps: for each goal that ends the episode, the mean over all episodes of the
            number of steps to the goal, with 0 for episodes that do not reach it.
        episode_steps: the mean number of steps; infinite if the episode may never end.
        first: for each goal, the chance that it is visited before all others.
        neither: the chance that no goal is visited.
    """

    visits: dict[str, Float[np.ndarray, " state"]]
    weighted_steps: dict[str, Float[np.ndarray, " state"]]
    episode_steps: Float[np.ndarray, " state"]
    first: dict[str, Float[np.ndarray, " state"]]
    neither: Float[np.ndarray, " state"]

    __repr__ = brief


def without_limit(chain: Chain) -> Outcomes:
    """Linear systems, solved by elimination, for every state at once."""
    graph = chain.graph
    to_end = chain.eliminate(graph.ends)
    reached = [
        (names, to_end.chance_of(_numbers(where))) for names, where in chain.atoms(graph.ends)
    ]
    # steps(s) = sum over s' of P(s, s') (steps(s') + reached(s')), from the first step.
    steps = [(names, to_end.solve({}, source=chance)) for names, chance in reached]
    ended = graph.ends & ~chain.in_goal
    all_steps = sum((each for _, each in steps), np.zeros(len(graph)))
    if ended.any():
        all_steps = all_steps + to_end.solve({}, source=to_end.chance_of(_numbers(ended)))

    first = chain.eliminate(chain.any_goal)
    ways = [
        (names, first.chance_of(_numbers(where))) for names, where in chain.atoms(chain.any_goal)
    ]
    visits = chain.by_goal(reached)
    for name in chain.passing:
        alone = graph.ends | graph.goals[name]
        if np.array_equal(alone, chain.any_goal):
            visits[name] = chain.by_goal(ways)[name]
        else:
            visits[name] = chain.eliminate(alone).chance_of(_numbers(graph.goals[name]))
    return Outcomes(
        visits=visits,
        weighted_steps=_only(chain.by_goal(steps), chain.ending),
        episode_steps=np.where(to_end.may_be_trapped, inf, all_steps),
        first=chain.by_goal([(names[:1], chance) for names, chance in ways]),
        neither=first.chance_of({first.trap, *_numbers(ended)}),
    )


def within_limit(chain: Chain, steps: int) -> Outcomes:
    """Backward iteration, one step at a time, for every state at once."""
    graph = chain.graph
    states, ends = len(graph), graph.ends
    # Stacked chains that differ in their absorbing states: the end of the episode; each single goal
    # that the first and the last chain do not answer; any goal.
    alone = {name: ends | graph.goals[name] for name in chain.passing}
    alone = {name: each for name, each in alone.items() if not np.array_equal(each, chain.any_goal)}
    endings = [ends, *alone.values(), chain.any_goal]
    parts = [chain.ending_in(each) for each in endings]
    probabilities = np.concatenate([each for each, _ in parts])
    leads_to = np.concatenate([each + states * i for i, (_, each) in enumerate(parts)])
    rows = np.arange(len(leads_to) + 1) * leads_to.shape[1]
    one_step = sparse.csr_array((probabilities.ravel(), leads_to.ravel(), rows))
    one_step.sum_duplicates()

    # Columns of the first chain: for each atom, its chance and E[steps; atom reached]; then the
    # mean length. Single goals: the goal's chance. The last: the chance of each atom, and neither.
    reached, ways = chain.atoms(ends), chain.atoms(chain.any_goal)
    length = 2 * len(reached)
    columns = np.zeros((len(endings), states, max(length, len(ways)) + 1))
    for number, (_, where) in enumerate(reached):
        columns[0, where, 2 * number] = 1.0
    for each, name in zip(columns[1:-1], alone, strict=True):
        each[graph.goals[name], 0] = 1.0
    for number, (_, where) in enumerate(ways):
        columns[-1, where, number] = 1.0
    columns[-1, ~chain.in_goal, len(ways)] = 1.0
    going_on = np.where(ends, 0.0, 1.0)
    flat = columns.reshape(-1, columns.shape[-1])
    for _ in range(steps):
        flat = one_step @ flat
        for chance in range(0, length, 2):
            flat[:states, chance + 1] += going_on * flat[:states, chance]
        flat[:states, length] += going_on
    columns = flat.reshape(columns.shape)

    last = [(names, columns[-1, :, number]) for number, (names, _) in enumerate(ways)]
    visits = chain.by_goal(
        [(names, columns[0, :, 2 * number]) for number, (names, _) in enumerate(reached)]
    )
    for name in chain.passing:
        visits[name] = chain.by_goal(last)[name]
    for each, name in zip(columns[1:-1], alone, strict=True):
        visits[name] = each[:, 0]
    weighted_steps = chain.by_goal(
        [(names, columns[0, :, 2 * number + 1]) for number, (names, _) in enumerate(reached)]
    )
    return Outcomes(
        visits=visits,
        weighted_steps=_only(weighted_steps, chain.ending),
        episode_steps=columns[0, :, length],
        first=chain.by_goal([(names[:1], numbers) for names, numbers in last]),
        neither=columns[-1, :, len(ways)],
    )


def _numbers(states: Bool[np.ndarray, " state"]) -> frozenset[int]:
    return frozenset(np.flatnonzero(states).tolist())


def _only(numbers: dict[str, np.ndarray], names: Sequence[str]) -> dict[str, np.ndarray]:
    return {name: numbers[name] for name in names}
