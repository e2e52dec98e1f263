"""What conftest.py promises: annotations are checked while testing."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import jaxtyping
import numpy as np
import pytest

from tests.checking import CALLS, resolved_types, without_type_checks
from tests.conftest import CHECKED_MODULES, pytest_runtest_setup

PACKAGE = Path(__file__).parents[1] / "procgen_tools"
AROUND_KERNELS = {
    "procgen_tools",
    "procgen_tools.worlds",
    "procgen_tools.worlds.keys_and_chests",
    "procgen_tools.worlds.maze",
}


def test_every_module_but_the_kernels_is_loaded_through_the_hook() -> None:
    """Those that are not loaded yet will be. The packages around the kernels are left out too."""
    unchecked = set()
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        spec = importlib.util.find_spec(name)
        assert spec is not None
        if not type(spec.loader).__module__.startswith("jaxtyping"):
            unchecked.add(name)
    kernels = {name for name in unchecked if name.endswith("kernels")}
    assert len(kernels) == 5
    assert unchecked - kernels == AROUND_KERNELS


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
    """The functions and methods that a module defines, as they are written."""
    for owner in (module, *vars(module).values()):
        if owner is not module and not (
            inspect.isclass(owner) and owner.__module__ == module.__name__
        ):
            continue
        for member in vars(owner).values():
            function = inspect.unwrap(getattr(member, "__func__", getattr(member, "fget", member)))
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function


@pytest.mark.parametrize(
    "room", sorted({".".join(name.split(".")[:2]) for name in CHECKED_MODULES})
)
def test_every_annotation_is_a_type(room: str) -> None:
    """A check finds that out only when it is built, at the first call."""
    below = [name for name in CHECKED_MODULES if f"{name}.".startswith(f"{room}.")]
    for name in below:
        if name.endswith("__main__"):
            continue
        for function in functions_of(importlib.import_module(name)):
            try:
                resolved_types(function)
            except Exception as error:
                raise AssertionError(f"{name}.{function.__qualname__}: {error!r}") from error


WRONG_TYPES = """
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def both(first: Float[np.ndarray, "row col"], second: Float[np.ndarray, " col"]) -> int:
    return len(second) if len(second) < 9 else "many"


@dataclass(frozen=True)
class Cell:
    row: int
    figure: Figure | None = None
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module that is loaded like those of the package."""
    (tmp_path / "with_types.py").write_text(WRONG_TYPES, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with jaxtyping.install_import_hook(["with_types"], "beartype.beartype"):
        yield importlib.import_module("with_types")
    del sys.modules["with_types"]


def test_arguments_results_and_axes_are_checked(module: ModuleType) -> None:
    assert module.both(np.zeros((2, 3)), np.zeros(3)) == 3
    with pytest.raises(TypeError, match="second"):
        module.both(np.zeros((2, 3)), np.zeros(4))
    with pytest.raises(TypeError, match="first"):
        module.both(np.zeros(3), np.zeros(3))
    with pytest.raises(TypeError, match="many"):
        module.both(np.zeros((2, 9)), np.zeros(9))


def test_data_classes_are_checked(module: ModuleType) -> None:
    assert module.Cell(1).row == 1
    with pytest.raises(TypeError, match="row"):
        module.Cell("first")


def test_checks_end_after_some_calls_and_begin_anew_with_the_next_test(
    module: ModuleType,
) -> None:
    for _ in range(CALLS):
        module.Cell(1)
    module.Cell("first")
    pytest_runtest_setup()
    with pytest.raises(TypeError, match="row"):
        module.Cell("first")


def test_without_type_checks_nothing_is_checked(module: ModuleType) -> None:
    with without_type_checks():
        assert module.Cell("first").row == "first"
