"""Retargeting: clamping cheese channels at a square makes agents walk there.

After Turner et al. (2023), "Understanding and controlling a maze-solving policy network". The
cheese is removed, every square may be a target, and a few numbers of one activation are changed
at the target's cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.measuring import every_maze
from procgen_tools.studies.retargeting.claims import BUDGET_EDITS, CLAMPS, all_claims
from procgen_tools.studies.retargeting.figures import (
    plot_budgets,
    plot_magnitudes,
    plot_scores_by,
    plot_target_maps,
)
from procgen_tools.studies.retargeting.target_edits import (
    ALL,
    BUDGETS,
    EFFECTIVE,
    FAST,
    MOVED,
    ONE,
    RANDOM,
    UNEDITED,
    Sizes,
    all_scores,
    apart,
    choose_edits,
    task_of,
)
from procgen_tools.worlds.maze.levels import make_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "retargeting"
TITLE = "Retargeting"
MAZES = 100

SHOWN = 0
"""The seed of the level whose squares are all shown; of hard levels it has 13 x 13."""


def run(settings: Settings, sizes: Sizes | None = None) -> Findings:
    """Measure every published claim about retargeting, with ceiling and floor.

    Args:
        settings: agents and mazes.
        sizes: how much of everything else; by default all, or little in fast mode.
    """
    agents = settings.load_agents()
    sizes = sizes or (FAST if settings.fast else Sizes())
    seeds = range(settings.count(MAZES, fast=2))
    choices = {
        agent: choose_edits(policy, sizes, settings.seed, settings.rule)
        for agent, policy in agents.items()
    }
    scores = []
    levels = {seed: make_level(seed, settings.rule) for seed in seeds}
    for name, policy, maze in every_maze(agents, levels, progress_bar=settings.progress_bar):
        agent, seed = name["agent"], name["level"]
        task = task_of(policy, maze, sizes.targets, settings.seed + seed)
        scores.append(all_scores(task, seed, choices[agent].edits).assign(agent=agent))
    first = next(iter(agents))
    shown = make_level(SHOWN, settings.rule)
    whole = task_of(agents[first], shown, sizes.shown, settings.seed)
    some = {name: choices[first].edits[name] for name in (EFFECTIVE, BUDGET_EDITS[-1])}
    together, draws = apart(pd.concat(scores, ignore_index=True))
    tables = {
        "scores": together,
        "random": draws,
        "tuning": pd.concat(
            [choice.tuning.assign(agent=agent) for agent, choice in choices.items()],
            ignore_index=True,
        ),
        "shown": all_scores(whole, SHOWN, some).assign(agent=first),
        "channels": pd.DataFrame(
            {"agent": agent, "set": name, "channel": channel}
            for agent, choice in choices.items()
            for name, channels in choice.channels.items()
            for channel in channels
        ),
    }
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES, reduced=sizes != Sizes()),
        mazes=f"levels {seeds[0]}–{seeds[-1]} without their cheese, up to {sizes.targets} random "
        "targets in each; channels and magnitudes chosen on other levels",
        agents=tuple(agents),
        claims=all_claims(tables),
        tables=tables,
        rule=settings.rule,
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: every square of a maze as a target, scores by distance and size, magnitudes."""
    scores, shown = findings.tables["scores"], findings.tables["shown"]
    named = [UNEDITED, ONE, EFFECTIVE, ALL, RANDOM, BUDGET_EDITS[-1], MOVED]
    figures = {
        "target_maps": plot_target_maps(
            make_level(SHOWN, findings.rule),
            shown,
            {
                UNEDITED: "as trained",
                EFFECTIVE: "effective channels clamped",
                BUDGET_EDITS[-1]: "stamp of a tenth",
                MOVED: "cheese really there",
            },
        ),
        "by_distance": plot_scores_by(scores, "distance", "steps from the mouse", named),
        "by_corner_path": plot_scores_by(
            scores, "from_corner_path", "steps from the way to the top right", named
        ),
        "by_size": plot_scores_by(scores, "size", "side of the maze", named),
        "magnitudes": plot_magnitudes(findings.tables["tuning"], CLAMPS),
        "budgets": plot_budgets(
            scores,
            dict(zip(BUDGET_EDITS, BUDGETS, strict=True)),
            {UNEDITED: "as trained", MOVED: "cheese really there"},
        ),
    }
    return set_aside(figures)
