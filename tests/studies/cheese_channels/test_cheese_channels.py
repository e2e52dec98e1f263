"""Sets of channels and normalised changes of the experiments on cheese channels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from procgen_tools.studies import cheese_channels
from procgen_tools.studies.cheese_channels.measure import CheeseChannels


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
