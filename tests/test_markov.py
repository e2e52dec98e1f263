"""Absorbing chains against exact rational arithmetic, however small the chances."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from procgen_tools.markov import eliminate


def solved_exactly(
    probabilities: np.ndarray, leads_to: np.ndarray, ends: dict[int, int], step: int
) -> list[Fraction]:
    """x = ends in the targets, x = P x + step elsewhere, by Gauss-Jordan in rationals."""
    states = len(probabilities)
    rows = []
    for state in range(states):
        row = [Fraction(0)] * (states + 1)
        row[state] = Fraction(1)
        if state in ends:
            row[states] = Fraction(ends[state])
        else:
            total = sum(Fraction(float(chance)) for chance in probabilities[state])
            for chance, target in zip(probabilities[state], leads_to[state], strict=True):
                # The chances of a row add up to 1 only as floats.
                row[target] -= Fraction(float(chance)) / total
            row[states] = Fraction(step)
        rows.append(row)
    for state in range(states):
        pivot = next(r for r in range(state, states) if rows[r][state])
        rows[state], rows[pivot] = rows[pivot], rows[state]
        rows[state] = [value / rows[state][state] for value in rows[state]]
        for other in range(states):
            if other != state and rows[other][state]:
                factor = rows[other][state]
                rows[other] = [
                    value - factor * mine
                    for value, mine in zip(rows[other], rows[state], strict=True)
                ]
    return [row[states] for row in rows]


def line(forward: list[float], back: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Squares in a row between two ends; from each a chance forward, a chance back, else stay."""
    inner = len(forward)
    probabilities = np.zeros((inner + 2, 3))
    leads_to = np.repeat(np.arange(inner + 2)[:, None], 3, axis=1)
    probabilities[:, 2] = 1
    for place, chances in enumerate(zip(forward, back, strict=True), start=1):
        probabilities[place] = (*chances, 1 - sum(chances))
        leads_to[place] = place + 1, place - 1, place
    return probabilities, leads_to


def close(found: float, exact: Fraction) -> bool:
    return abs(Fraction(found) - exact) <= exact / 10**12


@pytest.mark.parametrize(
    ("forward", "back"),
    [
        ([0.3, 0.2, 0.5], [0.6, 0.7, 0.1]),
        ([1e-30] * 4, [0.9] * 4),
        ([1e-150, 1e-140, 0.5], [1e-160, 0.5, 1e-3]),
        ([1e-160, 1e-160, 1e-160], [1e-200, 1e-200, 1e-200]),
        ([1e-300, 0.5, 1e-200, 1e-290], [1e-299, 1e-250, 0.5, 1e-300]),
        ([0.5, 1e-200, 1e-200, 0.5], [0.5, 0.5, 0.5, 1e-100]),
    ],
)
def test_chances_are_exact_to_twelve_digits(forward: list[float], back: list[float]) -> None:
    probabilities, leads_to = line(forward, back)
    last = len(probabilities) - 1
    elimination = eliminate(probabilities, leads_to, frozenset({0, last}))
    found = elimination.chance_of([last])
    exact = solved_exactly(probabilities, leads_to, {0: 0, last: 1}, 0)
    for state in range(1, last):
        if exact[state] >= Fraction(10) ** -300:
            assert close(found[state], exact[state]), (state, found[state])
        else:
            assert found[state] <= 1e-299


def test_a_chance_between_two_very_rare_ways_is_kept() -> None:
    """The product of two of them is no float, but their ratio is."""
    probabilities, leads_to = line([1e-200, 1e-200], [1e-300, 1.0 - 1e-16])
    elimination = eliminate(probabilities, leads_to, frozenset({0, 3}))
    exact = solved_exactly(probabilities, leads_to, {0: 0, 3: 1}, 0)
    assert exact[1] > Fraction(10) ** -110
    assert close(elimination.chance_of([3])[1], exact[1])
    assert elimination.number is Decimal


def test_steps_of_very_long_walks_are_exact() -> None:
    probabilities, leads_to = line([1e-160, 1e-160], [1e-170, 0.5])
    targets = frozenset({0, 3})
    source = np.array([0.0, 1.0, 1.0, 0.0])
    found = eliminate(probabilities, leads_to, targets).solve({0: 0.0, 3: 0.0}, source)
    exact = solved_exactly(probabilities, leads_to, {0: 0, 3: 0}, 1)
    assert all(close(found[state], exact[state]) for state in (1, 2))
    assert found[1] > 1e150


def test_ordinary_chains_stay_with_floats() -> None:
    probabilities, leads_to = line([0.3, 0.2], [0.6, 0.7])
    assert eliminate(probabilities, leads_to, frozenset({0, 3})).number is float
