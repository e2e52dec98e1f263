"""Runs: killed and resumed they end in the same weights, and mistakes cost nothing."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from procgen_tools.models import ImpalaPolicy, checkpoint_metadata, load_policy, save_policy
from procgen_tools.training import runs
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import (
    DQNSettings,
    ImitationSettings,
    PlantingSettings,
    Settings,
)
from procgen_tools.training.trainers import make_learner, train_agent
from tests.tiny import QUIET, TINY_PPO

IMITATION = ImitationSettings(
    world_size=15,
    samples=8 * 8,
    batch_size=8,
    warmup_samples=8,
    shift_from=8,
    shift_until=24,
    row_steps=2,
    precision="float32",
)
DQN = DQNSettings(updates=8, batch_states=4, width=6, target_every=3, row_updates=2)
PLANTING = PlantingSettings(
    updates=2,
    both_updates=4,
    both_batch_states=4,
    batch_states=4,
    width=6,
    row_updates=2,
    undo_updates=3,
    undo_learning_rate=0.1,
)
ALL = {
    "imitation": IMITATION,
    "ppo": TINY_PPO,
    "recurrent ppo": replace(TINY_PPO, recurrent=True),
    "dqn": DQN,
    "planting": PLANTING,
}
RESUMED = replace(QUIET, resume=True)


def rows(folder: Path) -> list[dict[str, str]]:
    """The log without what depends on the clock."""
    with (folder / "log.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k not in ("wall_time", "fps")} for row in read]


def assert_same_weights(one: Path, other: Path) -> None:
    ours, theirs = (
        torch.load(path, weights_only=True)["model_state_dict"] for path in (one, other)
    )
    for name, value in ours.items():
        assert torch.equal(value, theirs[name]), name


class Stopped(Exception):
    """What stops a run in these tests."""


def run_partly(settings: Settings, folder: Path, rows: int, options: RunOptions = QUIET) -> None:
    """A run that stops in the middle of the row after `rows` of them."""
    learner: Any = make_learner(settings)
    whole = learner.advance

    def advance(tick: Callable[[int], None]) -> dict[str, float | int]:
        nonlocal rows
        figures = whole(tick)
        rows -= 1
        if rows < 0:
            raise Stopped
        return figures

    learner.advance = advance
    with pytest.raises(Stopped):
        runs.run(learner, folder, options)


@pytest.mark.parametrize("name", ALL)
def test_a_resumed_run_ends_as_one_that_never_stopped(name: str, tmp_path: Path) -> None:
    settings = ALL[name]
    train_agent(settings, tmp_path / "whole.pth", tmp_path / "whole", options=QUIET)
    run_partly(settings, tmp_path / "parts", 1)
    run_partly(settings, tmp_path / "parts", 2, RESUMED)
    assert len(rows(tmp_path / "parts")) == 3
    train_agent(settings, tmp_path / "parts.pth", tmp_path / "parts", options=RESUMED)
    assert_same_weights(tmp_path / "whole.pth", tmp_path / "parts.pth")
    assert rows(tmp_path / "whole") == rows(tmp_path / "parts")
    assert len(rows(tmp_path / "whole")) == 4
    learner = make_learner(settings)
    trained = learner.read_agent(tmp_path / "whole.pth").parameters()
    pairs = zip(learner.agent().parameters(), trained, strict=True)
    assert not any(torch.equal(before, after) for before, after in pairs)


def test_a_run_killed_with_sigkill_ends_as_one_that_never_was(tmp_path: Path) -> None:
    """From the command line, the process killed as soon as its log has two rows.

    The run that it is compared with is done in this process.
    """
    words = [
        sys.executable, "-m", "procgen_tools.cli", "train", "ppo", "agent.pth", "--world-size=15",
        "--maze-size=3", "--rand-region=anywhere", "--no-use-backgrounds", "--num-envs=4",
        "--rollout-steps=8", "--epochs=1", "--minibatches=2", "--validation-envs=2",
        "--save-seconds=0", "--steps=192", "--precision=float32",
    ]  # fmt: skip
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(words, cwd=tmp_path, env=one_thread, stderr=subprocess.DEVNULL)
    log = tmp_path / "runs" / "agent" / "log.csv"
    deadline = time.monotonic() + 120
    while not log.exists() or len(log.read_text().splitlines()) < 3:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "agent.pth").exists()
    done = subprocess.run(
        [*words, "--resume"], cwd=tmp_path, env=one_thread, check=False, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    settings = replace(TINY_PPO, steps=192)
    train_agent(settings, tmp_path / "whole.pth", tmp_path / "whole", options=QUIET)
    one, other = (checkpoint_metadata(tmp_path / name) for name in ("agent.pth", "whole.pth"))
    assert one["settings"] == other["settings"]
    assert_same_weights(tmp_path / "agent.pth", tmp_path / "whole.pth")
    assert rows(log.parent) == rows(tmp_path / "whole")
    assert len(rows(tmp_path / "whole")) == 6


def test_rows_that_the_checkpoint_does_not_know_are_dropped(tmp_path: Path) -> None:
    run_partly(TINY_PPO, tmp_path, 1)
    log = tmp_path / "log.csv"
    before = log.read_text()
    last = before.splitlines()[-1]
    log.write_text(f"{before}64,{last.split(',', 1)[1]}\n96,1")
    run_partly(TINY_PPO, tmp_path, 0, RESUMED)
    assert log.read_text() == before


def test_the_log_has_the_published_columns(tmp_path: Path) -> None:
    train_agent(
        TINY_PPO, tmp_path / "agent.pth", tmp_path / "run", options=replace(QUIET, tensorboard=True)
    )
    episode = [
        "max_episode_rewards", "mean_episode_rewards", "min_episode_rewards", "max_episode_len",
        "mean_episode_len", "min_episode_len", "mean_timeouts",
    ]  # fmt: skip
    published = ["timesteps", "wall_time", "fps", "num_episodes", *episode]
    published += [f"val_{name}" for name in episode]
    header = (tmp_path / "run" / "log.csv").read_text().splitlines()[0].split(",")
    assert set(published) <= set(header)
    assert header[:4] == published[:4]

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    logged = {event.step: event.value for event in events.Scalars("entropy")}
    wanted = {int(row["timesteps"]): float(row["entropy"]) for row in rows(tmp_path / "run")}
    assert logged == pytest.approx(wanted, rel=1e-5)


def test_the_agent_says_how_it_was_made(tmp_path: Path) -> None:
    agent = tmp_path / "agent.pth"
    train_agent(TINY_PPO, agent, tmp_path / "run", command="procgen-tools train ppo", options=QUIET)
    facts = checkpoint_metadata(agent)
    assert facts["algorithm"] == "ppo"
    assert facts["timesteps"] == 128
    assert facts["settings"]["maze_size"] == 3
    assert facts["command"] == "procgen-tools train ppo"
    assert facts["wall_time"] > 0
    assert agent.stat().st_size < 2.7e6 < (tmp_path / "run" / "checkpoint.pth").stat().st_size
    further = tmp_path / "further.pth"
    train_agent(TINY_PPO, further, tmp_path / "on", initial=agent, options=QUIET)
    started = checkpoint_metadata(further)["started_from"]
    assert started["file"] == "agent.pth"
    assert started["levels_played"] == facts["levels_played"]


def test_a_run_begins_with_the_initial_agent(tmp_path: Path) -> None:
    save_policy(ImpalaPolicy(seed=9), tmp_path / "initial.pth")
    still = replace(TINY_PPO, learning_rate=0.0)
    train_agent(
        still, tmp_path / "a.pth", tmp_path / "run", initial=tmp_path / "initial.pth", options=QUIET
    )
    assert_same_weights(tmp_path / "initial.pth", tmp_path / "a.pth")


def test_a_run_stops_in_time_and_goes_on(tmp_path: Path) -> None:
    options = replace(RESUMED, save_seconds=1000.0, stop_after=0.0)
    parts = [
        train_agent(TINY_PPO, tmp_path / "parts.pth", tmp_path / "parts", options=options)
        for _ in range(4)
    ]
    assert parts == [False, False, False, True]
    assert train_agent(TINY_PPO, tmp_path / "whole.pth", tmp_path / "whole", options=QUIET)
    assert_same_weights(tmp_path / "whole.pth", tmp_path / "parts.pth")


def test_snapshots(tmp_path: Path) -> None:
    options = replace(QUIET, snapshot_every=50)
    train_agent(TINY_PPO, tmp_path / "agent.pth", tmp_path / "run", options=options)
    snapshots = {path.name for path in (tmp_path / "run").glob("model_*.pth")}
    assert snapshots == {"model_0.pth", "model_64.pth", "model_128.pth"}  # rows end at 32, 64, ...
    assert_same_weights(tmp_path / "run" / "model_128.pth", tmp_path / "agent.pth")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_folders_of_other_runs_are_refused(tmp_path: Path) -> None:
    run_partly(TINY_PPO, tmp_path, 1)
    before = files(tmp_path)
    for settings, options, message in (
        (TINY_PPO, QUIET, r"checkpoint.pth exists: resume it \(--resume\)"),
        (IMITATION, RESUMED, "was trained by ppo, not by imitation"),
        (replace(TINY_PPO, seed=1), RESUMED, "was trained with seed=0, not 1"),
        (replace(TINY_PPO, scale=2), RESUMED, "was trained with scale=1, not 2"),
    ):
        with pytest.raises(ValueError, match=message):
            runs.run(make_learner(settings), tmp_path, options)
    assert files(tmp_path) == before
    (tmp_path / "log.csv").write_text("step,reward\n1,2\n")
    with pytest.raises(ValueError, match="is the log of another run: its columns are 'step,rew"):
        runs.run(make_learner(TINY_PPO), tmp_path, RESUMED)
    (tmp_path / "log.csv").write_bytes(before["log.csv"].splitlines(True)[0])
    with pytest.raises(ValueError, match="it goes to 0, and the checkpoint stands at 32"):
        runs.run(make_learner(TINY_PPO), tmp_path, RESUMED)
    (tmp_path / "log.csv").unlink()
    with pytest.raises(ValueError, match=r"log.csv is missing, and the checkpoint .* at 32"):
        runs.run(make_learner(TINY_PPO), tmp_path, RESUMED)
    (tmp_path / "checkpoint.pth").unlink()
    (tmp_path / "log.csv").write_bytes(before["log.csv"])
    with pytest.raises(ValueError, match=r"another run, which left no checkpoint"):
        runs.run(make_learner(TINY_PPO), tmp_path, QUIET)
    save_policy(ImpalaPolicy(), tmp_path / "checkpoint.pth")
    with pytest.raises(ValueError, match="no checkpoint of a training run"):
        runs.run(make_learner(TINY_PPO), tmp_path, RESUMED)


def test_a_run_from_before_a_setting_existed_goes_on(tmp_path: Path) -> None:
    settings = replace(TINY_PPO, maze_size=0)
    run_partly(settings, tmp_path, 1)
    checkpoint = tmp_path / "checkpoint.pth"
    facts = checkpoint_metadata(checkpoint)
    del facts["settings"]["max_maze_size"], facts["settings"]["precision"], facts["precision"]
    for name in ("player", "validation"):
        del facts["learner"][name]["env"]["settings"]["max_maze_size"]
    save_policy(load_policy(checkpoint), checkpoint, **facts)
    with pytest.raises(ValueError, match="was trained with max_maze_size=0, not 7"):
        runs.run(make_learner(replace(settings, max_maze_size=7)), tmp_path, RESUMED)
    assert runs.run(make_learner(settings), tmp_path, RESUMED)


def test_mistakes_are_found_before_training(tmp_path: Path) -> None:
    agent, folder = tmp_path / "agent.pth", tmp_path / "run"
    save_policy(ImpalaPolicy(2), tmp_path / "wide.pth")
    with pytest.raises(ValueError, match="begin with has scale 2, the settings 1"):
        train_agent(TINY_PPO, agent, folder, initial=tmp_path / "wide.pth")
    save_policy(ImpalaPolicy(), tmp_path / "plain.pth")
    with pytest.raises(ValueError, match="is not recurrent, and the settings say recurrent"):
        train_agent(
            replace(TINY_PPO, recurrent=True), agent, folder, initial=tmp_path / "plain.pth"
        )
    with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
        train_agent(TINY_PPO, agent, folder, initial=tmp_path / "none.pth")
    with pytest.raises(ValueError, match="device 'abacus' cannot be used here"):
        train_agent(TINY_PPO, agent, folder, device="abacus")
    save_policy(ImpalaPolicy(), agent)
    with pytest.raises(ValueError, match=r"agent.pth exists: name another file"):
        train_agent(TINY_PPO, agent, folder)
    assert not folder.exists()


def test_a_loss_that_is_not_finite_keeps_the_checkpoint(tmp_path: Path) -> None:
    learner: Any = make_learner(IMITATION)
    whole, kept = learner.advance, []

    def advance(tick: Callable[[int], None]) -> dict[str, float | int]:
        if learner.done >= 32:
            kept.append((tmp_path / "checkpoint.pth").read_bytes())
            with torch.no_grad():
                learner.policy.fc_policy.weight.fill_(float("nan"))
        return whole(tick)

    learner.advance = advance
    with pytest.raises(FloatingPointError, match="the loss is nan at step 4"):
        runs.run(learner, tmp_path, QUIET)
    assert (tmp_path / "checkpoint.pth").read_bytes() == kept[0]
    assert checkpoint_metadata(tmp_path / "checkpoint.pth")["learner"]["step"] == 4


def test_a_full_disk_keeps_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner: Any = make_learner(IMITATION)
    whole, kept = learner.advance, []
    write = Path.write_bytes

    def no_space(path: Path, data: Any) -> int:
        write(path, bytes(data)[:1000])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def advance(tick: Callable[[int], None]) -> dict[str, float | int]:
        if learner.done >= 32:
            kept.append((tmp_path / "checkpoint.pth").read_bytes())
            monkeypatch.setattr(Path, "write_bytes", no_space)
        return whole(tick)

    learner.advance = advance
    with pytest.raises(OSError, match=r"No space left .*: the run stops; .*holds the last good"):
        runs.run(learner, tmp_path, QUIET)
    monkeypatch.undo()
    assert (tmp_path / "checkpoint.pth").read_bytes() == kept[0]
    names = ["checkpoint.pth", "log.csv", "precision.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    runs.run(make_learner(IMITATION), tmp_path, RESUMED)
    assert len(rows(tmp_path)) == 4


def test_a_disk_without_room_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(OSError, match=r"has 1 MB left and a run needs \d+ MB: make room"):
        runs.run(make_learner(IMITATION), tmp_path, QUIET)
    assert list(tmp_path.iterdir()) == []
