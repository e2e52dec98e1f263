"""Mazes in files: JSON that people can read and edit, with one or many mazes per file.

Each maze is stored as its drawing (see `grid.draw`), top row first, and what a drawing cannot
show::

    {
      "format": "procgen-tools mazes",
      "version": 1,
      "mazes": [
        {
          "drawing": ["..C",
                      ".##",
                      "M.."],
          "world_size": 25,
          "background": 0,
          "mouse_mirrored": false,
          "mouse_on_cheese": false
        }
      ]
    }

Only the drawing is required. The defaults of the rest are those of `parse`. A `background` of null
is black.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from procgen_tools.files import write_text
from procgen_tools.worlds.maze.grid import DEFAULT_BACKGROUND, HARD_WORLD_SIZE, Maze, draw, parse

FORMAT = "procgen-tools mazes"
VERSION = 1

_TYPES: dict[str, tuple[type, ...]] = {
    "drawing": (list,),
    "world_size": (int,),
    "background": (int, type(None)),
    "mouse_mirrored": (bool,),
    "mouse_on_cheese": (bool,),
}


def save_mazes(path: str | os.PathLike[str], mazes: Maze | Iterable[Maze]) -> None:
    """Write one or many mazes to a file. An existing file is replaced atomically.

    Example:
        >>> save_mazes("mazes.json", parse("..C\\n.##\\nM.."))
        >>> print(load_mazes("mazes.json")[0])
        ..C
        .##
        M..
    """
    write_text(path, mazes_to_text(mazes))


def load_mazes(path: str | os.PathLike[str]) -> list[Maze]:
    """Read the mazes of a file that `save_mazes` wrote.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file is not a file of mazes, or a maze in it is invalid. The message names
            the file, the maze and the rule.

    Example:
        >>> levels = [parse("..C\\n.##\\nM.."), parse("C..\\n##.\\nM..", background=None)]
        >>> save_mazes("mazes.json", levels)
        >>> load_mazes("mazes.json") == levels
        True
    """
    try:
        return mazes_from_text(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: not a text file: {error}; give a file that save_mazes wrote"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def mazes_to_text(mazes: Maze | Iterable[Maze]) -> str:
    """The text of a file of mazes."""
    records = [_record(maze) for maze in ([mazes] if isinstance(mazes, Maze) else mazes)]
    blocks = ",\n".join(_block(record) for record in records)
    head = f'  "format": {json.dumps(FORMAT)},\n  "version": {VERSION},\n'
    return f'{{\n{head}  "mazes": [\n{blocks}\n  ]\n}}\n'


def mazes_from_text(text: str) -> list[Maze]:
    """The mazes in the text of a file: the inverse of `mazes_to_text`.

    Raises:
        ValueError: another kind of text, or an invalid maze. The message names the maze and the
            rule.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({error}): give a file that save_mazes wrote") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f'not a file of mazes: it must be an object with "format": "{FORMAT}"')
    if content.get("version") != VERSION:
        raise ValueError(
            f"version {content.get('version')!r} of the format is unknown: this package reads "
            f"version {VERSION}; use the package that wrote the file"
        )
    records = content.get("mazes")
    if not isinstance(records, list):
        raise ValueError(f'"mazes" is {records!r}: it must be a list of mazes')
    mazes = []
    for index, record in enumerate(records):
        try:
            mazes.append(_maze(record))
        except ValueError as error:
            raise ValueError(f"maze {index}: {error}") from None
    return mazes


def _record(maze: Maze) -> dict[str, object]:
    return {
        "drawing": draw(maze).splitlines(),
        "world_size": int(maze.world_size),
        "background": None if maze.background is None else int(maze.background),
        "mouse_mirrored": bool(maze.mouse_mirrored),
        "mouse_on_cheese": maze.mouse == maze.cheese,
    }


def _block(record: dict[str, object]) -> str:
    """A maze as JSON with one line per row of the drawing."""
    lines = []
    for name, value in record.items():
        if isinstance(value, list):
            separator = ",\n" + " " * len(f'      "{name}": [')
            text = f"[{separator.join(json.dumps(row) for row in value)}]"
        else:
            text = json.dumps(value)
        lines.append(f'      "{name}": {text}')
    return "    {\n" + ",\n".join(lines) + "\n    }"


def _maze(record: object) -> Maze:
    if not isinstance(record, dict):
        raise ValueError(f'it is {record!r}: write {{"drawing": [...]}}')
    for name, value in record.items():
        if name not in _TYPES:
            raise ValueError(f"unknown entry {name!r}: use only {', '.join(_TYPES)}")
        # A bool is an int in Python, but a background of `true` is a mistake.
        if not isinstance(value, _TYPES[name]) or (
            isinstance(value, bool) and bool not in _TYPES[name]
        ):
            wanted = " or ".join(kind.__name__ for kind in _TYPES[name])
            raise ValueError(f"{name!r} is {value!r}: it must be of type {wanted}")
    rows = record.get("drawing", [])
    if not rows or not all(isinstance(row, str) for row in rows):
        raise ValueError(f"'drawing' is {rows!r}: it must be a list of rows of '#', '.', 'M', 'C'")
    maze = parse(
        "\n".join(rows),
        world_size=record.get("world_size", HARD_WORLD_SIZE),
        background=record.get("background", DEFAULT_BACKGROUND),
    )
    if record.get("mouse_on_cheese", False):
        if maze.cheese is not None:
            raise ValueError("'mouse_on_cheese' is true and the drawing has a 'C': drop one")
        maze = replace(maze, cheese=maze.mouse)
    return replace(maze, mouse_mirrored=record.get("mouse_mirrored", False))
