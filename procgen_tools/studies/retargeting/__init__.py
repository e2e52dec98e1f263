"""Retargeting: clamping cheese channels at a square makes agents walk there.

After Turner et al. (2023), "Understanding and controlling a maze-solving policy network". The
cheese is removed, every square may be a target, and a few numbers of one activation are changed
at the target's cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from procgen_tools.statistics.intervals import Mean
from procgen_tools.studies.base import (
    ALL_AGENTS,
    Claim,
    Findings,
    Settings,
    every,
    measured,
    over_levels,
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
    budget_name,
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
"""The seed of the level whose squares are all shown, 13 x 13."""

FAR = 20
"""Steps from the way to the top right at which a target counts as far from it."""

BUDGET_EDITS = tuple(budget_name(budget) for budget in BUDGETS)
CLAMPS = (ONE, EFFECTIVE, ALL)


def run(settings: Settings, sizes: Sizes | None = None) -> Findings:
    """Measure every published claim about retargeting, with ceiling and floor.

    Args:
        settings: agents and mazes.
        sizes: how much of everything else; by default all, or little in fast mode.
    """
    agents = settings.load_agents()
    sizes = sizes or (FAST if settings.fast else Sizes())
    seeds = range(settings.count(MAZES, fast=2))
    scores: list[pd.DataFrame] = []
    tuning: list[pd.DataFrame] = []
    shown: list[pd.DataFrame] = []
    chosen: list[dict[str, str | int]] = []
    with tqdm(total=len(agents) * len(seeds), disable=not settings.progress_bar) as bar:
        for agent, policy in agents.items():
            choice = choose_edits(policy, sizes, settings.seed)
            tuning.append(choice.tuning.assign(agent=agent))
            chosen += [
                {"agent": agent, "set": name, "channel": channel}
                for name, channels in choice.channels.items()
                for channel in channels
            ]
            for seed in seeds:
                task = task_of(policy, make_level(seed), sizes.targets, settings.seed + seed)
                scores.append(all_scores(task, seed, choice.edits).assign(agent=agent))
                bar.update()
            if not shown:
                whole = task_of(policy, make_level(SHOWN), sizes.shown, settings.seed)
                some = {name: choice.edits[name] for name in (EFFECTIVE, BUDGET_EDITS[-1])}
                shown.append(all_scores(whole, SHOWN, some).assign(agent=agent))
    tables = {
        "scores": pd.concat(scores, ignore_index=True),
        "tuning": pd.concat(tuning, ignore_index=True),
        "shown": pd.concat(shown, ignore_index=True),
        "channels": pd.DataFrame(chosen),
    }
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES, reduced=sizes != Sizes()),
        mazes=f"levels {seeds[0]}–{seeds[-1]} without their cheese, up to {sizes.targets} random "
        "targets in each; channels and magnitudes chosen on other levels",
        agents=tuple(agents),
        claims=tuple(_claims(tables["scores"], tables["tuning"], tables["channels"])),
        tables=tables,
    )


def by_level(rows: pd.DataFrame, column: str = "probability") -> dict[str, Mean]:
    """The mean over levels of each level's mean over targets, by agent."""
    means = rows.groupby(["agent", "level"], sort=False)[column].mean().reset_index()
    return over_levels(means, column)


def _ratio(rows: pd.DataFrame) -> dict[str, Mean]:
    """The geometric mean of the ratios to the unedited policy."""
    return {
        agent: Mean(*np.exp([mean.value, mean.low, mean.high]).tolist())
        for agent, mean in by_level(rows, "log_ratio").items()
    }


def gain(scores: pd.DataFrame, edit: str, base: str, column: str = "probability") -> pd.DataFrame:
    """For each agent, level and target, how much more an edit reaches than another."""
    keys = ["agent", "level", "row", "col"]
    first, second = (
        scores[scores["edit"] == name].set_index(keys)[column] for name in (edit, base)
    )
    return (first - second).rename("gain").reset_index()


def _same_sets(channels: pd.DataFrame) -> str:
    """For which agents every cheese channel is effective, in words."""
    sets = channels.groupby(["agent", "set"])["channel"].agg(frozenset)
    same = [
        agent for agent in sets.index.unique("agent") if sets[agent, ALL] == sets[agent, EFFECTIVE]
    ]
    return (
        f"All cheese channels are effective, so the sets are one: {', '.join(same)}."
        if same
        else ""
    )


def _claims(scores: pd.DataFrame, tuning: pd.DataFrame, channels: pd.DataFrame) -> list[Claim]:
    def of(edit: str) -> pd.DataFrame:
        return scores[scores["edit"] == edit]

    means = {name: by_level(of(name)) for name in scores["edit"].unique()}
    agents = list(means[UNEDITED])
    gains = {name: by_level(gain(scores, name, UNEDITED), "gain") for name in means}
    straight = {name: by_level(of(name), "straight") for name in means}
    ordered = [
        by_level(gain(scores, ALL, EFFECTIVE), "gain"),
        by_level(gain(scores, EFFECTIVE, ONE), "gain"),
    ]
    over_edits = [by_level(gain(scores, MOVED, name), "gain") for name in (*CLAMPS, *BUDGET_EDITS)]
    return [
        *_way_claim(of(EFFECTIVE), of(UNEDITED)),
        _magnitude_claim(tuning[tuning["set"] == EFFECTIVE]),
        Claim(
            "More cheese channels retarget better: all, then the effective ones, then the best one",
            "all > effective > one channel",
            measured(
                all=means[ALL],
                effective=means[EFFECTIVE],
                one=means[ONE],
                unedited=means[UNEDITED],
            ),
            "the means are in this order, for every agent",
            all(every(difference, lambda mean: mean.value > 0) for difference in ordered),
            comment=_same_sets(channels),
        ),
        Claim(
            "Moving the real cheese to the target is stronger than every edit",
            "strongest",
            measured(
                cheese_moved=means[MOVED],
                effective_channels=means[EFFECTIVE],
                stamp_of_a_tenth=means[BUDGET_EDITS[-1]],
            ),
            "the mean is higher than under each clamp and stamp, the interval of the difference "
            "above 0, for every agent",
            all(every(difference, lambda mean: mean.low > 0) for difference in over_edits),
        ),
        Claim(
            "The same clamps on as many random channels do not retarget",
            "none",
            measured(random=gains[RANDOM], all_cheese_channels=gains[ALL]),
            "what they add is less than half of what the cheese channels add, for every agent",
            all(gains[RANDOM][agent].value < gains[ALL][agent].value / 2 for agent in agents),
        ),
        Claim(
            "Share of targets that a mouse with the most probable moves walks straight to, by the "
            "share of the layer's activations that a stamp may change",
            "none (never answered)",
            measured(
                unedited=straight[UNEDITED],
                **{name: straight[name] for name in BUDGET_EDITS},
                cheese_moved=straight[MOVED],
            ),
            "a tenth of the layer adds at least half of what the real cheese adds, for every agent",
            all(
                straight[BUDGET_EDITS[-1]][agent].value - straight[UNEDITED][agent].value
                >= (straight[MOVED][agent].value - straight[UNEDITED][agent].value) / 2
                for agent in agents
            ),
        ),
        _maze_claim(scores),
    ]


def _way_claim(edited: pd.DataFrame, unedited: pd.DataFrame) -> list[Claim]:
    """Nothing if no maze has a target far from the way to the top right."""
    is_far = edited["from_corner_path"] >= FAR
    if not is_far.any() or not (edited["from_corner_path"] == 0).any():
        return []
    on_way = by_level(edited[edited["from_corner_path"] == 0])
    far = by_level(edited[is_far])
    return [
        Claim(
            "Targets on the way to the top right are easy, targets far from it hard (clamping the "
            "effective channels)",
            ".9 on the way, < .3 by distance 25",
            measured(
                on_the_way=on_way,
                **{f"at_least_{FAR}_steps_from_it": far},
                unedited_there=by_level(unedited[unedited["from_corner_path"] >= FAR]),
            ),
            "on the way at least twice as probable as far from it, for every agent",
            all(on_way[agent].value >= 2 * far[agent].value for agent in on_way),
        )
    ]


def _magnitude_claim(tuning: pd.DataFrame) -> Claim:
    ratios = {float(magnitude): _ratio(rows) for magnitude, rows in tuning.groupby("magnitude")}
    smallest, largest = min(ratios), max(ratios)
    agents = list(ratios[smallest])
    peaks = {agent: max(ratios, key=lambda each: ratios[each][agent].value) for agent in agents}
    return Claim(
        "The ratio to the unedited policy peaks at one magnitude and falls beyond it (effective "
        "channels; magnitudes are multiples of natural values at cheese)",
        "peaks at 5.0",
        measured(
            at_the_peak={agent: ratios[peaks[agent]][agent] for agent in agents},
            at_the_largest={agent: ratios[largest][agent] for agent in agents},
        ),
        "the peak is neither the smallest nor the largest magnitude, and the largest has less "
        "than half the ratio, for every agent",
        all(
            smallest < peaks[agent] < largest
            and ratios[largest][agent].value < ratios[peaks[agent]][agent].value / 2
            for agent in agents
        ),
        comment="Peaks: "
        + ", ".join(f"{peaks[agent]:g} ({agent})" for agent in agents if agent != ALL_AGENTS)
        + " times the natural 99th percentile.",
    )


def _maze_claim(scores: pd.DataFrame) -> Claim:
    keys = ["agent", "level"]
    means = scores.pivot_table(index=keys, columns="edit", values="probability", sort=False)
    shares = {
        name: over_levels(
            (means[name] >= 0.9 * means[MOVED]).astype(float).rename("share").reset_index(),
            "share",
        )
        for name in (UNEDITED, *BUDGET_EDITS)
    }
    return Claim(
        "Share of mazes in which a stamp reaches nine tenths of the mean score of the real "
        "cheese, by the share of the layer's activations that it may change",
        "none (never answered)",
        measured(**shares),
        "in more than half of the mazes with a tenth of the layer, for every agent",
        every(shares[BUDGET_EDITS[-1]], lambda mean: mean.value > 0.5),
    )


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: every square of a maze as a target, scores by distance and size, magnitudes."""
    from procgen_tools.plots.style import set_aside
    from procgen_tools.studies.retargeting.figures import (
        plot_budgets,
        plot_magnitudes,
        plot_scores_by,
        plot_target_maps,
    )

    scores, shown = findings.tables["scores"], findings.tables["shown"]
    named = [UNEDITED, ONE, EFFECTIVE, ALL, RANDOM, BUDGET_EDITS[-1], MOVED]
    figures = {
        "target_maps": plot_target_maps(
            make_level(SHOWN),
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
