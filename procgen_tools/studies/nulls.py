"""What untrained networks and controls say about claims: which of them hold without the cause.

Networks that were never trained are measured by the same studies (`other_agents`). Some studies
measure a control of their own, beside what their claims are about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from procgen_tools.studies.base import Claim
from procgen_tools.studies.other_agents import UNTRAINED_HARD, claims_of

NOTHING = 0.01
"""The largest effect of an edit on an untrained network that counts as none."""

EFFECTS: Mapping[str, tuple[str, str]] = {
    "cheese_vector": ("The vector of another maze works only", "own"),
    "top_right_vector": ("That is the vector's direction", "own"),
    "cheese_channels": ("These channels account for", "whole vector"),
    "cheese_scrubbing": ("Cheese channels of another maze", "elsewhere"),
    "retargeting": ("Clamping the effective channels", "gain on the way"),
    "ablations": ("At least 50% of", "turns to the corner lost by the best edit"),
}
"""What edits change, by study: the beginning of a claim, and the estimate in it. Where it is
NOTHING, numbers of the study are ratios and signs of noise, and no rule is judged."""

CONTROLS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "causal_map": {
        "Attribution patching ranks cells": {
            "attribution patching": "attribution patching, untrained networks"
        },
        "Attribution patching finds at least half": {
            "cells by attribution patching": "cells, untrained networks",
            "channels by attribution patching": "channels, untrained networks",
        },
    },
    "crops_and_humans": {"The loss in production is large": {"planted": "control"}},
}
"""Controls that studies measure themselves: by study and beginning of a claim, the estimate of the
control by that which the rule judges."""


def effects(study: str, group: str = UNTRAINED_HARD) -> dict[str, float]:
    """What the edits of a study change in each untrained network; empty if it is not in EFFECTS.

    Args:
        study: its name.
        group: of networks that were never trained (see `other_agents`).
    """
    if study not in EFFECTS:
        return {}
    beginning, name = EFFECTS[study]
    return {
        agent: claim.measured[agent][name].value
        for statement, claim in claims_of(group, study).items()
        if statement.startswith(beginning)
        for agent in claim.single
    }


def nothing_happens(study: str, group: str = UNTRAINED_HARD) -> bool:
    """Whether the edits of a study change nothing in the untrained networks of a group.

    Args:
        study: its name.
        group: of networks that were never trained (see `other_agents`).

    Example:
        >>> nothing_happens("cheese_vector"), nothing_happens("behavioral_stats")
        (True, False)
    """
    found = effects(study, group)
    return bool(found) and all(abs(effect) < NOTHING for effect in found.values())


def nulls_of(study: str, claims: Iterable[Claim], group: str = UNTRAINED_HARD) -> dict[str, Claim]:
    """The same claims of what a rule should not hold for, by statement.

    That is the study's own control if there is one, and otherwise the untrained networks of a
    group, unless nothing happens in them.

    Args:
        study: its name.
        claims: of the study.
        group: of networks that were never trained (see `other_agents`).
    """
    others = {} if nothing_happens(study, group) else claims_of(group, study)
    found = {}
    for claim in claims:
        if claim.statement in others:
            found[claim.statement] = others[claim.statement]
        for beginning, names in CONTROLS.get(study, {}).items():
            if claim.statement.startswith(beginning):
                found[claim.statement] = _control(claim, names)
    return found


def _control(claim: Claim, names: Mapping[str, str]) -> Claim:
    """A claim with a control in place of what it is about."""
    measured = {
        agent: {**estimates, **{name: estimates[other] for name, other in names.items()}}
        for agent, estimates in claim.measured.items()
        if set(names.values()) <= set(estimates)
    }
    return replace(claim, measured=measured)
