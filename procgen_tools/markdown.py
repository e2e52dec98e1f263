"""Markdown that scripts and notebooks write: rows of tables, and paragraphs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable


def row(cells: Iterable[str]) -> str:
    """A row of a table. A bar within a cell does not end it.

    Example:
        >>> row(["claim", "P(cheese | corner)"])
        '| claim | P(cheese \\\\| corner) |'
    """
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def paragraph(text: str, width: int = 100) -> str:
    """A paragraph in lines of up to `width` characters, and a newline at its end.

    Words are not divided at hyphens, so that names and commands stay whole.

    Example:
        >>> print(paragraph("the top-right corner", width=12), end="")
        the
        top-right
        corner
    """
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False)) + "\n"
