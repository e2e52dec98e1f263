"""Activation vectors: differences, averages over pairs, and the files that keep them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from procgen_tools import maze
from procgen_tools.interventions import (
    ActivationVector,
    Add,
    activation_vector,
    activations_of,
    cheese_vector,
    edit_vector,
    observe,
    top_right_vector,
)
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.maze.edit import carve_path_to_world_corner
from procgen_tools.worlds.maze.venv import create_venv, state_from_venv
from tests.interventions.conftest import LAYER


def test_mazes_states_and_observations_are_seen_alike() -> None:
    venv = create_venv(1, start_level=7, num_levels=1)
    level = venv.maze(0)
    state = state_from_venv(venv, 0)
    frame = torch.from_numpy(np.array(venv.reset())).float()
    assert torch.equal(observe([level, state]), observe([state, level]))
    assert torch.equal(observe(level), frame)
    assert torch.equal(observe(frame[0]), observe(frame))


def test_the_cheese_vector_is_a_difference(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    level = levels[0]
    vector = cheese_vector(policy, level, LAYER)
    x = activations_of(policy, [level, maze.remove_cheese(level)], LAYER)
    torch.testing.assert_close(vector.values, x[0] - x[1])
    assert vector.norm == pytest.approx(float((x[0] - x[1]).square().sum().sqrt()))
    with Add(vector, -1.0).on(policy):  # at the very mouse square it undoes the cheese
        undone = activations_of(policy, level, LAYER)
    torch.testing.assert_close(undone[0], x[1], atol=1e-6, rtol=0)


def test_several_pairs_are_averaged(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    single = torch.stack([top_right_vector(policy, level, LAYER).values for level in levels])
    mean = top_right_vector(policy, levels, LAYER)
    torch.testing.assert_close(mean.values, single.mean(0), atol=1e-6, rtol=1e-4)
    assert mean.norm > 0
    other = edit_vector(policy, levels, LAYER, carve_path_to_world_corner, name="same")
    assert torch.equal(mean.values, other.values)


def test_bad_pairs_are_explained(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    with pytest.raises(ValueError, match="plus has 2 views and minus has 1"):
        activation_vector(policy, levels[:2], levels[0], LAYER)
    with pytest.raises(ValueError, match="without cheese has no cheese vector"):
        cheese_vector(policy, maze.remove_cheese(levels[0]), LAYER)
    with pytest.raises(ValueError, match="nothing to observe"):
        observe([])
    with pytest.raises(ValueError, match=r"observation of shape \(64, 64, 3\)"):
        observe([torch.zeros(64, 64, 3)])
    with pytest.raises(ValueError, match="no channel 32"):
        cheese_vector(policy, levels[0], LAYER).only([32])


def test_the_world_is_kept_with_the_vector(policy: ImpalaPolicy, tmp_path: Path) -> None:
    small = maze.make_level(0, maze.LevelRule(15, None, maze_size=5))
    hard = maze.make_level(3)
    for views, world in (
        ([small], 15),
        ([hard, hard], 25),
        ([small, hard], None),
        (observe(small), None),
    ):
        vector = activation_vector(policy, views, views, LAYER)
        assert vector.world_size == world
        vector.save(tmp_path / "vector.npz")
        assert ActivationVector.load(tmp_path / "vector.npz").world_size == world
    np.savez(tmp_path / "old.npz", values=np.ones(3), layer="x_out", name="old")
    assert ActivationVector.load(tmp_path / "old.npz").world_size is None


def test_damaged_files_are_explained(policy: ImpalaPolicy, tmp_path: Path) -> None:
    path = tmp_path / "vector.npz"
    ActivationVector("x", torch.ones(3, 4), "vector").save(path)
    whole = path.read_bytes()
    for number in range(0, len(whole), 7):
        path.write_bytes(whole[:number])
        with pytest.raises(ValueError, match=r"vector\.npz"):
            ActivationVector.load(path)
    np.savez(path, values=np.array(["a"]), layer="x", name="x")
    with pytest.raises(ValueError, match="has no array of real numbers"):
        ActivationVector.load(path)
    with pytest.raises(FileNotFoundError):
        ActivationVector.load(tmp_path / "other.npz")


def test_a_vector_in_bfloat16_is_kept(tmp_path: Path) -> None:
    values = torch.linspace(-1, 1, 256).to(torch.bfloat16)
    ActivationVector("embedder.fc", values, "half").save(tmp_path / "vector.npz")
    kept = ActivationVector.load(tmp_path / "vector.npz")
    assert torch.equal(kept.values, values.float())
