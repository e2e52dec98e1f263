"""Generate the tables of `docs/from-procgen-tools.md` from the list of names.

    python -m procgen_tools.compat.page docs/from-procgen-tools.md

rewrites them between the two marks of the page, and leaves the rest unchanged.
"""

from __future__ import annotations

import sys
from pathlib import Path

from procgen_tools.compat.names import NAMES, Name
from procgen_tools.files import write_text

BEGIN, END = "<!-- names: begin -->", "<!-- names: end -->"


def tables() -> str:
    """One table per module of procgen-tools: the name, whether it works, and our name."""
    parts = []
    for module, names in NAMES.items():
        rows = [
            f"| `{name}` | {_works(entry)} | `{entry.call}` | {entry.note} |"
            for name, entry in names.items()
            if not name.startswith("_") or entry.target
        ]
        if rows:
            head = f"### `{module}`\n\n| procgen-tools | works here | in new code | note |\n"
            parts.append(head + "|---|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _works(entry: Name) -> str:
    if entry.target is None:
        return "no"
    return "the same" if entry.target == entry.ours else "yes"


def filled(page: str) -> str:
    """A page with the tables between its marks.

    Raises:
        ValueError: a page without the marks.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page needs {BEGIN} and {END}, once each: the tables go between them")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    where = Path(sys.argv[1])
    write_text(where, filled(where.read_text(encoding="utf-8")))
