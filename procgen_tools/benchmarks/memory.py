"""The most memory that a computation takes, measured in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any


def peak_memory(call: Callable[..., object], *arguments: Any) -> float:
    """Gigabytes of a new process that makes the call.

    Never less than this process has used so far, which the system hands down: measure memory
    before all else.

    Args:
        call: a function of a module, so that the other process can find it.
        arguments: what it is called with: plain values.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, call, arguments).result()


def _measured(call: Callable[..., object], arguments: tuple[Any, ...]) -> float:
    import resource

    call(*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1e9 if sys.platform == "darwin" else 1e6)  # kilobytes but on macOS
