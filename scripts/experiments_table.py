#!/usr/bin/env python3
"""Write the table of claims in experiments/README.md from the stored results.

procgen-tools experiment cheese_vector    # measures one experiment
python scripts/experiments_table.py       # writes the table
"""

from __future__ import annotations

from pathlib import Path

from procgen_tools.files import write_text
from procgen_tools.studies import NAMES
from procgen_tools.studies.results import FOLDER, RESULTS, claims_table

README = FOLDER.parent / "README.md"
BEGIN, END = "<!-- table: scripts/experiments_table.py -->\n", "<!-- end of table -->\n"


def table() -> str:
    """One section per experiment that has results, in the order of NAMES."""
    paths = [FOLDER / name / RESULTS for name in NAMES]
    return "\n\n".join(claims_table(path) for path in paths if path.exists()) + "\n"


def written(readme: Path = README) -> str:
    """The table that the README contains."""
    return readme.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]


def main() -> None:
    """Write the table into the README, and print it."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    write_text(README, before + BEGIN + table() + END + rest.split(END)[1])
    print(table())


if __name__ == "__main__":
    main()
