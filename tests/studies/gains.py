"""A claim about one number, the gain, for tests of what is said about claims."""

from __future__ import annotations

from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import Claim
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value

Numbers = tuple[float, float, float]
"""A value and the ends of its interval."""


def claim(**gains: Numbers) -> Claim:
    """That a gain is 0.5 or more, for the agents named."""
    return Claim(
        statement="It gains",
        rule=Rule.that(value("gain") >= 0.5),
        measured={
            ALL_AGENTS if name == "together" else name: {"gain": Estimate(*ends)}
            for name, ends in gains.items()
        },
    )


YES, NO, ROOM = (0.8, 0.7, 0.9), (0.1, 0.0, 0.2), (0.4, 0.2, 0.6)
"""Gains that meet the rule, that do not, and that do not although their interval leaves room."""
