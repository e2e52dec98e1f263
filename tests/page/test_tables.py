"""The tables of the page hold those of the package."""

from __future__ import annotations

import json

import numpy as np
import pytest

from procgen_tools.page.tables import table_bytes
from procgen_tools.worlds.maze.agent_view import pixel_tables


@pytest.mark.parametrize("world_size", [15, 25])
def test_tables_hold_every_array(world_size: int) -> None:
    content = table_bytes(world_size)
    length = int.from_bytes(content[:4], "little")
    tables = pixel_tables(world_size)
    for entry in json.loads(content[4 : 4 + length]):
        name, _, part = entry["name"].partition("/")
        array = getattr(tables, {"cells": "layer_cells"}.get(name, name))
        array = getattr(array, part) if part else array
        found = np.frombuffer(content, entry["kind"], entry["count"], entry["offset"])
        np.testing.assert_array_equal(found, array.ravel())
        assert entry["offset"] % 8 == 0


def test_worlds_without_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="no pixel tables for a world of 4 squares: use one of"):
        table_bytes(4)


@pytest.mark.parametrize("world_size", [15, 25])
def test_no_cell_is_painted_over_the_cheese(world_size: int) -> None:
    """`observe.js` relies on this: it blends the cheese into the frame after all walls."""
    tables = pixel_tables(world_size)
    for row, col in np.ndindex(world_size, world_size):
        opacity = tables.cheese.pixels[row, col, ..., 3]
        assert opacity.any()
        for i, j in np.argwhere(opacity):
            layers = tables.layer_cells[:, tables.cheese.top[row] + i, tables.cheese.left[col] + j]
            assert layers[-1] == row * world_size + col
