"""The tables from which `observe.js` draws the agent's view, as the bytes of one file."""

from __future__ import annotations

import json

import numpy as np

from procgen_tools.worlds.maze.agent_view import pixel_tables

_ALIGNED = 8


def table_bytes(world_size: int) -> bytes:
    """The pixel tables of a world, for `readTables` in `observe.js`.

    The file begins with the length of a header in four bytes (little-endian). The header is JSON,
    one entry per array with its name, kind ("int16" or "uint8"), offset in bytes and number of
    elements. The arrays follow.

    Args:
        world_size: side of the outer grid in squares.

    Raises:
        ValueError: there are no tables for this size.

    Example:
        >>> content = table_bytes(25)
        >>> length = int.from_bytes(content[:4], "little")
        >>> [entry["name"] for entry in json.loads(content[4 : 4 + length])][:3]
        ['cells', 'textures', 'backgrounds']
    """
    tables = pixel_tables(world_size)
    arrays = {
        "cells": tables.layer_cells,
        "textures": tables.textures,
        "backgrounds": tables.backgrounds,
    }
    for name in ("cheese", "mouse", "mirrored_mouse"):
        sprite = getattr(tables, name)
        for part in ("top", "left", "pixels"):
            arrays[f"{name}/{part}"] = getattr(sprite, part)
    # The header has room for its largest numbers, so that it does not move what it describes.
    room = _padded(4 + len(_header(arrays, 10**9)))
    header = _header(arrays, room)
    parts = [len(header).to_bytes(4, "little"), header, bytes(room - 4 - len(header))]
    for array in arrays.values():
        content = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        parts += [content, bytes(_padded(len(content)) - len(content))]
    return b"".join(parts)


def _header(arrays: dict[str, np.ndarray], start: int) -> bytes:
    entries = []
    for name, array in arrays.items():
        entries.append(
            {"name": name, "kind": array.dtype.name, "offset": start, "count": array.size}
        )
        start += _padded(array.nbytes)
    return json.dumps(entries).encode()


def _padded(length: int) -> int:
    return -(-length // _ALIGNED) * _ALIGNED
