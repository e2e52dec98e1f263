"""Sampled walks: they follow the graph, agree with the chances, and can be shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from procgen_tools import chains, maze, two_objects, vfield
from procgen_tools.episodes.videos import Shown, write_video
from procgen_tools.episodes.walks import sample_walk
from procgen_tools.models import ImpalaPolicy, load_policy


def test_walks_follow_the_rules() -> None:
    level = two_objects.make_level(100_002)
    walk = sample_walk(ImpalaPolicy(seed=1), level, seed=3, step_limit=40)
    steps = np.abs(np.diff(walk.squares, axis=0)).sum(axis=1)
    assert set(steps.tolist()) <= {0, 1}
    assert all(level.is_open(tuple(square)) for square in walk.squares.tolist())
    ends = [tuple(square) in level.ending_squares() for square in walk.squares.tolist()]
    assert not any(ends[:-1])
    assert ends[-1] == (walk.reached is not None)
    assert isinstance(walk, Shown)


def test_walks_agree_with_the_chances() -> None:
    level = maze.parse("..C\n.##\nM..")
    policy = load_policy("rand_region_5")
    exact = chains.chances(vfield.vector_field(level, policy), step_limit=30).cheese
    found = np.mean(
        [
            sample_walk(policy, level, seed=seed, step_limit=30).reached is not None
            for seed in range(20)
        ]
    )
    assert abs(found - exact) < 4 * 0.5 / 20**0.5
    one, two = (sample_walk(policy, level, seed=7) for _ in range(2))
    assert np.array_equal(one.squares, two.squares)


def test_a_walk_makes_a_gif(tmp_path: Path) -> None:
    walk = sample_walk(ImpalaPolicy(seed=1), two_objects.make_level(0), seed=3, step_limit=4)
    write_video(tmp_path / "walk.gif", {"untrained": walk})
    with Image.open(tmp_path / "walk.gif") as gif:
        assert gif.n_frames >= walk.steps + 1
    with pytest.raises(ValueError, match=r"time 9 is not in this episode: choose one of 0\.\."):
        walk.level_at(9)
