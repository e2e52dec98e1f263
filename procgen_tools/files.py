"""Files: written whole or not at all (under another name first, then renamed), read with care."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile


@contextmanager
def unfinished(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Where to write a file before it takes its place, which it does when the `with` ends well.

    Missing folders are made. After an error, an older file is still there, and no other is. The
    new file and its name are on the disk when the `with` has ended, even if the power then fails.
    Only a process that is killed leaves its unfinished file: `.<name>.<16 hex digits>.tmp`,
    beside the file that it was to become. Nothing reads such a file.

    Args:
        path: the file to write or to replace.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    # Made here and exclusively: a file or a link that has this name already is not followed.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_bounded(path: str | os.PathLike[str], limit: int) -> bytes:
    """The bytes of a regular file, read at once so that they cannot change between two looks.

    Args:
        path: the file.
        limit: the most bytes to read.

    Raises:
        ValueError: not a regular file (a pipe or a device would block or never end), or more
            than `limit` bytes.
        OSError: the file cannot be opened.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    # Without O_NONBLOCK, opening a pipe waits for its other end.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path} is a pipe or a device: copy its content to a file")
        if status.st_size > limit:
            raise ValueError(
                f"{path} has {status.st_size:,} bytes, and at most {limit:,} are read: is it the "
                "right file?"
            )
        return file.read(limit)


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
