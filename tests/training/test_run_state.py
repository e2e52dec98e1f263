"""Checkpoints that no run wrote are refused before anything is learned from them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from procgen_tools.models import ImpalaPolicy, checkpoint_metadata, load_policy, save_policy
from procgen_tools.training import runs
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import ImitationSettings, Settings
from procgen_tools.training.trainers import make_learner
from tests.tiny import TINY_PPO

IMITATION = ImitationSettings(
    world_size=15, samples=8 * 8, batch_size=8, warmup_samples=8, row_steps=4, precision="float32"
)
QUIET = RunOptions(stop_after=0.0, tensorboard=False, progress_bar=False, resume=True)

Change = Callable[[dict[str, Any]], None]


def begun(settings: Settings, folder: Path) -> dict[str, Any]:
    """A run after its first row; what its checkpoint holds beside the agent."""
    assert not runs.run(make_learner(settings), folder, QUIET)
    return checkpoint_metadata(folder / runs.CHECKPOINT)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[type, tuple[Path, dict[str, Any]]]:
    found = {}
    for settings in (IMITATION, TINY_PPO):
        folder = tmp_path_factory.mktemp("run")
        found[type(settings)] = (folder, begun(settings, folder))
    return found


def into(*path: Any, value: Any) -> Change:
    """Set the part of a checkpoint that these keys lead to."""

    def change(facts: dict[str, Any]) -> None:
        *way, last = path
        for key in way:
            facts = facts[key]
        facts[last] = value

    return change


FIRST = ("learner", "optimizer", "state", 0)
GROUP = ("learner", "optimizer", "param_groups", 0)


@pytest.mark.parametrize(
    ("settings", "change", "message"),
    [
        (IMITATION, into("settings", value=None), "settings is None, not a dictionary"),
        (IMITATION, into("settings", "batch_size", value=0), "trained with batch_size=0, not 8"),
        (IMITATION, into("learner", value=[1]), r"learner is \[1\], not a dictionary"),
        (IMITATION, into("wall_time", value=float("nan")), "wall_time is nan"),
        (IMITATION, into("wall_time", value="a"), "wall_time is 'a'"),
        (IMITATION, into("trainer", value=["imitation"]), "was trained by"),
        (IMITATION, into("learner", "step", value=-4), "learner.step is -4"),
        (IMITATION, into("learner", "step", value=10**18), "stands at 8000000000000000000 of 64"),
        (IMITATION, into("learner", "step", value="4"), "learner.step is of type str, not int"),
        (IMITATION, into("learner", "more", value=1), "differ in more"),
        (IMITATION, into("learner", "policy", "fc_value.bias", value=torch.zeros(2)),
         r"fc_value.bias has shape \(2,\)"),
        (IMITATION, into("learner", "policy", "fc_value.bias", value=torch.tensor([torch.nan])),
         "fc_value.bias holds numbers that are not finite"),
        (IMITATION, into(*GROUP, "betas", value=(2.0, 0.9)), r"betas=\(2.0, 0.9\), not \(0.9,"),
        (IMITATION, into(*GROUP, "weight_decay", value=5.0), "weight_decay=5.0, not 0.0001"),
        (IMITATION, into(*GROUP, "params", value=[0]), "cannot be resumed"),
        (IMITATION, into(*FIRST, "exp_avg", value=torch.zeros(3)), r"exp_avg .* shape \(3,\) for"),
        (IMITATION, into(*FIRST, "exp_avg_sq", value=torch.full((16, 3, 3, 3), torch.inf)),
         "exp_avg_sq holds numbers that are not finite"),
        (IMITATION, into("learner", "optimizer", value={}), "cannot be resumed: 'param_gro"),
        (TINY_PPO, into("learner", "updates", value=-1), "learner.updates is -1"),
        (TINY_PPO, into("learner", "player", "env", "levels", value=torch.full((4,), 10**15)),
         r"the state's levels range from 10+ to 10+, outside 0\.\."),
        (TINY_PPO, into("learner", "player", "generator", value=torch.zeros(9, dtype=torch.uint8)),
         "generator has shape"),
        (TINY_PPO, into("learner", "player", "env", "settings", value={}),
         "of an environment with world_size=None, not"),
        (TINY_PPO, into("learner", "validation", value=None), "validation is of type NoneType"),
        (TINY_PPO, into("learner", "reward_scale", "mean", value=torch.tensor(torch.nan).double()),
         "reward_scale.mean holds numbers that are not finite"),
    ],
)  # fmt: skip
def test_what_no_run_wrote_is_refused(
    folders: dict[type, tuple[Path, dict[str, Any]]],
    settings: Settings,
    change: Change,
    message: str,
) -> None:
    folder, facts = folders[type(settings)]
    checkpoint = folder / runs.CHECKPOINT
    whole = checkpoint.read_bytes()
    wrong = copy.deepcopy(facts)
    change(wrong)
    save_policy(load_policy(checkpoint), checkpoint, **wrong)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ValueError, match=message):
        runs.run(make_learner(settings), folder, QUIET)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    checkpoint.write_bytes(whole)


def test_the_agent_itself_must_be_finite(tmp_path: Path) -> None:
    facts = begun(IMITATION, tmp_path)
    agent = ImpalaPolicy()
    with torch.no_grad():
        agent.fc_value.bias.fill_(torch.inf)
    save_policy(agent, tmp_path / runs.CHECKPOINT, **facts)
    with pytest.raises(ValueError, match="not finite"):
        runs.run(make_learner(IMITATION), tmp_path, replace(QUIET))


@pytest.mark.parametrize("settings", [IMITATION, TINY_PPO], ids=["imitation", "ppo"])
def test_what_a_run_wrote_is_not(settings: Settings, tmp_path: Path) -> None:
    begun(settings, tmp_path)
    learner = make_learner(settings)
    assert runs.run(learner, tmp_path, replace(QUIET, stop_after=1e9))
    assert learner.done == learner.total
