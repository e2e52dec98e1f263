"""Two groups of agents among all divisions of the same agents into groups of the same sizes.

With a handful of agents, two groups can hardly be told apart in one number. In many numbers they
can: if the groups do not matter, each division of the agents is as likely as any other to be the
one that separates them most. Numbers that depend on each other change how much counts vary, but
not what is expected of a division.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int

from procgen_tools.shown import brief


def divisions(chosen: Bool[np.ndarray, " agent"]) -> Bool[np.ndarray, "division agent"]:
    """All groups of as many agents as are chosen, the chosen group first.

    Raises:
        ValueError: a group is empty.

    Example:
        >>> divisions(np.array([False, True, False])).astype(int)
        array([[0, 1, 0],
               [1, 0, 0],
               [0, 0, 1]])
    """
    count, size = len(chosen), int(chosen.sum())
    if not 0 < size < count:
        raise ValueError(
            f"{size} of {count} agents are chosen: choose at least one, and leave at least one out"
        )
    agents = np.arange(count)
    groups = np.array([np.isin(agents, members) for members in combinations(agents, size)])
    own = (groups == chosen).all(axis=1)
    return np.vstack([groups[own], groups[~own]])


def separations(
    numbers: Float[np.ndarray, "agent column"], groups: Bool[np.ndarray, "division agent"]
) -> Float[np.ndarray, "division column"]:
    """How far each group is above the other agents, in standard deviations within the two.

    Infinite if the two differ and nothing varies within them; 0 where all agents are the same.

    Args:
        numbers: what was measured.
        groups: the members of the first group of each division.

    Example:
        >>> numbers = np.array([[1.0], [2.0], [5.0], [6.0]])
        >>> separations(numbers, np.array([[False, False, True, True]])).round(2)
        array([[5.66]])
    """
    rows = []
    for group in groups:
        parts = numbers[group], numbers[~group]
        difference = parts[0].mean(axis=0) - parts[1].mean(axis=0)
        squares = sum(((part - part.mean(axis=0)) ** 2).sum(axis=0) for part in parts)
        within = np.sqrt(squares / max(len(numbers) - 2, 1))
        scale = np.abs(numbers).max(axis=0)
        same = np.abs(difference) <= 1e-12 * scale
        fixed = within <= 1e-12 * scale
        apart = np.divide(difference, within, out=np.copysign(np.inf, difference), where=~fixed)
        rows.append(np.where(same, 0.0, apart))
    return np.array(rows)


@dataclass(frozen=True, eq=False)
class Separated:
    """For each division, the number of columns in which it separates the agents most.

    Attributes:
        counts: (division,) the number of columns in which the groups of the division are farther
            apart than those of all others. The division in question comes first. A column in which
            two divisions tie counts for none.
        numbers: number of columns that were compared.
    """

    counts: Int[np.ndarray, " division"]
    numbers: int

    __repr__ = brief

    @property
    def own(self) -> int:
        """The number for the division in question."""
        return int(self.counts[0])

    @property
    def expected(self) -> float:
        """The mean over all divisions: what is expected if the groups do not matter."""
        return float(self.counts.mean())

    @property
    def p(self) -> float:
        """The share of all divisions with as large a count."""
        return float((self.counts >= self.counts[0]).mean())


def most_separated(
    numbers: Float[np.ndarray, "agent column"],
    chosen: Bool[np.ndarray, " agent"],
    signs: Float[np.ndarray, " column"] | None = None,
) -> Separated:
    """Count the numbers in which each division is the most separated one.

    Args:
        numbers: what was measured, one column per number.
        chosen: which agents are in the first group.
        signs: on which side of the others the first group is expected in each number: 1 above,
            -1 below. A division counts only if its first group is there. None: on any side, so
            that a division and its mirror image, in which the groups change places, are one.

    Example:
        >>> numbers = np.random.default_rng(0).normal(size=(6, 50))
        >>> chosen = np.arange(6) < 3
        >>> numbers[chosen, :25] += 9
        >>> found = most_separated(numbers, chosen)
        >>> found.own, found.expected, found.p
        (27, 5.0, 0.1)
        >>> most_separated(numbers, chosen, np.ones(50)).own
        27
    """
    groups = divisions(chosen)
    if signs is None:
        mirrored = [(groups[:n] == ~group).all(axis=1).any() for n, group in enumerate(groups)]
        apart = np.abs(separations(numbers, groups[~np.array(mirrored)]))
    else:
        apart = signs * separations(numbers, groups)
    largest = apart.max(axis=0)
    first = apart == largest
    alone = (first.sum(axis=0) == 1) & (largest > 0)
    return Separated(np.asarray((first & alone).sum(axis=1)), int(numbers.shape[1]))
