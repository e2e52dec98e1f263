"""Claims about ablations: each is decided by its own tables, removal by every agent."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies.ablations.claims import FOUND, RANDOM, all_claims
from procgen_tools.studies.ablations.removal import CHANNELS, LEVELS, MOST_LOSS, VECTOR
from procgen_tools.studies.base import LAYER

BEST, OTHER = "edit that was best", "another edit"
GRID = [(agent, level) for agent in "ab" for level in range(6)]


def failing(
    found: float = 0.8,
    random: float = 0.1,
    channel: float = 0.2,
    removed: float = 1.0,
    loss: float = 0.1,
    visits: float = 0.9,
) -> list[int]:
    """The numbers of the claims that fail; agent b is as good as can be in the last three."""
    sets = pd.DataFrame(
        {"agent": agent, "level": level, "set": name, "removed": number, "loss": 0.1}
        for agent, level in GRID
        for name, number in ((FOUND, found), (RANDOM, random))
    )
    channels = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "layer": layer,
            "kind": kind,
            "channel": number,
            "removed": channel if (layer, kind, number) == (LAYER, "mean", 1) else 0.05 * number,
        }
        for agent, level in GRID
        for layer in (LAYER, "other")
        for kind in ("mean", "zero")
        for number in range(3)
    )
    chosen = pd.DataFrame(
        {"agent": agent, "edit": edit, "group": group, "best": edit == BEST}
        for agent in "ab"
        for edit, group in ((BEST, CHANNELS), (OTHER, VECTOR))
    )
    held_out = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "edit": edit,
            "removed": removed if (agent, edit) == ("a", BEST) else 1.0 if edit == BEST else 0.0,
            "loss": loss if (agent, edit) == ("a", BEST) else 0.0,
        }
        for agent, level in GRID
        for edit in (BEST, OTHER)
    )
    exact = pd.DataFrame(
        {
            "agent": agent,
            "level": level,
            "edit": edit,
            "region_before": 1.0,
            "region_after": visits if (agent, edit) == ("a", BEST) else 1.0,
        }
        for agent, level in GRID
        for edit in (BEST, OTHER)
    )
    claims = all_claims(
        {"sets": sets, "channels": channels, "chosen": chosen, "held_out": held_out, "exact": exact}
    )
    assert len(claims) == 2 + len(LEVELS)
    return [number for number, claim in enumerate(claims) if not claim.holds]


def test_sets_are_compared_with_random_ones() -> None:
    assert failing() == []
    assert failing(random=0.5) == [0]
    assert failing(found=-0.1, random=-0.2) == [0]


def test_the_strongest_channel_is_that_of_the_layer() -> None:
    assert failing(channel=0.6) == [1]
    assert failing(channel=0.0) == []


@pytest.mark.parametrize(
    ("removed", "levels"), [(0.4, [2, 3, 4, 5]), (0.6, [3, 4, 5]), (0.95, [5]), (0.99, [])]
)
def test_each_level_of_removal_is_reached_by_every_agent(removed: float, levels: list[int]) -> None:
    assert failing(removed=removed) == levels


def test_losses_of_turns_and_visits_are_bounded() -> None:
    everyone = [2, 3, 4, 5]
    assert failing(loss=MOST_LOSS) == failing(visits=1 - MOST_LOSS) == []
    assert failing(loss=MOST_LOSS + 0.01) == everyone
    assert failing(visits=1 - MOST_LOSS - 0.01) == everyone
