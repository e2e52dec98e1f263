"""How much of cheese-seeking simple edits remove, and what that costs of corner-seeking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from procgen_tools import chains
from procgen_tools.effects import Effect, measure_each
from procgen_tools.interventions import NOTHING, Add, Intervention, Mean, Zero, cheese_vector
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.ablations.decisions import (
    EMPTY,
    SHOWN,
    ConditionEdits,
    Decisions,
    add_cheese_vectors,
)
from procgen_tools.studies.base import LAYER
from procgen_tools.vfield import VectorField
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze

LEVELS = (0.5, 0.7, 0.9, 0.99)
"""Shares of cheese-seeking to remove."""

MOST_LOSS = 0.25
"""The loss of corner-seeking that is allowed."""

COEFFICIENTS = (-0.25, -0.5, -0.75, -1.0, -1.25, -1.5, -2.0, -3.0)

MazeEdit = Callable[[ImpalaPolicy, Maze], Intervention]
"""Makes the intervention for one maze."""

VECTOR = "cheese vector of the maze"
CHANNELS = "channels taken away"


class Candidate:
    """A simple edit, for many mazes at once and for one.

    Attributes:
        family: what kind of edit it is.
        strength: the coefficient, or how many channels.
        together: makes the edits for `Decisions`.
        alone: makes the intervention for a maze with its cheese.
    """

    def __init__(
        self,
        family: str,
        strength: float | int,
        together: Callable[[Decisions], ConditionEdits],
        alone: MazeEdit,
    ) -> None:
        self.family = family
        self.strength = strength
        self.together = together
        self.alone = alone

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.family}: {self.strength:g}"


def candidates(ranking: Sequence[int], mean: Mean, counts: Sequence[int]) -> list[Candidate]:
    """All edits that are tried: multiples of the cheese vector, and channels taken away.

    The cheese vector is that of the maze itself, so it knows where the cheese is; to take
    channels away needs to know nothing.

    Args:
        ranking: channels of the layer, those that matter most to the cheese first.
        mean: of the layer without cheese.
        counts: how many of them to take away.
    """
    found = [_vector(coefficient) for coefficient in COEFFICIENTS]
    for count in counts:
        channels = tuple(ranking[:count])
        found.append(_constant("zero top cheese channels", count, Zero(LAYER, channels=channels)))
        mean_of = Mean(LAYER, mean.examples, channels=channels)
        found.append(_constant("mean of top cheese channels", count, mean_of))
    return found


def _vector(coefficient: float) -> Candidate:
    def together(decisions: Decisions) -> ConditionEdits:
        return add_cheese_vectors(decisions, LAYER, coefficient)

    def alone(policy: ImpalaPolicy, maze: Maze) -> Intervention:
        return Add(cheese_vector(policy, maze, LAYER), coefficient)

    return Candidate(VECTOR, coefficient, together, alone)


def _constant(family: str, count: int, edit: Intervention) -> Candidate:
    return Candidate(
        family, count, lambda _: {SHOWN: edit, EMPTY: edit}, lambda _policy, _maze: edit
    )


def removal_rows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What an edit removed, one row per level; means over levels are ratios of means.

    Cheese-seeking is what the cheese adds to P(towards it), corner-seeking P(towards the top
    right) without cheese. Each row is divided by the mean over all levels before the edit.

    Columns: those of `after`; removed (1: as if there were no cheese), loss (of corner-seeking).
    """
    seeking = (before["cheese"] - before["tendency"]).mean()
    return after.assign(
        removed=(before["cheese"] - after["cheese"]) / seeking,
        loss=(before["corner"] - after["corner"]) / before["corner"].mean(),
    )


def tried(decisions: Decisions, found: Sequence[Candidate]) -> pd.DataFrame:
    """The rows of every candidate at the decision squares, with its family and strength."""
    before = decisions.ask(NOTHING)
    tables = [
        removal_rows(before, decisions.ask(each.together(decisions))).assign(
            edit=each.name, family=each.family, strength=float(each.strength)
        )
        for each in found
    ]
    return pd.concat(tables, ignore_index=True)


def choose(tried_rows: pd.DataFrame) -> pd.DataFrame:
    """For each group of edits, the one that removes most at little loss in these mazes.

    A loss is little if it is at most half of what is allowed, because other mazes differ. If no
    edit loses so little, the one with the smallest loss is chosen. Removing more than everything
    counts as removing everything. Of equal edits, the one with the smallest loss is chosen.

    Returns:
        One row per group: group, edit, most (the share that it removes, at most 1), and best
        (whether it removes more than that of the other group).
    """
    rows = []
    groups = np.where(tried_rows["family"] == VECTOR, VECTOR, CHANNELS)
    for group, edits in tried_rows.groupby(groups, sort=False):
        means = edits.groupby("edit", sort=False)[["removed", "loss"]].mean()
        means["removed"] = means["removed"].clip(upper=1)
        little = means[means["loss"] <= MOST_LOSS / 2]
        if little.empty:
            little = means.nsmallest(1, "loss")
        ordered = little.sort_values(["removed", "loss"], ascending=[False, True])
        rows.append({"group": group, "edit": ordered.index[0], "most": ordered["removed"].iloc[0]})
    table = pd.DataFrame(rows)
    return table.assign(best=table["most"].rank(ascending=False, method="first") == 1)


def exact_rows(
    policy: ImpalaPolicy, levels: Mapping[int, Maze], edits: Mapping[str, MazeEdit]
) -> pd.DataFrame:
    """The exact chances of episodes of 500 steps under edits, one row per level and edit.

    Columns: level, edit; reach_before and reach_after (the chance of the cheese), stray (the
    chance of visiting the cheese's square if it is not shown, unedited); region_before and
    region_after (the chance of visiting the top-right 5 x 5 without cheese).
    """
    rows = []
    for seed, maze in levels.items():
        made = {name: make(policy, maze) for name, make in edits.items()}
        shown = list(measure_each(policy, maze, list(made.values())))
        empty = list(measure_each(policy, remove_cheese(maze), list(made.values())))
        stray = _chance_of_square(empty, maze)
        for name, with_cheese, without in zip(made, shown, empty, strict=True):
            rows.append(
                {
                    "level": seed,
                    "edit": name,
                    "reach_before": with_cheese.chances_before.cheese,
                    "reach_after": with_cheese.chances_after.cheese,
                    "stray": stray,
                    "region_before": without.chances_before.corner,
                    "region_after": without.chances_after.corner,
                }
            )
    return pd.DataFrame(rows)


def _chance_of_square(empty: Sequence[Effect], maze: Maze) -> float:
    """The chance of visiting the cheese's square for a policy that is not shown it."""
    if not empty:
        return float(np.nan)
    seen = empty[0].before
    unseen = VectorField(maze, seen.probabilities, seen.values, seen.flipped_probabilities)
    return chains.chances(unseen, None, unseen.level.step_limit).cheese
