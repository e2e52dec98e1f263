"""Rollouts record exactly what happened in the environment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from procgen_tools import hooks
from procgen_tools.episodes.records import write_records
from procgen_tools.episodes.rollouts import NO_ACTION, Rollouts, play, steps_table
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.maze.actions import MOVE_OF_ACTION, STAY_ACTION
from procgen_tools.worlds.maze.edit import move_mouse, remove_cheese
from procgen_tools.worlds.maze.grid import MOVES, Maze, parse
from procgen_tools.worlds.maze.human_view import human_view
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.venv import venv_from_mazes

POLICY = ImpalaPolicy(seed=1).eval()
"""An untrained policy, which chooses nearly all actions with equal probability."""

SMALL = make_level(1, LevelRule(15, None, maze_size=5))
WHOLE_WORLD = make_level(2, LevelRule(15, None, maze_size=15))
CORRIDOR = parse("#.#\n#C#\nM.#", world_size=15)
MAZES = [
    SMALL,
    WHOLE_WORLD,
    replace(SMALL, mouse_mirrored=True),
    remove_cheese(move_mouse(SMALL, SMALL.corner)),
    replace(SMALL, background=None),
    CORRIDOR,
    *[make_level(seed, LevelRule(15, None, maze_size=3)) for seed in range(6)],
]


@pytest.fixture(scope="module")
def played() -> Rollouts:
    return play(POLICY, MAZES, seed=4, step_limit=40)


class Presses(nn.Module):
    """A policy that chooses one of these actions uniformly, whatever it sees."""

    def __init__(self, *actions: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.full((15,), -torch.inf), requires_grad=False)
        self.logits[list(actions)] = 0

    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        return self.logits.expand(len(obs), -1), torch.zeros(len(obs))


def assert_equal(first: Rollouts, second: Rollouts) -> None:
    assert first.mazes == second.mazes
    for name in ("found", "steps", "squares", "mouse_mirrored", "actions"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


@pytest.mark.parametrize("backend", ["native", "procgen"])
def test_actions_replayed_give_the_episode(played: Rollouts, backend: str) -> None:
    """Squares, facings, cheese, bit-exact frames, and rewards."""
    if backend == "procgen":
        pytest.importorskip("procgen")
    venv = venv_from_mazes(MAZES, backend=backend)
    frames = [rollout.frames() for rollout in played]
    assert 0 < played.found.sum() < len(MAZES)
    assert len(set(played.steps)) > 2
    for time in range(played.steps.max()):
        shown = venv.env.observe()[1]["rgb"]
        going = np.flatnonzero(played.steps > time)
        for level in going:
            assert np.array_equal(shown[level], frames[level][time])
            assert venv.maze(int(level)) == played[level].maze_at(time)
        actions = [
            rollout.actions[time] if time < rollout.steps else STAY_ACTION for rollout in played
        ]
        _, rewards, dones, _ = venv.step(actions)
        for level in going:
            rollout = played[level]
            assert rewards[level] == rollout.rewards[time]
            assert dones[level] == (rollout.found and time + 1 == rollout.steps)
    for level in np.flatnonzero(~played.found):
        assert venv.maze(int(level)) == played[level].maze_at(40)
    for level in np.flatnonzero(played.found):
        assert tuple(played[level].squares[-1]) == MAZES[level].cheese


def test_one_seed_gives_equal_rollouts(played: Rollouts) -> None:
    assert_equal(played, play(POLICY, MAZES, seed=4, step_limit=40))
    other = play(POLICY, MAZES, seed=5, step_limit=40)
    assert not np.array_equal(played.actions[:, :3], other.actions[:, :3])


def test_actions_are_drawn_step_by_step() -> None:
    """Each step draws one number per running episode, in the order of the mazes."""
    rollouts = play(Presses(*range(15)), [CORRIDOR, remove_cheese(SMALL)], seed=7, step_limit=60)
    found_after = rollouts.steps[0]
    assert 1 < found_after < 30
    rng = np.random.default_rng(7)
    together, alone = rng.random((found_after, 2)), rng.random(60 - found_after)
    assert np.array_equal(rollouts[0].actions, (15 * together[:, 0]).astype(int))
    expected = (15 * np.concatenate([together[:, 1], alone])).astype(int)
    assert np.array_equal(rollouts[1].actions, expected)


def test_a_patch_acts_while_it_is_active(played: Rollouts) -> None:
    right = torch.zeros(15)
    right[7] = 1e9
    with hooks.patched(POLICY, {"fc_policy": lambda logits: logits + right}):
        patched = play(POLICY, MAZES, seed=4, step_limit=40)
    assert set(patched.actions.ravel()) == {7, NO_ACTION}
    assert_equal(played, play(POLICY, MAZES, seed=4, step_limit=40))


def test_arrays_go_on_after_the_end(played: Rollouts) -> None:
    longest = played.steps.max()
    assert played.squares.shape == (len(MAZES), longest + 1, 2)
    assert played.mouse_mirrored.shape == (len(MAZES), longest + 1)
    assert played.actions.shape == (len(MAZES), longest)
    for level, rollout in enumerate(played):
        assert rollout.steps == played.steps[level] == len(rollout.squares) - 1
        assert (played.actions[level, rollout.steps :] == NO_ACTION).all()
        assert (rollout.actions < 15).all()
        assert (played.squares[level, rollout.steps :] == rollout.squares[-1]).all()
        assert rollout.episode_return == rollout.rewards.sum() == played.returns[level]
    with pytest.raises(IndexError):
        played[len(MAZES)]
    with pytest.raises(ValueError, match="read-only"):
        played.squares[0, 0] = 1


def up_the_corridor() -> Rollouts:
    """A move to the right that a wall blocks, then moves up from the next square to the cheese."""
    rollouts = play(Presses(7), [CORRIDOR], step_limit=2)
    assert rollouts[0].squares.tolist() == [[0, 0], [0, 1], [0, 1]]  # the wall stops it
    return play(Presses(5), [move_mouse(CORRIDOR, (0, 1))], step_limit=9)


def test_the_cheese_is_gone_at_the_end() -> None:
    (rollout,) = up_the_corridor()
    assert (rollout.found, rollout.steps) == (True, 1)
    drawn = [
        human_view(parse(text, world_size=15), square_pixels=12)
        for text in ("#.#\n#C#\n.M#", "#.#\n#M#\n..#")
    ]
    shown = list(rollout.human_frames(square_pixels=12))
    assert len(shown) == 2
    assert all(map(np.array_equal, shown, drawn))
    for time in (-1, 2):
        with pytest.raises(ValueError, match=rf"time {time} is not .* 0..1"):
            rollout.maze_at(time)


def test_visits_to_the_top_right() -> None:
    """Mice that go up along the sides of a 3 x 3 maze, and one that leaves the corner."""
    maze = parse("...\n.#.\n...", world_size=15)
    climbs = play(Presses(5), [maze, move_mouse(maze, (0, 2))], step_limit=2)
    assert climbs.squares[:, -1].tolist() == [[2, 0], [2, 2]]
    assert climbs.visited_top_right(1).tolist() == [False, True]
    assert climbs.visited_top_right(2).tolist() == [False, True]
    assert climbs.visited_top_right(3).tolist() == [True, True]
    leaves = play(Presses(3), [move_mouse(maze, maze.corner)], step_limit=2)
    assert leaves.visited_top_right(1).tolist() == [True]


def test_table_of_steps(played: Rollouts, tmp_path: Path) -> None:
    table = steps_table(played, agent="random", level_seed=range(len(MAZES)))
    write_records(tmp_path / "steps.parquet", table)
    read = pd.read_parquet(tmp_path / "steps.parquet")
    pd.testing.assert_frame_equal(read, table)
    assert len(read) == played.steps.sum()
    assert set(read.agent) == {"random"}
    assert (read.level_seed == read.episode).all()
    for level, rows in read.groupby("episode"):
        rollout = played[int(level)]
        assert rows.time.tolist() == list(range(rollout.steps))
        assert np.array_equal(rows[["row", "col"]], rollout.squares[:-1])
        assert np.array_equal(rows[["next_row", "next_col"]], rollout.squares[1:])
        assert np.array_equal(rows.mouse_mirrored, rollout.mouse_mirrored[:-1])
        assert np.array_equal(rows.action, rollout.actions)
        assert rows.move.tolist() == [MOVES[MOVE_OF_ACTION[each]] for each in rollout.actions]
        assert np.array_equal(rows.reward, rollout.rewards)
        assert set(rows["size"]) == {rollout.maze.size}


def test_bad_labels(played: Rollouts) -> None:
    with pytest.raises(ValueError, match="column 'row' already"):
        steps_table(played, row=3)
    with pytest.raises(ValueError, match=f"'seed' has 2 values for {len(MAZES)} episodes"):
        steps_table(played, seed=[1, 2])


@pytest.mark.parametrize(
    ("mazes", "step_limit", "message"),
    [
        ([], 5, "give one or more"),
        ([SMALL, make_level(0)], 5, r"world sizes \[15, 25\]"),
        ([SMALL], 0, r"step_limit 0 is not in 1..500"),
        ([SMALL], 501, r"step_limit 501 is not in 1..500"),
    ],
)
def test_bad_input(mazes: list[Maze], step_limit: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        play(POLICY, mazes, step_limit=step_limit)


def test_visits_of_each_corner(played: Rollouts) -> None:
    for top, right in ((True, True), (True, False), (False, True), (False, False)):
        for side in (1, 2):
            found = played.visited_corner(top=top, right=right, side=side)
            for rollout, visited in zip(played, found, strict=True):
                last = rollout.maze.size - 1
                corner = np.array([last * top, last * right])
                assert visited == (abs(rollout.squares - corner).max(axis=1) < side).any()
    assert np.array_equal(
        played.visited_top_right(2), played.visited_corner(top=True, right=True, side=2)
    )
    assert played.visited_corner(top=False, right=False).sum() >= len(MAZES) - 1  # where it starts


def test_a_policy_with_nan_is_not_played() -> None:
    policy = ImpalaPolicy()
    with torch.no_grad():
        policy.fc_policy.weight[0, 0] = torch.nan
    with pytest.raises(ValueError, match="probabilities of actions contain nan"):
        play(policy, [parse("..C\n.##\nM..")])
