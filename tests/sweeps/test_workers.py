"""Workers: of this machine and of a Ray cluster, and what is left when they die."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from procgen_tools.sweeps.files import sweep_from
from procgen_tools.sweeps.jobs import train_job
from procgen_tools.sweeps.run import (
    Ended,
    LocalWorkers,
    Outcome,
    RayWorkers,
    Sweep,
    run_sweep,
    summary,
)

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_worker_niceness": "0",  # 15 unless set: on a busy machine they would starve
}
OBJECT_STORE = 80 * 2**20

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


def states(outcomes: list[Outcome]) -> dict[str, tuple[str, int]]:
    return {each.job.name: (each.state, each.attempts) for each in outcomes}


def seen_rows(job: Mapping[str, Any], on_row: Any) -> Any:
    """A context in which `on_row(samples)` is called before a row of the log is written."""
    from procgen_tools.training.run_log import RunLog

    write = RunLog.write

    def writing(self: RunLog, figures: Mapping[str, float]) -> None:
        on_row(int(figures[self.columns[0]]))
        write(self, figures)

    return mock.patch.object(RunLog, "write", writing)


def killed_once(job: Mapping[str, Any]) -> None:
    """Train; but one job fails, and one is killed as it is about to write its third row, once."""
    if job["name"] == "broken":
        raise FloatingPointError("the loss is nan")
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
                    {"name": "broken"},
                    {"name": "continued", "initial": "killed", "learning_rate": 1e-4},
                ],
                "evaluation": {"levels": 2, "conditions": ["in_distribution", "anywhere"]},
            }
        )

    disturbed, alone = sweep(tmp_path / "disturbed"), sweep(tmp_path / "alone")
    said: list[str] = []
    workers = LocalWorkers(2, threads=1, save_seconds=0.0, run=killed_once)
    outcomes = run_sweep(disturbed, workers, report=said.append)
    assert states(outcomes) == {
        "killed": ("trained", 2),
        "broken": ("failed", 1),
        "continued": ("trained", 1),
    }, said
    assert any("killed: the worker was killed by SIGKILL; again" in line for line in said)
    assert "FloatingPointError: the loss is nan" in str(outcomes[1].error)
    rows = (tmp_path / "disturbed/runs/killed.rows").read_text()
    assert rows == "8 16 24 24 32 40 48 "  # it went on from its checkpoint
    trained = [0, 2]
    for job, reference in ((disturbed.jobs[k], alone.jobs[k]) for k in trained):
        train_job({**reference.as_plain(), "device": "cpu", "threads": 1, "save_seconds": 60.0})
        assert same_agent(job.agent, reference.agent), job.name
        assert log_of(job.folder) == log_of(reference.folder), job.name
        assert job.results() == reference.results()
        assert job.results().keys() == {
            "success",
            "cheese_anywhere",
            "region_anywhere",
            "move_agreement",
        }
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
        {
            "folder": str(alone.folder),
            "settings": TINY,
            "agents": [{"name": "killed", "discount": 0.5}, {"name": "another"}],
        }
    )
    with pytest.raises(ValueError, match=r"killed\.pth exists and was trained with discount=0\.99"):
        run_sweep(other, never, report=said.append)
    other = sweep_from(
        {
            "folder": str(alone.folder),
            "settings": TINY | {"learning_rate": 1e-4},
            "agents": [{"name": "another"}, {"name": "continued", "initial": "another"}],
        }
    )
    with pytest.raises(ValueError, match=r"trained with initial='killed\.pth', not 'another\.pth'"):
        run_sweep(other, never, report=said.append)
    assert never.submitted == []


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
        "import sys; from pathlib import Path; from tests.sweeps import test_workers;"
        "sweep = test_workers.of_seeds(Path(sys.argv[1]));"
        "test_workers.run_sweep(sweep, test_workers.LocalWorkers(2, run=test_workers.asleep))"
    )
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "PYTHONPATH": root}
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


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that works, too; the test adds a second node."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # sockets have short names
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**QUIET, "RAY_TMPDIR": folder}.items():
            patch.setenv(name, value)
        cluster = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 1,
                "object_store_memory": OBJECT_STORE,
                "include_dashboard": False,
            },
        )
        try:
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


def stranded(job: Mapping[str, Any]) -> None:
    """Train; but on the node that is not the head, the first job stops at its third row."""
    import ray

    runs = Path(job["folder"]).parent
    node = ray.get_runtime_context().get_node_id()
    record, stopped = runs / f"{job['name']}.rows", runs / "stopped"

    def on_row(samples: int) -> None:
        with record.open("a") as file:
            file.write(f"{node} {samples}\n")
        head = runs.joinpath("head").read_text()
        if samples == 24 and node != head and not stopped.exists():
            stopped.write_text(job["name"])
            time.sleep(300)

    with seen_rows(job, on_row):
        train_job(job)


def test_a_node_that_dies_changes_nothing(cluster: Any, tmp_path: Path) -> None:
    import ray

    values = {"settings": TINY, "grid": {"seed": [0, 1]}}
    sweep = sweep_from({"folder": str(tmp_path / "disturbed"), **values})
    alone = sweep_from({"folder": str(tmp_path / "alone"), **values})
    runs = tmp_path / "disturbed" / "runs"
    runs.mkdir(parents=True)
    runs.joinpath("head").write_text(cluster.head_node.node_id)
    second = cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE)
    cluster.wait_for_nodes()

    def kill() -> None:
        while not runs.joinpath("stopped").exists():
            time.sleep(0.02)
        cluster.remove_node(second, allow_graceful=False)

    threading.Thread(target=kill, daemon=True).start()
    # Machines of a cluster import the package; the tests are here alone.
    ray.cloudpickle.register_pickle_by_value(sys.modules[stranded.__module__])
    said: list[str] = []
    workers = RayWorkers(cluster.address, save_seconds=0.0, run=stranded)
    outcomes = run_sweep(sweep, workers, report=said.append)
    name = runs.joinpath("stopped").read_text()
    assert {each.state for each in outcomes} == {"trained"}
    assert {n: attempts for n, (_, attempts) in states(outcomes).items()} == {
        "seed_0": 1,
        "seed_1": 1,
        name: 2,
    }
    assert any(f"{name}: " in line and "again from its checkpoint" in line for line in said)
    rows = [line.split() for line in (runs / f"{name}.rows").read_text().splitlines()]
    assert [samples for _, samples in rows] == ["8", "16", "24", "24", "32", "40", "48"]
    assert {node for node, _ in rows[:3]} == {second.node_id}
    assert {node for node, _ in rows[3:]} == {cluster.head_node.node_id}
    for job, reference in zip(sweep.jobs, alone.jobs, strict=True):
        train_job({**reference.as_plain(), "device": "cpu", "threads": 1, "save_seconds": 60.0})
        assert same_agent(job.agent, reference.agent), job.name
