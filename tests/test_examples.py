"""The examples in docstrings: every one runs, and what users call has one."""

from __future__ import annotations

import doctest
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PACKAGE = Path(__file__).parents[1] / "procgen_tools"
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text()
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_give_what_they_show(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # an example may write a file
    # NumPy 2 would show a number with its type.
    older = {"legacy": "1.25"} if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else {}
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

    def run() -> doctest.TestResults:
        with np.printoptions(precision=4, suppress=True, **older):
            return doctest.testmod(import_module(name), optionflags=flags)

    if name.startswith("procgen_tools.app."):
        # Browser tests leave an event loop in this thread, in which asyncio.run fails.
        with ThreadPoolExecutor(1) as pool:
            failed, attempted = pool.submit(run).result()
    else:
        failed, attempted = run()
    assert attempted
    assert not failed


FACES = ("crops_and_humans", "interventions", "keys_and_chests", "maze", "models", "worlds")
ROOMS = ("catalogue", "chains", "effects", "fields", "hooks", "returns", "vfield")


def _names() -> list[tuple[str, str]]:
    """What users call: the names of each face, and the public functions of each room."""
    named = [(face, name) for face in FACES for name in _module(face).__all__]
    for room in ROOMS:
        named += [
            (room, name)
            for name, value in vars(_module(room)).items()
            if isfunction(value) and value.__module__ == _module(room).__name__ and name[0] != "_"
        ]
    return named


def _module(name: str) -> ModuleType:
    return import_module(f"procgen_tools.{name}")


@pytest.mark.parametrize(("module", "name"), _names())
def test_what_users_call_has_an_example(module: str, name: str) -> None:
    value = getattr(_module(module), name)
    if not callable(value) or not value.__module__.startswith("procgen_tools"):
        return  # a constant, or an annotation of arrays
    found = doctest.DocTestFinder().find(value, name)
    assert any(test.examples for test in found), f"add an Example to {module}.{name}"
