"""The demo, on the agent that ships."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from procgen_tools import demo
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import START
from procgen_tools.worlds.maze.levels import make_level


def test_it_makes_its_pictures_and_numbers(tmp_path: Path) -> None:
    report = demo.run(folder=tmp_path)
    for name in ("field.png", "cheese_vector.png"):
        assert str(tmp_path / name) in report
        assert min(Image.open(tmp_path / name).size) > 400
    assert "towards the cheese" in report


def test_a_level_without_a_decision_square_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="level 1 has no decision square"):
        demo.run(1, folder=tmp_path / "pictures")
    assert not (tmp_path / "pictures").exists()


def test_the_vector_takes_the_cheese_away_at_the_start() -> None:
    """At the start square, subtracting it gives the activations without cheese, so the policy."""
    policy = ImpalaPolicy(seed=2).eval()
    maze = make_level(0)
    edit = demo.subtract_cheese_vector(policy, maze)
    frames = torch.from_numpy(agent_frames(remove_cheese(maze), [START])).permute(0, 3, 1, 2)
    with torch.no_grad():
        without = policy(frames.float() / 255)[1].item()
    index = edit.after.index(START)
    assert edit.after.values[index] == pytest.approx(without, rel=1e-4)
    assert edit.before.values[index] != pytest.approx(without, rel=1e-4)
