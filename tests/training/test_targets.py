"""Examples to imitate: labels against the plain path finder, and where they come from."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.training.targets import make_examples
from procgen_tools.worlds.maze import level_kernels as kernels
from procgen_tools.worlds.maze import paths
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.grid import MOVES
from procgen_tools.worlds.maze.levels import LevelRule, make_bank
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD

RULE = LevelRule(25, 5)


@pytest.mark.parametrize("on_path", [False, True])
def test_labels_equal_the_path_finders(on_path: bool) -> None:
    bank = make_bank(range(60), RULE)
    count = len(bank)
    squares = np.empty((count, 2), np.int64)
    moves, steps = np.empty(count, np.int64), np.empty(count, np.int64)
    quantiles = np.random.default_rng(0).random(count)
    kernels.label_positions(
        bank.cells,
        bank.sizes,
        bank.objects,
        np.full(count, on_path),
        quantiles,
        squares,
        moves,
        steps,
    )
    for index, maze in enumerate(bank):
        assert maze.cheese is not None
        square = tuple(int(number) - maze.padding for number in squares[index])
        assert maze.is_open(square)  # type: ignore[arg-type]
        assert square != maze.cheese
        assert moves[index] == paths.next_moves(maze, maze.cheese)[square]
        assert steps[index] == paths.distances(maze, maze.cheese)[square]
        if on_path:
            assert square in (paths.shortest_path(maze, (0, 0), maze.cheese) or [])


def test_every_square_is_drawn() -> None:
    """All quantiles together reach every square but the cheese's."""
    maze = make_bank([1], RULE)[0]
    count = len(maze.open_squares()) - 1
    bank = make_bank([1] * count, RULE)
    squares = np.empty((count, 2), np.int64)
    moves, steps = np.empty(count, np.int64), np.empty(count, np.int64)
    quantiles = (np.arange(count) + 0.5) / count
    kernels.label_positions(
        bank.cells,
        bank.sizes,
        bank.objects,
        np.zeros(count, bool),
        quantiles,
        squares,
        moves,
        steps,
    )
    drawn = {tuple(square) for square in (squares - maze.padding).tolist()}
    assert drawn == {tuple(square) for square in maze.open_squares() if square != maze.cheese}


def test_examples_show_what_they_say() -> None:
    """Frames are those of the levels that the seed range allows, moves and returns their labels."""
    seed = 5
    maze = make_bank([seed], RULE)[0]
    assert maze.cheese is not None
    examples = make_examples(
        RULE, 40, np.random.default_rng(2), discount=0.9, seed_range=(seed, seed + 1)
    )
    shown = {
        frame.tobytes(): index
        for index, frame in enumerate(agent_frames(maze, maze.open_squares()))
    }
    matched = 0
    for frame, move, value in zip(examples.frames, examples.moves, examples.returns, strict=True):
        index = shown.get(frame.tobytes())
        if index is None:  # the mouse looks the other way
            continue
        matched += 1
        square = maze.open_squares()[index]
        assert MOVES[move] == MOVES[paths.next_moves(maze, maze.cheese)[square]]
        steps = paths.distances(maze, maze.cheese)[square]
        assert value == pytest.approx(CHEESE_REWARD * 0.9 ** (steps - 1), rel=1e-6)
    assert 5 < matched < 35


def test_examples_depend_on_the_generator_alone() -> None:
    first, again, other = (
        make_examples(RULE, 16, np.random.default_rng(seed), focus=0.5) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.frames, again.frames)
    assert np.array_equal(first.moves, again.moves)
    assert not np.array_equal(first.frames, other.frames)


def test_focus_shifts_to_large_mazes() -> None:
    """A wall's texture shows on fewer pixels of the frame in a larger maze."""
    sizes = []
    for focus in (0.0, 1.0):
        examples = make_examples(RULE, 400, np.random.default_rng(3), focus=focus)
        sizes.append(examples.returns.mean())
    assert sizes[1] < sizes[0]  # larger mazes, longer ways


def test_backgrounds_can_be_black() -> None:
    examples = make_examples(RULE, 50, np.random.default_rng(0), background=255)
    assert ((examples.frames == 0).all(axis=-1).sum(axis=(1, 2)) > 10).all()
