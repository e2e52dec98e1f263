"""Pairs differ in the feature that they are named after, and in no other."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from procgen_tools.studies.behavioral_stats.measure import (
    STEPS_TO_CHEESE,
    THREE,
    TO_CHEESE,
    TO_TOP_RIGHT,
)
from procgen_tools.studies.minimal_pairs.claims import CAUSES
from procgen_tools.studies.minimal_pairs.measure import FEATURE_OF
from procgen_tools.studies.minimal_pairs.pairs import (
    APART,
    CHANGES,
    CONTROLS,
    HELD,
    STEPS,
    STRAIGHT,
    TO_CORNER,
    Pair,
    pairs_of,
)
from procgen_tools.worlds.maze.edit import is_on_distribution
from procgen_tools.worlds.maze.features import feature_table
from procgen_tools.worlds.maze.grid import CORNER_REGION
from procgen_tools.worlds.maze.paths import decision_square, distances, nearer_moves

LIMITS = {STEPS_TO_CHEESE: STEPS, TO_CHEESE: STRAIGHT, TO_TOP_RIGHT: TO_CORNER}
CLOSED = ("way to the corner closed", "closed off all ways")


@cache
def pairs(change: str) -> list[Pair]:
    return pairs_of(change, 3, first_seed=300)


@pytest.mark.parametrize("change", CHANGES)
def test_both_mazes_share_a_fork_and_were_never_trained_on(change: str) -> None:
    for pair in pairs(change):
        fork = pair.fork
        for maze in (pair.low, pair.high):
            assert maze.cheese is not None
            assert min(maze.cheese) < maze.size - CORNER_REGION
            assert (nearer_moves(maze, maze.cheese)[fork.square] == fork.towards).all()
            if change not in CLOSED:
                assert is_on_distribution(maze)
                assert decision_square(maze) == fork.square
        assert pair.low != pair.high
        edited = (pair.low.walls ^ pair.high.walls).sum()
        moved = pair.low.cheese != pair.high.cheese
        assert (moved, edited) in [(True, 0), (False, 1 if change in CLOSED else 2)]


@pytest.mark.parametrize("change", [name for name in CHANGES if name not in CLOSED])
def test_one_feature_differs_and_two_are_held(change: str) -> None:
    changed = FEATURE_OF.get(change)
    for pair in pairs(change):
        low, high = feature_table([pair.low, pair.high])[list(THREE)].to_dict("records")
        for name in THREE:
            more = high[name] - low[name]
            if name == changed:
                assert LIMITS[name][0] <= more <= LIMITS[name][1]
            else:
                assert abs(more) <= (0 if name == STEPS_TO_CHEESE else HELD)


def test_the_way_to_the_corner_is_longer_redrawn_or_closed() -> None:
    def steps(pair: Pair) -> list[float]:
        mazes = (pair.low, pair.high)
        return [float(distances(maze, pair.fork.square)[maze.corner]) for maze in mazes]

    for pair in pairs("steps to the corner, rewired"):
        low, high = steps(pair)
        assert STEPS[0] <= high - low <= STEPS[1]
    for pair in pairs("way to the corner closed"):
        assert np.isinf(steps(pair)).tolist() == [False, True]
    for change in ("way to the corner redrawn, as long", "closed off all ways"):
        assert all(low == high for low, high in map(steps, pairs(change)))


def test_controls_move_the_cheese_as_far_and_are_no_changes() -> None:
    for pair in pairs("cheese moved, all held"):
        assert pair.low.cheese is not None
        assert pair.high.cheese is not None
        assert np.hypot(*np.subtract(pair.low.cheese, pair.high.cheese)) >= APART
    assert set(CONTROLS) == set(CAUSES)
    assert not set(CONTROLS.values()) & set(CAUSES)
    assert {*CONTROLS, *CONTROLS.values()} <= set(CHANGES)


def test_pairs_follow_from_their_seed() -> None:
    name = "straight distance to the cheese"
    again = pairs_of(name, 3, first_seed=300)
    assert [(a.low, a.high) for a in again] == [(b.low, b.high) for b in pairs(name)]
    others = pairs_of(name, 3, first_seed=300, seed=1)
    assert [each.level for each in others] == [each.level for each in again]
    assert [a.low for a in others] != [b.low for b in again]
