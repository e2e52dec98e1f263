"""Tables: rows that are chosen, and parts that are put together."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.statistics.tables import Parts, where

TABLE = pd.DataFrame({"agent": list("aabb"), "level": [0, 1, 0, 1], "right": [1.0, 0.0, 0.5, 0.2]})


def test_rows_are_those_with_all_values() -> None:
    assert where(TABLE).equals(TABLE)
    for agent in "ab":
        for level in (0, 1):
            chosen = where(TABLE, agent=agent, level=level)
            assert len(chosen) == 1
            assert chosen.equals(where(where(TABLE, level=level), agent=agent))
    assert where(TABLE, agent="c").empty
    with pytest.raises(KeyError, match="layer"):
        where(TABLE, layer="x")


def test_parts_make_the_whole() -> None:
    parts = Parts()
    for agent, rows in TABLE.drop(columns="agent").groupby(TABLE["agent"]):
        parts.add("all", rows, agent=agent)
        parts.add("counts", [{"rows": len(rows)}], agent=agent)
    tables = parts.tables()
    assert tables["all"][list(TABLE)].equals(TABLE)
    assert tables["counts"].to_dict("list") == {"rows": [2, 2], "agent": ["a", "b"]}
    assert Parts().tables() == {}
