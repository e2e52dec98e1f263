"""Keep freed memory in the process, ready for the next step.

The activations of a training step take tens of megabytes each. glibc returns such blocks to the
system when they are freed, and the next step waits while the system maps them again, page by page
and filled with zeros. Keeping them changes no result.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4
"""Parameters of glibc's mallopt, with their numbers in malloc.h."""

KEEP = {MMAP_MAX: 0, TRIM_THRESHOLD: 2**31 - 1}
USUAL = {MMAP_MAX: 65_536, MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**26}
"""The values that glibc reaches by itself in a process that has freed large blocks."""


def set_malloc(options: dict[int, int]) -> bool:
    """Set parameters of glibc's malloc. False for another malloc, which is left unchanged.

    Args:
        options: values by parameter, such as KEEP.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return False
    done = [mallopt(parameter, value) for parameter, value in options.items()]
    return all(done)


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Keep freed memory inside a `with` block, and restore the usual behaviour afterwards."""
    set_malloc(KEEP)
    try:
        yield
    finally:
        set_malloc(USUAL)
