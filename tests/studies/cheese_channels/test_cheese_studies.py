"""Sets of channels and normalised changes of the experiments on cheese channels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies import cheese_channels, cheese_scrubbing
from procgen_tools.studies.cheese_channels.claims import over_agents
from procgen_tools.studies.cheese_channels.measure import CheeseChannels
from procgen_tools.studies.cheese_scrubbing.measure import ELSEWHERE, MEAN, SAME
from procgen_tools.studies.rules import ALL_AGENTS


def found(*channels: int) -> CheeseChannels:
    table = pd.DataFrame({"channel": np.random.default_rng(0).permutation(32)})
    return CheeseChannels("layer", channels, table, np.zeros((32, 9, 9)), (1.0, 0.5))


def test_channel_sets() -> None:
    sets = cheese_channels.channel_sets(found(7, 3), seed=4)
    assert sorted(sets["cheese channels"] + sets["all other channels"]) == list(range(32))
    assert len(sets["as many random channels"]) == 2
    assert not {3, 7} & set(sets["as many random channels"])
    assert [name for name in sets if name.startswith("best")] == [
        f"best {count}" for count in (1, 2, 4, 8, 16)
    ]
    for count in (1, 2, 4, 8, 16):
        assert sets[f"best {count}"] == found().ranking[:count]
        assert len(set(sets[f"random {count}"])) == count
    assert cheese_channels.channel_sets(found(), 0)["as many random channels"] == ()
    most = cheese_channels.channel_sets(found(*range(20)), 0)
    assert len(most["as many random channels"]) == 20


def test_random_sets_to_scrub_are_apart_and_differ() -> None:
    sets = cheese_scrubbing.channel_sets(ImpalaPolicy(), (1, 2, 3), seed=5)
    assert sets[0] == ("cheese channels", 0, (1, 2, 3))
    drawn = [set(channels) for _, _, channels in sets[1:]]
    assert all(len(each) == 3 and not each & {1, 2, 3} for each in drawn)
    assert drawn[0] != drawn[1]


def test_normalised_changes() -> None:
    changes = pd.DataFrame(
        [
            {"agent": "a", "level": level, "channels": channels, "arm": arm, "change": change}
            for channels, factor in (("strong", 4.0), ("weak", 1.0), ("none", 0.0))
            for level in (0, 1)
            for arm, change in (
                (SAME, 0.1 * factor),
                (ELSEWHERE, 0.3 * factor),
                (MEAN, (0.1 + 0.2 * level) * factor),
            )
        ]
    )
    shares = cheese_scrubbing.normalised(changes, MEAN)
    for name, same, elsewhere in (("strong", 0.5, 1.5), ("weak", 0.5, 1.5), ("none", 0, 0)):
        of_set = shares[shares["channels"] == name]
        assert of_set.loc[of_set["arm"] == SAME, "share"].tolist() == pytest.approx([same] * 2)
        assert of_set.loc[of_set["arm"] == ELSEWHERE, "share"].tolist() == pytest.approx(
            [elsewhere] * 2
        )


def test_over_agents() -> None:
    means = over_agents({"a": 0.2, "b": 0.4})
    assert means["a"].interval == (0.2, 0.2)
    assert means[ALL_AGENTS].value == pytest.approx(0.3)
    assert means[ALL_AGENTS].interval == (0.2, 0.4)
