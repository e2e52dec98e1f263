"""Clicks on walls one step before a human: every choice of cells, and nothing else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans import course
from procgen_tools.studies.crops_and_humans.course.clicks import Clicks, clicks_in

MAZE = crops_and_humans.parse("1131111/0000001/1111111/1000000/1111111/0000001/112111E")
PLACE = course.one_approach(MAZE, (0, 1), action=3)


class Odd(nn.Module):
    """Harvests if the number of walls is odd, and adds to a list the walls that it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[bytes] = []

    def forward(self, inputs: Tensor) -> Tensor:
        walls = inputs[:, :49]
        self.seen += [each.numpy().tobytes() for each in walls]
        return nn.functional.one_hot(torch.where(walls.sum(dim=1) % 2 == 1, 3, 0), 4).float()


@pytest.mark.parametrize("count", [1, 2])
def test_every_choice_is_tried_once(count: int) -> None:
    network = Odd()
    walls = int((MAZE == crops_and_humans.WALL).sum())
    harvests = float((walls + count) % 2 == 1)
    assert clicks_in(network, PLACE, count) == Clicks(harvests, 1 - harvests, harvests)
    held = {(0, 0), (0, 1), (0, 2), (6, 2), (6, 6)}  # start, agent, human, crop, exit
    free = [7 * row + col for row in range(7) for col in range(7) if (row, col) not in held]
    expected = set()
    for chosen in combinations(free, count):
        flipped = (MAZE == crops_and_humans.WALL).astype(np.float32).flatten()
        flipped[list(chosen)] = 1 - flipped[list(chosen)]
        expected.add(flipped.tobytes())
    assert len(network.seen) == len(expected)
    assert set(network.seen) == expected


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match="count is 0"):
        clicks_in(Odd(), PLACE, 0)
    with pytest.raises(ValueError, match="number of places is 0"):
        clicks_in(Odd(), PLACE[[]], 1)
