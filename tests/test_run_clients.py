"""The script that runs procgen-tools' files says honestly what became of each."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "run_clients.py"))
WRITES = "the published fields and patches are not downloaded"
CHANNELS = "the layer has 32 channels in this policy"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"ended": True, "warnings": [CHANNELS]}, "ran"),
        ({"timeout": 9.0}, "was stopped"),
        ({"kind": "ValueError", "ours": True}, "was told"),
        ({"kind": "FileNotFoundError", "ours": False, "warnings": [WRITES]}, "was warned"),
        ({"kind": "IndexError", "ours": False, "warnings": [CHANNELS]}, "was warned"),
        ({"kind": "IndexError", "ours": False, "warnings": [WRITES]}, "died"),
        ({"kind": "NameError", "ours": False, "warnings": [CHANNELS]}, "died"),
        ({"kind": "FileNotFoundError", "ours": False, "warnings": []}, "lacks data"),
        ({"kind": "ValueError", "text": "max() arg is an empty sequence"}, "lacks data"),
        ({"kind": "ValueError", "text": "another"}, "died"),
        ({"kind": "ModuleNotFoundError", "ours": False}, "lacks a package"),
        ({"kind": "KeyError"}, "died"),
    ],
)
def test_a_warning_counts_only_where_it_is_about_the_error(
    found: dict[str, Any], expected: str
) -> None:
    assert SCRIPT["outcome"](found) == expected


def test_errors_count_as_ours_only_where_this_package_raises_them(tmp_path: Path) -> None:
    """A small checkout: an error on purpose, one within our code, and one of the file's own."""
    for name in SCRIPT["FOLDERS"]:
        (tmp_path / name).mkdir()
    told = "from procgen_tools.names import did_you_mean\n"
    files = {
        "told": "from procgen_tools.compat.resolve import find\nfind('models', 'ResidualAdd')",
        "within": f"{told}did_you_mean(1, 2)",
        "widget": "from ipywidgets import interact\ninteract({}.pop, k=(0, 3))",
        "own": "%matplotlib inline\n{}['missing']",
    }
    for name, code in files.items():
        (tmp_path / "playground" / f"{name}.py").write_text(code)
    outcomes = {
        name: SCRIPT["run"](tmp_path / "playground" / f"{name}.py", tmp_path, 20, None)
        for name in files
    }
    assert {name: found["outcome"] for name, found in outcomes.items()} == {
        "told": "was told",
        "within": "died",
        "widget": "died",
        "own": "died",
    }
    assert outcomes["own"]["kind"] == "KeyError"
