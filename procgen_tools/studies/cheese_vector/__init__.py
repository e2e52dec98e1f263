"""The cheese vector: subtracting what the cheese adds to an activation makes agents ignore it.

After Turner et al. (2023), "Understanding and controlling a maze-solving policy network".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.interventions import (
    ActivationVector,
    Add,
    Intervention,
    cheese_vector,
    random_direction,
    shuffled_positions,
)
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.intervals import median_over_levels
from procgen_tools.studies.base import (
    LAYER,
    Claim,
    Findings,
    Settings,
    decision_levels,
    every,
    measured,
    over_levels,
)
from procgen_tools.studies.measuring import change, effects_table, unusualness_table
from procgen_tools.worlds.maze.edit import move_cheese
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.sampling import find_seeds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "cheese_vector"
TITLE = "The cheese vector"
MAZES = 100

COEFFICIENTS = (-3.0, -2.0, -1.5, -1.0, -0.75, -0.5, -0.25, 0.5, 1.0, 2.0)
SUBTRACTED = "coefficient -1"
WHEN = ("before", "after")


def run(settings: Settings) -> Findings:
    """Measure every published claim about the cheese vector, with controls."""
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=4))
    donors = {seed: _donors(maze, seed, settings.seed) for seed, maze in levels.items()}

    def edits(policy: ImpalaPolicy, seed: int, maze: Maze) -> dict[str, Intervention]:
        vector = cheese_vector(policy, maze, LAYER)
        same, elsewhere = donors[seed]
        others: dict[str, ActivationVector] = {
            "random direction": random_direction(vector, settings.seed + seed),
            "shuffled positions": shuffled_positions(vector, settings.seed + seed),
            "vector of another maze, cheese at the same square": cheese_vector(policy, same, LAYER),
            "vector of another maze, cheese elsewhere": cheese_vector(policy, elsewhere, LAYER),
        }
        return {
            **{f"coefficient {each:g}": Add(vector, each) for each in COEFFICIENTS},
            **{name: Add(other, -1.0) for name, other in others.items()},
        }

    effects = effects_table(agents, levels, edits, progress_bar=settings.progress_bar)
    ranges = unusualness_table(
        agents,
        levels,
        LAYER,
        lambda policy, maze: Add(cheese_vector(policy, maze, LAYER), -1.0),
        progress_bar=settings.progress_bar,
    )
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"the first {len(levels)} levels with a decision square (seeds "
        f"{min(levels)}–{max(levels)}), cheese anywhere",
        agents=tuple(agents),
        claims=_claims(effects),
        tables={"effects": effects, "unusualness": ranges},
    )


def _donors(maze: Maze, seed: int, drawn: int) -> tuple[Maze, Maze]:
    """Another level of this size with the cheese at the same square, and with it elsewhere."""
    assert maze.cheese is not None
    (other,) = find_seeds(1, seed=drawn + seed, size=maze.size, cheese=maze.cheese)
    same = make_level(other)
    free = [square for square in same.open_squares() if square not in (maze.cheese, same.mouse)]
    rng = np.random.default_rng([drawn, seed])
    return same, move_cheese(same, free[rng.integers(len(free))])


def _claims(effects: pd.DataFrame) -> tuple[Claim, ...]:
    subtracted = effects[effects["edit"] == SUBTRACTED]
    median_before, median_after = (
        over_levels(subtracted, f"decision_cheese_{when}", median_over_levels) for when in WHEN
    )
    before, after = (over_levels(subtracted, f"decision_cheese_{when}") for when in WHEN)
    reach_before, reach_after = (over_levels(subtracted, f"cheese_{when}") for when in WHEN)
    drop = change(effects, SUBTRACTED, "decision_cheese")
    rises = over_levels(
        subtracted,
        lambda t: (t["decision_cheese_after"] - t["decision_cheese_before"] > 0.01).astype(float),
    )
    added = change(effects, "coefficient 1", "decision_cheese")
    noise = change(effects, "random direction", "decision_other")
    noise_drop = change(effects, "random direction", "decision_cheese")
    same = change(effects, "vector of another maze, cheese at the same square", "decision_cheese")
    elsewhere = change(effects, "vector of another maze, cheese elsewhere", "decision_cheese")
    return (
        Claim(
            "Subtracting the cheese vector takes P(towards the cheese at the decision square) away",
            "median .81 → .03 (mean .619 → .093)",
            measured(
                median_before=median_before,
                median_after=median_after,
                mean_before=before,
                mean_after=after,
            ),
            "the mean falls by at least half of itself, for every agent",
            all(after[agent].high < before[agent].value / 2 for agent in before),
        ),
        Claim(
            "It rises in few mazes",
            "in 1 of 100",
            measured(share_that_rise=rises),
            "in at most 5% of the mazes (a rise of more than .01), for every agent",
            every(rises, lambda mean: mean.value <= 0.05),
        ),
        Claim(
            "The agent then reaches the cheese less often at all (exact, within 500 steps)",
            "none",
            measured(before=reach_before, after=reach_after),
            "the chance falls, intervals apart, for every agent",
            all(reach_after[agent].high < reach_before[agent].low for agent in reach_before),
        ),
        Claim(
            "Adding the vector does about nothing",
            "about nothing",
            measured(change_of_P=added),
            "a mean change of less than .1, for every agent",
            every(added, lambda mean: abs(mean.value) < 0.1),
        ),
        Claim(
            "A random direction of the same norm breaks the policy instead",
            "breaks it",
            measured(change_of_P_other=noise, change_of_P_cheese=noise_drop),
            "P(neither way at the decision square) rises by more than .1, for every agent",
            every(noise, lambda mean: mean.low > 0.1),
        ),
        Claim(
            "The vector of another maze works only if its cheese lies at the same square",
            "only at the same cheese position",
            measured(own=drop, same_square=same, elsewhere=elsewhere),
            "the same square does at least half of what the maze's own vector does, and "
            "elsewhere less than half of that, for every agent",
            all(
                same[agent].value < drop[agent].value / 2
                and elsewhere[agent].value > same[agent].value / 2
                for agent in drop
            ),
        ),
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the decision before and after, the dose–response, and the controls."""
    from procgen_tools.plots.effects import plot_before_after, plot_controls, plot_dose_response
    from procgen_tools.plots.style import set_aside

    effects = findings.tables["effects"]
    is_dose = effects["edit"].str.startswith("coefficient")
    doses = effects[is_dose]
    coefficients = doses["edit"].str.removeprefix("coefficient ").astype(float)
    shown = effects[~is_dose | (effects["edit"] == SUBTRACTED)]
    figures = {
        "before_after": plot_before_after(
            effects[effects["edit"] == SUBTRACTED], "cheese", edited="cheese vector\nsubtracted"
        ),
        "dose_response": plot_dose_response(
            doses.assign(coefficient=coefficients), "coefficient of the cheese vector"
        ),
        "controls": plot_controls(
            shown.assign(edit=shown["edit"].replace({SUBTRACTED: "cheese vector subtracted"}))
        ),
    }
    return set_aside(figures)
