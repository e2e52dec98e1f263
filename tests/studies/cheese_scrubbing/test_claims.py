"""Claims about scrubbed channels: changes as shares of a mean."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.studies import cheese_scrubbing
from procgen_tools.studies.cheese_scrubbing.claims import CHEESE, RANDOM, all_claims
from procgen_tools.studies.cheese_scrubbing.measure import (
    ELSEWHERE,
    ELSEWHERE_ANYWHERE,
    MEAN,
    SAME,
    SAME_ANYWHERE,
)


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


@pytest.mark.parametrize(("same", "holds"), [(0.5, True), (0.43, True), (0.3, False), (0.7, False)])
def test_with_the_same_square_turns_neither_fall_nor_rise(same: float, holds: bool) -> None:
    """With another square they fall from 0.5 to 0.2."""
    after = {SAME: same, SAME_ANYWHERE: same, ELSEWHERE: 0.2, ELSEWHERE_ANYWHERE: 0.2, MEAN: 0.2}
    changes = pd.DataFrame(
        [
            {
                "agent": agent,
                "level": level,
                "channels": channels,
                "arm": arm,
                "change": 0.1,
                "decision_cheese_before": 0.5,
                "decision_cheese_after": turned,
            }
            for agent in ("a", "b")
            for channels in (CHEESE, RANDOM)
            for level in (0, 1)
            for arm, turned in after.items()
        ]
    )
    (claim,) = [each for each in all_claims(changes) if each.statement.startswith("Told of")]
    assert claim.holds is holds
