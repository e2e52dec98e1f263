"""The command line: what it prints, and what it says to mistakes."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from procgen_tools import cli
from procgen_tools.cli.options import command_line
from procgen_tools.demo import SEED
from procgen_tools.models import (
    ImpalaPolicy,
    checkpoint_metadata,
    load_q_network,
    save_policy,
)
from procgen_tools.training.settings import TRAINERS, Settings, settings_from


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `procgen-tools ...`."""
    monkeypatch.setattr(sys, "argv", ["procgen-tools", *words])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_mistakes_end_with_their_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "no.pth"
    assert run(monkeypatch, "evaluate", str(missing)) == 2
    message = capsys.readouterr().err
    assert str(missing) in message
    assert "Traceback" not in message
    foreign = tmp_path / "foreign.pth"
    foreign.write_text("not a checkpoint")
    assert run(monkeypatch, "evaluate", str(foreign)) == 2
    assert "foreign.pth" in capsys.readouterr().err


def test_a_command_must_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "tarin") == 2
    assert "No such command 'tarin'" in capsys.readouterr().err


def test_train_imitation_then_ppo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("train", "imitation", "agents/a.pth", "--samples=16", "--batch-size=8", "--seed=3",
             "--precision=float32")  # fmt: skip
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


def test_train_dqn_as_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The log, snapshots, `--resume` and `--initial`, and the old name of the command."""
    monkeypatch.chdir(tmp_path)
    words = ("train", "dqn", "agents/q.pth", "--seed=2", "--updates=8", "--width=6",
             "--row-updates=4", "--snapshot-every=4", "--half")  # fmt: skip
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
    further = ("train", "dqn", "further.pth", "--initial=first.pth", "--updates=1", "--width=6",
               "--learning-rate=0")  # fmt: skip
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


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_command_of_default_settings_is_short(trainer: str) -> None:
    settings = settings_from(trainer, {})
    assert command_line(trainer, "a.pth", settings) == f"procgen-tools train {trainer} a.pth"


def test_evaluate_prints_a_table_and_keeps_records(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    agent, records = tmp_path / "agent.pth", tmp_path / "records.parquet"
    save_policy(ImpalaPolicy(), agent)
    words = ("evaluate", str(agent), "--levels=3", "--world-size=15", "--rand-region=3")
    conditions = "--conditions=in_distribution,no_cheese"
    assert run(monkeypatch, *words, conditions, f"--records={records}") == 0
    printed = capsys.readouterr().out
    assert "cheese in the top-right 3 x 3 squares, worlds of 15 x 15 squares" in printed
    assert "/3)" in printed
    episodes = pd.read_parquet(records)
    assert episodes["condition"].tolist() == ["in_distribution"] * 3 + ["no_cheese"] * 3
    assert run(monkeypatch, *words, "--conditions=in_distribtion") == 2
    assert "in_distribution" in capsys.readouterr().err
    assert run(monkeypatch, *words, "--records=records.csv") == 2
    assert "end it in .parquet" in capsys.readouterr().err


def test_sweep_trains_and_says_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("sweep.toml")
    file.write_text(
        'folder = "out"\n[settings]\nworld_size = 15\nsamples = 16\nbatch_size = 8\n'
        'precision = "float32"\n'
        "[grid]\nseed = [0, 1]\n"
    )
    assert run(monkeypatch, "sweep", str(file)) == 0
    assert "seed_1" in capsys.readouterr().out
    assert Path("out/agents/seed_0.pth").exists()
    assert Path("out/summary.csv").exists()
    file.write_text(file.read_text().replace("seed = [0, 1]", "seed = [2]\nworld_size = [15, 24]"))
    assert run(monkeypatch, "sweep", str(file)) in (1, 2)
    printed = capsys.readouterr()
    assert "world_size 24 is not odd" in printed.out + printed.err
    file.write_text('folder = "out"\n[gird]\nseed = [0]\n')
    assert run(monkeypatch, "sweep", str(file)) == 2
    assert "did you mean 'grid'" in capsys.readouterr().err


def test_the_demos_level_is_the_demos() -> None:
    """It stands in the command line once more, which must not load torch to print its help."""
    assert inspect.signature(cli.demo).parameters["seed"].default == SEED


def test_help_does_not_load_torch() -> None:
    words = "import sys; sys.argv = ['procgen-tools', 'train', 'ppo', '--help']"
    program = f"{words}\nfrom procgen_tools import cli\ntry: cli.main()\nexcept SystemExit: pass\n"
    program += "sys.exit('torch' in sys.modules or 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"--gae-lambda" in done.stdout


def test_evaluate_leaves_long_searches_out_unless_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whether a level occurred in training takes minutes to find out: it is said, not done."""
    settings = {"world_size": 15, "rand_region": 3, "maze_size": 5, "seed": 0, "batch_size": 16}
    agent = tmp_path / "agent.pth"
    words = ("evaluate", str(agent), "--levels=2", "--conditions=in_distribution", "--no-exact")
    for samples, options, searched in (
        (640, (), True),
        (3_000_000, (), False),
        (640, ("--no-deduplicate",), False),
        (640, ("--deduplicate",), True),
    ):
        save_policy(
            ImpalaPolicy(), agent, algorithm="imitation", samples=samples, settings=settings
        )
        assert run(monkeypatch, *words, *options) == 0
        printed = capsys.readouterr().out
        assert ("not seen in training" in printed) == searched
        announced = "6,000,000 levels were drawn for the training" in printed
        assert announced == (samples == 3_000_000)
        if announced:
            assert "takes about 2 minutes and is skipped: pass --deduplicate to do it" in printed
