"""The peak memory of a computation, measured in a separate process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any


def peak_memory(call: Callable[..., object], *arguments: Any) -> float:
    """The peak memory in gigabytes of a new process that makes the call.

    The result is never below the peak of this process so far, which the child inherits. Measure
    memory before anything else.

    Args:
        call: a function of a module, so that the other process can import it.
        arguments: its arguments, which are plain values.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, call, arguments).result()


def _measured(call: Callable[..., object], arguments: tuple[Any, ...]) -> float:
    import resource

    call(*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1e9 if sys.platform == "darwin" else 1e6)  # kilobytes but on macOS
