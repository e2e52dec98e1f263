"""Locks that end with the process that holds them, so that no run is trained twice at once."""

from __future__ import annotations

import contextlib
import os
import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECK_SECONDS = 0.5
"""Seconds between two attempts to take a lock."""


class InUseError(BlockingIOError):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a file inside a `with` block. The file is removed at the end.

    The operating system releases the lock when the process ends for any reason, so a file left by a
    killed process locks nothing. The file names the process that made it. On disks shared between
    machines, the lock works if the disk supports locks.

    Args:
        path: the lock file, used for nothing else. Missing folders are made.
        what: what is locked, in words, for messages.
        wait: wait until the lock is free instead of failing.

    Raises:
        InUseError: another process holds the lock, and `wait` is not set.
        OSError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while (descriptor := _try(path, what)) is None:
            if not wait:
                raise InUseError(_message(path, what))
            time.sleep(CHECK_SECONDS)
    except InUseError:
        raise
    except OSError as error:
        raise OSError(f"{what} cannot be written ({error}): choose another place") from error
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _try(path: Path, what: str) -> int | None:
    """The locked file, open; None if another process holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        try:
            held = _lock(descriptor, what)
            # The previous holder may have removed the file after it was opened here.
            with contextlib.suppress(FileNotFoundError):
                if held and os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not held:
            return None


def _lock(descriptor: int, what: str) -> bool:
    try:
        import fcntl
    except ModuleNotFoundError:
        warnings.warn(f"{what} is not locked: this system has no fcntl", stacklevel=5)
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # some shared disks have no locks
        warnings.warn(f"{what} is not locked: {error}", stacklevel=5)
    return True


def _message(path: Path, what: str) -> str:
    try:
        holder = path.read_text(encoding="utf-8", errors="replace").strip()[:200]
    except OSError:
        holder = ""
    return (
        f"{what} is in use by process {holder or '(unknown)'}: wait until it has ended or stop it, "
        "or choose another place"
    )
