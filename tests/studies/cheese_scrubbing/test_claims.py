"""Claims about scrubbed channels: changes as shares of a mean."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies import cheese_scrubbing
from procgen_tools.studies.cheese_scrubbing.measure import ELSEWHERE, MEAN, SAME


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
