"""Locks: one process at a time, and none left behind by a process that was killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from procgen_tools.models import ImpalaPolicy, load_policy, save_policy
from procgen_tools.training import locks, runs
from procgen_tools.training.locks import InUseError, locked
from procgen_tools.training.trainers import make_learner, train_agent
from tests.tiny import QUIET, TINY_PPO

HOLDS = (
    "import sys, time; from pathlib import Path; from procgen_tools.training.locks import locked\n"
    "with locked(Path(sys.argv[1]), 'it'):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(300)"
)


def holder(path: Path) -> subprocess.Popen[str]:
    """A process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    process = holder(path)
    with (
        pytest.raises(InUseError, match=rf"the run is in use by process {process.pid} on .*: wait"),
        locked(path, "the run"),
    ):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert path.exists()
    with locked(path, "the run"):
        assert path.read_text().startswith(f"{os.getpid()} on ")
    assert not path.exists()


def test_waiting_ends_with_the_one_that_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    held, order = threading.Event(), []

    def hold() -> None:
        with locked(path, "it"):
            held.set()
            time.sleep(0.2)
            order.append("first")

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with locked(path, "it", wait=True):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
    assert not path.exists()


def test_many_take_turns(tmp_path: Path) -> None:
    """Files are removed while others wait for them; still, no two hold the lock at once."""
    path, inside, most = tmp_path / "run.lock", [], []

    def take() -> None:
        for _ in range(15):
            try:
                with locked(path, "it"):
                    inside.append(1)
                    most.append(len(inside))
                    time.sleep(0.0005)
                    inside.pop()
            except InUseError:
                time.sleep(0.0003)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) >= 4
    assert max(most) == 1


def test_a_file_that_was_removed_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock, tries = tmp_path / "run.lock", locks._lock, []

    def removed_once(descriptor: int, what: str) -> bool:
        tries.append(descriptor)
        if len(tries) == 1:
            path.unlink()
        return lock(descriptor, what)

    monkeypatch.setattr(locks, "_lock", removed_once)
    with locked(path, "it"):
        assert path.exists()
    assert len(tries) == 2


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "run.lock").symlink_to(tmp_path / "precious")
    with (
        pytest.raises(OSError, match=r"the run cannot be written .*: choose another place"),
        locked(tmp_path / "run.lock", "the run"),
    ):
        pass
    assert (tmp_path / "precious").read_text() == "kept"


# --- in runs


def test_a_run_that_trains_is_left_alone(tmp_path: Path) -> None:
    process = holder(tmp_path / "run" / "run.lock")
    try:
        with pytest.raises(InUseError, match=rf"the run in .* is in use by process {process.pid}"):
            train_agent(TINY_PPO, tmp_path / "agent.pth", tmp_path / "run", options=QUIET)
        assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.lock"]
    finally:
        process.kill()
        process.wait()
    assert train_agent(TINY_PPO, tmp_path / "agent.pth", tmp_path / "run", options=QUIET)
    assert not list(tmp_path.rglob("*.lock"))


def test_two_runs_cannot_make_the_same_agent(tmp_path: Path) -> None:
    agent = tmp_path / "agents" / "agent.pth"
    process = holder(agent.with_name(".agent.pth.lock"))
    try:
        message = rf"the agent .*agent.pth is in use by process {process.pid}"
        with pytest.raises(InUseError, match=message):
            train_agent(TINY_PPO, agent, tmp_path / "other", options=QUIET)
        assert not (tmp_path / "other").exists()
    finally:
        process.kill()
        process.wait()


def test_one_that_waits_does_not_train_again(tmp_path: Path) -> None:
    """As a worker of a sweep does, whose predecessor was lost but lives on."""
    agent = tmp_path / "agent.pth"
    held = threading.Event()

    def train() -> None:
        with locked(agent.with_name(".agent.pth.lock"), "the agent"):
            held.set()
            time.sleep(0.2)
            save_policy(ImpalaPolicy(seed=7), agent)

    thread = threading.Thread(target=train)
    thread.start()
    held.wait()
    assert train_agent(TINY_PPO, agent, tmp_path / "run", options=replace(QUIET, wait=True))
    thread.join()
    assert not (tmp_path / "run").exists()
    assert load_policy(agent).fc_value.weight.equal(ImpalaPolicy(seed=7).fc_value.weight)


def test_an_agent_that_cannot_be_written_is_found_out_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ValueError, match=r"agent.pth cannot be written, .*file is not a folder"):
        train_agent(TINY_PPO, tmp_path / "file" / "agent.pth", tmp_path / "run", options=QUIET)
    assert not (tmp_path / "run").exists()


def test_what_killed_processes_began_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for path in (
        folder / ".checkpoint.pth.1.tmp",
        folder / ".log.csv.2.tmp",
        tmp_path / ".agent.pth.3.tmp",
        tmp_path / ".other.pth.4.tmp",
    ):
        path.write_bytes(b"half of it")
    train_agent(TINY_PPO, tmp_path / "agent.pth", folder, options=QUIET)
    left = {path.name for path in tmp_path.rglob("*.tmp")}
    assert left == {".other.pth.4.tmp"}  # another process may be writing it


class Killed(BaseException):
    """What stops a run in the middle of a write."""


@pytest.mark.parametrize(
    ("file", "time"),
    # The second snapshot; the checkpoint beside it, the third; the snapshot of the start.
    [("model_64.pth", 1), ("checkpoint.pth", 3), ("model_0.pth", 1)],
)
def test_a_kill_beside_a_snapshot_loses_none(
    file: str, time: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = time

    def write(policy: Any, path: Path, **metadata: Any) -> None:
        nonlocal left
        left -= path.name == file
        if not left:
            raise Killed
        save_policy(policy, path, **metadata)

    options = replace(QUIET, resume=True, snapshot_every=32)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "save_policy", write)
        with pytest.raises(Killed):
            runs.run(make_learner(TINY_PPO), tmp_path, options)
    assert runs.run(make_learner(TINY_PPO), tmp_path, options)
    found = {int(re.sub(r"\D", "", path.name)) for path in tmp_path.glob("model_*.pth")}
    assert found == {0, 32, 64, 96, 128}


def test_snapshots_in_half_precision(tmp_path: Path) -> None:
    for name, half in (("whole", False), ("half", True)):
        options = replace(QUIET, snapshot_every=128, half_snapshots=half)
        runs.run(make_learner(TINY_PPO), tmp_path / name, options)
    whole, half = (tmp_path / name / "model_128.pth" for name in ("whole", "half"))
    assert half.stat().st_size < 0.55 * whole.stat().st_size
    theirs = load_policy(whole).state_dict()
    for name, value in load_policy(half).state_dict().items():
        assert value.equal(theirs[name].half().float())
    assert (tmp_path / "half" / "checkpoint.pth").stat().st_size > 2 * whole.stat().st_size
