"""Imports: they point one way, and importing the package does nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "procgen_tools"

ROOMS = (
    "files",
    "names",
    "moved",
    "checks",
    "shown",
    "markdown",
    "catalogue",
    "worlds",
    "maze",
    "crops_and_humans",
    "keys_and_chests",
    "two_objects",
    "models",
    "hooks",
    "fields",
    "vfield",
    "markov",
    "absorbing",
    "chains",
    "returns",
    "directedness",
    "interventions",
    "effects",
    "statistics",
    "episodes",
    "training",
    "evaluation",
    "sweeps",
    "plots",
    "web",
    "widgets",
    "app",
    "page",
    "compat",
    "visualization",
    "patch_utils",
    "rollout_utils",
    "metrics",
    "data_utils",
    "vfield_stats",
    "utils",
    "imports",
    "procgen_imports",
    "procgen_wrappers",
    "studies",
    "audit",
    "benchmarks",
    "demo",
    "cli",
)
"""From the ground up: a room may import its own modules and lower ones."""


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """The rooms that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "procgen_tools" and len(parts) > 1 and parts[1] != "__version__":
                yield parts[1]


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    assert room in ROOMS, f"{room} has no place in ROOMS: say where it stands"
    for imported in imports_of(path):
        assert ROOMS.index(imported) <= ROOMS.index(room), f"{path} imports {imported}, above"


def test_importing_is_light() -> None:
    """The package, the mazes and the pictures load neither torch nor matplotlib nor gymnasium.

    The worlds are registered once somebody else imports gymnasium.
    """
    code = (
        "import sys, procgen_tools; before = set(sys.modules);"
        "assert not {'torch', 'numpy', 'numba'} & before;"
        "import procgen_tools.maze, procgen_tools.worlds.maze.agent_view, procgen_tools.cli;"
        "print(sorted({'torch', 'gymnasium', 'matplotlib', 'procgen'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_importing_is_fast() -> None:
    """The package itself, beyond starting Python, within half a second of processor time."""
    code = (
        "import time; t = time.process_time(); import procgen_tools; print(time.process_time()-t)"
    )
    started = time.perf_counter()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert float(result.stdout) < 0.5, f"{result.stdout} {time.perf_counter() - started}"


def test_every_folder_is_a_package() -> None:
    """A folder without __init__.py would be left out of what pip installs."""
    for folder in {path.parent for path in PACKAGE.rglob("*.py")}:
        assert (folder / "__init__.py").exists(), folder


@pytest.mark.parametrize(
    "imports",
    [
        "import procgen_tools, gymnasium",
        "import gymnasium, procgen_tools",
        "import procgen_tools.worlds, gymnasium.vector",
        "import importlib.util, procgen_tools; importlib.util.find_spec('gymnasium');"
        "from gymnasium import spaces; import gymnasium",
    ],
)
def test_worlds_are_known_to_gymnasium_in_either_order(imports: str) -> None:
    """And no world is loaded before one is made."""
    code = (
        f"{imports}; import sys;"
        "loaded = {'numba', 'torch', 'procgen_tools.worlds.maze.levels'} & set(sys.modules);"
        "assert not loaded, loaded;"
        "assert 'procgen_tools/Maze-v0' in gymnasium.registry;"
        "assert not [f for f in sys.meta_path if 'registration' in type(f).__module__];"
        "print(gymnasium.spec('procgen_tools/CropsAndHumans-v0').entry_point)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "CropsAndHumansEnv" in result.stdout, result.stdout + result.stderr


def test_a_machine_may_do_without_gymnasium() -> None:
    """What finds it for us then finds nothing, as without us."""
    code = (
        "import sys, procgen_tools; sys.path[:] = []; sys.path_importer_cache.clear()\n"
        "try:\n    import gymnasium\n"
        "except ModuleNotFoundError as error:\n    print(error.name)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "gymnasium", result.stdout + result.stderr


def test_the_page_of_the_architecture_has_every_room() -> None:
    """From the top down in the order of ROOMS, faces of one row in any order."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    rows = page.replace("(old names)", "").split("```text\n")[1].split("```")[0].splitlines()
    heights = {
        room: len(rows) - number
        for number, row in enumerate(rows)
        for room in re.findall(r"(?<![\w/<])\w+", row)
        if room in ROOMS
    }
    assert set(heights) == set(ROOMS)
    for path in FILES:
        for imported in imports_of(path):
            assert heights[imported] <= heights[room_of(path)], f"{path} imports {imported}"


def is_face(path: Path) -> bool:
    """Whether a module only passes on names: it defines no function and no class."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return not any(isinstance(node, kinds) for node in ast.parse(path.read_text()).body)


MIRRORED = [
    path
    for path in FILES
    if not (path.stem.startswith("__") or path.stem.endswith("kernels"))
    and room_of(path) != "compat"
    and not (path.parent == PACKAGE and is_face(path))
]
"""Modules with a test file of their own: all but compiled loops, old names and faces."""


@pytest.mark.parametrize("path", MIRRORED, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_has_a_test_file(path: Path) -> None:
    inside = path.relative_to(PACKAGE)
    namesake = Path(__file__).parent / inside.with_name(f"test_{inside.name}")
    assert namesake.exists(), f"{inside} has no tests: write {namesake}"


SCRIPTS = PACKAGE.parent / "scripts"


def test_every_test_file_is_named_after_what_it_tests() -> None:
    """In the rooms: a module or the folder, or a part of it (`test_course_texts.py`)."""
    tests = Path(__file__).parent
    for file in tests.glob("*/**/test_*.py"):
        name, folder = file.stem.removeprefix("test_"), file.parent.relative_to(tests)
        if folder.parts[0] == "compat":
            continue
        home = SCRIPTS if folder.parts[0] == "scripts" else PACKAGE / folder
        own = name == home.name or name.startswith(f"{home.name}_")
        assert own or (home / f"{name}.py").exists(), f"{file} is named after no module"
