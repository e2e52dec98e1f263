"""Safe reading and writing of files: a file is written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

LONGEST_NAME = 255 - len("..0123456789abcdef.tmp")
"""Bytes of the name of a file. Systems allow 255, and the name of its temporary file is longer."""


@contextmanager
def unfinished(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path that replaces `path` when the `with` ends without an error.

    Missing folders are created. After an error, an existing file is unchanged, and the temporary
    file is deleted. When the `with` has ended, the file and its name are on the disk, even if the
    power fails afterwards. Only a killed process leaves its temporary file, `.<name>.<16 hex
    digits>.tmp`, in the same folder. Nothing reads this file.

    Args:
        path: the file to write or to replace.

    Raises:
        OSError: the folder cannot be created or written to.

    Example:
        >>> with unfinished("scores.txt") as temporary:
        ...     _ = temporary.write_text("0.5")
        ...     Path("scores.txt").exists()
        False
        >>> Path("scores.txt").read_text()
        '0.5'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    # Created exclusively, so that an existing file or link of this name is not followed.
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
    """The bytes of a regular file, read at once, so that they cannot change between two reads.

    Args:
        path: the file.
        limit: the largest number of bytes to read.

    Raises:
        ValueError: not a regular file (a pipe or a device could block or never end), or more than
            `limit` bytes.
        OSError: the file cannot be opened.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    # Without O_NONBLOCK, opening a pipe would wait for its other end.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path} is a pipe or a device: copy its content to a file")
        if status.st_size > limit:
            raise ValueError(
                f"{path} has {status.st_size:,} bytes, more than the limit of {limit:,}: check "
                "that it is the right file"
            )
        return file.read(limit)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check that a file can be written, before the work that fills it. Creates nothing.

    Raises:
        ValueError: `path` is a folder, its name is too long, or its folder cannot be created or
            written to.
    """
    path = Path(path)
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise ValueError(
            f"the name {path.name:.40}... has {len(os.fsencode(path.name))} bytes: give one of at "
            f"most {LONGEST_NAME}"
        )
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    folder = next(each for each in path.absolute().parents if each.exists())
    try:
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be written, because {folder} is {_what_is_wrong(folder)}: name a file "
            "in a folder that you may write to"
        ) from error


def _what_is_wrong(folder: Path) -> str:
    return "read-only" if folder.is_dir() else "not a folder"


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a string in UTF-8, whole or not at all; see `unfinished`."""
    with unfinished(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_between(path: str | os.PathLike[str], *sections: tuple[tuple[str, str], str]) -> None:
    """Replace what a text file has between pairs of marks, whole or not at all.

    Args:
        path: the file, in UTF-8.
        sections: the marks before and after a section, and its new text.

    Raises:
        ValueError: the file lacks a mark. Nothing is written.
    """
    text = Path(path).read_text(encoding="utf-8")
    for (begin, end), new in sections:
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(
                f"{path} has no place for the section: add {begin.strip()} and {end.strip()}"
            )
        text = before + begin + new + end + after
    write_text(path, text)
