"""How well "it wants to be here" explains what an agent does, for every place of a level, exactly.

A hypothesis names a goal, a place or a set of places, and predicts each move by

    p(move | place) proportional to E[exp(-sharpness x T)],

where T is the number of steps that a random walk needs from the place after the move to the goal.
A walk that ends elsewhere never arrives. One move in a hundred is random, so that an accident does
not refute a goal.
These are the optimal policies of a linearly solvable decision problem (Todorov, 2007): each step
before the goal costs `sharpness`, and a deviation from the random walk costs its Kullback-Leibler
divergence. The policies range from the random walk, at sharpness 0, to the shortest path, in the
limit of high sharpness. As in maximum-entropy goal-directedness (MacDermott et al., 2024, arXiv
2412.04758), the directedness of an agent towards a goal is how much better than chance the best of
these policies predicts the agent's moves:

    max over sharpness of  E[log p(move | place) - log 1/moves],  in nats per step,

over the steps of the agent's own episodes. Steps after the first arrival at the goal count as
chance, because the hypothesis predicts nothing about them. One matrix inverse per sharpness gives
all places at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import shortest_path

from procgen_tools.absorbing import Chain
from procgen_tools.chains import Field
from procgen_tools.shown import brief
from procgen_tools.worlds.graph import Graph

SHARPNESSES = tuple(float(each) for each in np.geomspace(1e-2, 5.0, 25))
"""The sharpnesses that are tried, besides 0."""

TREMBLE = 0.01
"""The share of moves that a hypothesis expects to be random."""

TINY = 1e-280
"""Below this, E[exp(-sharpness x T)] has few digits left, or none."""

DISCOUNT = 0.99
"""The weight of a step relative to the step before, so that a mouse that stays somewhere forever
does not count forever."""


@dataclass(frozen=True, eq=False)
class Directedness:
    """How well each goal explains an agent's moves in one level, in nats per step.

    Attributes:
        places: (place,): directedness towards being at each place; at least 0. NaN for places where
            no episode can be, such as walls, and places behind the end of all episodes.
        sharpness: (place,): the sharpness of the best prediction; 0 for the random walk.
        goals: directedness towards the goals of the level, by name.
        ceiling: what a perfect prediction of the agent's probabilities would give. No goal exceeds
            it; it is 0 for an agent that moves at random.
        steps: the discounted number of steps of an episode, over which the means are taken.

    Example:
        >>> from procgen_tools import maze, vfield
        >>> from procgen_tools.models import load_policy
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> found = directedness(vfield.vector_field(level, load_policy("rand_region_5")))
        >>> max(found.goals, key=found.goals.get)
        'cheese'
    """

    places: Float[np.ndarray, " place"]
    sharpness: Float[np.ndarray, " place"]
    goals: Mapping[str, float]
    ceiling: float
    steps: float

    __repr__ = brief

    def explained(self, goal: str) -> float:
        """The share of what can be predicted that the goal predicts; NaN if nothing can be."""
        return self.goals[goal] / self.ceiling if self.ceiling > 0 else float("nan")

    def rank(self, place: int) -> int:
        """How many places explain the agent better than this one."""
        return int((self.places > self.places[place] + 1e-12).sum())


def directedness(field: Field, *, discount: float | int = DISCOUNT, **goals: Any) -> Directedness:
    """The directedness of an agent towards every place and every goal of a level.

    Args:
        field: the agent's probabilities in every state.
        discount: the weight of each step relative to the step before.
        **goals: options of the world's goals (see `chains.chances`).

    Raises:
        ValueError: a discount outside 0..1, an episode that ends where it begins, or a level in
            which a move from one place leads to different places.
    """
    if not 0 < discount < 1:
        raise ValueError(f"discount is {discount}: give a number between 0 and 1")
    graph = field.graph(**goals)
    if graph.ends[graph.start]:
        raise ValueError(
            "the episode ends where it begins, before any move: move the mouse away from the goal"
        )
    probabilities = Chain(graph, field.by_state).probabilities
    here, at, leads_to, ended = _places(graph)
    visits = _visits(graph, probabilities, discount)
    begun = visits[graph.start] * ~graph.ends
    steps = float(begun.sum())
    chance = np.log(1 / graph.leads_to.shape[1])

    # The moves before the first arrival at each place, and at each goal.
    states = [np.flatnonzero(at == place) for place in range(len(here))]
    sets = {name: np.flatnonzero(where) for name, where in graph.goals.items() if where.any()}
    taken, taken_for_goals = (
        _taken(graph, visits, probabilities, at, goals_of)
        for goals_of in (states, list(sets.values()))
    )
    alone = np.eye(len(here), dtype=bool)
    together = np.zeros((len(sets), len(here)), bool)
    for number, where in enumerate(sets.values()):
        together[number, at[where]] = True
    away, away_together = (_distances(leads_to, ended, each) for each in (alone, together))
    best, sharpest = np.zeros((2, len(here)))
    best_goals = np.zeros(len(sets))
    for sharpness in SHARPNESSES:
        discounted = float(np.exp(-sharpness))
        reached = _reached(leads_to, ended, discounted)
        after = _after(reached, leads_to, ended, discounted, alone, away)
        gains = _gains(after, taken, chance) / steps
        better = gains > best
        best[better], sharpest[better] = gains[better], sharpness
        if sets:
            reached = np.array(
                [_reached_set(leads_to, ended, discounted, at[where]) for where in sets.values()]
            )
            after = _after(reached, leads_to, ended, discounted, together, away_together)
            gains = _gains(after, taken_for_goals, chance) / steps
            best_goals = np.maximum(best_goals, gains)
    places, sharpnesses = np.full((2, int(graph.places.max()) + 1), np.nan)
    possible = _reached(leads_to, ended, 0.9)[:, at[graph.start]] > 0
    places[here[possible]], sharpnesses[here[possible]] = best[possible], sharpest[possible]
    return Directedness(
        places,
        sharpnesses,
        {
            name: float(best_goals[list(sets).index(name)]) if name in sets else 0.0
            for name in graph.goals
        },
        float(begun @ (_plogp(probabilities).sum(axis=1) - chance)) / steps,
        steps,
    )


def _plogp(chances: Float[np.ndarray, "state move"]) -> Float[np.ndarray, "state move"]:
    return chances * np.log(np.maximum(chances, np.finfo(np.float64).tiny))


def _visits(
    graph: Graph, probabilities: Float[np.ndarray, "state move"], discount: float
) -> Float[np.ndarray, "from_state state"]:
    """The discounted number of visits of each state, by the state in which one begins."""
    states = len(graph)
    steps = np.zeros((states, states))
    live = np.flatnonzero(~graph.ends)
    for move in range(graph.leads_to.shape[1]):
        # Each state appears once per move, so that no two additions meet.
        steps[live, graph.leads_to[live, move]] += probabilities[live, move]
    visits: Float[np.ndarray, "from_state state"] = np.linalg.inv(np.eye(states) - discount * steps)
    return np.maximum(visits, 0.0)


def _taken(
    graph: Graph,
    visits: Float[np.ndarray, "from_state state"],
    probabilities: Float[np.ndarray, "state move"],
    at: Int[np.ndarray, " state"],
    goals: Sequence[Int[np.ndarray, " _"]],
) -> Float[np.ndarray, "goal place move"]:
    """The discounted number of moves from each place before the first arrival at each goal."""
    moves = graph.leads_to.shape[1]
    found = np.zeros((len(goals), int(at.max()) + 1, moves))
    begun = visits[graph.start]
    for number, goal in enumerate(goals):
        # Visits after the arrival are those of the state of arrival.
        arrivals = np.linalg.solve(visits[np.ix_(goal, goal)].T, begun[goal])
        before = np.where(graph.ends, 0.0, np.maximum(begun - arrivals @ visits[goal], 0.0))
        before[goal] = 0.0
        np.add.at(found[number], at, before[:, None] * probabilities)
    return found


def _places(
    graph: Graph,
) -> tuple[
    Int[np.ndarray, " place"],
    Int[np.ndarray, " state"],
    Int[np.ndarray, "place move"],
    Bool[np.ndarray, " place"],
]:
    """The numbers of the places, each state's index in them, where moves lead, and which end."""
    here, at = np.unique(graph.places, return_inverse=True)
    leads_to = np.tile(np.arange(len(here))[:, None], (1, graph.leads_to.shape[1]))
    live = np.flatnonzero(~graph.ends)
    leads_to[at[live]] = at[graph.leads_to[live]]
    if not np.array_equal(leads_to[at[live]], at[graph.leads_to[live]]):
        raise ValueError(
            "the same move leads from one place to different places: directedness needs a level in "
            "which a move's effect depends on the place alone"
        )
    ended = np.ones(len(here), bool)
    ended[at[live]] = False
    return here, at, leads_to, ended


def _walk(
    leads_to: Int[np.ndarray, "place move"], stopped: Bool[np.ndarray, " place"]
) -> Float[np.ndarray, "place place"]:
    """The chances of a random walk's steps; rows of places where it stops are 0."""
    walk = np.zeros((len(leads_to), len(leads_to)))
    going = np.flatnonzero(~stopped)
    for column in leads_to.T:
        walk[going, column[going]] += 1 / leads_to.shape[1]
    return walk


def _reached(
    leads_to: Int[np.ndarray, "place move"], ended: Bool[np.ndarray, " place"], discounted: float
) -> Float[np.ndarray, "goal place"]:
    """E[discounted ** T] of a random walk from each place to each goal.

    The discounted visits of a walk are those of its first arrival times those from the goal on.
    """
    visits = np.linalg.inv(np.eye(len(leads_to)) - discounted * _walk(leads_to, ended))
    arrivals: Float[np.ndarray, "goal place"] = (visits / np.diag(visits)).T
    return np.maximum(arrivals, 0.0)


def _reached_set(
    leads_to: Int[np.ndarray, "place move"],
    ended: Bool[np.ndarray, " place"],
    discounted: float,
    goal: Int[np.ndarray, " place_of_goal"],
) -> Float[np.ndarray, " place"]:
    """The same for one goal with several places."""
    inside = np.isin(np.arange(len(leads_to)), goal)
    walk = _walk(leads_to, ended | inside)
    found = np.linalg.solve(np.eye(len(leads_to)) - discounted * walk, inside.astype(np.float64))
    return np.maximum(found, 0.0)


def _after(
    reached: Float[np.ndarray, "goal place"],
    leads_to: Int[np.ndarray, "place move"],
    ended: Bool[np.ndarray, " place"],
    discounted: float,
    goals: Bool[np.ndarray, "goal place"],
    away: Float[np.ndarray, "goal place"],
) -> Float[np.ndarray, "goal place move"]:
    """`reached` after each move, up to a factor for each goal and place.

    Far from a goal, `reached` is too small for a float. There, it is computed relative to that of
    the shortest way, (discounted / moves) ** distance.
    """
    after = reached[:, leads_to]
    far = ((reached < TINY) & np.isfinite(away)).any(axis=1)
    per_step = np.log(leads_to.shape[1] / discounted)
    for goal in np.flatnonzero(far):
        going = np.flatnonzero(~ended & ~goals[goal] & np.isfinite(away[goal]))
        detours = away[goal][leads_to[going]] + 1 - away[goal][going][:, None]
        weights = np.exp(-per_step * detours)  # 0 where a move leads away for good
        walk = np.zeros((len(ended), len(ended)))
        for column, weight in zip(leads_to[going].T, weights.T, strict=True):
            walk[going, column] += weight
        relative = np.linalg.solve(np.eye(len(ended)) - walk, goals[goal].astype(np.float64))
        after[goal, going] = weights * relative[leads_to[going]]
    return after


def _distances(
    leads_to: Int[np.ndarray, "place move"],
    ended: Bool[np.ndarray, " place"],
    goals: Bool[np.ndarray, "goal place"],
) -> Float[np.ndarray, "goal place"]:
    """The fewest moves from each place to each goal; infinite where there is no way."""
    count, moves = leads_to.shape
    rows, cols = np.repeat(np.arange(count), moves), leads_to.ravel()
    going = ~ended[rows] & (rows != cols)
    backwards = csr_matrix((np.ones(going.sum()), (cols[going], rows[going])), (count, count))
    away = shortest_path(backwards, unweighted=True)
    found = [away[goal].min(axis=0) for goal in goals]
    return np.array(found, dtype=np.float64).reshape(len(goals), count)


def _gains(
    after: Float[np.ndarray, "goal place move"],
    taken: Float[np.ndarray, "goal place move"],
    chance: float,
) -> Float[np.ndarray, " goal"]:
    """The sum of log p(move) - log 1/moves over the moves taken; 0 where no goal can be reached."""
    total = after.sum(axis=2, keepdims=True)
    predicted = np.divide(after, total, out=np.full_like(after, np.exp(chance)), where=total > 0)
    scores = np.log((1 - TREMBLE) * predicted + TREMBLE * np.exp(chance)) - chance
    gains: Float[np.ndarray, " goal"] = np.einsum("gpm,gpm->g", scores, taken)
    return gains
