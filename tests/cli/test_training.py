"""procgen-tools train: what it trains, keeps and resumes, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from procgen_tools.audit.agents import read_agent
from procgen_tools.models import (
    checkpoint_metadata,
    load_q_network,
)
from procgen_tools.training.settings import Settings
from tests.cli.test_cli import run


def test_train_imitation_then_ppo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = (
        "train",
        "imitation",
        "agents/a.pth",
        "--samples=16",
        "--batch-size=8",
        "--seed=3",
        "--precision=float32",
    )
    assert run(monkeypatch, *words) == 0
    facts = checkpoint_metadata(Path("agents/a.pth"))
    assert facts["command"] == (
        "procgen-tools train imitation agents/a.pth --seed 3 --precision float32 "
        "--samples 16 --batch-size 8"
    )
    assert facts["samples"] == 16
    assert Path("runs/a/log.csv").exists()
    assert run(monkeypatch, *words) == 2
    assert "agents/a.pth exists: name another file" in capsys.readouterr().err
    Path("agents/a.pth").rename("a.pth")
    assert run(monkeypatch, *words) == 2
    assert "resume it (--resume)" in capsys.readouterr().err
    assert run(monkeypatch, *words, "--resume") == 0
    assert Path("a.pth").read_bytes()[:2] == b"PK"
    ppo = (
        "train", "ppo", "agents/b.pth", "--initial=a.pth", "--rand-region=anywhere", "--steps=16",
        "--num-envs=2", "--rollout-steps=8", "--minibatches=1", "--no-use-backgrounds",
        "--precision=float32",
    )  # fmt: skip
    assert run(monkeypatch, *ppo) == 0
    assert checkpoint_metadata(Path("agents/b.pth"))["command"] == (
        "procgen-tools train ppo agents/b.pth --initial a.pth --rand-region anywhere "
        "--no-use-backgrounds --precision float32 --steps 16 --num-envs 2 --rollout-steps 8 "
        "--minibatches 1"
    )


def test_an_agent_of_two_objects_is_judged_as_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = (
        "train", "imitation", "a.pth", "--goal=yellow_line", "--fixed-size", "--world-size=7",
        "--rand-region=anywhere", "--samples=16", "--batch-size=8", "--precision=float32",
    )  # fmt: skip
    assert run(monkeypatch, *words) == 0
    command = "procgen-tools audit a.pth --world two_objects"
    assert f"judge it with `{command}`" in capsys.readouterr().out
    assert run(monkeypatch, "evaluate", "a.pth", "--levels=1") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "a.pth was trained to reach a yellow line, and in levels of the maze there is" in said
    assert f"there is a cheese: ask {command}" in said
    audited = read_agent("a.pth")
    assert audited.world == "two_objects"
    assert audited.asked(levels=1, census=1).training[0].world_size == 7
    with pytest.raises(ValueError, match="was trained to reach a yellow line"):
        read_agent("a.pth", "maze")


def test_train_dqn_as_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The log, snapshots, `--resume` and `--initial`, and the old name of the command."""
    monkeypatch.chdir(tmp_path)
    words = (
        "train",
        "dqn",
        "agents/q.pth",
        "--seed=2",
        "--updates=8",
        "--width=6",
        "--row-updates=4",
        "--snapshot-every=4",
        "--half",
    )
    assert run(monkeypatch, *words) == 0
    assert "procgen-tools experiment crops_and_humans" in capsys.readouterr().out
    facts = checkpoint_metadata(Path("agents/q.pth"))
    command = "procgen-tools train dqn agents/q.pth --half --updates 8 --width 6 --row-updates 4"
    assert facts["command"] == f"{command} --seed 2"
    assert (facts["algorithm"], facts["updates"]) == ("dqn", 8)
    snapshots = {path.name for path in Path("runs/q").glob("model_*.pth")}
    assert snapshots == {"model_0.pth", "model_4.pth", "model_8.pth"}
    kept = load_q_network(Path("agents/q.pth"))
    Path("agents/q.pth").rename("first.pth")
    assert run(monkeypatch, *words) == 2
    assert "resume it (--resume)" in capsys.readouterr().err
    assert run(monkeypatch, *words, "--resume") == 0
    assert torch.equal(load_q_network(Path("agents/q.pth")).fc2.weight, kept.fc2.weight)
    further = (
        "train",
        "dqn",
        "further.pth",
        "--initial=first.pth",
        "--updates=1",
        "--width=6",
        "--learning-rate=0",
    )
    assert run(monkeypatch, *further) == 0
    assert torch.equal(load_q_network(Path("further.pth")).fc2.weight, kept.fc2.weight)
    assert run(monkeypatch, *further[:2], "wide.pth", "--initial=first.pth") == 2
    assert "6 wide and the settings say 256" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ((), "procgen-tools train dqn a.pth --half --width 5 --seed 3"),
        (("--planted",), "procgen-tools train planting a.pth --half --width 5 --seed 3"),
    ],
)
def test_the_old_command_of_crops_and_humans(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], command: str
) -> None:
    """It names the new command, and does what that does."""
    monkeypatch.chdir(tmp_path)
    done: list[dict[str, Any]] = []

    def train_agent(settings: Settings, agent: Path, folder: Path, **how: Any) -> bool:
        done.append({"settings": settings, "folder": folder, **how})
        return True

    monkeypatch.setattr("procgen_tools.training.trainers.train_agent", train_agent)
    old = ("train", "crops-and-humans", "a.pth", "--seed=3", "--width=5", "--resume", *words)
    with pytest.warns(FutureWarning, match=f"is now `{command}`"):
        assert run(monkeypatch, *old) == 0
    assert run(monkeypatch, *command.split()[1:], "--resume") == 0
    old_way, new_way = done
    assert old_way["options"].resume
    assert new_way["options"].resume
    for name in ("settings", "folder", "command", "half"):
        assert old_way[name] == new_way[name]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rand-region=here"], "rand-region 'here': give a number of squares, or 'anywhere'"),
        (["--discount=2"], "discount is 2.0: give a number from 0 to 1"),
        (["--minibatches=3"], "minibatches is 3, which does not divide"),
        (["--world-size=24"], "world_size 24 is not odd"),
        (["--precision=float16"], "precision is 'float16': choose one of auto, float32, bfloat16"),
        (["--initial=none.pth"], "there is no checkpoint"),
        (["--device=abacus"], "device 'abacus' cannot be used here"),
    ],
)
def test_settings_are_checked_before_training(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "train", "ppo", "agent.pth", *words) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
