"""Jobs: which errors are tried again, and one agent is not trained twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from procgen_tools.models import ImpalaPolicy, save_policy
from procgen_tools.sweeps import jobs
from procgen_tools.sweeps.files import sweep_from
from procgen_tools.sweeps.jobs import attempt, check_finished, train_job
from procgen_tools.training.locks import locked
from tests.sweeps.test_workers import weights

TINY = {
    "world_size": 15, "samples": 48, "batch_size": 8, "row_steps": 1, "warmup_samples": 8,
    "shift_from": 8, "shift_until": 24, "precision": "float32",
}  # fmt: skip


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


def test_agents_of_other_trainings_are_not_taken_for_finished(tmp_path: Path) -> None:
    job = sweep_from({"folder": str(tmp_path), "agents": [{"name": "a", "rand_region": 1}]}).jobs[0]
    save_policy(ImpalaPolicy(), job.agent)
    with pytest.raises(ValueError, match="does not say how it was trained"):
        check_finished(job)
    save_policy(ImpalaPolicy(), job.agent, algorithm="imitation", settings={})
    with pytest.raises(ValueError, match=r"trained with rand_region=5, not 1"):
        check_finished(job)


@pytest.mark.parametrize("content", [b"[]", b"null", b'{"plan": {}}', b"\xff"])
def test_damaged_results_are_no_results(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(content)
    assert jobs._results(file, {}) is None
