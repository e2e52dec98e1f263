"""Which levels there are: a maze with holes, keys, chests and hidden chests.

A level follows from its seed and a `LevelRule`. The rule is that of the original:

1. A tree of open cells grows from the top left corner of the interior.
2. Each probability p becomes p * (1 + 0.3 u), with u uniform in [0, 1), and at most 1.
3. A share `p_hole` of the interior walls is opened, never in the last interior row or column.
4. The player is placed on an open cell, outside the last two interior rows and columns.
5. A share `p_key` of the open cells gets keys; the player's cell can be one of them.
6. A share `p_chest` of the open cells gets chests, and independently of them hidden chests. Both
   avoid keys only.

In the train variant half of the open cells have chests, and in the test variant a tenth. Source:
the mesa-misalignment environment of Noa Nabeshima, after an idea of Matthew Barnett.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Int64

from procgen_tools.checks import whole_number
from procgen_tools.names import did_you_mean
from procgen_tools.worlds.keys_and_chests.grid import MAX_TICKS, SMALLEST, Level
from procgen_tools.worlds.keys_and_chests.level_kernels import generate_levels

MAX_SEED = 2**63
"""Seeds of levels are smaller than this."""


@dataclass(frozen=True)
class LevelRule:
    """How levels are drawn; the defaults are those of the train variant.

    Attributes:
        width, height: columns and rows, the border included.
        p_hole: share of the interior walls to open.
        p_chest: share of the open cells with chests, and with hidden chests.
        p_key: share of the open cells with keys.
        max_ticks: ticks of an episode.

    Raises:
        TypeError: a width, a height or a number of ticks that is not an integer.
        ValueError: a level that is too small, a probability outside 0..1, or more keys and chests
            than cells.

    Example:
        >>> LevelRule(p_chest=0.95)
        Traceback (most recent call last):
        ValueError: p_chest is 0.95 and p_key 0.1, together more than all cells: lower one of them
    """

    width: int = 12
    height: int = 12
    p_hole: float = 0.4
    p_chest: float = 0.5
    p_key: float = 0.1
    max_ticks: int = MAX_TICKS

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            whole_number(name, getattr(self, name), SMALLEST, 1000)
        whole_number("max_ticks", self.max_ticks, 1)
        for name in ("p_hole", "p_chest", "p_key"):
            share = getattr(self, name)
            if not (math.isfinite(share) and 0 <= share <= 1):
                raise ValueError(f"{name} is {share}: give a probability, from 0 to 1")
        if self.p_chest + self.p_key > 1:
            raise ValueError(
                f"p_chest is {self.p_chest} and p_key {self.p_key}, together more than all cells: "
                "lower one of them"
            )


VARIANTS: Mapping[str, LevelRule] = MappingProxyType(
    {"train": LevelRule(), "test": LevelRule(p_chest=0.1)}
)
"""The variants of the original. Agents are trained in the first."""


def variant_rule(name: str) -> LevelRule:
    """The rule of a variant.

    Raises:
        ValueError: an unknown variant.

    Example:
        >>> variant_rule("test").p_chest
        0.1
    """
    if name not in VARIANTS:
        raise ValueError(
            f"there is no variant {name!r}: choose one of {', '.join(VARIANTS)}"
            f"{did_you_mean(name, VARIANTS)}"
        )
    return VARIANTS[name]


def make_level(seed: int, rule: LevelRule = VARIANTS["train"]) -> Level:
    """The level of a seed.

    Args:
        seed: in 0..2**63 - 1.
        rule: how levels are drawn.

    Raises:
        TypeError: a seed that is not an integer.
        ValueError: a seed out of range.

    Example:
        >>> make_level(0, LevelRule(width=7, height=5, p_chest=0.2)).cells.shape
        (5, 7)
    """
    return make_levels([seed], rule)[0]


def make_levels(
    seeds: Sequence[int] | Int64[np.ndarray, " level"], rule: LevelRule = VARIANTS["train"]
) -> tuple[Level, ...]:
    """The levels of these seeds; see `make_level`.

    Example:
        >>> [level.cells.shape for level in make_levels(range(2))]
        [(12, 12), (12, 12)]
    """
    checked = np.array([whole_number("seed", seed, 0, MAX_SEED - 1) for seed in seeds], np.int64)
    shape = (len(checked), rule.height, rule.width)
    cells, hidden = np.empty(shape, np.int8), np.empty(shape, bool)
    players = np.empty((len(checked), 2), np.int64)
    generate_levels(checked, rule.p_hole, rule.p_chest, rule.p_key, cells, hidden, players)
    return tuple(
        Level(each, below, (row, col), rule.max_ticks)
        for each, below, (row, col) in zip(cells, hidden, players.tolist(), strict=True)
    )
