"""What pip installs runs anywhere: the wheel is built and used in an empty folder.

The environment is new, but borrows the libraries of the one that tests, so nothing is downloaded.
"""

from __future__ import annotations

import json
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

from procgen_tools.training.locks import locked

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


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel in `dist` and an environment that has it, for all test workers."""
    pytest.importorskip("setuptools")
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    home, ready = base / "package", base / "package.ready"
    with locked(base / "package.lock", "the environment of the wheel", wait=True):
        if not ready.exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            install(build(home))
            ready.touch()
    return home


def build(home: Path) -> Path:
    """The wheel, built from a copy so that no older build gets into it."""
    sources = home / "sources"
    sources.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, sources / name)
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--wheel-dir",
        home / "dist",
        ".",
        folder=sources,
    )
    return wheel_in(home)


def install(wheel: Path) -> None:
    """Create an environment beside the wheel's folder in which pip has installed the wheel."""
    home = wheel.parents[1] / "environment"
    venv.create(home)
    python = commands_in(home) / "python"
    packages = Path(
        run(python, "-c", "import site; print(site.getsitepackages()[0])", folder=home).strip()
    )
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
        folder=home,
    )
    bring_compiled(packages)


def bring_compiled(packages: Path) -> None:
    """What numba has compiled in this checkout need not be compiled again for the same sources."""
    for source in (ROOT / "procgen_tools").rglob("*kernels.py"):
        same = packages / source.relative_to(ROOT)
        assert same.read_bytes() == source.read_bytes()
        at = source.stat()
        os.utime(same, ns=(at.st_atime_ns, at.st_mtime_ns))  # numba asks for the same time
        (same.parent / "__pycache__").mkdir(exist_ok=True)
        for ending in ("nbi", "nbc"):
            for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.{ending}"):
                shutil.copy(compiled, same.parent / "__pycache__")


def wheel_in(home: Path) -> Path:
    (built,) = (home / "dist").iterdir()
    return built


def commands_in(environment: Path) -> Path:
    return environment / ("Scripts" if os.name == "nt" else "bin")


@pytest.fixture(scope="session")
def wheel(home: Path) -> Path:
    return wheel_in(home)


@pytest.fixture(scope="session")
def installed(home: Path) -> Path:
    """The folder of commands of the environment."""
    return commands_in(home / "environment")


def test_the_wheel_has_all_modules_and_the_small_agents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    missing = {
        path.relative_to(ROOT).as_posix()
        for kind in ("*.py", "*.js", "*.css", "*.html")
        for path in (ROOT / "procgen_tools").rglob(kind)
    } - names
    assert not missing
    agents = {name for name in names if name.endswith(".pth")}
    for seed in ("", "_seed_1", "_seed_2"):
        assert f"procgen_tools/trained_models/maze_I/model_rand_region_5{seed}.pth" in agents
    assert sum("crops_and_humans/" in name for name in agents) == 15
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


@pytest.mark.parametrize("name", ["attribution", "crops_and_humans"])
def test_experiments_run_in_an_empty_folder(name: str, installed: Path, tmp_path: Path) -> None:
    run(installed / "procgen-tools", "experiment", name, "--fast", folder=tmp_path)
    assert list(tmp_path.rglob(f"{name}/results.json"))


CHECKED = """
import gymnasium, matplotlib.pyplot, numba, pandas, scipy.stats, sklearn, torch
import checking
checking.install({names})
"""
RESULTS = """
import json, procgen_tools
print(json.dumps({
    "file": procgen_tools.__file__,
    "printed": str(effect),
    "effect": [chances.visits for chances in (effect.chances_before, effect.chances_after)],
    "control": control.chances_after.visits,
}))
"""


def test_the_readme_runs_in_an_empty_folder(
    installed: Path, tmp_path: Path, checked_module_names: list[str]
) -> None:
    """Every Python block, as one reader would run them, types checked as in conftest.py."""
    pytest.importorskip("circrl.module_hook")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 4
    shutil.copy(ROOT / "tests" / "checking.py", tmp_path)
    script = tmp_path / "blocks.py"
    checked = CHECKED.format(names=checked_module_names)
    script.write_text("\n".join([checked, *blocks, RESULTS]), encoding="utf-8")
    printed = run(installed / "python", "-W", "ignore", script.name, folder=tmp_path)
    found = json.loads(printed.splitlines()[-1])
    assert Path(found["file"]).is_relative_to(installed.parent)
    assert f"```text\n{found['printed']}\n```" in readme, "what the example prints"
    # The cheese vector turns the agent from the cheese to the corner; a random direction does not.
    before, after = found["effect"]
    assert before["cheese"] > 0.9
    assert after["cheese"] < 0.1
    assert after["corner"] > 0.9
    assert found["control"]["cheese"] > 0.9
