"""Measure several ways to do the same work, turn by turn, so that noise meets all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median


def seconds_per_call(
    ways: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float
) -> dict[str, float]:
    """Median seconds a call of each way, over rounds in which every way has its turn.

    Args:
        ways: what to call, by name. Each is called once first, unmeasured, to warm up.
        rounds: turns of each.
        seconds: how long a way is measured in all.
    """
    for call in ways.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, call in ways.items():
            calls = 0
            start = time.perf_counter()
            while True:
                call()
                calls += 1
                elapsed = time.perf_counter() - start
                if elapsed >= seconds / rounds:
                    break
            taken[name].append(elapsed / calls)
    return {name: median(times) for name, times in taken.items()}
