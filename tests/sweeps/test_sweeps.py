"""Sweeps: what is done, in what order, how often, and what is left when workers die."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from procgen_tools.models import ImpalaPolicy, save_policy
from procgen_tools.sweeps.files import sweep_from
from procgen_tools.sweeps.jobs import attempt, train_job
from procgen_tools.sweeps.run import (
    Ended,
    LocalWorkers,
    Outcome,
    RayWorkers,
    Sweep,
    run_sweep,
    summary,
    summary_csv,
)
from procgen_tools.training.locks import locked

TINY = {
    "world_size": 15, "samples": 48, "batch_size": 8, "row_steps": 1, "warmup_samples": 8,
    "shift_from": 8, "shift_until": 24, "precision": "float32",
}  # fmt: skip


class Scripted:
    """Workers that do nothing but end as they are told, the job last submitted first."""

    def __init__(self, *ends: Ended) -> None:
        self.ends = list(ends)  # each job ends well once these are used up
        self.submitted: list[str] = []
        self.running: list[Mapping[str, Any]] = []
        self.inside = False

    def __enter__(self) -> Scripted:
        self.inside = True
        return self

    def __exit__(self, *_: object) -> None:
        self.inside = False

    def submit(self, job: Mapping[str, Any]) -> None:
        assert self.inside
        assert job["initial"] is None or Path(job["initial"]).exists()
        self.submitted.append(job["name"])
        self.running.append(job)

    def next_ended(self) -> Ended:
        job = self.running.pop()
        for end in self.ends:
            if end.name == job["name"]:
                self.ends.remove(end)
                return end
        Path(job["agent"]).parent.mkdir(parents=True, exist_ok=True)
        Path(job["agent"]).touch()
        return Ended(job["name"])


def of_seeds(folder: Path, *agents: dict[str, Any], count: int = 2) -> Sweep:
    return sweep_from(
        {"folder": str(folder), "grid": {"seed": [*range(count)]}, "agents": [*agents]}
    )


def died(name: str) -> Ended:
    return Ended(name, "the worker was killed by SIGKILL", again=True)


def states(outcomes: list[Outcome]) -> dict[str, tuple[str, int]]:
    return {each.job.name: (each.state, each.attempts) for each in outcomes}


def test_a_job_that_died_is_tried_again_and_others_go_on(tmp_path: Path) -> None:
    workers = Scripted(died("seed_1"), died("seed_1"))
    said: list[str] = []
    outcomes = run_sweep(of_seeds(tmp_path), workers, retries=2, report=said.append)
    assert states(outcomes) == {"seed_0": ("trained", 1), "seed_1": ("trained", 3)}
    assert sum("SIGKILL; again from its checkpoint" in line for line in said) == 2
    assert not workers.inside


def test_attempts_are_counted(tmp_path: Path) -> None:
    workers = Scripted(*[died("seed_1")] * 3)
    outcomes = run_sweep(of_seeds(tmp_path), workers, retries=2, report=lambda _: None)
    assert states(outcomes) == {"seed_0": ("trained", 1), "seed_1": ("failed", 3)}
    assert outcomes[1].error == died("seed_1").error


def test_what_would_come_again_is_not_tried_again(tmp_path: Path) -> None:
    """Nor what begins with it; what begins with that fails, too, and all else goes on."""
    chain = [{"name": "a", "initial": "seed_0"}, {"name": "c", "initial": "b"},
             {"name": "b", "initial": "a"}]  # fmt: skip
    workers = Scripted(Ended("a", "ValueError: no"))
    outcomes = run_sweep(of_seeds(tmp_path, *chain), workers, report=lambda _: None)
    assert states(outcomes) == {
        "seed_0": ("trained", 1), "seed_1": ("trained", 1), "a": ("failed", 1),
        "c": ("failed", 0), "b": ("failed", 0),
    }  # fmt: skip
    assert [each.error for each in outcomes[2:]] == [
        "ValueError: no",
        "b, which it begins with, has failed",
        "a, which it begins with, has failed",
    ]
    assert workers.submitted.index("seed_0") < workers.submitted.index("a")


def test_an_agent_that_is_not_there_was_not_trained(tmp_path: Path) -> None:
    workers = Scripted(Ended("seed_0"))
    outcomes = run_sweep(of_seeds(tmp_path), workers, report=lambda _: None)
    assert states(outcomes) == {"seed_0": ("failed", 1), "seed_1": ("trained", 1)}
    assert "a disk that all machines share" in str(outcomes[0].error)


def test_the_summary_tells_all(tmp_path: Path) -> None:
    sweep = of_seeds(tmp_path, {"name": "lost", "rand_region": "anywhere"})
    outcomes = run_sweep(sweep, Scripted(Ended("lost", "ValueError: no")), report=lambda _: None)
    table = summary(outcomes).splitlines()
    assert [line.split() for line in table] == [
        ["agent", "trainer", "state", "attempts"],
        ["seed_0", "imitation", "trained", "1"],
        ["seed_1", "imitation", "trained", "1"],
        ["lost", "imitation", "failed", "1"],
        ["lost:", "ValueError:", "no"],
    ]
    assert len({line.index("imitation") for line in table[1:4]}) == 1
    text = (tmp_path / "summary.csv").read_text()
    assert text == summary_csv(outcomes)
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["rand_region"] for row in rows] == ["5", "5", "anywhere"]
    assert [row["seed"] for row in rows] == ["0", "1", "0"]
    assert [row["error"] for row in rows] == ["", "", "ValueError: no"]


def test_errors_that_may_pass_are_told_from_those_that_would_not(tmp_path: Path) -> None:
    def raising(error: Exception) -> dict[str, Any] | None:
        def run(job: Mapping[str, Any]) -> None:
            raise error

        return attempt(run, {"folder": str(tmp_path / "run")})

    for error in (ValueError("no"), FloatingPointError("nan"), KeyError("no")):
        told = raising(error)
        assert told is not None
        assert told["error"].startswith(f"{type(error).__name__}: ")
        assert not told["again"]
    for error in (OSError("disk full"), RuntimeError("device lost"), MemoryError()):
        told = raising(error)
        assert told is not None
        assert told["again"]
    assert "MemoryError" in (tmp_path / "run" / "error.txt").read_text()
    assert attempt(lambda job: None, {"folder": "x"}) is None


def seen_rows(job: Mapping[str, Any], on_row: Any) -> Any:
    """A context in which `on_row(samples)` is called before a row of the log is written."""
    from procgen_tools.training.run_log import RunLog

    write = RunLog.write

    def writing(self: RunLog, figures: Mapping[str, float]) -> None:
        on_row(int(figures[self.columns[0]]))
        write(self, figures)

    return mock.patch.object(RunLog, "write", writing)


def killed_once(job: Mapping[str, Any]) -> None:
    """Train; but one is killed as it is about to write its third row, once."""
    record = Path(job["folder"]).parent / f"{job['name']}.rows"

    def on_row(samples: int) -> None:
        with record.open("a") as file:
            file.write(f"{samples} ")
        if job["name"] == "killed" and record.read_text() == "8 16 24 ":
            os.kill(os.getpid(), signal.SIGKILL)

    with seen_rows(job, on_row):
        train_job(job)


def weights(agent: Path) -> dict[str, Any]:
    from procgen_tools.models import load_policy

    return load_policy(agent).state_dict()


def same_agent(one: Path, other: Path) -> bool:
    mine, theirs = weights(one), weights(other)
    return all(mine[name].equal(theirs[name]) for name in mine)


def log_of(folder: Path) -> list[list[str]]:
    """The log, but for what depends on the clock."""
    rows = list(csv.DictReader((folder / "log.csv").read_text().splitlines()))
    return [[v for name, v in row.items() if name not in ("wall_time", "fps")] for row in rows]


def test_a_killed_worker_changes_nothing(tmp_path: Path) -> None:
    """Agents in two processes: one is killed midway, one begins with it, one cannot be."""

    def sweep(folder: Path) -> Sweep:
        return sweep_from(
            {
                "folder": str(folder),
                "settings": TINY,
                "agents": [
                    {"name": "killed"},
                    {"name": "broken", "learning_rate": 1e30, "warmup_samples": 0},
                    {"name": "continued", "initial": "killed", "learning_rate": 1e-4},
                ],
                "evaluation": {"levels": 2},
            }
        )

    disturbed, alone = sweep(tmp_path / "disturbed"), sweep(tmp_path / "alone")
    said: list[str] = []
    workers = LocalWorkers(2, threads=1, save_seconds=0.0, run=killed_once)
    outcomes = run_sweep(disturbed, workers, report=said.append)
    assert states(outcomes) == {
        "killed": ("trained", 2), "broken": ("failed", 1), "continued": ("trained", 1)
    }, said  # fmt: skip
    assert any("killed: the worker was killed by SIGKILL; again" in line for line in said)
    assert "FloatingPointError: the loss is" in str(outcomes[1].error)
    rows = (tmp_path / "disturbed/runs/killed.rows").read_text()
    assert rows == "8 16 24 24 32 40 48 "  # it went on from its checkpoint
    trained = [0, 2]
    for job, reference in ((disturbed.jobs[k], alone.jobs[k]) for k in trained):
        train_job({**reference.as_plain(), "device": "cpu", "threads": 1, "save_seconds": 60.0})
        assert same_agent(job.agent, reference.agent), job.name
        assert log_of(job.folder) == log_of(reference.folder), job.name
        assert job.results() == reference.results()
        assert job.results().keys() == {
            "success", "cheese_anywhere", "region_anywhere", "move_agreement"
        }  # fmt: skip
        assert job.evaluation_file.with_name(f"{job.name}.parquet").exists()
    assert not same_agent(disturbed.jobs[0].agent, disturbed.jobs[2].agent)

    low, high = disturbed.jobs[0].results()["success"][1:]
    assert f"[{low:.1%}, {high:.1%}]" in summary(outcomes).splitlines()[1]
    row = next(csv.DictReader((tmp_path / "disturbed/summary.csv").read_text().splitlines()))
    assert (float(row["success_low"]), float(row["success_high"])) == (low, high)

    before = [disturbed.jobs[k].agent.stat().st_mtime_ns for k in trained]
    again = Scripted(Ended("broken", "ValueError: no"))
    outcomes = run_sweep(disturbed, again, report=said.append)
    assert again.submitted == ["broken"]
    assert [each.state for each in outcomes] == ["skipped", "failed", "skipped"]
    assert [disturbed.jobs[k].agent.stat().st_mtime_ns for k in trained] == before

    never = Scripted()
    other = sweep_from(
        {"folder": str(alone.folder), "settings": TINY,
         "agents": [{"name": "killed", "discount": 0.5}, {"name": "another"}]}
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"killed\.pth exists and was trained with discount=0\.99"):
        run_sweep(other, never, report=said.append)
    other = sweep_from(
        {"folder": str(alone.folder), "settings": TINY | {"learning_rate": 1e-4},
         "agents": [{"name": "another"}, {"name": "continued", "initial": "another"}]}
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"trained with initial='killed\.pth', not 'another\.pth'"):
        run_sweep(other, never, report=said.append)
    assert never.submitted == []


def test_a_worker_waits_for_one_that_was_taken_for_dead(tmp_path: Path) -> None:
    (job,) = sweep_from({"folder": str(tmp_path), "settings": TINY, "agents": [{"name": "a"}]}).jobs
    held = threading.Event()

    def lost() -> None:
        with locked(job.agent.with_name(".a.pth.lock"), "the agent"):
            held.set()
            time.sleep(0.2)
            save_policy(ImpalaPolicy(seed=7), job.agent)

    thread = threading.Thread(target=lost)
    thread.start()
    held.wait()
    train_job({**job.as_plain(), "device": "cpu", "threads": 1, "save_seconds": 60.0})
    thread.join()
    assert not job.folder.exists()
    assert weights(job.agent)["fc_value.weight"].equal(ImpalaPolicy(seed=7).fc_value.weight)


def asleep(job: Mapping[str, Any]) -> None:
    """A job that does not end, and says by which process it is done."""
    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("unfinished").write_text(str(os.getpid()))
    folder.joinpath("unfinished").replace(folder / "pid")
    time.sleep(300)


def pids(sweep: Sweep) -> list[int]:
    """The processes that do the jobs, once all have begun."""
    files = [job.folder / "pid" for job in sweep.jobs]
    deadline = time.monotonic() + 120
    while not all(file.exists() for file in files):
        assert time.monotonic() < deadline, "the workers did not begin"
        time.sleep(0.02)
    return [int(file.read_text()) for file in files]


def have_ended(processes: list[int]) -> bool:
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Interrupted(LocalWorkers):
    """Ctrl-C while the sweep waits, once all jobs have begun."""

    def next_ended(self) -> Ended:
        self.processes_then = pids(self.sweep)
        raise KeyboardInterrupt

    sweep: Sweep


def test_ctrl_c_stops_the_workers(tmp_path: Path) -> None:
    workers = Interrupted(2, run=asleep)
    workers.sweep = of_seeds(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(workers.sweep, workers, report=lambda _: None)
    assert have_ended(workers.processes_then)


def test_workers_end_with_a_sweep_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, test_sweeps; from pathlib import Path;"
        "sweep = test_sweeps.of_seeds(Path(sys.argv[1]));"
        "test_sweeps.run_sweep(sweep, test_sweeps.LocalWorkers(2, run=test_sweeps.asleep))"
    )
    folder = str(Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "PYTHONPATH": folder}
    )
    processes = pids(of_seeds(tmp_path))
    process.kill()
    process.wait()
    assert have_ended(processes)


def test_no_processes_are_refused() -> None:
    with pytest.raises(ValueError, match="0 processes do no work: give 1 or more"):
        LocalWorkers(0)


def test_a_cluster_needs_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'procgen-tools\[scale\]'"):
        RayWorkers("auto")
