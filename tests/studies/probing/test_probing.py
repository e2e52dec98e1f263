"""What the probes are asked: cells, squares, and the marks that they get."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools import maze
from procgen_tools.interventions import square_cells
from procgen_tools.studies.probing import measure
from procgen_tools.studies.probing.claims import all_claims
from procgen_tools.studies.rules import ALL_AGENTS


@pytest.fixture(scope="module")
def levels() -> list[maze.Maze]:
    return list(maze.make_bank(range(40)))


@pytest.mark.parametrize("side", [64, 8])
def test_the_first_cell_is_the_cheese(levels: list[maze.Maze], side: int) -> None:
    cells = measure._cheese_cells(levels, side, np.random.default_rng(0))
    assert cells.shape == (40, 1 + measure.OTHER_CELLS, 2)
    for level, chosen in zip(levels, cells, strict=True):
        assert tuple(chosen[0]) == tuple(square_cells(level, [level.cheese], side)[0])
        assert not (chosen[1:] == chosen[0]).all(axis=1).any()
    assert cells.min() >= 0
    assert cells.max() < side
    near = np.abs(cells[:, 1:] - cells[:, :1]).max(axis=2) <= 2
    assert near.mean() > 0.4


def test_squares_that_may_be_walls(levels: list[maze.Maze]) -> None:
    squares = measure._wall_squares(levels, np.random.default_rng(0))
    assert (squares.sum(axis=2) % 2 == 1).all()
    walls = measure._are_walls(levels, squares)
    assert 0.3 < walls.mean() < 0.7
    for level, of, are in zip(levels, squares.tolist(), walls, strict=True):
        assert [level.is_open(tuple(square)) for square in of] == (~are).tolist()


def marks(**shares: float) -> pd.DataFrame:
    """Two agents on twenty levels; by `target_layer_probe`, how often a probe is right."""
    asked = [
        (target, layer, probe)
        for target in (measure.CHEESE, measure.NEAR, measure.WALL)
        for layer in measure.SPATIAL
        for probe in ("2", measure.ALL, measure.SIZE)
    ] + [
        (target, layer, probe)
        for target in (measure.WALL, measure.MOVE, measure.OUTCOME)
        for layer, probes in (
            (measure.NOWHERE, (measure.SIZE, measure.MAJORITY, measure.SHAPE)),
            *((layer, (measure.ALL,)) for layer in measure.LAYERS),
        )
        for probe in probes
        if (target, layer) not in {(measure.WALL, name) for name in measure.LAYERS}
    ]
    return pd.concat(
        pd.DataFrame(
            {
                "agent": agent,
                "level": range(20),
                "target": target,
                "layer": layer,
                "probe": probe,
                "right": np.arange(20.0) < 20 * shares.get(f"{target}, {layer}, {probe}", 0.5),
            }
        )
        for agent in ("a", "b")
        for target, layer, probe in asked
    ).astype({"right": float})


def held(**shares: float) -> list[bool]:
    found = all_claims(marks(**shares))
    assert all(set(claim.measured) == {"a", "b", ALL_AGENTS} for claim in found)
    return [bool(claim.holds) for claim in found]


def test_claims() -> None:
    assert held() == [False, True, False, False, False]
    assert held(**{"will get the cheese, block 2, half, all": 0.9})[0]
    assert not held(**{"will get the cheese, block 1, all": 0.6})[1]
    near = {f"{measure.NEAR}, {name}, 2": 1.0 for name in ("block 1", "block 2, half")}
    assert not held(**near)[2]
    assert held(**near, **{f"{measure.NEAR}, block 2, 2": 0.95})[2]
    assert held(**{"wall, block 1, all": 0.95})[3]
    assert held(**{"next move, block 2, all": 0.75})[4]
