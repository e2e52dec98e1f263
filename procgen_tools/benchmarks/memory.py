"""The peak memory of a computation, measured in a separate process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
"""What Linux tells about a process. Unlike `getrusage`, it begins anew with a new program."""


def peak_memory(call: Callable[..., object], *arguments: Any) -> float:
    """The peak memory in gigabytes of a new process that makes the call.

    Only Linux tells the peak of a process alone. Elsewhere the result may be the peak of this
    process, if that is higher: measure memory before anything else.

    Args:
        call: a function of a module, so that the other process can import it.
        arguments: its arguments, which are plain values.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, call, arguments).result()


def _measured(call: Callable[..., object], arguments: tuple[Any, ...]) -> float:
    import resource

    call(*arguments)
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1e6  # kilobytes
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1e9 if sys.platform == "darwin" else 1e6)  # kilobytes but on macOS
