"""Shapes and types in annotations are checked while testing, everywhere but in compiled loops."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.browser import chromium, hosted
from tests.checking import PROGRESS, install, without_type_checks

__all__ = ["chromium", "hosted"]  # fixtures for all tests

PACKAGE = Path(__file__).parents[1] / "procgen_tools"

LONG = (
    "test_notebooks",
    "test_package",
    "test_widgets_in_jupyterlab",
    "test_course_in_jupyterlab",
    "test_runs",
    "test_workers",
    "test_next_job",
)
"""Files whose tests take longest. The two halves of them begin the two halves of all tests."""

# Machines that test are busy: a slow example is no failure.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")


def checked_modules() -> list[str]:
    """Every module of the package but `*kernels`, whose functions numba compiles.

    By path, because nothing may be imported before the hook is installed. The hook takes a name
    for all that is below it, so the packages around the kernels are left out too.
    """
    kernels = sorted(PACKAGE.rglob("*kernels.py"))
    around = {folder / "__init__.py" for path in kernels for folder in path.parents}
    paths = set(PACKAGE.rglob("*.py")) - set(kernels) - around
    parts = [path.relative_to(PACKAGE.parent).with_suffix("").parts for path in sorted(paths)]
    return [".".join(each).removesuffix(".__init__") for each in parts]


CHECKED_MODULES = checked_modules()

LARGE = (
    "gymnasium",
    "matplotlib.pyplot",
    "numba",
    "pandas",
    "scipy.stats",
    "sklearn",
    "statsmodels.api",
)
"""Libraries to import first: what a module imports while the hook loads it gets no bytecode from
the usual files.
"""


def pytest_configure(config: pytest.Config) -> None:
    """Install the hook, but not where workers test: that process runs no test."""
    spread = config.getoption("dist", "no") != "no" and config.getoption("tx", None)
    if not spread or hasattr(config, "workerinput"):
        for library in LARGE:
            importlib.import_module(library)
        install(CHECKED_MODULES)
        importlib.import_module("matplotlib").use("Agg")
        # Side by side, one thread each is faster than two that wait for each other.
        importlib.import_module("torch").set_num_threads(1)


@pytest.fixture(scope="session")
def checked_module_names() -> list[str]:
    """The modules whose annotations are checked."""
    return CHECKED_MODULES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first in each half, where `--dist worksteal` lets two workers begin.

    A worker that has finished takes over tests from the end of the other half. With long tests
    there, the first worker would wait for the second.
    """
    order = {name: number for number, name in enumerate(LONG)}
    long = [item for item in items if item.path.stem in order]
    long.sort(key=lambda item: order[item.path.stem])
    quick = [item for item in items if item.path.stem not in order]
    first = next((n for n, item in enumerate(long) if item.path.stem != LONG[0]), len(long))
    middle = max(len(items) // 2 - first, 0)
    items[:] = [*long[:first], *quick[:middle], *long[first:], *quick[middle:]]


def pytest_collection_finish() -> None:
    """The garbage collector looks no more through what all tests share: modules, and the tests."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup() -> None:
    """Annotations are checked anew in each test (see checking.CALLS)."""
    PROGRESS.tests += 1


def pytest_runtest_teardown() -> None:
    """Figures that a test leaves open are closed, so that no test sees those of another."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets fixtures know whether the test has failed, so that they keep screenshots."""
    report = yield
    if report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Annotations are not checked, as outside of tests: for what wrong types are answered with."""
    with without_type_checks():
        yield


@pytest.fixture(scope="session")
def bfloat16() -> None:
    """Skips tests that compute in bfloat16 where it does not work, which may kill a process."""
    from procgen_tools.training.precision_choice import Work, measure

    speeds = measure(Work(scale=1, batch=16, threads=1, seconds=0.0))
    if speeds.bfloat16 is None:
        pytest.skip(f"bfloat16 does not work here: {speeds.failure}")
