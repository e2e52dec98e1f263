"""Claims about cheese channels: means over agents."""

from __future__ import annotations

import pytest

from procgen_tools.studies.cheese_channels.claims import over_agents
from procgen_tools.studies.rules import ALL_AGENTS


def test_over_agents() -> None:
    means = over_agents({"a": 0.2, "b": 0.4})
    assert means["a"].interval == (0.2, 0.2)
    assert means[ALL_AGENTS].value == pytest.approx(0.3)
    assert means[ALL_AGENTS].interval == (0.2, 0.4)
