"""Sweeps on a Ray cluster of two nodes, one of which dies."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_worker_niceness": "0",  # 15 unless set: on a busy machine they would starve
}
OBJECT_STORE = 80 * 2**20

ray = pytest.importorskip("ray")

from procgen_tools.sweeps.files import sweep_from  # noqa: E402
from procgen_tools.sweeps.jobs import train_job  # noqa: E402
from procgen_tools.sweeps.run import RayWorkers, run_sweep  # noqa: E402
from tests.sweeps.test_sweeps import TINY, same_agent, seen_rows, states  # noqa: E402


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that works, too; the test adds a second node."""
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
    ray.cloudpickle.register_pickle_by_value(sys.modules[seen_rows.__module__])
    said: list[str] = []
    workers = RayWorkers(cluster.address, save_seconds=0.0, run=stranded)
    outcomes = run_sweep(sweep, workers, report=said.append)
    name = runs.joinpath("stopped").read_text()
    assert {each.state for each in outcomes} == {"trained"}
    assert {n: attempts for n, (_, attempts) in states(outcomes).items()} == {
        "seed_0": 1, "seed_1": 1, name: 2
    }  # fmt: skip
    assert any(f"{name}: " in line and "again from its checkpoint" in line for line in said)
    rows = [line.split() for line in (runs / f"{name}.rows").read_text().splitlines()]
    assert [samples for _, samples in rows] == ["8", "16", "24", "24", "32", "40", "48"]
    assert {node for node, _ in rows[:3]} == {second.node_id}
    assert {node for node, _ in rows[3:]} == {cluster.head_node.node_id}
    for job, reference in zip(sweep.jobs, alone.jobs, strict=True):
        train_job({**reference.as_plain(), "device": "cpu", "threads": 1, "save_seconds": 60.0})
        assert same_agent(job.agent, reference.agent), job.name
