"""procgen-tools sweep trains agents and reports those that failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from procgen_tools.sweeps import run as sweeps
from procgen_tools.sweeps.jobs import attempt, train_job
from tests.cli.test_cli import run


class Here:
    """Workers that run the jobs in this process. Those in others have their own tests."""

    made: Here

    def __init__(self, processes: int | None, **options: Any) -> None:
        self.options = {"processes": processes, **options}
        self.jobs: deque[Mapping[str, Any]] = deque()
        Here.made = self

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        assert not self.jobs

    def submit(self, job: Mapping[str, Any]) -> None:
        self.jobs.append(job)

    def next_ended(self) -> sweeps.Ended:
        job = {**self.jobs.popleft(), **self.options, "threads": 1}
        return sweeps.Ended(job["name"], **(attempt(train_job, job) or {}))


def test_sweep_trains_and_says_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweeps, "LocalWorkers", Here)
    file = Path("sweep.toml")
    file.write_text(
        'folder = "out"\n[settings]\nworld_size = 15\nsamples = 16\nbatch_size = 8\n'
        'warmup_samples = 0\nprecision = "float32"\n'
        "[grid]\nseed = [0, 1]\n"
        '[[agents]]\nname = "wild"\nsamples = 48\nlearning_rate = 1e30\n'
    )
    assert run(monkeypatch, "sweep", str(file), "--processes", "3", "--save-seconds", "7") == 1
    printed = capsys.readouterr().out
    assert "seed_1: trained" in printed
    assert "wild: failed: FloatingPointError: the loss is" in printed
    assert Here.made.options == {"processes": 3, "device": "cpu", "save_seconds": 7.0}
    assert Path("out/agents/seed_0.pth").exists()
    assert not Path("out/agents/wild.pth").exists()
    assert len(Path("out/summary.csv").read_text().splitlines()) == 4
    file.write_text(file.read_text().replace("seed = [0, 1]", "seed = [2]\nworld_size = [15, 24]"))
    assert run(monkeypatch, "sweep", str(file)) in (1, 2)
    printed_both = capsys.readouterr()
    assert "world_size 24 is not odd" in printed_both.out + printed_both.err
    file.write_text('folder = "out"\n[gird]\nseed = [0]\n')
    assert run(monkeypatch, "sweep", str(file)) == 2
    assert "did you mean 'grid'" in capsys.readouterr().err
