"""What the studies of activation vectors share: the run, and the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.interventions import ActivationVector, Add, Intervention
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.effects import plot_before_after, plot_controls, plot_dose_response
from procgen_tools.plots.style import set_aside
from procgen_tools.shown import brief
from procgen_tools.studies.base import LAYER, Claim, Findings, Settings, first_levels
from procgen_tools.studies.measuring import effects_table, unusualness_table
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import LevelRule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Donors = tuple[Maze, Maze]
"""Two other mazes whose vectors are controls."""


@dataclass(frozen=True, eq=False)
class VectorStudy:
    """A study that adds a maze's own vector, at one coefficient, and compares it with controls.

    Attributes:
        name: the study's name.
        mazes: how many the published run uses.
        levels: makes a number of levels by a rule, by seed.
        kind: what all of these levels have, in words.
        donors: makes the donors of a maze from its seed and the seed of the run.
        edits: makes the interventions in a maze from its donors and a seed.
        vector: makes the vector of a maze at a layer.
        coefficient: of the published edit.
        claims: makes the claims from an effects table.
        references: makes interventions at earlier layers, which the vector is compared with.
    """

    name: str
    mazes: int
    levels: Callable[[int, LevelRule], dict[int, Maze]]
    kind: str
    donors: Callable[[Maze, int, int], Donors]
    edits: Callable[[ImpalaPolicy, Maze, Donors, int], dict[str, Intervention]]
    vector: Callable[[ImpalaPolicy, Maze, str], ActivationVector]
    coefficient: float
    claims: Callable[[pd.DataFrame], tuple[Claim, ...]]
    references: Callable[[ImpalaPolicy, Maze], dict[str, Intervention]] | None = None

    __repr__ = brief

    def run(self, settings: Settings) -> Findings:
        """Measure the effects of all edits, and how unusual activations are under the published."""
        agents = settings.load_agents()
        levels = self.levels(settings.count(self.mazes, fast=4), settings.rule)
        donors = {seed: self.donors(maze, seed, settings.seed) for seed, maze in levels.items()}
        bar = settings.progress_bar
        effects = effects_table(
            agents,
            levels,
            lambda policy, seed, maze: self.edits(policy, maze, donors[seed], settings.seed + seed),
            progress_bar=bar,
        )
        references = self.references
        if references is not None:
            # On their own: edits that share a pass cannot resume after the earliest of them.
            compared = effects_table(
                agents, levels, lambda policy, _, maze: references(policy, maze), progress_bar=bar
            )
            effects = pd.concat([effects, compared], ignore_index=True)
        ranges = unusualness_table(
            agents,
            levels,
            LAYER,
            lambda policy, maze: Add(self.vector(policy, maze, LAYER), self.coefficient),
            progress_bar=bar,
        )
        return Findings(
            experiment=self.name,
            scope=settings.scope(self.mazes),
            mazes=f"{first_levels(levels, self.kind)}, cheese anywhere",
            agents=tuple(agents),
            claims=self.claims(effects),
            tables={"effects": effects, "unusualness": ranges},
            rule=settings.rule,
        )


def draw_vector(
    effects: pd.DataFrame, vector: str, names: Mapping[str, str], goals: tuple[str, str, str]
) -> dict[str, Figure]:
    """Pictures: the decision before and after, the dose–response, and the controls.

    Args:
        effects: the table of a `VectorStudy`; edits named "coefficient ..." are the doses.
        vector: its name in words.
        names: the doses to show among the controls, and their names there; the first is the
            published edit.
        goals: of the decision; titles are about the first.
    """
    published = next(iter(names))
    is_dose = effects["edit"].str.startswith("coefficient")
    doses = effects[is_dose]
    coefficients = doses["edit"].str.removeprefix("coefficient ").astype(float)
    shown = effects[~is_dose | effects["edit"].isin(list(names))]
    edited = "\n".join(names[published].rsplit(maxsplit=1))
    figures = {
        "before_after": plot_before_after(
            effects[effects["edit"] == published], goals[0], edited=edited
        ),
        "dose_response": plot_dose_response(
            doses.assign(coefficient=coefficients), f"coefficient of the {vector}", goals[0]
        ),
        "controls": plot_controls(shown.assign(edit=shown["edit"].replace(dict(names))), goals),
    }
    return set_aside(figures)
