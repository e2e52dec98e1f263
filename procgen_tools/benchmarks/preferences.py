"""The time of exact preferences between two objects, relative to the forward passes alone.

The work is that of the published evaluation: one agent and one pair of objects in 1,000 levels. The
time of a population follows from it, because agents and pairs share little but graphs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from procgen_tools.catalogue import agents
from procgen_tools.evaluation.duels import TEST_SEEDS
from procgen_tools.evaluation.preference_tables import preference_table
from procgen_tools.evaluation.preferences import (
    BATCHES,
    LevelSet,
    Preference,
    distinct,
    exact_preference,
)
from procgen_tools.models import load_policy
from procgen_tools.shown import brief
from procgen_tools.studies.base import Settings
from procgen_tools.studies.colour_or_shape.measure import members
from procgen_tools.studies.colour_or_shape.pairs import BLACK_PAIRS
from procgen_tools.vfield import observations_of
from procgen_tools.worlds.two_objects.levels import make_levels

AGENT = "black_same_data_seed_0"
WAYS = ((0.0, "float32"), (1e-3, "float32"), (1e-2, "bfloat16"), (2e-2, "bfloat16"))
"""Tolerance and precision. The first is the reference for errors.

The last tolerance is below what sampling 1,000 episodes leaves open, as the published evaluation
does: 0.03 for a preference of 0.5.
"""

POPULATION = (24, 15)
"""Agents and pairs of the study of colour or shape on black."""

IMITATORS = ("black_same_data", "black_own_data")
"""The populations of these agents."""


@dataclass(frozen=True)
class Speed:
    """The time of one preference.

    Attributes:
        tolerance: see `exact_preference`.
        precision: float32 or bfloat16.
        states: number of evaluated states, which is the number of forward passes.
        seconds: wall-clock time.
        passes: wall-clock time of as many forward passes alone, in the same precision.
        error: difference of the preference from that without tolerance, in float32.
    """

    tolerance: float | int
    precision: str
    states: int
    seconds: float
    passes: float
    error: float

    @property
    def ratio(self) -> float:
        """The time relative to the passes alone."""
        return self.seconds / self.passes

    @property
    def population(self) -> float:
        """Minutes for all agents and pairs of `POPULATION`."""
        return self.seconds * POPULATION[0] * POPULATION[1] / 60


def measure(seeds: Sequence[int] = TEST_SEEDS, rounds: int = 3) -> list[Speed]:
    """Time one preference in each way, the passes alone in the same rounds.

    Args:
        seeds: of the levels.
        rounds: number of measurements of each; the medians count.

    Returns:
        One speed for each of `WAYS`.
    """
    (path,) = (agent.path for agent in agents() if agent.name == AGENT)
    policy, levels = load_policy(path).eval(), distinct(make_levels(seeds, background="black"))
    found: dict[tuple[float, str], Preference] = {}
    taken: dict[tuple[float, str], list[float]] = {way: [] for way in WAYS}
    alone: dict[str, list[float]] = {precision: [] for _, precision in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            begin = time.perf_counter()
            found[way] = exact_preference(policy, levels, tolerance=way[0], precision=way[1])
            taken[way].append(time.perf_counter() - begin)
        for precision, seconds in alone.items():
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                seconds.append(_seconds_per_pass(policy, levels, BATCHES[precision]))
    exact = found[WAYS[0]].preference
    return [
        Speed(
            tolerance=way[0],
            precision=way[1],
            states=each.evaluated,
            seconds=float(np.median(taken[way])),
            passes=each.evaluated * float(np.median(alone[way[1]])),
            error=abs(each.preference - exact),
        )
        for way, each in found.items()
    ]


@torch.no_grad()
def _seconds_per_pass(policy: Any, levels: LevelSet, batch: int, batches: int = 20) -> float:
    """Wall-clock seconds of one forward pass, in the batches of `exact_preference`."""
    numbers = np.arange(batch) % len(levels.levels)
    observations = observations_of(policy, levels._frames(numbers, np.zeros_like(numbers)))
    policy.logits_and_value(observations)
    begin = time.perf_counter()
    for _ in range(batches):
        policy.logits_and_value(observations)
    return (time.perf_counter() - begin) / (batches * batch)


def report(speeds: Sequence[Speed]) -> str:
    """The speeds as a table."""
    number, pairs = POPULATION
    lines = [
        f"One agent, one pair of objects, 1,000 levels; {torch.get_num_threads()} threads.",
        "",
        f"{'tolerance':>9s}{'precision':>11s}{'states':>9s}{'time':>10s}{'of the passes':>15s}"
        f"{'error':>9s}{f'{number} agents x {pairs} pairs':>24s}",
    ]
    for speed in speeds:
        lines.append(
            f"{speed.tolerance:>9g}{speed.precision:>11s}{speed.states:>9,d}"
            f"{speed.seconds:>8.2f} s{speed.ratio:>13.2f} x{speed.error:>9.4f}"
            f"{speed.population:>20.1f} min"
        )
    return "\n".join(lines)


@dataclass(frozen=True)
class PopulationRun:
    """The exact preferences of `POPULATION`, measured whole.

    Attributes:
        agents, pairs: how many.
        tolerance, precision: see `exact_preference`.
        processes: how many agents were measured at once.
        seconds: wall-clock time, the loading of torch in each process included.
        bound: the largest bound of all preferences.
        errors: (agent pair,): differences from float32 with a tolerance of 0.001, for the pairs of
            the agents that were measured again so.
    """

    agents: int
    pairs: int
    tolerance: float | int
    precision: str
    processes: int
    seconds: float
    bound: float
    errors: Float[np.ndarray, " pair"]

    __repr__ = brief

    def report(self) -> str:
        """The run in a sentence."""
        return (
            f"{self.agents} agents x {self.pairs} pairs x 1,000 levels in {self.seconds / 60:.1f} "
            f"minutes by {self.processes} processes (tolerance {self.tolerance:g}, "
            f"{self.precision}); bound at most {self.bound:.4f}; difference from float32 with "
            f"tolerance 0.001 in {len(self.errors)} of them: mean {self.errors.mean():.4f}, "
            f"largest {self.errors.max():.4f}"
        )


def measure_population(
    *, processes: int = 2, seeds: Sequence[int] = TEST_SEEDS, count: int = POPULATION[0]
) -> PopulationRun:
    """Measure the agents and pairs of `POPULATION`, in the last of `WAYS`; minutes.

    Args:
        processes: how many agents are measured at once.
        seeds: of the levels.
        count: how many agents.
    """
    chosen = [each for each in members(Settings()) if each.population in IMITATORS][:count]
    levels = distinct(make_levels(seeds, background="black"))
    pairs = BLACK_PAIRS[: POPULATION[1]]
    tolerance, precision = WAYS[-1]
    loads = {member.name: member.load for member in chosen}
    with TemporaryDirectory() as folder:
        begin = time.perf_counter()
        table = preference_table(loads, levels, pairs, Path(folder) / "fast", processes=processes,
                                 tolerance=tolerance, precision=precision)  # fmt: skip
        seconds = time.perf_counter() - begin
        first = {chosen[0].name: loads[chosen[0].name]}
        exact = preference_table(first, levels, pairs, Path(folder) / "exact", tolerance=1e-3)
    own = table[table["agent"] == chosen[0].name]["preference"].to_numpy()
    return PopulationRun(
        len(chosen), len(pairs), tolerance, precision, processes, seconds,
        float(table["bound"].max()), np.abs(own - exact["preference"].to_numpy()),
    )  # fmt: skip
