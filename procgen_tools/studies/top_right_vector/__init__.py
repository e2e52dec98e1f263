"""The top-right vector: adding what a longer way to the top right adds draws agents there.

After Turner et al. (2023), "Understanding and controlling a maze-solving policy network".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procgen_tools.interventions import (
    ActivationVector,
    Add,
    Intervention,
    cheese_vector,
    random_direction,
    shuffled_positions,
    top_right_vector,
)
from procgen_tools.models import ImpalaPolicy
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
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.sampling import find_seeds

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NAME = "top_right_vector"
TITLE = "The top-right vector"
MAZES = 100

COEFFICIENTS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0)
ADDED, SUBTRACTED = "coefficient 1", "coefficient -1"
CHEESE = "cheese vector subtracted"
BOTH = "top right added, cheese subtracted"
SAME_SIZE = "vector of another maze of the same size"
OTHER_SIZE = "vector of a maze of another size"


def run(settings: Settings) -> Findings:
    """Measure every published claim about the top-right vector, with controls."""
    agents = settings.load_agents()
    levels = levels_with_margin(settings.count(MAZES, fast=4))
    donors = {seed: _donors(maze, seed, settings.seed) for seed, maze in levels.items()}

    def edits(policy: ImpalaPolicy, seed: int, maze: Maze) -> dict[str, Intervention]:
        vector = top_right_vector(policy, maze, LAYER)
        without_cheese = Add(cheese_vector(policy, maze, LAYER), -1.0)
        same, other = donors[seed]
        others: dict[str, ActivationVector] = {
            "random direction": random_direction(vector, settings.seed + seed),
            "shuffled positions": shuffled_positions(vector, settings.seed + seed),
            SAME_SIZE: top_right_vector(policy, same, LAYER),
            OTHER_SIZE: top_right_vector(policy, other, LAYER),
        }
        return {
            **{f"coefficient {each:g}": Add(vector, each) for each in COEFFICIENTS},
            CHEESE: without_cheese,
            BOTH: Add(vector, 1.0) + without_cheese,
            **{name: Add(other, 1.0) for name, other in others.items()},
        }

    effects = effects_table(agents, levels, edits, progress_bar=settings.progress_bar)
    ranges = unusualness_table(
        agents,
        levels,
        LAYER,
        lambda policy, maze: Add(top_right_vector(policy, maze, LAYER), 1.0),
        progress_bar=settings.progress_bar,
    )
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"the first {len(levels)} levels with a decision square and a margin (seeds "
        f"{min(levels)}–{max(levels)}), cheese anywhere",
        agents=tuple(agents),
        claims=_claims(effects),
        tables={"effects": effects, "unusualness": ranges},
    )


def levels_with_margin(count: int) -> dict[int, Maze]:
    """The first levels with a decision square that are smaller than their world, by seed.

    The path that makes the vector leads from the maze's corner to that of the world: in a maze
    that fills its world there is none to carve, and the vector is zero.
    """
    levels: dict[int, Maze] = {}
    first = 0
    while len(levels) < count:
        ((seed, maze),) = decision_levels(1, first_seed=first).items()
        first = seed + 1
        if maze.padding:
            levels[seed] = maze
    return levels


def _donors(maze: Maze, seed: int, drawn: int) -> tuple[Maze, Maze]:
    """Other levels, also with a margin: one of this size, and one of another."""
    (same,) = find_seeds(1, seed=drawn + seed, size=maze.size)
    other_size = maze.size - 4 if maze.size > maze.world_size // 2 else maze.size + 4
    (other,) = find_seeds(1, seed=drawn + seed, size=other_size)
    return make_level(same), make_level(other)


def _claims(effects: pd.DataFrame) -> tuple[Claim, ...]:
    def of(edit: str) -> pd.DataFrame:
        return effects[effects["edit"] == edit]

    added = change(effects, ADDED, "decision_top_right")
    first = change(effects, ADDED, "corner_first")
    before = over_levels(of(ADDED), "decision_top_right_before")
    noise = change(effects, "random direction", "decision_top_right")
    shuffled = change(effects, "shuffled positions", "decision_top_right")
    subtracted = change(effects, SUBTRACTED, "decision_top_right")
    after_cheese = over_levels(of(CHEESE), "decision_top_right_after")
    after_added = over_levels(of(ADDED), "decision_top_right_after")
    after_both = over_levels(of(BOTH), "decision_top_right_after")
    cheese_left = over_levels(of(BOTH), "decision_cheese_after")
    same = change(effects, SAME_SIZE, "decision_top_right")
    other = change(effects, OTHER_SIZE, "decision_top_right")
    return (
        Claim(
            "Adding the top-right vector draws the agent to the top right",
            "it does (no number)",
            measured(P_before=before, change_of_P=added, change_of_P_corner_first=first),
            "P(towards the top right at the decision square) rises by more than .05 on average, "
            "the interval above 0, for every agent",
            every(added, lambda mean: mean.value > 0.05 and mean.low > 0),
        ),
        Claim(
            "That is the vector's direction and place, not its size",
            "none",
            measured(own=added, random_direction=noise, shuffled_positions=shuffled),
            "neither a random direction of its norm nor its positions shuffled do half as much, "
            "for every agent",
            all(
                max(noise[agent].value, shuffled[agent].value) < added[agent].value / 2
                for agent in added
            ),
        ),
        Claim(
            "Subtracting it does about nothing",
            "about nothing",
            measured(change_of_P=subtracted),
            "a mean change of less than .1, for every agent",
            every(subtracted, lambda mean: abs(mean.value) < 0.1),
        ),
        Claim(
            "It composes with the cheese vector: added while that is subtracted, the agent turns "
            "to the top right more often than with either alone",
            "it does (no number)",
            measured(
                top_right_added=after_added,
                cheese_subtracted=after_cheese,
                both=after_both,
                cheese_with_both=cheese_left,
            ),
            "P(towards the top right at the decision square) is highest with both, for every agent",
            all(
                after_both[agent].value > max(after_added[agent].value, after_cheese[agent].value)
                for agent in after_both
            ),
        ),
        Claim(
            "The vector of another maze does the same",
            "it transfers (no number)",
            measured(own=added, same_size=same, another_size=other),
            "that of a maze of the same size does at least half of what the maze's own does, "
            "which is more than 0, for every agent",
            all(same[agent].value >= added[agent].value / 2 > 0 for agent in added),
        ),
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the decision before and after, the dose–response, composition and controls."""
    from procgen_tools.plots.effects import plot_before_after, plot_controls, plot_dose_response
    from procgen_tools.plots.style import set_aside

    effects = findings.tables["effects"]
    is_dose = effects["edit"].str.startswith("coefficient")
    doses = effects[is_dose]
    coefficients = doses["edit"].str.removeprefix("coefficient ").astype(float)
    shown = effects[~is_dose | effects["edit"].isin([ADDED, SUBTRACTED])]
    names = {ADDED: "top-right vector added", SUBTRACTED: "top-right vector subtracted"}
    figures = {
        "before_after": plot_before_after(
            effects[effects["edit"] == ADDED], "top_right", edited="top-right vector\nadded"
        ),
        "dose_response": plot_dose_response(
            doses.assign(coefficient=coefficients),
            "coefficient of the top-right vector",
            "top_right",
        ),
        "controls": plot_controls(
            shown.assign(edit=shown["edit"].replace(names)), ("top_right", "cheese", "other")
        ),
    }
    return set_aside(figures)
