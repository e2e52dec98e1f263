"""Memory that is freed stays with the process, ready for the next step.

Activations of a training step are tens of megabytes each. glibc gives such blocks back to the
system when they are freed, and the next step waits while the system hands them out again, page by
page, filled with zeros. To keep them changes no number that is computed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4
"""Parameters of glibc's mallopt, with their numbers in malloc.h."""

KEEP = {MMAP_MAX: 0, TRIM_THRESHOLD: 2**31 - 1}
USUAL = {MMAP_MAX: 65_536, MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**26}
"""What glibc comes to by itself in a process that has freed large blocks."""


def set_malloc(options: dict[int, int]) -> bool:
    """Set parameters of glibc's malloc; False where there is another one, which is left as it is.

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
    """Keep what is freed inside a `with` block; afterwards, malloc does as usual."""
    set_malloc(KEEP)
    try:
        yield
    finally:
        set_malloc(USUAL)
