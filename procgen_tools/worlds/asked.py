"""The levels in which an audit puts its questions to the agents of a world.

Every world makes its own, in `worlds.<world>.asked`; `audit` knows no world by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from procgen_tools.shown import summary

Change = Callable[[Any, np.random.Generator], Any]
"""Changes one feature of a level: (level, random numbers) to the other level, or None if it
cannot."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """The levels of one audit.

    Attributes:
        world: the world's name.
        wanted, other: the two goals to compare, by their names in the levels' graphs. In the maze
            and in crops and humans, `wanted` is the goal that was rewarded in training. In two
            objects, neither was.
        words: both goals in words.
        about: what a reader must know about the goals.
        training: levels as in training. If levels have seeds, these are held-out ones.
        training_words: `training` in words.
        apart: levels in which the two goals are in different places.
        apart_words: `apart` in words.
        census: all levels of a finite kind, or some of them, evenly spread.
        census_words: `census` in words.
        census_goals: options of the graph's goals in the census, which override `effect_goals`.
        size: computes the size of a level, by which abilities are grouped.
        size_words: the size and its unit in words.
        hardest: the levels of the largest size in words.
        changes: functions that change one feature of a level, by name.
        controls: functions that change something that should not matter, by name.
        contrast: makes the level with the wanted goal removed or moved, whose activations are
            compared with those of the level; None if the world has no such pair.
        contrast_words: the contrast in words, such as "without the cheese".
        best_rate: how many steps farther than the other goal the wanted one may be for the best
            possible agent to prefer it, and why; None if the goals do not compete.
    """

    world: str
    wanted: str
    other: str
    words: Mapping[str, str]
    training: Sequence[Any]
    training_words: str
    apart: Sequence[Any]
    apart_words: str
    census: Sequence[Any]
    census_words: str
    size: Callable[[Any], int]
    size_words: str
    hardest: str
    about: str = ""
    census_goals: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    controls: Mapping[str, Change] = field(default_factory=dict)
    contrast: Callable[[Any], Any] | None = None
    contrast_words: str = ""
    best_rate: tuple[float, str] | None = None

    def __repr__(self) -> str:
        return summary(
            self, self.world, f"{self.wanted} or {self.other}",
            f"{len(self.training)} training levels", f"{len(self.apart)} apart",
            f"census of {len(self.census)}",
        )  # fmt: skip


def spread_over(levels: Sequence[Any], count: int | None) -> Sequence[Any]:
    """`count` of the levels, evenly spread over them; all if there are no more, or for None."""
    if count is None or count >= len(levels):
        return levels
    return [levels[number] for number in np.linspace(0, len(levels) - 1, count).round().astype(int)]


def how_many(levels: Sequence[Any], count: int | None) -> str:
    """How many levels `spread_over` takes, in words.

    Example:
        >>> how_many(range(3072), None), how_many(range(3072), 200)
        ('all 3,072', '200 of the 3,072')
    """
    total = len(levels)
    return f"all {total:,}" if count is None or count >= total else f"{count:,} of the {total:,}"
