"""What pip installs runs anywhere: the wheel is built and used in an empty folder.

The environment is new, but borrows the libraries of the one that tests, so nothing is downloaded.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("procgen_tools", "trained_models", "pyproject.toml", "setup.py", "README.md", "LICENSE")


def run(*words: str | Path, folder: Path) -> str:
    """What a command prints; nothing of this checkout is in its reach."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["MPLBACKEND"] = "Agg"
    result = subprocess.run(
        [str(word) for word in words], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, f"{words}: {result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that no older build gets into it."""
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
        "--no-build-isolation", "--wheel-dir", "dist", ".", folder=folder)  # fmt: skip
    (built,) = (folder / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment in which pip has installed the wheel."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home)
    commands = home / ("Scripts" if os.name == "nt" else "bin")
    python = commands / "python"
    packages = Path(
        run(python, "-c", "import site; print(site.getsitepackages()[0])", folder=home).strip()
    )
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
        "--no-index", wheel, folder=home)  # fmt: skip
    return commands


def test_the_wheel_has_all_modules_and_the_small_agents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    missing = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "procgen_tools").rglob("*.py")
    } - names
    assert not missing
    agents = {name for name in names if name.endswith(".pth")}
    for seed in ("", "_seed_1", "_seed_2"):
        assert f"procgen_tools/trained_models/maze_I/model_rand_region_5{seed}.pth" in agents
    assert sum("crops_and_humans/" in name for name in agents) == 11
    assert "procgen_tools/trained_models/scores/model_rand_region_5.json" in names
    assert wheel.stat().st_size < 25e6


def test_commands_run_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    listed = run(installed / "procgen-tools", "agents", folder=tmp_path)
    assert re.search(r"^rand_region_5 +98\.0% \[96\.4, 98\.9\]", listed, re.MULTILINE)
    assert str(ROOT) not in listed
    assert list(tmp_path.iterdir()) == []
    report = run(installed / "procgen-tools", "demo", folder=tmp_path)
    assert "towards the cheese" in report
    assert (tmp_path / "figures" / "cheese_vector.png").exists()


@pytest.mark.parametrize("name", ["cheese_vector", "crops_and_humans"])
def test_experiments_run_in_an_empty_folder(name: str, installed: Path, tmp_path: Path) -> None:
    run(installed / "procgen-tools", "experiment", name, "--fast", folder=tmp_path)
    assert list(tmp_path.rglob(f"{name}/results.json"))


def test_the_readme_runs_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    pytest.importorskip("circrl.module_hook")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    (tmp_path / "blocks.py").write_text(
        "\n".join([*blocks, "import procgen_tools", "print(procgen_tools.__file__)"]),
        encoding="utf-8",
    )
    printed = run(installed / "python", "-W", "ignore", "blocks.py", folder=tmp_path)
    assert Path(printed.splitlines()[-1]).is_relative_to(installed.parent)
