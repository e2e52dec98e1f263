"""Tables of measurements: rows chosen by their values, and tables put together from parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd


def where(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """The rows in which each of some columns has a given value.

    Args:
        table: any table.
        wanted: the value, by the name of the column.

    Raises:
        KeyError: the table lacks a column.

    Example:
        >>> table = pd.DataFrame({"agent": ["a", "a", "b"], "level": [0, 1, 1]})
        >>> where(table, agent="a", level=1).index.tolist()
        [1]
    """
    chosen = pd.Series(True, index=table.index)
    for column, value in wanted.items():
        chosen &= table[column] == value
    return table[chosen]


class Parts:
    """Tables that grow part by part, such as agent by agent.

    Example:
        >>> parts = Parts()
        >>> for agent in ("a", "b"):
        ...     parts.add("scores", [{"score": 0.5}], agent=agent)
        >>> parts.tables()["scores"]
           score agent
        0    0.5     a
        1    0.5     b
    """

    def __init__(self) -> None:
        self._parts: dict[str, list[pd.DataFrame]] = {}

    def add(
        self, name: str, rows: pd.DataFrame | Iterable[Mapping[str, Any]], **labels: object
    ) -> None:
        """Add rows to a table, with a further column for each label."""
        table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
        self._parts.setdefault(name, []).append(table.assign(**labels))

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name, with their rows numbered anew."""
        return {name: pd.concat(parts, ignore_index=True) for name, parts in self._parts.items()}
