"""Uploads: files of mazes and checkpoints. Nothing else is read, and nothing is ever executed.

An upload has no name here. It is written to a new file of a private folder, read with the loaders
of the package, and deleted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from procgen_tools.models.checkpoints import load_cnn_lstm, load_policy, load_q_network
from procgen_tools.web.scenes import AnyLevel
from procgen_tools.web.stored import Folder

Loaded = TypeVar("Loaded")

LOADERS: dict[str, Callable[[Path], Any]] = {
    "maze": load_policy,
    "two_objects": load_policy,
    "crops_and_humans": load_q_network,
    "keys_and_chests": load_cnn_lstm,
}
"""What loads the agents of each world."""


def level_from(content: bytes) -> AnyLevel:
    """The level of an uploaded file; of a file with several mazes, the first.

    Args:
        content: a file that `maze.save_mazes` or the editor of a notebook wrote.

    Raises:
        ValueError: a file without a level. The message says what is wrong with it.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.worlds.maze.storage import mazes_to_text
        >>> level_from(mazes_to_text(maze.make_level(3)).encode()) == maze.make_level(3)
        True
    """

    try:
        json.loads(content)
    except (RecursionError, ValueError) as error:
        raise ValueError(
            f"the file is not JSON ({str(error)[:100]}): give a file that maze.save_mazes wrote"
        ) from None
    return _read(content, lambda path: Folder(path.parent).load(path.stem))


def policy_from(content: bytes, world: str) -> Any:
    """The agent of an uploaded checkpoint.

    Args:
        content: a `.pth` file of an agent of this world.
        world: a name in LOADERS.

    Raises:
        ValueError: not a checkpoint that can be read safely, or one of another architecture.

    Example:
        >>> policy_from(b"import os", "maze")
        Traceback (most recent call last):
        ValueError: the file is not a checkpoint that can be read safely: ...
    """
    return _read(content, LOADERS[world])


def _read(content: bytes, load: Callable[[Path], Loaded]) -> Loaded:
    """What a loader makes of a file with this content. Its messages do not tell the path."""
    with TemporaryDirectory(prefix="procgen-tools-") as folder:
        path = Path(folder) / f"{secrets.token_hex(8)}.json"
        path.write_bytes(content)
        try:
            return load(path)
        except ValueError as error:
            text = str(error).replace(str(path), "the file").replace(path.name, "the file")
            raise ValueError(text) from None
