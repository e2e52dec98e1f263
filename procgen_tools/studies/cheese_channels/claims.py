"""The claims about cheese channels, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from procgen_tools.statistics.intervals import Estimate, mean_of_agents, mean_over_levels
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured, over_levels
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value

WHOLE, FOUND = "whole vector", "cheese channels"
OTHERS, RANDOM = "all other channels", "as many random channels"


def all_claims(
    channels: pd.DataFrame, second: pd.DataFrame, effects: pd.DataFrame
) -> tuple[Claim, ...]:
    """Every claim, with the estimates of the tables of both searches and of the effects."""
    tables = {str(agent): rows for agent, rows in channels.groupby("agent", sort=False)}
    overlap = {a: _overlap(t, where(second, agent=a)) for a, t in tables.items()}
    return (
        Claim(
            statement="A small minority of channels carries the cheese's position",
            published="11 of 128 (.09), picked by eye",
            rule=Rule.that(value("share") > 0, value("share") <= 0.25),
            measured=measured(
                channels=over_agents({a: float(t["found"].sum()) for a, t in tables.items()}),
                share=over_agents({a: float(t["found"].mean()) for a, t in tables.items()}),
            ),
            comment="Ours follow the cheese, and each holds more than an even share of the log "
            "odds of turning to it; at most 5% of them are expected to be wrong, however the tests "
            "depend on each other.",
        ),
        Claim(
            statement="Another search in other mazes finds the same channels",
            rule=Rule.that(
                value("overlap", "the number of channels in both, as a share of those in either,")
                >= 0.5
            ),
            measured=measured(overlap=over_agents(overlap)),
        ),
        Claim(
            statement="What the cheese does to these channels is one picture that moves with it, "
            "more than in other channels",
            published="so by eye",
            rule=Rule.that(
                value(
                    "cheese channels",
                    "the share of the change that the picture explains in the cheese channels",
                )
                > value("others", "that in the others")
            ),
            measured=measured(
                cheese_channels=_follows(tables, found=True), others=_follows(tables, found=False)
            ),
            comment="Intervals of agents are over channels.",
        ),
        *_account_claims(effects),
    )


def _account_claims(effects: pd.DataFrame) -> tuple[Claim, ...]:
    rule = Rule.that(
        value("cheese channels") >= 0.5 * value("whole vector"),
        value("as many random") < 0.5 * value("cheese channels"),
    )
    return (
        Claim(
            statement="These channels account for what subtracting the cheese vector does to "
            "P(towards the cheese)",
            rule=rule,
            measured=measured(**_falls(effects, lambda chance: chance)),
        ),
        Claim(
            statement="So they do to the log odds of turning to the cheese, in which what "
            "channels do adds up more nearly",
            rule=rule,
            measured=measured(**_falls(effects, _log_odds)),
        ),
    )


def _falls(
    effects: pd.DataFrame, scale: Callable[[pd.Series], pd.Series]
) -> dict[str, dict[str, Estimate]]:
    """By how much P(towards the cheese), on some scale, falls under each edit."""
    return {
        name: over_levels(
            where(effects, edit=edit),
            lambda t: scale(t["decision_cheese_before"]) - scale(t["decision_cheese_after"]),
        )
        for name, edit in (
            ("whole_vector", WHOLE),
            ("cheese_channels", FOUND),
            ("all_others", OTHERS),
            ("as_many_random", RANDOM),
        )
    }


def _log_odds(chance: pd.Series) -> pd.Series:
    bounded = chance.clip(1e-12, 1 - 1e-12)
    return np.log(bounded) - np.log1p(-bounded)


def over_agents(values: Mapping[str, float]) -> dict[str, Estimate]:
    """One number per agent, without an interval, and their mean with Student's."""
    single = {agent: Estimate.exact(number) for agent, number in values.items()}
    return {**single, ALL_AGENTS: mean_of_agents(list(values.values()))}


def _overlap(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Channels found both times, as a share of those found at all; 0 if none was."""
    one, other = (set(table.loc[table["found"], "channel"]) for table in (first, second))
    return len(one & other) / max(len(one | other), 1)


def _follows(tables: Mapping[str, pd.DataFrame], *, found: bool) -> dict[str, Estimate]:
    """Means over channels, found ones or others; 0 if there are none."""

    def mean(table: pd.DataFrame) -> Estimate:
        values = where(table, found=found)["follows"].to_numpy()
        return mean_over_levels(values if len(values) else np.zeros(1))

    means = {agent: mean(table) for agent, table in tables.items()}
    return {**means, ALL_AGENTS: over_agents({a: m.value for a, m in means.items()})[ALL_AGENTS]}
