"""The claims about estimates of causal maps, and the rules that decide them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.tables import where
from procgen_tools.studies.base import Claim, measured
from procgen_tools.studies.causal_map.measure import METHODS, PARTS
from procgen_tools.studies.minimal_pairs.claims import by_agent
from procgen_tools.studies.rules import Rule, lower, value
from procgen_tools.studies.untrained import null_of

PATCHING, INTEGRATED, SALIENCY, SIZE = METHODS


def all_claims(trained: pd.DataFrame, untrained: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of two tables of `measure.score_table`."""
    return (
        *(_ranks(trained, untrained, part) for part in PARTS),
        _integrated_claim(trained),
        _gradient_claim(trained),
        _saliency_claim(trained),
        _precision_claim(trained, untrained),
    )


def _of(table: pd.DataFrame, part: str, column: str = "rank") -> dict[str, dict[str, Estimate]]:
    """The mean score of each method, by method and agent."""
    return {method: by_agent(where(table, part=part, method=method), column) for method in METHODS}


def _null(table: pd.DataFrame, part: str, method: str, column: str) -> Mapping[str, float]:
    rows = where(table, part=part, method=method)
    return {str(name): float(mean) for name, mean in rows.groupby("agent")[column].mean().items()}


def _beyond(table: pd.DataFrame, part: str, method: str, other: str) -> dict[str, Estimate]:
    """How much better a method ranks than another, in the same pairs."""
    keys = ["agent", "level"]
    own, rest = (where(table, part=part, method=each) for each in (method, other))
    both = own.merge(rest[[*keys, "rank"]], on=keys, suffixes=("", "_of_other"))
    return by_agent(both.assign(more=both["rank"] - both["rank_of_other"]), "more")


def _ranks(trained: pd.DataFrame, untrained: pd.DataFrame, part: str) -> Claim:
    found = _of(trained, part)
    null = null_of(_null(untrained, part, PATCHING, "rank"), found[PATCHING])
    return Claim(
        statement=f"Attribution patching ranks {part}s as exact patching does (rank correlation "
        "within pairs)",
        published="a good approximation in language models (Nanda, 2023)",
        rule=Rule.that(value(PATCHING) >= 0.8),
        measured=measured(**found, **{"attribution patching, untrained networks": null}),
        comment="In untrained networks a high correlation says that they are nearly linear.",
    )


def _integrated_claim(trained: pd.DataFrame) -> Claim:
    more = {part: _beyond(trained, part, INTEGRATED, PATCHING) for part in PARTS}
    return Claim(
        statement="Integrated gradients rank better than attribution patching",
        rule=Rule.that(*(lower(part) > 0 for part in PARTS), each=False),
        measured=measured(**more),
        comment="Numbers are differences of rank correlations in the same pairs.",
    )


def _gradient_claim(trained: pd.DataFrame) -> Claim:
    more = {part: _beyond(trained, part, PATCHING, SIZE) for part in PARTS}
    return Claim(
        statement="The gradient adds to what the size of the change says alone",
        rule=Rule.that(*(lower(part) > 0 for part in PARTS)),
        measured=measured(**more),
        comment="Numbers are differences of rank correlations in the same pairs.",
    )


def _saliency_claim(trained: pd.DataFrame) -> Claim:
    more = {part: _beyond(trained, part, SIZE, SALIENCY) for part in PARTS}
    return Claim(
        statement="Saliency, which does not see the change, ranks worse than the size of the "
        "change alone",
        rule=Rule.that(*(lower(part) > 0 for part in PARTS), each=False),
        measured=measured(**more),
        comment="Numbers are differences of rank correlations in the same pairs.",
    )


def _precision_claim(trained: pd.DataFrame, untrained: pd.DataFrame) -> Claim:
    found = {
        f"{part}s by {method}": means
        for part in PARTS
        for method, means in _of(trained, part, "precision").items()
        if method != SALIENCY
    }
    agents = next(iter(found.values()))
    nulls = {
        f"{part}s, untrained networks": null_of(
            _null(untrained, part, PATCHING, "precision"), agents
        )
        for part in PARTS
    }
    wanted = [value(f"{part}s by {PATCHING}") >= 0.5 for part in PARTS]
    numbers = " and ".join(f"{count} {part}s" for part, count in PARTS.items())
    return Claim(
        statement=f"Attribution patching finds at least half of the {numbers} that matter most",
        rule=Rule.that(*wanted),
        measured=measured(**found, **nulls),
    )
