"""Mistakes on the command line give an error message that names them, and leave no files behind."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import torch

from procgen_tools import cli
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, save_policy

QUICK = "--levels=2 --no-deduplicate --world-size=15 --rand-region=3"
TINY = "--samples=8 --batch-size=8 --world-size=15"

MISTAKES = [
    ("evaluate", "Missing argument"),
    ("evaluate folder", "folder is a folder: name a checkpoint"),
    ("evaluate none.pth", "there is no checkpoint"),
    ("evaluate text.pth", "is not a checkpoint that can be read"),
    ("evaluate empty.pth", "is not a checkpoint that can be read"),
    ("evaluate dict.pth", "has no parameters under 'model_state_dict'"),
    ("evaluate agent.pth --levels 0", "'--levels'"),
    ("evaluate agent.pth --levels -3", "'--levels'"),
    ("evaluate agent.pth --levels 3000000 --no-deduplicate", "held-out seeds"),
    ("evaluate agent.pth --rand-region 99", "rand_region 99 is larger than the world"),
    ("evaluate agent.pth --rand-region 17 --world-size 15", "give at most 15"),
    ("evaluate agent.pth --rand-region -1", "rand-region '-1': give a number"),
    ("evaluate agent.pth --rand-region here", "rand-region 'here'"),
    ("evaluate agent.pth --world-size 24", "world_size 24"),
    ("evaluate agent.pth --world-size 13 --levels 2", "world_size 13"),
    ("evaluate agent.pth --seed -1", "'--seed'"),
    ("evaluate agent.pth --backend other", "unknown backend 'other'"),
    (f"evaluate agent.pth --device abacus {QUICK}", "device 'abacus' cannot be used here"),
    (f"evaluate agent.pth --device cuda:99 {QUICK}", "device 'cuda:99' cannot be used here"),
    (f"evaluate agent.pth --device meta {QUICK}", "device 'meta' cannot be used here"),
    ("evaluate agent.pth --conditions nowhere", "unknown condition 'nowhere'"),
    ("evaluate agent.pth --conditions ,", "unknown condition ''"),
    ("evaluate agent.pth --records folder", "end it in .parquet"),
    ("evaluate agent.pth --records /proc/r.parquet", "/proc/r.parquet cannot be written"),
    ("evaluate agent.pth --records text.pth/r.parquet", "is not a folder"),
    ("sweep none.toml", "none.toml cannot be read (No such file"),
    ("sweep folder", "folder cannot be read (Is a directory"),
    ("sweep empty.toml", "there is no 'folder'"),
    ("sweep text.pth", "cannot be read as TOML"),
    ("sweep agent.pth", "cannot be read as TOML"),
    ("sweep type.toml", "'folder' is 3"),
    ("sweep sweep.toml --processes 0", "'--processes'"),
    ("sweep sweep.toml --cores -1", "'--cores'"),
    ("sweep sweep.toml --gpus -1", "'--gpus'"),
    ("sweep sweep.toml --retries -1", "'--retries'"),
    ("sweep sweep.toml --save-seconds -1", "'--save-seconds'"),
    ("sweep sweep.toml --device cuda:99", "device 'cuda:99' cannot be used here"),
    ("experiment chese_vector", "did you mean 'cheese_vector'"),
    ("experiment cheese_vector --agents none.pth", "there is no checkpoint"),
    ("experiment cheese_vector --agents ,", "--agents ','"),
    ("experiment cheese_vector --agents memory.pth", "has a memory"),
    ("experiment cheese_vector --agents folder", "folder is a folder"),
    ("experiment cheese_vector --agents agent.pth,folder/agent.pth", "two agents are named"),
    ("experiment cheese_vector --mazes 0", "mazes is 0"),
    ("experiment cheese_vector --seed -1", "seed is -1"),
    ("experiment cheese_vector --world-size 13", "13: give 15 (easy levels) or 25"),
    ("experiment cheese_vector --folder text.pth", "is not a folder"),
    ("experiment cheese_vector --folder /proc/x", "cannot be written"),
    ("experiment crops_and_humans --mazes 3", "leave --agents and --mazes out"),
    ("experiment crops_and_humans --world-size 15", "its worlds have one size"),
    ("demo --seed -1", "'--seed'"),
    ("demo --seed 99999999999", "level seed 99999999999"),
    ("demo --survey -1", "'--survey'"),
    ("demo --agent none.pth", "there is no checkpoint"),
    ("demo --agent memory.pth", "this agent has a memory"),
    ("demo --agent agent.pth --folder text.pth", "is not a folder"),
    ("demo --agent agent.pth --folder /proc/x", "cannot be written"),
    ("train nothing a.pth", "No such command 'nothing'"),
    ("train imitation", "Missing argument"),
    (f"train imitation folder {TINY}", "folder exists"),
    (f"train imitation agent.pth {TINY}", "agent.pth exists: name another file"),
    (f"train imitation new.txt {TINY}", "end it in .pth"),
    (f"train imitation /proc/new.pth {TINY}", "/proc/new.pth cannot be written"),
    (f"train imitation text.pth/new.pth {TINY}", "is not a folder"),
    ("train imitation new.pth --samples -1", "samples is -1"),
    (f"train imitation new.pth {TINY} --seed -1", "seed is -1"),
    (f"train imitation new.pth {TINY} --rand-region 99", "rand_region 99 is larger"),
    (f"train imitation new.pth {TINY} --rand-region -2", "rand-region '-2'"),
    (f"train imitation new.pth {TINY} --initial folder", "folder is a folder"),
    (f"train imitation new.pth {TINY} --initial text.pth", "is not a checkpoint that can be read"),
    (f"train imitation new.pth {TINY} --folder text.pth", "cannot be written"),
    (f"train imitation new.pth {TINY} --device cuda:99", "cannot be used here"),
    (f"train imitation new.pth {TINY} --snapshot-every -1", "'--snapshot-every'"),
    ("train ppo new.pth --num-envs 0", "num_envs is 0"),
    ("train ppo new.pth --learning-rate nan", "learning_rate is nan"),
    ("train dqn agent.pth", "agent.pth exists"),
    ("train dqn /proc/new.pth", "cannot be written"),
    ("train dqn new.txt", "end it in .pth"),
    ("train dqn new.pth --width 0", "width is 0"),
    ("train dqn new.pth --device cuda:99", "cannot be used here"),
    ("train dqn new.pth --initial agent.pth", "another architecture than a Q-network"),
    ("train planting new.pth --reversed-production", "step 1 alone"),
    ("train crops-and-humans new.txt", "end it in .pth"),
    ("bench env --num -1", "'--num'"),
    ("bench env --seconds -1", "'--seconds'"),
    ("bench vfield --scale 0", "'--scale'"),
    ("bench effects --scale -1", "'--scale'"),
    ("bench train --rounds 0", "'--rounds'"),
    ("bench train --device cuda:99", "cannot be used here"),
    ("bench learn --seeds 0", "'--seeds'"),
    ("bench learn --figure folder", "end it in .png"),
    ("bench learn --figure /proc/x.png", "/proc/x.png cannot be written"),
]


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("things")
    save_policy(ImpalaPolicy(seed=0), folder / "agent.pth")
    save_policy(RecurrentPolicy(seed=0), folder / "memory.pth")
    torch.save({"x": 1}, folder / "dict.pth")
    (folder / "text.pth").write_text("not a checkpoint")
    (folder / "empty.pth").touch()
    (folder / "empty.toml").touch()
    (folder / "folder").mkdir()
    shutil.copy(folder / "agent.pth", folder / "folder")
    (folder / "type.toml").write_text("folder = 3\n")
    (folder / "sweep.toml").write_text('folder = "out"\n[grid]\nseed = [0]\n')
    return folder


@pytest.mark.parametrize(("words", "message"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_a_mistake_is_named(
    words: str,
    message: str,
    things: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(things)
    monkeypatch.setenv("COLUMNS", "200")
    before = sorted(things.rglob("*"))
    monkeypatch.setattr(sys, "argv", ["procgen-tools", *words.split()])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert sorted(things.rglob("*")) == before
