"""Absorbing Markov chains, solved without subtracting.

Gaussian elimination in the form of Grassmann, Taksar and Heyman (1985, Operations
Research 33(5)): states are eliminated one by one, and 1 - P(stay) is always the sum of the
probabilities of leaving. Nothing is ever subtracted, so every result has a small relative error,
chances of 1e-30 and walks of 1e15 steps included (O'Cinneide 1993, Numerische
Mathematik 65); an LU factorisation loses all digits there. States farthest from the targets go
first, so mazes that are trees fill in nothing, and the work grows with the number of states.

Products of very small chances, as 1e-160 squared, would underflow to 0 on the way, though the
result itself may be a float. Where one comes near, the chain is eliminated again in decimal
numbers, whose exponents go far beyond those of floats. So the claim holds for all results from
1e-300 to 1e300, whatever the chances of single moves; smaller ones become 0, larger ones inf.
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
"""A float, or a Decimal where floats would underflow."""

_SMALLEST: Final = 1e-290
"""Smaller products are not trusted to floats, which lose digits below 2e-308."""

_DECIMALS: Final = Context(prec=25)


class _TooSmallError(ArithmeticError):
    """A product that floats may not hold."""


class Eliminated(NamedTuple):
    """One state's elimination: where the walk goes once it leaves, and who led to it."""

    state: int
    leaving: Number
    onward: dict[int, Number]
    inflow: list[tuple[int, Number]]


@dataclass(frozen=True, eq=False)
class Elimination:
    """A chain whose states are eliminated; the trap is the number after the last.

    The trap stands for all states from which no target can be reached.

    Attributes:
        trap: the trap's number.
        trapped: the states that it stands for.
        may_be_trapped: (state,) whether the trap can be reached from there.
        eliminated: the others, in the order of elimination.
        number: the type of all numbers in `eliminated`, float or Decimal.
    """

    trap: int
    trapped: list[int]
    may_be_trapped: Bool[np.ndarray, " state"]
    eliminated: list[Eliminated]
    number: type[float] | type[Decimal] = float

    __repr__ = brief

    def chance_of(self, targets: Iterable[int]) -> Float[np.ndarray, " state"]:
        """The chance of ending in one of `targets`, for every start."""
        return self.solve(dict.fromkeys(targets, 1.0), np.zeros(self.trap))

    def solve(
        self, ends: dict[int, float], source: Float[np.ndarray, " state"]
    ) -> Float[np.ndarray, " state"]:
        """x with x = ends in the targets and the trap, and x = P x + source elsewhere."""
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
    """State reduction of a chain in which the targets are absorbing.

    Args:
        probabilities: of each move in each state.
        leads_to: the state to which each move leads.
        targets: states that lead to themselves.
        discount: the chance that the walk goes on after a step. With a discount below 1 it may
            end anywhere, in the trap, so no state is lumped together with the trap.
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
        # Above 0: a step towards a target is left, as nearer states are eliminated later.
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
    """The states from which a goal can be reached, nearest first, the goals in front."""
    queue = sorted(goals)
    seen = set(queue)
    for state in queue:
        for predecessor in entering[state]:
            if predecessor not in seen:
                seen.add(predecessor)
                queue.append(predecessor)
    return queue
