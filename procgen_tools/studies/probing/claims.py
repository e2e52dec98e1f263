"""The claims about probes, and the rules that decide them."""

from __future__ import annotations

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured
from procgen_tools.studies.blocks import over_many_levels
from procgen_tools.studies.probing.measure import (
    ALL,
    LAYERS,
    MAJORITY,
    MOVE,
    NEAR,
    NOWHERE,
    OUTCOME,
    SHAPE,
    SIZE,
    SPATIAL,
    WALL,
)
from procgen_tools.studies.rules import Rule, lower, value

HALF = "block 2, half"


def all_claims(right: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, of a table that says how often each probe was right in each level."""
    return (*_outcome_claims(right), _cheese_claim(right), *_square_claims(right))


def _accuracy(
    right: pd.DataFrame, target: str, layer: str, probe: str = ALL
) -> dict[str, Estimate]:
    return over_many_levels(where(right, target=target, layer=layer, probe=probe), "right")


def _gain(right: pd.DataFrame, layer: str, than: str) -> dict[str, Estimate]:
    """How much more often a probe of outcomes is right than what reads no activation."""
    of_outcomes = where(right, target=OUTCOME)
    probe = where(of_outcomes, layer=layer, probe=ALL)
    baseline = where(of_outcomes, layer=NOWHERE, probe=than)
    both = probe.merge(baseline, on=["agent", "level"])
    return over_many_levels(both, lambda table: table["right_x"] - table["right_y"])


def _outcome_claims(right: pd.DataFrame) -> tuple[Claim, ...]:
    gain = f"{HALF} beyond the more frequent outcome"
    return (
        Claim(
            statement="Before its first step a probe reads whether the agent will get the cheese",
            published="78–85% are right, where the more frequent outcome is in 68%",
            rule=Rule.that(value(gain) >= 0.05, lower(gain) > 0),
            measured=measured(
                more_frequent_outcome=_accuracy(right, OUTCOME, NOWHERE, MAJORITY),
                maze_size_alone=_accuracy(right, OUTCOME, NOWHERE, SIZE),
                seven_features_of_the_maze=_accuracy(right, OUTCOME, NOWHERE, SHAPE),
                **{name: _accuracy(right, OUTCOME, name) for name in LAYERS},
                **{gain: _gain(right, HALF, MAJORITY)},
            ),
            form=".1%",
        ),
        Claim(
            statement="In block 1 such a probe reads the size of the maze and nothing else",
            published="yes (no number)",
            rule=Rule.that(value("block 1 beyond size") < 0.02),
            measured=measured(
                **{f"{name} beyond size": _gain(right, name, SIZE) for name in LAYERS}
            ),
            form=".1%",
        ),
    )


def _cheese_claim(right: pd.DataFrame) -> Claim:
    two = {
        f"{name}, two channels": _accuracy(right, NEAR, name, "2")
        for name in ("block 1", HALF, "block 2")
    }
    return Claim(
        statement="Two channels of blocks 1 and 2 say where the cheese is",
        published="nearly perfectly, from two channels on",
        rule=Rule.that(*(value(name) >= 0.95 for name in two)),
        measured=measured(
            **two,
            block_2_all_channels=_accuracy(right, NEAR, "block 2"),
            maze_size_alone=_accuracy(right, NEAR, "block 2", SIZE),
        ),
        form=".1%",
        comment="Right: of all cells of the layer, the one that looks most like cheese is the "
        "cheese's or next to it.",
    )


def _square_claims(right: pd.DataFrame) -> tuple[Claim, ...]:
    return (
        Claim(
            statement="Cells of block 1 say better than the pixels whether a square is a wall",
            rule=Rule.that(
                value(
                    "block 1",
                    "the share of the squares that may be either about which block 1 is right",
                )
                >= 0.95,
                value("block 1") > value("pixels"),
            ),
            measured=measured(
                most_frequent=_accuracy(right, WALL, NOWHERE, MAJORITY),
                **{name: _accuracy(right, WALL, name) for name in SPATIAL},
            ),
            form=".1%",
        ),
        Claim(
            statement="The next move stands in block 2 already",
            rule=Rule.that(value("block 2") >= 0.5 + 0.5 * value("most frequent move")),
            measured=measured(
                most_frequent_move=_accuracy(right, MOVE, NOWHERE, MAJORITY),
                **{name: _accuracy(right, MOVE, name) for name in LAYERS},
            ),
            form=".1%",
        ),
    )
