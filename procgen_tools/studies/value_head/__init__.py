"""The value head: does it agree with the policy head, and whose return does it estimate?

Never answered in print for these agents. Ours learned by imitation, which teaches value heads
the return of the shortest way to the cheese and not that of the agent itself; so a value that is
too high for what the agent does is no error of the training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from tqdm import tqdm

from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import (
    Claim,
    Findings,
    Settings,
    decision_levels,
    every,
    measured,
    over_levels,
)
from procgen_tools.studies.value_head.measure import fork, peak_is_at_cheese, value_fit
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import LevelRule, make_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "value_head"
TITLE = "Value head and policy head"
MAZES = 100

TRAINED_ON = LevelRule(rand_region=5)
"""How the cheese lay in training: here the head should be right."""


def run(settings: Settings) -> Findings:
    """Compare the heads at decision squares, and values with exact returns everywhere."""
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=3))
    usual = {seed: make_level(seed, TRAINED_ON) for seed in range(len(levels))}
    rows, usual_rows = [], []
    with tqdm(
        total=2 * len(agents) * len(levels), disable=not settings.progress_bar, unit=" mazes"
    ) as bar:
        for agent, policy in agents.items():
            for seed, maze in levels.items():
                rows.append({"agent": agent, "level": seed, **_row(policy, maze)})
                bar.update()
            for seed, maze in usual.items():
                fit = value_fit(vector_field(maze, policy))
                usual_rows.append({"agent": agent, "level": seed, **vars(fit)})
                bar.update()
    tables = {"decisions": pd.DataFrame(rows), "trained_on": pd.DataFrame(usual_rows)}
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"the first {len(levels)} levels with a decision square (seeds "
        f"{min(levels)}–{max(levels)}), cheese anywhere; held-out levels 0–{len(levels) - 1} with "
        "the cheese in the top-right 5 x 5, as in training",
        agents=tuple(agents),
        claims=_claims(tables["decisions"], tables["trained_on"]),
        tables=tables,
    )


def _row(policy: ImpalaPolicy, maze: Maze) -> dict[str, Any]:
    field = vector_field(maze, policy)
    without = vector_field(remove_cheese(maze), policy, both_facings=False)
    ways = fork(field)
    assert ways is not None
    start = field.index(maze.mouse)
    return {
        "size": maze.size,
        "policy_cheese": ways.policy_cheese,
        "policy_top_right": ways.policy_top_right,
        "value_cheese": ways.value_cheese,
        "value_top_right": ways.value_top_right,
        "peak_at_cheese": peak_is_at_cheese(field),
        **vars(value_fit(field)),
        "start_value": field.values[start],
        "start_value_without": without.values[start],
        "mean_value": field.values.mean(),
        "mean_value_without": without.values.mean(),
    }


def _claims(table: pd.DataFrame, usual: pd.DataFrame) -> tuple[Claim, ...]:
    turns = (table["policy_cheese"] > table["policy_top_right"]).astype(float)
    values = (table["value_cheese"] > table["value_top_right"]).astype(float)
    at_cheese = table["peak_at_cheese"].astype(float)
    both = pd.DataFrame({"agent": table["agent"], "turns": turns, "values": values})
    mean = both.groupby("agent").transform("mean")
    # Twice the covariance of two yes-or-no answers is their agreement beyond that by chance.
    beyond = 2 * (turns - mean["turns"]) * (values - mean["values"])

    def share(numbers: pd.Series) -> Any:
        return over_levels(table, lambda _: numbers)

    agreement, surplus = share((turns == values).astype(float)), share(beyond)
    corner_peak, cheese_peak = share(turns * (1 - at_cheese)), share(turns * at_cheese)
    own, way, corner = (over_levels(table, name) for name in ("own", "cheese", "corner"))
    errors = {name: over_levels(table, f"{name}_error") for name in ("own", "cheese")}
    fit, error = (over_levels(usual, name) for name in ("own", "own_error"))
    start = over_levels(table, lambda t: t["start_value"] - t["start_value_without"])
    everywhere = over_levels(table, lambda t: t["mean_value"] - t["mean_value_without"])
    return (
        Claim(
            "At the decision square the value head agrees with the policy head: the way that the "
            "policy prefers is the way to the higher value",
            "never answered",
            measured(
                agreement=agreement,
                beyond_chance=surplus,
                both_cheese=share(turns * values),
                policy_cheese_value_top_right=share(turns * (1 - values)),
                policy_top_right_value_cheese=share((1 - turns) * values),
                both_top_right=share((1 - turns) * (1 - values)),
            ),
            "in at least 75% of the mazes, and more often than by chance, for every agent",
            every(agreement, lambda mean: mean.value >= 0.75)
            and every(surplus, lambda mean: mean.low > 0),
            comment="By a discount of .99 the two squares differ by about 2% of the value.",
        ),
        Claim(
            "Where the policy turns to the cheese, the value is still highest in the top right",
            "seen in single mazes, never counted",
            measured(policy_cheese_peak_nearer_corner=corner_peak,
                     policy_cheese_peak_nearer_cheese=cheese_peak),
            "among these mazes the peak lies nearer to the corner more often than to the cheese, "
            "for every agent",
            all(corner_peak[agent].value > cheese_peak[agent].value for agent in corner_peak),
        ),
        Claim(
            "With the cheese as in training, values follow the agent's own discounted return",
            "none",
            measured(correlation=fit, absolute_error=error),
            "a mean correlation of at least .9 within mazes, for every agent",
            every(fit, lambda mean: mean.value >= 0.9),
        ),
        Claim(
            "With the cheese anywhere, values follow what the agent earns more than how near the "
            "corner is",
            "never answered",
            measured(own_return=own, way_to_cheese=way, way_to_corner=corner),
            "the mean correlation within mazes is larger with the agent's own return than with "
            "that of the way to the corner, for every agent",
            all(own[agent].value > corner[agent].value for agent in own),
        ),
        Claim(
            "With the cheese anywhere, values are what the shortest way to the cheese earns, and "
            "not what the agent does",
            "none",
            measured(error_of_own_return=errors["own"], error_of_way_to_cheese=errors["cheese"]),
            "the mean absolute difference to the return of the shortest way is at most half of "
            "that to the agent's own, for every agent",
            all(errors["cheese"][a].value <= errors["own"][a].value / 2 for a in own),
            comment="Imitation taught the head the return of the shortest way, with which no "
            "episode fails.",
        ),
        Claim(
            "Cheese anywhere raises the value",
            "none",
            measured(at_the_start=start, mean_over_squares=everywhere),
            "the value at the start is higher with the cheese than without, the interval above "
            "0, for every agent",
            every(start, lambda mean: mean.low > 0),
        ),
    )  # fmt: skip


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: both heads at the decision square, and what values correlate with."""
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.value_head.figures import (
        plot_value_correlations,
        plot_values_at_forks,
    )

    tables = findings.tables
    figures = {
        "forks": plot_values_at_forks(tables["decisions"]),
        "correlations": plot_value_correlations(
            {"cheese anywhere": tables["decisions"], "cheese as in training": tables["trained_on"]}
        ),
    }
    return set_aside(figures)
