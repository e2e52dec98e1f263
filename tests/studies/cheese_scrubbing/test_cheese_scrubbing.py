"""Sets of channels that are scrubbed."""

from __future__ import annotations

from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies import cheese_scrubbing


def test_random_sets_to_scrub_are_apart_and_differ() -> None:
    sets = cheese_scrubbing.channel_sets(ImpalaPolicy(), (1, 2, 3), seed=5)
    assert sets[0] == ("cheese channels", 0, (1, 2, 3))
    drawn = [set(channels) for _, _, channels in sets[1:]]
    assert all(len(each) == 3 and not each & {1, 2, 3} for each in drawn)
    assert drawn[0] != drawn[1]
