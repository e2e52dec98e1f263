"""The job runner works with the checkout and the few packages that it names, and no others."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
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
script, *arguments = sys.argv[1:]
sys.argv = [script, *arguments]
runpy.run_path(script, run_name="__main__")
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
samples = 64
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
samples = 64
batch_size = 8
snapshot_every = 32
half_snapshots = true
[[agents]]
name = "fourth"
trainer = "dqn"
updates = 4
width = 4
half = true
"""


def next_job(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BARE, str(SCRIPT), "sweep.toml", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_one_job_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(SWEEP)
    agents = tmp_path / "work/agents"
    with locked(agents / ".first.pth.lock", "the first"):
        other = next_job(tmp_path)  # passes over the first, and what begins with it
    assert other.returncode == 3, other.stderr
    assert f"first.pth is in use by process {os.getpid()}" in other.stdout
    assert "second begins with" in other.stdout
    assert [path.name for path in agents.iterdir()] == ["third.pth"]
    snapshots = {path.name for path in (tmp_path / "work/runs/third").glob("model_*.pth")}
    assert snapshots == {"model_0.pth", "model_64.pth"}  # a row of the log is 100 steps
    assert 2 * (tmp_path / "work/runs/third/model_0.pth").stat().st_size < 2.7e6
    part = next_job(tmp_path, "--minutes", "0")
    assert part.returncode == 3, part.stderr
    second = next_job(tmp_path, "--minutes", "0")
    assert second.returncode == 3, second.stderr
    assert "to be continued" in second.stdout
    assert not (agents / "second.pth").exists()
    third = next_job(tmp_path, "--threads", "2")
    assert third.returncode == 3, third.stderr
    facts = checkpoint_metadata(agents / "second.pth")
    assert facts["started_from"]["file"] == "first.pth"
    assert next_job(tmp_path).returncode == 0
    assert checkpoint_metadata(agents / "fourth.pth")["algorithm"] == "dqn"
    assert (agents / "fourth.pth").stat().st_size < 10_000
    assert "nothing of sweep.toml is missing" in next_job(tmp_path).stdout


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
