"""Measure several methods for the same work in alternation, so that noise affects all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Cost:
    """The cost of a call: medians over rounds.

    Attributes:
        wall: seconds of wall-clock time.
        cpu: seconds of processor time over all threads, which other work on the machine disturbs
            less.
    """

    wall: float
    cpu: float


def costs_per_call(
    ways: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float
) -> dict[str, Cost]:
    """The cost of a call of each method, over rounds in which every method has a turn.

    Args:
        ways: the functions to call, by name. Each is first called once, unmeasured, to warm up.
        rounds: number of turns of each method.
        seconds: total time of measurement per method.

    Example:
        >>> ways = {"few": lambda: sum(range(10)), "many": lambda: sum(range(100_000))}
        >>> costs = costs_per_call(ways, rounds=3, seconds=0.02)
        >>> costs["few"].wall < costs["many"].wall
        True
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
    """The median wall-clock seconds of a call of each method; see `costs_per_call`."""
    costs = costs_per_call(ways, rounds=rounds, seconds=seconds)
    return {name: cost.wall for name, cost in costs.items()}
