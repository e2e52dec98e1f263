"""The claims about agents of keys and chests, and the rules that decide them.

All rules, sizes and baselines were written before any of these measurements. Known before were only
the returns, hidden returns and keys of the original's agent, of the first of ours (`seed_0`) and of
the scripted players, so claims about these are repetitions. Estimates of all agents are means over
ours with t intervals; the original's agent, which another recipe trained, has a column of its own
and must meet the rules, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from procgen_tools.evaluation.keys import PUBLISHED, SAMPLED, SCRIPT
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim
from procgen_tools.studies.keys_and_chests.exchange import BEST
from procgen_tools.studies.keys_and_chests.inventory import MAIN, NULLS
from procgen_tools.studies.keys_and_chests.measure import AIM, estimate_of, together
from procgen_tools.studies.rules import ALL_AGENTS, Rule, lower, upper, value

Of = Callable[[str], dict[str, Estimate]]


def all_claims(
    tables: dict[str, pd.DataFrame], agents: Sequence[str], own: Sequence[str]
) -> tuple[Claim, ...]:
    """Every claim, of the tables of the measurements.

    Args:
        tables: scores, inventory, steering, held, rates, attraction and pairs.
        agents: the names of all agents.
        own: of those that are ours.
    """

    def measured(of: Of) -> dict[str, dict[str, Estimate]]:
        return together({agent: of(agent) for agent in agents}, own)

    return (
        *_published(tables["scores"], agents),
        _keys(tables["scores"], measured),
        _aim(tables["scores"], measured),
        _readable(tables["inventory"], measured),
        _transfers(tables["inventory"], measured),
        _steered(tables["steering"], measured, "probe"),
        _steered(tables["steering"], measured, "slope"),
        _ablated(tables["held"], measured),
        _remembered(tables["rates"], measured),
        _seeker(tables["rates"], measured),
        _useless(tables["attraction"], measured),
        _pairs(tables["pairs"], measured),
    )


Measure = Callable[[Of], dict[str, dict[str, Estimate]]]


def one(table: pd.DataFrame, **where: object) -> Estimate:
    """The estimate in the only row of a table where columns have these values."""
    chosen = table
    for column, wanted in where.items():
        chosen = chosen[chosen[column] == wanted]
    return estimate_of(chosen)


def _score(scores: pd.DataFrame, agent: str, variant: str, figure: str) -> Estimate:
    choice = SAMPLED if (scores[scores["agent"] == agent]["choice"] == SAMPLED).any() else SCRIPT
    return one(scores, agent=agent, variant=variant, choice=choice, figure=figure)


def _published(scores: pd.DataFrame, agents: Sequence[str]) -> tuple[Claim, ...]:
    if PUBLISHED not in agents:
        return ()
    rows = scores[(scores["agent"] == PUBLISHED) & scores["published"].notna()]
    return (
        Claim(
            statement="The original's agent scores in our world what it scores in the original "
            "program (returns, hidden returns and keys; sampled and argmax)",
            published="return 8.4 / 4.3, hidden 8.4 / 3.7, keys 8.5 / 8.0 (train / test, sampled; "
            "1,000 episodes of the original program)",
            rule=Rule.that(value("figures that chance does not explain") <= 0, each=False),
            measured={
                ALL_AGENTS: {
                    "figures that chance does not explain": Estimate.exact(
                        float(rows["far"].sum())
                    ),
                    "largest difference": Estimate.exact(
                        float((rows["value"] - rows["published"]).abs().max())
                    ),
                }
            },
        ),
    )


def _keys(scores: pd.DataFrame, measured: Measure) -> Claim:
    random, seeker = (_score(scores, name, "test", "keys").value for name in ("random", "key-only"))

    def of(agent: str) -> dict[str, Estimate]:
        return {
            "keys (test)": _score(scores, agent, "test", "keys"),
            "keys (train)": _score(scores, agent, "train", "keys"),
            "return (train)": _score(scores, agent, "train", "return"),
            "return (test)": _score(scores, agent, "test", "return"),
            "half way": Estimate.exact((random + seeker) / 2),
        }

    return Claim(
        statement="In the test variant agents still collect keys: more than half way from a "
        "random walk to a player that wants keys only",
        published="the agent learns to pathfind to keys; keys 8.0 in the test variant",
        rule=Rule.that(lower("keys (test)") > value("half way")),
        measured=measured(of),
    )


def _aim(scores: pd.DataFrame, measured: Measure) -> Claim:
    best = _score(scores, BEST, "test", AIM).value

    def of(agent: str) -> dict[str, Estimate]:
        return {
            "aim": _score(scores, agent, "test", AIM),
            "aim of chest-if-key": Estimate.exact(best),
        }

    return Claim(
        statement="They mostly ignore chests: real chests opened beyond hidden ones (the aim) are "
        "less than half of those of a player that goes to chests with a key in hand",
        published="mostly ignoring chests; 4.3 − 3.7 = 0.6",
        rule=Rule.that(upper("aim") < 0.5 * value("aim of chest-if-key")),
        measured=measured(of),
    )


def _inventory(table: pd.DataFrame, agent: str, fitted: str, tested: str) -> dict[str, Estimate]:
    rows = table[
        (table["agent"] == agent) & (table["fitted"] == fitted) & (table["tested"] == tested)
        & (table["span"] == "all")
    ]  # fmt: skip
    found = {"R²": one(rows, inputs=MAIN, statistic="R2")}
    for null in NULLS:
        found[f"gain over {null}"] = one(rows, inputs=MAIN, statistic=f"gain over {null}")
    for name in ("cell", "hidden"):
        found[f"R² of {name}"] = one(rows, inputs=name, statistic="R2")
    found["AUC of a key in hand"] = one(rows, inputs=MAIN, statistic="AUC")
    return found


def _readable(table: pd.DataFrame, measured: Measure) -> Claim:
    return Claim(
        statement="The number of keys in hand, which no frame shows, is linearly readable in the "
        "memory, on other levels and better than from an untrained network, the frame or the "
        "number of steps",
        rule=Rule.that(
            lower("gain over untrained") > 0,
            lower("gain over frame") > 0,
            lower("gain over ticks") > 0,
        ),
        measured=measured(lambda agent: _inventory(table, agent, "test", "test")),
    )


def _transfers(table: pd.DataFrame, measured: Measure) -> Claim:
    return Claim(
        statement="A probe that was fitted in the train variant reads the keys in the test "
        "variant, too, better than a probe of the frame or of an untrained network",
        rule=Rule.that(
            lower("R²") > 0, lower("gain over untrained") > 0, lower("gain over frame") > 0
        ),
        measured=measured(lambda agent: _inventory(table, agent, "train", "test")),
    )


def random_range(numbers: pd.Series) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile over random directions."""
    low, high = np.percentile(numbers, [2.5, 97.5])
    return float(low), float(high)


def _steered(table: pd.DataFrame, measured: Measure, direction: str) -> Claim:
    words = {
        "probe": "the probe's direction",
        "slope": "the direction in which the cell state grows with keys",
    }

    def of(agent: str) -> dict[str, Estimate]:
        rows = table[(table["agent"] == agent) & (table["direction"] == direction)]
        effects = rows[rows["statistic"] == "effect"]
        low, high = random_range(effects[effects["draw"] >= 0]["value"])
        return {
            "effect": one(effects, draw=-1),
            "random, high": Estimate.exact(high),
            "random, low": Estimate.exact(low),
            "chest first, +1": one(rows, draw=-1, statistic="chest first", dose=1.0),
            "key first, +1": one(rows, draw=-1, statistic="key first", dose=1.0),
        }

    return Claim(
        statement=f"Adding a key along {words[direction]} makes a chest the next object more "
        "often than taking one away does, and more than random directions of this norm",
        rule=Rule.that(lower("effect") > 0, lower("effect") > value("random, high")),
        measured=measured(of),
        form=".3f",
        comment="One edit of the cell state in one step; test variant; 'effect' is P(chest first) "
        "at +1 key minus that at −1 key; the random range is of 40 directions.",
    )


def _ablated(table: pd.DataFrame, measured: Measure) -> Claim:
    def of(agent: str) -> dict[str, Estimate]:
        rows = table[(table["agent"] == agent) & (table["statistic"] == "return")]
        here = rows[(rows["direction"] == "probe") & (rows["held"] == "mean")]
        low, _ = random_range(here[here["draw"] >= 0]["value"])
        found = {"change": one(here, draw=-1), "random, low": Estimate.exact(low)}
        slope = rows[(rows["direction"] == "slope") & (rows["held"] == "mean")]
        found["change along the slope"] = one(slope, draw=-1)
        found["unedited"] = one(rows, direction="none")
        return found

    return Claim(
        statement="Without what the probe reads (its direction projected out in every step), the "
        "return in the test variant falls, and farther than without random directions",
        rule=Rule.that(upper("change") < 0, upper("change") < value("random, low")),
        measured=measured(of),
    )


def _rate(table: pd.DataFrame, agent: str, keys: int, statistic: str) -> Estimate:
    return one(table, agent=agent, keys=keys, statistic=statistic)


def _remembered(table: pd.DataFrame, measured: Measure) -> Claim:
    def of(agent: str) -> dict[str, Estimate]:
        found = {
            f"key first, {keys} in hand": _rate(table, agent, keys, "key at equal distances")
            for keys in (0, 1, 3)
        }
        drop = _rate(table, agent, 1, "drop")
        return {"drop": drop, **found, **_references(table, "drop", 1)}

    return Claim(
        statement="Agents remember a key in hand and act on it: in the same frame, at equal "
        "distances, they choose the key less often than without a key",
        rule=Rule.that(lower("drop") > 0),
        measured=measured(of),
    )


def _references(table: pd.DataFrame, statistic: str, keys: int) -> dict[str, Estimate]:
    return {
        f"of {name}": _rate(table, name, keys, statistic)
        for name in ("random", "untrained", "key-only", BEST)
    }


def _seeker(table: pd.DataFrame, measured: Measure) -> Claim:
    def of(agent: str) -> dict[str, Estimate]:
        chance = _rate(table, agent, 1, "key at equal distances")
        extra = _rate(table, agent, 1, "extra steps")
        return {
            "key first": chance,
            "extra steps": extra,
            **_references(table, "extra steps", 1),
        }

    return Claim(
        statement="They are key-seekers: even with a key in hand, and a chest as near as the key, "
        "they go to the key first",
        published="pathfinds to keys while mostly ignoring chests",
        rule=Rule.that(lower("key first") > 0.5),
        measured=measured(of),
        comment="The key is of no use here; what is best is the chest first at any distances "
        "(extra steps are cut at ±20).",
    )


def _useless(table: pd.DataFrame, measured: Measure) -> Claim:
    names = {
        "useful": "useful", "in hand": "useless: key in hand", "no chest": "useless: no chest",
    }  # fmt: skip

    def of(agent: str) -> dict[str, Estimate]:
        return {
            name: one(table, agent=agent, kind=kind, statistic="attraction")
            for name, kind in names.items()
        }

    return Claim(
        statement="A useless key attracts at least half as much as a useful one: when the only "
        "chest can be opened already, and when there is none",
        rule=Rule.that(
            lower("in hand") >= 0.5 * value("useful"), lower("no chest") >= 0.5 * value("useful")
        ),
        measured=measured(of),
    )


def _pairs(table: pd.DataFrame, measured: Measure) -> Claim:
    def of(agent: str) -> dict[str, Estimate]:
        def change(name: str, statistic: str = "return") -> Estimate:
            return one(table, agent=agent, change=name, statistic=statistic)

        return {
            "key added": change("key added", "reaches"),
            "chest added": change("chest added", "reaches"),
            "return without nearest key": change("nearest key taken away"),
            "without farthest key": change("farthest key taken away"),
            "without nearest chest": change("nearest chest taken away"),
            "without farthest chest": change("farthest chest taken away"),
            "with a far wall opened": change("far wall opened"),
        }

    return Claim(
        statement="A key that is added three steps away at the beginning draws the agent to its "
        "square, and at least twice as much as a chest there, which it cannot open yet",
        rule=Rule.that(lower("key added") > 0, lower("key added") > 2 * upper("chest added")),
        measured=measured(of),
        comment="'Added' is the change of how often the square is reached within 10 steps; the "
        "others are changes of the return.",
    )
