"""Absorbing Markov chains, solved without subtracting.

The method is Gaussian elimination in the form of Grassmann, Taksar and Heyman (1985, Operations
Research 33(5)): states are eliminated one by one, and 1 - P(stay) is computed as the sum of the
probabilities of leaving. Nothing is ever subtracted, so every result has a small relative error,
including chances of 1e-30 and walks of 1e15 steps (O'Cinneide 1993, Numerische Mathematik 65). An
LU factorisation loses all digits there. States farthest from the targets are eliminated first, so
mazes that are trees have no fill-in, and the work is linear in the number of states.

Products of very small chances, such as 1e-160 squared, would underflow to 0 even if the result is
in the range of floats. If a product comes near the smallest float, the chain is eliminated again in
decimal numbers, whose exponents are far larger. The claim therefore holds for all results from
1e-300 to 1e300, whatever the chances of single moves; smaller results become 0, and larger ones
inf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from procgen_tools.shown import brief

Number = Any
"""A float, or a Decimal if floats would underflow."""

_SMALLEST: Final = 1e-290
"""Smaller products are computed with Decimal, because floats lose digits below 2e-308."""

_DECIMALS: Final = Context(prec=25)


class _TooSmallError(ArithmeticError):
    """A product that may be too small for a float."""


class Eliminated(NamedTuple):
    """The elimination of one state: where the walk goes when it leaves, and its predecessors."""

    state: int
    leaving: Number
    onward: dict[int, Number]
    inflow: list[tuple[int, Number]]


@dataclass(frozen=True, eq=False)
class Elimination:
    """A chain whose states are eliminated.

    The trap is one extra state, which represents all states from which no target can be reached.

    Attributes:
        trap: the number of the trap, which is the number of states.
        trapped: the states that the trap represents.
        may_be_trapped: (state,): whether the trap can be reached from the state.
        eliminated: the other states, in the order of elimination.
        number: the type of all numbers in `eliminated`, float or Decimal.
    """

    trap: int
    trapped: list[int]
    may_be_trapped: Bool[np.ndarray, " state"]
    eliminated: list[Eliminated]
    number: type[float] | type[Decimal] = float

    __repr__ = brief

    def chance_of(self, targets: Iterable[int]) -> Float[np.ndarray, " state"]:
        """The chance to end in one of `targets`, from every state."""
        return self.solve(dict.fromkeys(targets, 1.0), np.zeros(self.trap))

    def solve(
        self, ends: dict[int, float], source: Float[np.ndarray, " state"]
    ) -> Float[np.ndarray, " state"]:
        """Solve x = ends in the targets and the trap, and x = P x + source elsewhere."""
        number = self.number
        with localcontext(_DECIMALS):
            pending: list[Number] = [number(value) for value in source.tolist()]
            for state, leaving, _, inflow in self.eliminated if source.any() else ():
                if pending[state]:
                    per_visit = pending[state] / leaving
                    for predecessor, weight in inflow:
                        pending[predecessor] += weight * per_visit
            solution: list[Number] = [number(0)] * (self.trap + 1)
            for state, value in ends.items():
                solution[state] = number(value)
            for state, leaving, onward, _ in reversed(self.eliminated):
                total = pending[state] / leaving
                for successor, share in onward.items():
                    total += share * solution[successor]
                solution[state] = total
            for state in self.trapped:
                solution[state] = solution[self.trap]
            return np.array([float(value) for value in solution[: self.trap]])


def eliminate(
    probabilities: Float[np.ndarray, "state move"],
    leads_to: Int[np.ndarray, "state move"],
    targets: frozenset[int],
    discount: float = 1.0,
) -> Elimination:
    """Eliminate the states of a chain in which the targets are absorbing.

    Args:
        probabilities: the probability of each move in each state.
        leads_to: the state to which each move leads.
        targets: states that lead to themselves.
        discount: the chance that the walk continues after a step. With a discount below 1 the walk
            may end in the trap from any state, so the trap represents no other states.

    Example:
        >>> probabilities = np.array([[0.3, 0.7], [0.0, 1.0], [0.0, 1.0]])
        >>> leads_to = np.array([[1, 2], [1, 1], [2, 2]])
        >>> eliminate(probabilities, leads_to, frozenset([1, 2])).chance_of([2])
        array([0.7, 0. , 1. ])
    """
    try:
        return _eliminate(probabilities, leads_to, targets, discount, float)
    except _TooSmallError:
        with localcontext(_DECIMALS):
            return _eliminate(probabilities, leads_to, targets, discount, Decimal)


def _eliminate(
    probabilities: Float[np.ndarray, "state move"],
    leads_to: Int[np.ndarray, "state move"],
    targets: frozenset[int],
    discount: float,
    number: type[float] | type[Decimal],
) -> Elimination:
    trap = len(probabilities)
    as_number: Callable[[float], Number] = number
    zero = as_number(0.0)
    smallest = _SMALLEST if number is float else 0.0
    onward: list[dict[int, Number]] = [{} for _ in range(trap)]
    entering: list[set[int]] = [set() for _ in range(trap + 1)]
    going_on = probabilities if discount == 1 else discount * probabilities
    for state, (successors, chances) in enumerate(
        zip(leads_to.tolist(), going_on.tolist(), strict=True)
    ):
        row = onward[state]
        for successor, probability in zip(successors, chances, strict=True):
            if successor != state and probability > 0:
                row[successor] = row.get(successor, zero) + as_number(probability)
                entering[successor].add(state)

    nearest_first = _reaching(targets, entering)
    if discount < 1:
        stops = (1 - discount) * probabilities.sum(axis=1)
        for state, chance in enumerate(stops.tolist()):
            if state not in targets:
                onward[state][trap] = as_number(chance)
        found = set(nearest_first)
        nearest_first += [state for state in range(trap) if state not in found]
    reaching = set(nearest_first)
    trapped = [state for state in range(trap) if state not in reaching]
    may_be_trapped = np.full(trap, discount < 1)
    may_be_trapped[_reaching(trapped, entering)] = True
    for state in trapped:
        for predecessor in entering[state] & reaching:
            row = onward[predecessor]
            row[trap] = row.get(trap, zero) + row.pop(state)

    eliminated = []
    entering = [predecessors & reaching for predecessors in entering]
    for state in reversed(nearest_first[len(targets) :]):
        row = onward[state]
        # This is above 0: states nearer to a target are eliminated later, so a step is left.
        leaving = sum(row.values())
        shares = {successor: weight / leaving for successor, weight in row.items()}
        inflow = [(before, onward[before].pop(state)) for before in sorted(entering[state])]
        for before, weight in inflow:
            row = onward[before]
            for successor, share in shares.items():
                if successor != before:
                    product = weight * share
                    if product < smallest:
                        raise _TooSmallError
                    row[successor] = row.get(successor, zero) + product
                    entering[successor].add(before)
        for successor in shares:
            entering[successor].discard(state)
        eliminated.append(Eliminated(state, leaving, shares, inflow))
    return Elimination(trap, trapped, may_be_trapped, eliminated, number)


def _reaching(goals: Iterable[int], entering: Sequence[Iterable[int]]) -> list[int]:
    """The states from which a goal can be reached, nearest first, starting with the goals."""
    queue = sorted(goals)
    seen = set(queue)
    for state in queue:
        for predecessor in entering[state]:
            if predecessor not in seen:
                seen.add(predecessor)
                queue.append(predecessor)
    return queue
