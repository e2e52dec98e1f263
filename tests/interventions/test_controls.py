"""Controls: random directions of the same size, shuffled positions, random channels."""

from __future__ import annotations

import pytest
import torch

from procgen_tools import maze
from procgen_tools.interventions import (
    cheese_vector,
    random_channels,
    random_direction,
    shuffled_positions,
)
from procgen_tools.models import ImpalaPolicy
from tests.interventions.conftest import LAYER


def test_controls_are_as_large(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    vector = cheese_vector(policy, levels[0], LAYER)
    direction = random_direction(vector, 3)
    shuffled = shuffled_positions(vector, 3)
    for control in (direction, shuffled):
        assert control.norm == pytest.approx(vector.norm, rel=1e-5)
        assert control.values.shape == vector.values.shape
        cosine = torch.cosine_similarity(control.values.flatten(), vector.values.flatten(), dim=0)
        assert abs(cosine) < 0.2
    assert torch.equal(direction.values, random_direction(vector, 3).values)
    assert not torch.equal(direction.values, random_direction(vector, 4).values)
    torch.testing.assert_close(
        shuffled.values.flatten(1).sort(1).values, vector.values.flatten(1).sort(1).values
    )
    kept = vector.only([2, 9])
    assert not kept.values[3].any()
    assert torch.equal(kept.values[[2, 9]], vector.values[[2, 9]])


def test_random_channels() -> None:
    drawn = random_channels(5, 32, 1, besides=range(20))
    assert len(set(drawn)) == 5
    assert min(drawn) >= 20
    assert drawn == random_channels(5, 32, 1, besides=range(20))
    with pytest.raises(ValueError, match="5 random channels cannot be drawn from 2"):
        random_channels(5, 32, 1, besides=range(30))
