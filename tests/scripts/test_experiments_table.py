"""The table of claims in the README of experiments is that of the results."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_readme_holds_the_claims() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "experiments_table.py"))
    assert script["written"]() == script["table"](), "run python scripts/experiments_table.py"
