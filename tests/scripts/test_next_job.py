"""The job runner works with the checkout and the few packages that it names, and no others."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from procgen_tools.models import checkpoint_metadata
from procgen_tools.training.locks import locked

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "next_job.py"

BARE = """
import importlib.machinery, runpy, sys

HIDDEN = {"jaxtyping", "beartype", "scipy", "einops", "gymnasium", "typer", "click", "matplotlib",
          "gym3", "procgen", "circrl", "ray", "sklearn", "xarray", "moviepy", "imageio",
          "imageio_ffmpeg", "statsmodels", "captum"}
find = importlib.machinery.PathFinder.find_spec
importlib.machinery.PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None:
        None if name.split(".")[0] in HIDDEN else find(name, path, target)
)
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in str(finder).lower()]
sys.path = [entry for entry in sys.path if entry]
for line in sys.stdin:  # the words of one call
    sys.argv = [SCRIPT, *line.split()]
    try:
        runpy.run_path(SCRIPT, run_name="__main__")
    except SystemExit as end:
        print("exit code", end.code, flush=True)
"""

SWEEP = """
folder = "work"
[settings.imitation]
world_size = 15
precision = "float32"
[settings.ppo]
world_size = 15
precision = "float32"
[[agents]]
name = "first"
samples = 16
batch_size = 8
[[agents]]
name = "second"
trainer = "ppo"
initial = "first"
maze_size = 3
rand_region = "anywhere"
steps = 64
num_envs = 4
rollout_steps = 8
minibatches = 2
[[agents]]
name = "third"
samples = 16
batch_size = 8
snapshot_every = 8
half_snapshots = true
[[agents]]
name = "fourth"
trainer = "dqn"
updates = 4
width = 4
half = true
"""


class Runner:
    """One process without the hidden packages, in which the script is called again and again.

    It loads its libraries only once.
    """

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", BARE.replace("SCRIPT", repr(str(SCRIPT)))],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str) -> tuple[int, str]:
        """The exit code of the script, and what it prints."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(" ".join(["sweep.toml", *words]) + "\n")
        self.process.stdin.flush()
        printed = ""
        for line in self.process.stdout:
            if line.startswith("exit code "):
                return int(line.split()[-1]), printed
            printed += line
        raise AssertionError(f"the process ended: {printed}")


@pytest.fixture
def next_job(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(tmp_path)
    with runner.process:
        yield runner
        runner.process.communicate()


def test_one_job_after_the_other(next_job: Runner, tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(SWEEP)
    agents = tmp_path / "work/agents"
    with locked(agents / ".first.pth.lock", "the first"):
        code, printed = next_job()  # passes over the first, and what begins with it
    assert code == 3, printed
    assert f"first.pth is in use by process {os.getpid()}" in printed
    assert "second begins with" in printed
    assert [path.name for path in agents.iterdir()] == ["third.pth"]
    snapshots = {path.name for path in (tmp_path / "work/runs/third").glob("model_*.pth")}
    assert snapshots == {"model_0.pth", "model_16.pth"}  # a row of the log is 100 steps
    assert 2 * (tmp_path / "work/runs/third/model_0.pth").stat().st_size < 2.7e6
    code, printed = next_job("--minutes", "0")
    assert code == 3, printed
    code, printed = next_job("--minutes", "0")
    assert code == 3, printed
    assert "to be continued" in printed
    assert not (agents / "second.pth").exists()
    code, printed = next_job()
    assert code == 3, printed
    facts = checkpoint_metadata(agents / "second.pth")
    assert facts["started_from"]["file"] == "first.pth"
    code, printed = next_job("--threads", "2")
    assert code == 0, printed
    assert checkpoint_metadata(agents / "fourth.pth")["algorithm"] == "dqn"
    assert (agents / "fourth.pth").stat().st_size < 10_000
    code, printed = next_job()
    assert "nothing of sweep.toml is missing" in printed


def test_no_threads_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "sweep.toml", "--threads", "0"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert stopped.value.code == 2
    assert "--threads" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["family.toml", "gpu.toml"])
def test_the_shipped_sweeps_can_be_read(file: str) -> None:
    from procgen_tools.sweeps.files import read_sweep

    names = [job.name for job in read_sweep(ROOT / "trained_models" / file).jobs]
    assert len(names) >= 5


def test_the_command_of_an_agent_names_the_file_as_readers_do(tmp_path: Path) -> None:
    named = runpy.run_path(str(SCRIPT))["named"]
    assert named(ROOT / "trained_models" / "family.toml") == "trained_models/family.toml"
    assert named(tmp_path / "mine.toml") == "mine.toml"
