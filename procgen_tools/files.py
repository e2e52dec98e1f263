"""Files: written whole or not at all (under another name first, then renamed), and found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile


@contextmanager
def unfinished(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Where to write a file before it takes its place, which it does when the `with` ends well.

    Missing folders are made. After an error, an older file is still there, and no other is.

    Args:
        path: the file to write or to replace.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Make sure that a file can be written here, before the work that fills it. Makes nothing.

    Raises:
        ValueError: a folder has this name, or its own folder cannot be made or written to.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    folder = next(each for each in path.absolute().parents if each.exists())
    try:
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be written, as {folder} is {_what_is_wrong(folder)}: name a file in a "
            "folder that you may write to"
        ) from error


def _what_is_wrong(folder: Path) -> str:
    return "read-only" if folder.is_dir() else "not a folder"


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text in UTF-8; see `unfinished`."""
    with unfinished(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def in_checkout(path: str | os.PathLike[str]) -> Path | None:
    """A file or folder of the project, from the current folder or from beside the package.

    Args:
        path: from the root of a checkout on.

    Returns:
        Where it is; None if it is in neither.
    """
    places = (root / path for root in (Path.cwd(), Path(__file__).parents[1]))
    return next((place for place in places if place.exists()), None)
