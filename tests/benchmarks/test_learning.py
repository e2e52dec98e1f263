"""The benchmark of learning: it runs, and knows the best possible score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from procgen_tools.benchmarks import learning
from procgen_tools.worlds.maze.levels import make_bank
from procgen_tools.worlds.maze.paths import distances


def test_learning_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = replace(
        learning.SETTINGS,
        steps=96,
        num_envs=4,
        rollout_steps=8,
        minibatches=2,
        maze_size=3,
        precision="float32",
    )
    monkeypatch.setattr(learning, "SETTINGS", tiny)
    report = learning.run(range(2), tmp_path / "runs", tmp_path / "curve.png")
    assert "96 trained" in report
    assert "seed 1" in report
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG"
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pth")}
    assert len(times) == 4
    learning.run(range(2), tmp_path / "runs", tmp_path / "curve.png")
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pth")}


def test_the_shortest_ways_of_small_mazes() -> None:
    """Compared with labels computed in another way, from distances to the cheese."""
    bank = make_bank(range(300), learning.SETTINGS.rule)
    mean = np.mean([distances(maze, maze.cheese)[maze.mouse] for maze in bank if maze.cheese])
    assert learning.shortest_possible(300) == pytest.approx(mean)
