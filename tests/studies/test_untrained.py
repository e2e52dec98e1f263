"""Untrained networks: their architecture, and how agents are compared with them."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.rules import ALL_AGENTS
from procgen_tools.studies.untrained import null_of, over_untrained, untrained_like


def rows(numbers: dict[str, list[float]]) -> pd.DataFrame:
    """One number per agent and level."""
    return pd.DataFrame(
        {"agent": agent, "level": level, "near": number}
        for agent, of_levels in numbers.items()
        for level, number in enumerate(of_levels)
    )


def test_networks_have_the_agents_shape_and_parameters_of_their_own() -> None:
    agent = ImpalaPolicy(2, 5, seed=1000)
    networks = untrained_like({"a": agent}, 2)
    first, second = networks.values()
    assert {(each.scale, each.num_actions, each.training) for each in (first, second)} == {
        (2, 5, False)
    }
    assert torch.equal(first.fc_value.weight, agent.fc_value.weight)
    assert not torch.equal(first.fc_value.weight, second.fc_value.weight)


def test_one_architecture_and_a_spread_are_needed() -> None:
    with pytest.raises(ValueError, match="one architecture at a time"):
        untrained_like({"a": ImpalaPolicy(1), "b": ImpalaPolicy(2)}, 2)
    with pytest.raises(ValueError, match="no spread"):
        untrained_like({"a": ImpalaPolicy(1)}, 1)


def test_the_null_is_the_same_beside_every_agent() -> None:
    null = null_of({"x": 1.0, "y": 2.0, "z": 3.0}, {"a": None, ALL_AGENTS: None})
    assert list(null) == ["a", ALL_AGENTS]
    for estimate in null.values():
        assert estimate.value == 2
        assert (estimate.low, estimate.high) == pytest.approx((-0.484, 4.484), abs=1e-3)


def test_differences_are_taken_level_by_level() -> None:
    untrained = rows({"x": [0.0, 1.0, 5.0], "y": [2.0, 3.0, 7.0]})
    trained = rows({"a": [2.0, 3.0, 7.0], "b": [4.0, 5.0, 9.0]})
    found = over_untrained(trained, untrained, "near")
    assert {agent: estimate.value for agent, estimate in found.items()} == pytest.approx(
        {"a": 1, "b": 3, ALL_AGENTS: 2}
    )
    assert found["a"].low == found["a"].high  # each level has the same difference
    with pytest.raises(ValueError, match="level 2 was measured"):
        over_untrained(trained, untrained[untrained["level"] < 2], "near")
