"""The table of agents agrees with their files and scores."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "family_table.py"))


def test_every_agent_has_scores_of_its_file(script: dict[str, Any]) -> None:
    for path in script["agents"]():
        kept = script["scores"](path)
        assert kept is not None, f"{path.name} has no scores: python scripts/family_table.py"
        assert kept["levels"] == 500


def test_the_readme_holds_the_table(script: dict[str, Any]) -> None:
    readme = (ROOT / "trained_models" / "README.md").read_text()
    written = readme.split(script["BEGIN"])[1].split(script["END"])[0]
    assert written == script["table"](), "run python scripts/family_table.py"


def test_scores_of_another_file_do_not_count(script: dict[str, Any], tmp_path: Path) -> None:
    path = script["agents"]()[0]
    other = tmp_path / path.name
    other.write_bytes(path.read_bytes() + b" ")
    assert script["scores"](path) is not None
    assert script["scores"](other) is None
