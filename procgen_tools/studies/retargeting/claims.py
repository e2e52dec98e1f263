"""The claims about retargeting, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from procgen_tools.statistics.intervals import Estimate, mean_of_agents
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

FAR = 25
"""Steps from the way to the top right at which a target counts as far from it, as published."""

BUDGET_EDITS = tuple(budget_name(budget) for budget in BUDGETS)
CLAMPS = (ONE, EFFECTIVE, ALL)


def all_claims(tables: Mapping[str, pd.DataFrame]) -> tuple[Claim, ...]:
    """Every claim, with the estimates of the study's tables."""
    scores, channels = tables["scores"], tables["channels"]
    return (
        *_way_claim(scores),
        _magnitude_claim(where(tables["tuning"], set=EFFECTIVE)),
        *_order_claims(scores, channels),
        _cheese_claim(scores),
        _random_claim(scores, tables["random"]),
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
    return by_level(_gains(scores, edit, base), "gain")


def _gains(scores: pd.DataFrame, edit: str, base: str) -> pd.DataFrame:
    """`gain`, one row per agent and target."""
    keys = ["agent", "level", "row", "col"]
    first, second = (
        where(scores, edit=name).set_index(keys)["probability"] for name in (edit, base)
    )
    return (first - second).rename("gain").reset_index()


def _way_claim(scores: pd.DataFrame) -> list[Claim]:
    """Nothing if no maze has a target far from the way to the top right."""
    edited, unedited = (where(scores, edit=name) for name in (EFFECTIVE, UNEDITED))
    is_far, is_on_way = edited["from_corner_path"] >= FAR, edited["from_corner_path"] == 0
    if not is_far.any() or not is_on_way.any():
        return []
    far = f"at least {FAR} steps from it"
    # The unedited agent walks to the top right, too, so the gains are judged beside the scores.
    keys = ["agent", "level", "row", "col"]
    gains = _gains(scores, EFFECTIVE, UNEDITED).merge(edited[[*keys, "from_corner_path"]], on=keys)
    gain_on, gain_far = (
        by_level(gains[chosen], "gain")
        for chosen in (gains["from_corner_path"] == 0, gains["from_corner_path"] >= FAR)
    )
    return [
        Claim(
            statement="Clamping the effective channels makes targets more probable than they are "
            "unedited, both on the way to the top right and far from it; the former stay easy, the "
            "latter hard",
            published=".9 on the way, < .3 by distance 25; unedited not given",
            rule=Rule.that(
                lower("gain on the way") > 0,
                lower("gain far from it") > 0,
                value("on the way") >= 2 * value(far),
            ),
            measured=measured(
                on_the_way=by_level(edited[is_on_way]),
                unedited_on_the_way=by_level(unedited[unedited["from_corner_path"] == 0]),
                gain_on_the_way=gain_on,
                **{far: by_level(edited[is_far])},
                unedited_there=by_level(unedited[unedited["from_corner_path"] >= FAR]),
                gain_far_from_it=gain_far,
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


def _order_claims(scores: pd.DataFrame, channels: pd.DataFrame) -> list[Claim]:
    """That larger sets do better, for the agents whose sets differ; nothing where none do."""
    claims = []
    for larger, smaller in ((EFFECTIVE, ONE), (ALL, EFFECTIVE)):
        same = agents_with_one_set(channels, larger, smaller)
        tested = scores[~scores["agent"].isin(same)]
        if not len(tested):
            continue
        out = f"Untestable where the two sets are one: {', '.join(same)}." if same else ""
        claims.append(
            Claim(
                statement=f"{_SETS[larger]} retarget better than {_SETS[smaller]}",
                published="all > effective > one channel",
                rule=Rule.that(lower("gain", f"the gain over {_SETS[smaller]}") > 0),
                measured=measured(
                    larger_set=_mean(tested, larger),
                    smaller_set=_mean(tested, smaller),
                    gain=gain(tested, larger, smaller),
                    unedited=_mean(tested, UNEDITED),
                ),
                comment=out,
            )
        )
    return claims


_SETS = {
    ONE: "the best channel alone",
    EFFECTIVE: "The effective channels",
    ALL: "All channels that the cheese raises",
}


def agents_with_one_set(channels: pd.DataFrame, first: str, second: str) -> list[str]:
    """The agents for which two sets of channels are the same."""
    sets = channels.groupby(["agent", "set"], sort=False)["channel"].agg(frozenset)
    agents = sets.index.unique("agent")
    return [str(agent) for agent in agents if sets[agent, first] == sets[agent, second]]


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


def _random_claim(scores: pd.DataFrame, draws: pd.DataFrame) -> Claim:
    unedited = where(scores, edit=UNEDITED)
    each = [
        gain(pd.concat([rows, unedited]), str(name), UNEDITED)
        for name, rows in draws.groupby("edit", sort=False)
    ]
    best = {
        agent: max((found[agent] for found in each), key=_value)
        for agent in each[0]
        if agent != ALL_AGENTS
    }
    # Not the best of the means: a draw of one agent has nothing in common with that of another.
    best[ALL_AGENTS] = mean_of_agents([found.value for found in best.values()])
    return Claim(
        statement="As many random channels, at the multiple of their own natural values that does "
        "best, do not retarget",
        rule=Rule.that(
            value("random", "the mean gain over draws of random channels")
            < 0.5 * value("all cheese channels"),
            value("best draw") < value("all cheese channels"),
        ),
        measured=measured(
            random=gain(scores, RANDOM, UNEDITED),
            best_draw=best,
            all_cheese_channels=gain(scores, ALL, UNEDITED),
        ),
        comment=f"{len(each)} draws for each agent; the best is the best in these very mazes.",
    )


def _value(estimate: Estimate) -> float:
    return estimate.value


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
