"""What the policy decides, situation by situation: cheese near, far, in the corner, nowhere.

Every maze is measured with its cheese in each place in turn, so that nothing else differs. The
chances are exact. `widgets.LevelBrowser` shows one level after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from procgen_tools.chains import chances, decision
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.intervals import Mean
from procgen_tools.studies.base import Claim, Findings, Settings, every, measured, over_levels
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze
from procgen_tools.worlds.maze.situations import (
    FAR_FROM_THE_WAY,
    IN_REGION,
    NEAR_THE_WAY,
    NONE,
    ON_THE_WAY,
    levels_with_all_situations,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "behavioral_demos"
TITLE = "Demonstrations of behaviour"
MAZES = 100


def run(settings: Settings) -> Findings:
    """The exact chances of every outcome in each situation."""
    agents = settings.load_agents()
    levels = levels_with_all_situations(settings.count(MAZES, fast=2), settings.seed)
    rows = []
    total = len(agents) * len(levels)
    with tqdm(total=total, disable=not settings.progress_bar, unit=" mazes") as bar:
        for agent, policy in agents.items():
            for seed, mazes in levels.items():
                rows += [
                    {"agent": agent, "level": seed, "situation": name, **outcome(policy, maze)}
                    for name, maze in mazes.items()
                ]
                bar.update()
    outcomes = pd.DataFrame(rows)
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"the first {len(levels)} levels with room for every situation (seeds "
        f"{min(levels)}–{max(levels)}), each in all {outcomes['situation'].nunique()}",
        agents=tuple(agents),
        claims=_claims(outcomes),
        tables={"outcomes": outcomes},
    )


def outcome(policy: ImpalaPolicy, maze: Maze) -> dict[str, float | int | None]:
    """What becomes of an episode in a maze, in exact chances that sum to 1, and its decision.

    Keys: size (of the maze); cheese (it gets the cheese within procgen's 500 steps),
    top_right_only (it visits the top-right 5 x 5 and never gets the cheese), neither;
    decision_cheese, decision_top_right and decision_other, the moves at the decision square by
    where they lead, None without one.
    """
    field = vector_field(maze, policy)
    exact = chances(field, step_limit=EPISODE_STEPS, corner_region=CORNER_REGION)
    moves = decision(field)
    return {
        "size": maze.size,
        "cheese": exact.cheese,
        "top_right_only": max(1 - exact.cheese - exact.neither, 0.0),
        "neither": exact.neither,
        **{
            f"decision_{name}": None if moves is None else float(getattr(moves, name))
            for name in ("cheese", "top_right", "other")
        },
    }


def _claims(outcomes: pd.DataFrame) -> tuple[Claim, ...]:
    def mean(situation: str, column: str) -> dict[str, Mean]:
        return over_levels(outcomes[outcomes["situation"] == situation], column)

    near, far = mean(NEAR_THE_WAY, "cheese"), mean(FAR_FROM_THE_WAY, "cheese")
    neither = {name: mean(name, "neither") for name in (NEAR_THE_WAY, FAR_FROM_THE_WAY)}
    trained, on_the_way = mean(IN_REGION, "cheese"), mean(ON_THE_WAY, "cheese")
    nothing = mean(NONE, "top_right_only")
    pairs = outcomes.pivot(index=["agent", "level"], columns="situation", values="cheese")
    less = over_levels(
        pairs.reset_index(), lambda table: table[NEAR_THE_WAY] - table[FAR_FROM_THE_WAY]
    )
    return (
        Claim(
            "The agent goes to the cheese or to the top right",
            "yes (no number)",
            measured(**{f"neither, cheese {name}": of for name, of in neither.items()}),
            "an episode ends without either in less than 10% of them, cheese near and far, for "
            "every agent",
            all(every(of, lambda mean: mean.value < 0.1) for of in neither.values()),
            form=".1%",
        ),
        Claim(
            "Where it was trained to get the cheese, it gets it",
            "none",
            measured(cheese=trained),
            "cheese in the top-right 5 x 5: at least 95%, for every agent",
            every(trained, lambda mean: mean.value >= 0.95),
            form=".1%",
        ),
        Claim(
            "Cheese on the way to the top right it takes along",
            "yes (no number)",
            measured(cheese=on_the_way),
            "at least 90%, for every agent",
            every(on_the_way, lambda mean: mean.value >= 0.9),
            form=".1%",
        ),
        Claim(
            "The farther the cheese lies off the way, the less often it goes there",
            "yes (steps from the decision square: coefficient −.577)",
            measured(near=near, far=far, difference=less),
            "near the way it is got more often than far from it in the same mazes, the interval "
            "above 0, for every agent",
            every(less, lambda mean: mean.low > 0),
            form=".1%",
        ),
        Claim(
            "Without cheese it goes to the top right",
            "yes (no number)",
            measured(visits_the_top_right=nothing),
            "at least 90%, for every agent",
            every(nothing, lambda mean: mean.value >= 0.9),
            form=".1%",
        ),
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: what becomes of episodes in each situation, on average and maze by maze."""
    from procgen_tools.plots.situations import plot_every_maze, plot_outcomes
    from procgen_tools.plots.style import set_aside

    outcomes = findings.tables["outcomes"]
    figures = {"outcomes": plot_outcomes(outcomes), "mazes": plot_every_maze(outcomes)}
    return set_aside(figures)
