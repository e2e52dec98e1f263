"""Levels seen in training, compared with the training itself and with a search level by level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools.evaluation import seen_levels as seen_module
from procgen_tools.evaluation.conditions import held_out_mazes
from procgen_tools.evaluation.seen_levels import seen_levels, training_levels
from procgen_tools.training import targets
from procgen_tools.training.targets import make_examples
from procgen_tools.worlds.maze.edit import move_cheese, remove_cheese
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import FIRST_TRAINING_SEED, LevelRule, make_bank
from procgen_tools.worlds.maze.torch_env import TorchMazeEnv

RULE = LevelRule(15, 5)
IMITATION: dict[str, Any] = {
    "algorithm": "imitation",
    "samples": 480,
    "settings": {"world_size": 15, "rand_region": 5, "seed": 3, "batch_size": 16},
}


def all_seeds(metadata: dict[str, Any]) -> list[int]:
    levels = training_levels(metadata)
    assert levels is not None
    return [int(seed) for each in levels for chunk in each.chunks() for seed in chunk]


def search(mazes: Sequence[Maze], seeds: Sequence[int], rule: LevelRule) -> list[bool]:
    """A slow search, maze by maze and level by level."""
    levels = list(make_bank(seeds, rule))
    return [
        any(
            np.array_equal(maze.walls, level.walls) and maze.cheese == level.cheese
            for level in levels
        )
        for maze in mazes
    ]


# --- the levels of a training


def test_imitation_draws_these_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def recording(seeds: Any, rule: LevelRule) -> Any:
        drawn.extend(int(seed) for seed in seeds)
        return make_bank(seeds, rule)

    monkeypatch.setattr(targets, "make_bank", recording)
    for step in range(30):
        make_examples(RULE, 16, np.random.default_rng([3, step]))
    assert all_seeds(IMITATION) == drawn
    (levels,) = training_levels(IMITATION) or ()
    assert levels.count == len(drawn) == 960
    assert levels.rule == RULE


@pytest.mark.parametrize("num_levels", [0, 30])
def test_reinforcement_learning_plays_these_levels(num_levels: int) -> None:
    last = FIRST_TRAINING_SEED + num_levels if num_levels else 2**31 - 1
    env = TorchMazeEnv(
        6, RULE, seed=8, seed_range=(FIRST_TRAINING_SEED, last), step_limit=9, levels_ahead=3
    )
    generator = torch.Generator().manual_seed(0)
    played = set(env.level_seeds.tolist())
    for _ in range(100):
        env.step(torch.randint(0, 15, (6,), generator=generator))
        played |= set(env.level_seeds.tolist())
    metadata = {
        "algorithm": "ppo",
        "env_seed": 8,
        "levels_played": (env.state_dict()["levels"] + 1).tolist(),
        "settings": {"world_size": 15, "rand_region": 5, "num_levels": num_levels},
    }
    assert sorted(all_seeds(metadata)) == sorted(played)
    assert len(played) > 20


def test_the_agent_that_training_began_with_counts() -> None:
    later = {**IMITATION, "samples": 32, "started_from": {"file": "a.pth", **IMITATION}}
    assert all_seeds(later) == all_seeds({**IMITATION, "samples": 32}) + all_seeds(IMITATION)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"settings": IMITATION["settings"]},
        {"algorithm": "imitation", "settings": IMITATION["settings"]},
        {"algorithm": "dreaming", "samples": 3, "settings": IMITATION["settings"]},
        {**IMITATION, "started_from": {"file": "unknown.pth"}},
        {"algorithm": "ppo", "levels_played": [3], "settings": IMITATION["settings"]},
    ],
)
def test_what_no_file_says_is_not_known(metadata: dict[str, Any]) -> None:
    assert training_levels(metadata) is None


# --- the search


def test_every_level_that_occurred_is_found_and_no_other() -> None:
    training = training_levels(IMITATION)
    assert training is not None
    mazes = held_out_mazes(RULE, 60) + list(make_bank(all_seeds(IMITATION)[-20:], RULE))
    expected = search(mazes, all_seeds(IMITATION), RULE)
    assert 10 < sum(expected[:60]) < 50
    assert all(expected[60:])
    assert seen_levels(mazes, training).tolist() == expected


def test_equal_hashes_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    training = training_levels(IMITATION)
    assert training is not None
    mazes = held_out_mazes(RULE, 60)
    expected = seen_levels(mazes, training).tolist()
    monkeypatch.setattr(seen_module, "_mix", lambda rows: np.zeros(len(rows), np.uint64))
    assert seen_levels(mazes, training).tolist() == expected


def test_chunks_and_threads_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    training = training_levels(IMITATION)
    assert training is not None
    mazes = held_out_mazes(RULE, 60)
    expected = seen_levels(mazes, training, threads=1).tolist()
    monkeypatch.setattr(seen_module, "LEVELS_AT_ONCE", 50)
    assert [len(chunk) for chunk in training[0].chunks()] == [64] * 15
    assert seen_levels(mazes, training, threads=3).tolist() == expected


def test_what_makes_two_levels_the_same() -> None:
    training = training_levels({**IMITATION, "samples": 16})
    assert training is not None
    # The largest of the few levels: no other has its walls.
    levels = make_bank(all_seeds({**IMITATION, "samples": 16}), RULE)
    level = levels[int(levels.sizes.argmax())]
    assert level.size > 9
    others = [square for square in level.open_squares() if square != level.cheese]
    mazes = [
        level,
        replace(level, background=(level.background or 0) + 1 if level.background != 8 else 0),
        replace(level, world_size=25),
        replace(level, mouse=others[3]),
        move_cheese(level, others[5]),
        remove_cheese(level),
    ]
    assert seen_levels(mazes, training).tolist() == [True, True, True, True, False, False]


# --- metadata that no trainer wrote


PPO: dict[str, Any] = {
    "algorithm": "ppo",
    "env_seed": 1,
    "levels_played": [3, 4],
    "settings": {"world_size": 15, "rand_region": 5, "seed": 3, "num_levels": 0},
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("metadata", "settings", "changes", "message"),
    [
        (IMITATION, {"batch_size": 0}, {}, "batch_size is 0: give a whole number in 1"),
        (IMITATION, {"batch_size": "a"}, {}, "batch_size is 'a'"),
        (IMITATION, {"batch_size": 10**9}, {}, "batch_size is 1000000000"),
        (IMITATION, {"seed": -1}, {}, "seed is -1"),
        (IMITATION, {"world_size": "a"}, {}, "impossible training settings: world_size .*'a'"),
        (IMITATION, {"world_size": 24}, {}, "impossible training settings: world_size 24 is"),
        (IMITATION, {}, {"samples": 10**18}, "it had 2,000,000,000,000,000,000 levels, but"),
        (IMITATION, {}, {"samples": 0.5}, "samples is 0.5"),
        (IMITATION, {}, {"first_training_seed": 2**31}, "first_training_seed is 2147483648"),
        (IMITATION, {}, {"started_from": None}, "started_from is None, not the metadata of an"),
        (PPO, {}, {"levels_played": [10**18, 1]}, r"it had 1,000,000,000,000,000,001 levels"),
        (PPO, {}, {"levels_played": 7}, "levels_played is not a list of numbers"),
        (PPO, {}, {"levels_played": [1, -1]}, "levels_played is -1"),
        (PPO, {"num_levels": 2**31}, {}, "num_levels is 2147483648"),
        (PPO, {}, {"env_seed": None}, "env_seed is None"),
    ],
)
def test_what_cannot_be_is_refused(
    metadata: dict[str, Any], settings: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    assert training_levels(metadata) is not None
    wrong = {**metadata, "settings": {**metadata["settings"], **settings}, **changes}
    with pytest.raises(ValueError, match=message):
        training_levels(wrong)


def test_an_agent_that_began_with_itself_is_refused() -> None:
    metadata = dict(IMITATION)
    metadata["started_from"] = metadata
    with pytest.raises(ValueError, match="chain of more than 20 initial agents"):
        training_levels(metadata)


@pytest.mark.parametrize("num_levels", [0, 30])
def test_levels_are_drawn_in_parts(num_levels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = {**PPO, "levels_played": [40, 0, 90]}
    metadata["settings"] = {**PPO["settings"], "num_levels": num_levels}
    whole = all_seeds(metadata)
    assert len(whole) == len(set(whole))
    monkeypatch.setattr(seen_module, "DRAWN_AT_ONCE", 12)
    parts = all_seeds(metadata)
    assert len(parts) == len(set(parts))
    assert set(parts) == set(whole)
    assert max(map(len, _batches(metadata))) <= 12


def _batches(metadata: dict[str, Any]) -> list[Any]:
    (levels,) = training_levels(metadata) or ()
    return list(levels.batches())
