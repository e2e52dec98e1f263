"""The job runner works with the checkout and the few packages that it names, and no others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from procgen_tools.models import checkpoint_metadata

ROOT = Path(__file__).parent.parent
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
[settings]
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
"""


def next_job(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BARE, str(SCRIPT), "sweep.toml", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_one_job_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(SWEEP)
    first = next_job(tmp_path)
    assert first.returncode == 3, first.stderr
    assert "first, the first of 2 missing, on" in first.stdout
    part = next_job(tmp_path, "--minutes", "0")
    assert part.returncode == 3, part.stderr
    assert "to be continued" in part.stdout
    assert not (tmp_path / "work/agents/second.pth").exists()
    second = next_job(tmp_path)
    assert second.returncode == 0, second.stderr
    facts = checkpoint_metadata(tmp_path / "work/agents/second.pth")
    assert facts["started_from"]["file"] == "first.pth"
    assert "nothing of sweep.toml is missing" in next_job(tmp_path).stdout


@pytest.mark.parametrize("file", ["family.toml", "gpu.toml"])
def test_the_shipped_sweeps_can_be_read(file: str) -> None:
    from procgen_tools.sweeps.files import read_sweep

    names = [job.name for job in read_sweep(ROOT / "trained_models" / file).jobs]
    assert len(names) >= 5
