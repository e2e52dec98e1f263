"""The claims about retargeting, and the rules that decide them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.retargeting.target_edits import (
    ALL,
    BUDGETS,
    EFFECTIVE,
    MOVED,
    ONE,
    RANDOM,
    UNEDITED,
    budget_name,
)
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower, value

FAR = 20
"""Steps from the way to the top right at which a target counts as far from it."""

BUDGET_EDITS = tuple(budget_name(budget) for budget in BUDGETS)
CLAMPS = (ONE, EFFECTIVE, ALL)


def all_claims(
    scores: pd.DataFrame, tuning: pd.DataFrame, channels: pd.DataFrame
) -> tuple[Claim, ...]:
    """Every claim, with the estimates of the study's tables."""
    return (
        *_way_claim(scores),
        _magnitude_claim(where(tuning, set=EFFECTIVE)),
        _order_claim(scores, channels),
        _cheese_claim(scores),
        _random_claim(scores),
        _straight_claim(scores),
        _maze_claim(scores),
    )


def _mean(scores: pd.DataFrame, edit: str, column: str = "probability") -> dict[str, Estimate]:
    return by_level(where(scores, edit=edit), column)


def by_level(rows: pd.DataFrame, column: str = "probability") -> dict[str, Estimate]:
    """The mean over levels of each level's mean over targets, by agent."""
    means = rows.groupby(["agent", "level"], sort=False)[column].mean().reset_index()
    return over_levels(means, column)


def gain(scores: pd.DataFrame, edit: str, base: str) -> dict[str, Estimate]:
    """How much more probable targets are under an edit than under another."""
    keys = ["agent", "level", "row", "col"]
    first, second = (
        where(scores, edit=name).set_index(keys)["probability"] for name in (edit, base)
    )
    return by_level((first - second).rename("gain").reset_index(), "gain")


def _way_claim(scores: pd.DataFrame) -> list[Claim]:
    """Nothing if no maze has a target far from the way to the top right."""
    edited, unedited = (where(scores, edit=name) for name in (EFFECTIVE, UNEDITED))
    is_far, is_on_way = edited["from_corner_path"] >= FAR, edited["from_corner_path"] == 0
    if not is_far.any() or not is_on_way.any():
        return []
    far = f"at least {FAR} steps from it"
    return [
        Claim(
            statement="Targets on the way to the top right are easy, targets far from it hard "
            "(clamping the effective channels)",
            published=".9 on the way, < .3 by distance 25",
            rule=Rule.that(value("on the way") >= 2 * value(far)),
            measured=measured(
                on_the_way=by_level(edited[is_on_way]),
                **{far: by_level(edited[is_far])},
                unedited_there=by_level(unedited[unedited["from_corner_path"] >= FAR]),
            ),
        )
    ]


def _magnitude_claim(tuning: pd.DataFrame) -> Claim:
    ratios = {float(magnitude): _ratio(rows) for magnitude, rows in tuning.groupby("magnitude")}
    smallest, largest = min(ratios), max(ratios)
    agents = list(ratios[smallest])
    peaks = {agent: max(ratios, key=lambda each: ratios[each][agent].value) for agent in agents}
    peak = value("magnitude of the peak")
    return Claim(
        statement="The ratio to the unedited policy peaks at one magnitude and falls beyond it "
        "(effective channels; magnitudes are multiples of natural values at cheese)",
        published="peaks at 5.0",
        rule=Rule.that(
            peak > smallest, peak < largest, value("at the largest") < 0.5 * value("at the peak")
        ),
        measured=measured(
            at_the_peak={agent: ratios[peaks[agent]][agent] for agent in agents},
            at_the_largest={agent: ratios[largest][agent] for agent in agents},
            magnitude_of_the_peak={agent: Estimate.exact(peaks[agent]) for agent in agents},
        ),
        comment="Peaks: "
        + ", ".join(f"{peaks[agent]:g} ({agent})" for agent in agents if agent != ALL_AGENTS)
        + " times the natural 99th percentile.",
    )


def _ratio(rows: pd.DataFrame) -> dict[str, Estimate]:
    """The geometric mean of the ratios to the unedited policy."""
    return {
        agent: Estimate(*np.exp([mean.value, mean.low, mean.high]).tolist())
        for agent, mean in by_level(rows, "log_ratio").items()
    }


def _order_claim(scores: pd.DataFrame, channels: pd.DataFrame) -> Claim:
    return Claim(
        statement="More cheese channels retarget better: all, then the effective ones, then the "
        "best one",
        published="all > effective > one channel",
        rule=Rule.that(value("all") > value("effective"), value("effective") > value("one")),
        measured=measured(
            all=_mean(scores, ALL),
            effective=_mean(scores, EFFECTIVE),
            one=_mean(scores, ONE),
            unedited=_mean(scores, UNEDITED),
        ),
        comment=_same_sets(channels),
    )


def _same_sets(channels: pd.DataFrame) -> str:
    """For which agents every cheese channel is effective, in words."""
    sets = channels.groupby(["agent", "set"])["channel"].agg(frozenset)
    same = [
        agent for agent in sets.index.unique("agent") if sets[agent, ALL] == sets[agent, EFFECTIVE]
    ]
    words = "All cheese channels are effective, so the sets are one"
    return f"{words}: {', '.join(same)}." if same else ""


def _cheese_claim(scores: pd.DataFrame) -> Claim:
    gains = [gain(scores, MOVED, name) for name in (*CLAMPS, *BUDGET_EDITS)]
    least = {
        agent: Estimate(
            *(min(getattr(each[agent], end) for each in gains) for end in ("value", "low", "high"))
        )
        for agent in gains[0]
    }
    return Claim(
        statement="Moving the real cheese to the target is stronger than every edit",
        published="strongest",
        rule=Rule.that(
            lower("least lead", "the least lead of the cheese over any clamp or stamp") > 0
        ),
        measured=measured(
            cheese_moved=_mean(scores, MOVED),
            effective_channels=_mean(scores, EFFECTIVE),
            stamp_of_a_tenth=_mean(scores, BUDGET_EDITS[-1]),
            least_lead=least,
        ),
    )


def _random_claim(scores: pd.DataFrame) -> Claim:
    return Claim(
        statement="The same clamps on as many random channels do not retarget",
        rule=Rule.that(value("random") < 0.5 * value("all cheese channels")),
        measured=measured(
            random=gain(scores, RANDOM, UNEDITED), all_cheese_channels=gain(scores, ALL, UNEDITED)
        ),
    )


def _straight_claim(scores: pd.DataFrame) -> Claim:
    tenth, unedited, moved = (
        value(name) for name in (BUDGET_EDITS[-1], "unedited", "cheese moved")
    )
    return Claim(
        statement="Share of targets that a mouse with the most probable moves walks straight to, "
        "by the share of the layer's activations that a stamp may change",
        published="none (never answered)",
        rule=Rule.that(tenth - unedited >= 0.5 * moved - 0.5 * unedited),
        measured=measured(
            unedited=_mean(scores, UNEDITED, "straight"),
            **{name: _mean(scores, name, "straight") for name in BUDGET_EDITS},
            cheese_moved=_mean(scores, MOVED, "straight"),
        ),
    )


def _maze_claim(scores: pd.DataFrame) -> Claim:
    keys = ["agent", "level"]
    means = scores.pivot_table(index=keys, columns="edit", values="probability", sort=False)
    shares = {
        name: over_levels(
            (means[name] >= 0.9 * means[MOVED]).astype(float).rename("share").reset_index(), "share"
        )
        for name in (UNEDITED, *BUDGET_EDITS)
    }
    return Claim(
        statement="Share of mazes in which a stamp reaches nine tenths of the mean score of the "
        "real cheese, by the share of the layer's activations that it may change",
        published="none (never answered)",
        rule=Rule.that(value(BUDGET_EDITS[-1]) > 0.5),
        measured=measured(**shares),
    )
