"""What the probes are asked: cells, squares, and the marks that they get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.catalogue import find_agent
from procgen_tools.interventions import square_cells
from procgen_tools.models import ImpalaPolicy, load_policy, save_policy
from procgen_tools.studies import probing
from procgen_tools.studies.base import Settings
from procgen_tools.studies.probing import measure


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


def test_no_maze_is_asked_about_that_occurs_among_the_fitted() -> None:
    drawn = list(maze.make_bank(range(200), maze.LevelRule(15, max_maze_size=5)))
    kept = measure.without_repetitions(drawn)
    seen = [(each.walls.tolist(), each.cheese) for each in kept]
    assert all(each not in seen[:n] for n, each in enumerate(seen))
    assert 5 < len(kept) < len(drawn)
    assert {(str(each.walls.tolist()), each.cheese) for each in drawn} == {
        (str(walls), cheese) for walls, cheese in seen
    }
    assert kept[0] is drawn[0]
    settings = Settings(agents=(find_agent("rand_region_5"),), fast=True)
    told = probing.run(settings).mazes
    count = len(measure.without_repetitions(maze.make_bank(range(45), settings.rule)))
    assert told.startswith(f"the {count} different levels of seeds 0–44, ")
    assert told.endswith(f"asked about the other {count - 2 * count // 3}")


def test_the_null_reads_another_network_than_the_one_that_acts(tmp_path: Path) -> None:
    trained = find_agent("rand_region_5")
    untrained = tmp_path / "untrained.pth"
    save_policy(ImpalaPolicy(seed=3), untrained)
    own, null = (
        probing.run(Settings(agents=(agent,), fast=True), doers=doers).tables["right"]
        for agent, doers in ((trained, None), (untrained, [load_policy(trained)]))
    )
    keys = ["target", "layer", "probe", "level"]
    outside, inside = (
        own.merge(null, on=keys).query(f"layer {relation} 'nothing'") for relation in ("==", "!=")
    )
    assert len(outside) > 40
    assert (outside["right_x"] == outside["right_y"]).all(), "the same answers are asked for"
    assert not (inside["right_x"] == inside["right_y"]).all()
    with pytest.raises(ValueError, match="2 doers for 1 agents: give one for each"):
        probing.run(Settings(agents=(untrained,), fast=True), doers=[load_policy(trained)] * 2)
