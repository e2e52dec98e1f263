#!/usr/bin/env python3
"""Write the table of claims of experiments/README.md from the results that are there.

procgen-tools experiment cheese_vector    # measures one
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
    """A section for each experiment that was run, in the order of NAMES."""
    paths = [FOLDER / name / RESULTS for name in NAMES]
    return "\n\n".join(claims_table(path) for path in paths if path.exists()) + "\n"


def written(readme: Path = README) -> str:
    """The table as it stands in the README."""
    return readme.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]


def main() -> None:
    """Put the table into the README."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    write_text(README, before + BEGIN + table() + END + rest.split(END)[1])
    print(table())


if __name__ == "__main__":
    main()
