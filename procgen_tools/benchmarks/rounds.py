"""Measure several ways to do the same work, turn by turn, so that noise meets all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Cost:
    """What a call takes, each the median over rounds.

    Attributes:
        wall: seconds on the clock.
        cpu: seconds of processors, over all threads. Other work on the machine disturbs it less.
    """

    wall: float
    cpu: float


def costs_per_call(
    ways: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float
) -> dict[str, Cost]:
    """What a call of each way takes, over rounds in which every way has its turn.

    Args:
        ways: what to call, by name. Each is called once first, unmeasured, to warm up.
        rounds: turns of each.
        seconds: how long a way is measured in all.
    """
    for call in ways.values():
        call()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, call in ways.items():
            calls = 0
            start, cpu = time.perf_counter(), time.process_time()
            while True:
                call()
                calls += 1
                elapsed = time.perf_counter() - start
                if elapsed >= seconds / rounds:
                    break
            taken[name].append((elapsed / calls, (time.process_time() - cpu) / calls))
    return {
        name: Cost(*(median(each) for each in zip(*times, strict=True)))
        for name, times in taken.items()
    }


def seconds_per_call(
    ways: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float
) -> dict[str, float]:
    """Median seconds a call of each way on the clock; see `costs_per_call`."""
    costs = costs_per_call(ways, rounds=rounds, seconds=seconds)
    return {name: cost.wall for name, cost in costs.items()}
