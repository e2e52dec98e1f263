"""Imitators are stopped where they succeed as often as the agents of PPO."""

from __future__ import annotations

import runpy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

from procgen_tools.models import ImpalaPolicy, checkpoint_metadata, load_policy, save_policy
from procgen_tools.studies.behavioral_stats.measure import chance_of_a_random_walk
from procgen_tools.sweeps.files import read_sweep
from procgen_tools.training.settings import ImitationSettings
from procgen_tools.worlds.maze.levels import LevelRule, make_level

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "equal_success.py"))
SMALL = ImitationSettings(world_size=15, max_maze_size=7, rand_region=3)


def uniform() -> ImpalaPolicy:
    policy = ImpalaPolicy(seed=1)
    with torch.no_grad():
        policy.fc_policy.weight.zero_()
        policy.fc_policy.bias.zero_()
    return policy


def test_the_agents_are_those_of_the_sweep() -> None:
    names = {job.name for job in read_sweep(SCRIPT["SWEEP"]).jobs}
    assert {*SCRIPT["IMITATORS"], *SCRIPT["REINFORCED"]} <= names


def test_success_is_that_of_episodes_in_levels_as_in_training(tmp_path: Path) -> None:
    file = tmp_path / "uniform.pth"
    save_policy(uniform().half(), file, settings=asdict(SMALL))
    rule = LevelRule(15, 3, max_maze_size=7)
    walks = [chance_of_a_random_walk(make_level(seed, rule)) for seed in range(6)]
    assert SCRIPT["success"](file, 6) == pytest.approx(sum(walks) / 6, abs=1e-5)


@pytest.mark.parametrize(("wanted", "amount"), [(0.75, 20), (0.55, 10), (0.625, 10), (0.1, 0)])
def test_the_nearest_is_kept_and_the_first_of_several(wanted: float, amount: int) -> None:
    assert SCRIPT["nearest"]({20: 0.75, 0: 0.25, 10: 0.5, 30: 0.75}, wanted) == amount


def test_a_stopped_imitator_is_its_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = {20: 0.5, 40: 0.8, 100: 1.0}
    run, folder = tmp_path / "run", tmp_path / "agents"
    for samples in reached:
        facts: dict[str, Any] = {"samples": samples, "settings": asdict(SMALL), "wall_time": 1.5}
        save_policy(ImpalaPolicy(seed=samples).half(), run / f"model_{samples}.pth", **facts)
    globals_of = SCRIPT["stop"].__globals__
    monkeypatch.setitem(
        globals_of, "success", lambda path, levels: reached[checkpoint_metadata(path)["samples"]]
    )
    told = SCRIPT["stop"]("model_small", run, 0.76, 5, folder)
    assert told == "model_small: 80.0% after 40 samples; at the end 100.0%"
    kept = folder / "model_small_stopped.pth"
    facts = checkpoint_metadata(kept)
    assert (facts["samples"], facts["wall_time"]) == (40, 1.5)
    assert facts["command"] == "python scripts/equal_success.py"
    expected = ImpalaPolicy(seed=40).half().state_dict()
    ours = load_policy(kept).half().state_dict()
    assert all(ours[name].equal(expected[name]) for name in expected)
    with pytest.raises(FileNotFoundError, match=r"no snapshots of model_small: train it with"):
        SCRIPT["stop"]("model_small", tmp_path / "elsewhere", 0.9, 5, folder)
