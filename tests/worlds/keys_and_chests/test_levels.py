"""Which levels there are: the means of the original, and what holds in every level."""

from __future__ import annotations

import random

import numpy as np
import pytest

from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, WALL, Level
from procgen_tools.worlds.keys_and_chests.levels import (
    VARIANTS,
    LevelRule,
    make_level,
    make_levels,
    variant_rule,
)

PUBLISHED = {
    "train": (81.2, 9.84, 46.9, 46.9, 31.0),
    "test": (81.2, 9.83, 9.8, 9.8, 1.4),
}
"""Means over 2,000 levels of the original: open cells, keys, chests, hidden chests, overlap."""


def counts(levels: tuple[Level, ...]) -> np.ndarray:
    return np.array(
        [
            (
                (level.cells != WALL).sum(),
                (level.cells == KEY).sum(),
                (level.cells == CHEST).sum(),
                level.hidden.sum(),
                (level.hidden & (level.cells == CHEST)).sum(),
            )
            for level in levels
        ]
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_means_are_those_of_the_original(variant: str) -> None:
    found = counts(make_levels(range(2000), VARIANTS[variant]))
    # Both means are of 2,000 levels, and the published ones are rounded.
    error = np.sqrt(2) * found.std(axis=0) / np.sqrt(len(found))
    decimals = [10.0 ** -len(f"{mean}".split(".")[1]) for mean in PUBLISHED[variant]]
    far = np.abs(found.mean(axis=0) - PUBLISHED[variant]) - np.array(decimals) / 2
    assert (far < 4 * error).all(), found.mean(axis=0)
    assert found[:, 1].min() >= 7
    assert found[:, 1].max() <= 12


def original(rng: random.Random, rule: LevelRule) -> tuple[int, ...]:
    """Counts of one level by the original's procedure, as simple as can be."""

    def share(p: float) -> float:
        return min(p + rng.random() * p * 0.3, 1)

    def replace(cells: np.ndarray, p: float, old: int, new: int) -> None:
        total, done = (cells == old).sum(), 0
        while done / total < p:
            cell = rng.randrange(cells.shape[0] - 1), rng.randrange(cells.shape[1] - 1)
            if cells[cell] == old:
                cells[cell], done = new, done + 1

    rows, cols = rule.height - 2, rule.width - 2
    cells = np.full((rows, cols), WALL)
    waiting, seen = {(0, 0)}, {(0, 0)}
    while waiting:
        row, col = rng.choice(sorted(waiting))
        waiting.remove((row, col))
        cells[row, col] = EMPTY
        for near in ((row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)):
            if near in waiting:
                waiting.remove(near)
            elif near not in seen and 0 <= near[0] < rows and 0 <= near[1] < cols:
                waiting.add(near)
                seen.add(near)
    replace(cells, share(rule.p_hole), WALL, EMPTY)
    cells = np.pad(cells, 1, constant_values=WALL)
    p_key = share(rule.p_key)
    replace(cells, p_key, EMPTY, KEY)
    p_chest = share(rule.p_chest) / (1 - p_key)
    trial = cells.copy()
    replace(trial, p_chest, EMPTY, CHEST)
    replace(cells, p_chest, EMPTY, CHEST)
    hidden = trial == CHEST
    return (
        (cells != WALL).sum(),
        (cells == KEY).sum(),
        (cells == CHEST).sum(),
        hidden.sum(),
        (hidden & (cells == CHEST)).sum(),
    )


@pytest.mark.parametrize(
    "rule",
    [LevelRule(), LevelRule(9, 6, p_hole=0.1, p_chest=0.3, p_key=0.3)],
    ids=["train", "small"],
)
def test_counts_are_distributed_as_by_a_simple_program(rule: LevelRule) -> None:
    rng = random.Random(0)
    theirs = np.array([original(rng, rule) for _ in range(150)])
    ours = counts(make_levels(range(3000), rule))
    error = np.sqrt(theirs.var(axis=0) / len(theirs) + ours.var(axis=0) / len(ours))
    assert (np.abs(theirs.mean(axis=0) - ours.mean(axis=0)) < 4 * error + 1e-9).all()
    assert np.abs(np.log(theirs.std(axis=0) / ours.std(axis=0))).max() < 0.3


def test_what_holds_in_every_level() -> None:
    levels = make_levels(range(500), LevelRule(9, 8))
    cells = np.stack([level.cells for level in levels])
    assert (cells[:, 1, 1] != WALL).all(), "the maze grows from this corner"
    players = np.array([level.player for level in levels])
    assert (players.max(axis=0) == (8 - 4, 9 - 4)).all()
    assert (players.min(axis=0) == 1).all()
    on_keys = [level.cells[level.player] == KEY for level in levels]
    assert 0 < np.mean(on_keys) < 0.3, "the player can begin on a key"


def test_without_holes_the_open_cells_are_a_tree() -> None:
    for level in make_levels(range(50), LevelRule(p_hole=0.0)):
        open_cells = level.cells != WALL
        links = (open_cells[1:] & open_cells[:-1]).sum() + (
            open_cells[:, 1:] & open_cells[:, :-1]
        ).sum()
        assert links == open_cells.sum() - 1


def test_holes_leave_out_the_last_row_and_column() -> None:
    level = make_level(0, LevelRule(p_hole=1.0, p_chest=0.0, p_key=0.0))
    assert (level.cells[1:-2, 1:-2] == EMPTY).all()
    last = np.concatenate([level.cells[-2, 1:-1], level.cells[1:-1, -2]])
    assert (last == WALL).any()


def test_extreme_shares() -> None:
    full = make_level(3, LevelRule(p_chest=0.0, p_key=1.0))
    assert not np.isin(full.cells, (EMPTY, CHEST)).any()
    assert not full.hidden.any()
    chests = make_level(3, LevelRule(p_chest=1.0, p_key=0.0))
    assert not np.isin(chests.cells, (EMPTY, KEY)).any()
    assert (chests.hidden == (chests.cells == CHEST)).all()


def test_a_seed_is_a_level() -> None:
    assert str(make_level(5)) == str(make_levels([4, 5])[1])
    assert len({str(level) for level in make_levels(range(100))}) == 100
    with pytest.raises(ValueError, match="seed is -1"):
        make_level(-1)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"p_hole": 1.2}, r"p_hole is 1.2: give a probability, from 0 to 1"),
        ({"p_key": float("nan")}, "p_key is nan: give a probability"),
        ({"p_chest": -0.1}, "p_chest is -0.1"),
        ({"p_key": 0.6}, "together more than all cells: lower one"),
        ({"width": 4}, "width is 4: give a whole number in 5..1000"),
        ({"max_ticks": 0}, "max_ticks is 0"),
    ],
)
def test_impossible_rules(settings: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        LevelRule(**settings)  # type: ignore[arg-type]


def test_unknown_variants() -> None:
    with pytest.raises(ValueError, match="choose one of train, test; did you mean 'train'"):
        variant_rule("training")
