"""Levels by name in a folder: mazes as `maze.save_mazes` writes them, other worlds as scenes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from procgen_tools.files import write_text
from procgen_tools.names import did_you_mean
from procgen_tools.web.scenes import AnyLevel, level_of, scene_of
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.storage import load_mazes, mazes_to_text

FORMAT = "procgen-tools scene"
_NAME = re.compile(r"[\w][\w .+-]{0,99}")


def text_of(level: AnyLevel) -> str:
    """The content of a file of a level, as `Folder` saves and loads it.

    Raises:
        TypeError: not a level.

    Example:
        >>> from procgen_tools import maze
        >>> text_of(maze.make_level(0)).split()[:3]
        ['{', '"format":', '"procgen-tools']
    """
    if isinstance(level, Maze):
        return mazes_to_text(level)
    scene = scene_of(level)
    kept = {each: scene[each] for each in ("world", "walls", "things", "settings")}
    return json.dumps({"format": FORMAT, "version": 1, **kept}, indent=1) + "\n"


@dataclass(frozen=True)
class Folder:
    """A folder of levels. It is created when the first level is saved.

    Attributes:
        path: the folder.

    Example:
        >>> from procgen_tools import maze
        >>> folder = Folder(Path("levels"))
        >>> folder.save("first", maze.make_level(0))
        >>> folder.names(), folder.load("first") == maze.make_level(0)
        (['first'], True)
    """

    path: Path

    def names(self) -> list[str]:
        """The names of the saved levels, sorted."""
        return sorted(file.stem for file in self.path.glob("*.json"))

    def save(self, name: str, level: AnyLevel) -> None:
        """Save a level. A level of the same name is replaced.

        Raises:
            ValueError: a name with other characters than letters, digits, spaces and `_ . + -`.
            OSError: the folder cannot be written to.
        """
        write_text(self._path(name), text_of(level))

    def load(self, name: str) -> AnyLevel:
        """Load a level; of a file with several mazes, the first.

        Raises:
            ValueError: no level of this name, or a file that contains none.
        """
        path = self._path(name)
        if not path.is_file():
            names = self.names()
            known = f"choose one of {', '.join(names)}" if names else "save one first"
            raise ValueError(f"there is no level {name!r}: {known}{did_you_mean(name, names)}")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(content, dict) and content.get("format") == FORMAT:
                return level_of(content)
            mazes = load_mazes(path)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None
        if not mazes:
            raise ValueError(f"{path.name} has no mazes: choose another file")
        return mazes[0]

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is no name for a level: use letters, digits, spaces and . + - _"
            )
        return self.path / f"{name}.json"
