"""The time of measuring an effect in a maze, relative to its forward passes alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from procgen_tools.benchmarks.fields import LEVELS, spread_policy
from procgen_tools.benchmarks.rounds import seconds_per_call
from procgen_tools.effects import measure as measure_effect
from procgen_tools.effects import measure_each
from procgen_tools.interventions import Add, cheese_vector
from procgen_tools.vfield import fast_batch, square_observations
from procgen_tools.worlds.maze.levels import make_level

LAYER = "embedder.block2.res1.resadd_out"
ONE = "one effect"
TEN = "ten coefficients"
LIMIT = "two passes of all squares, both facings"


@dataclass(frozen=True)
class EffectSpeed:
    """Seconds for one maze, by method."""

    maze_size: int
    squares: int
    seconds: dict[str, float]

    @property
    def one(self) -> float:
        """The time of one effect, as a multiple of the two forward passes that it requires."""
        return self.seconds[ONE] / self.seconds[LIMIT]

    @property
    def ten(self) -> float:
        """The time of ten effects, as a multiple of eleven passes."""
        return self.seconds[TEN] / (11 / 2 * self.seconds[LIMIT])


def measure(
    levels: Sequence[int] = LEVELS, scale: int = 1, seconds: float = 4.0, rounds: int = 4
) -> list[EffectSpeed]:
    """Time the methods side by side. The forward passes start from existing observations."""
    return [_measure(level, scale, seconds, rounds) for level in levels]


def _measure(level: int, scale: int, seconds: float, rounds: int) -> EffectSpeed:
    maze = make_level(level)
    policy = spread_policy(maze, scale)
    edit = Add(cheese_vector(policy, maze, LAYER), -1.0)
    edits = [replace(edit, coefficient=-0.2 * (number + 1)) for number in range(10)]
    facings = [
        square_observations(policy, replace(maze, mouse_mirrored=mirrored))
        for mirrored in (False, True)
    ]

    @torch.no_grad()
    def two_passes() -> None:
        for observations in facings * 2:
            for batch in observations.split(fast_batch(observations)):
                policy.logits_and_value(batch)

    ways: dict[str, Callable[[], object]] = {
        ONE: lambda: measure_effect(policy, maze, edit),
        TEN: lambda: list(measure_each(policy, maze, edits)),
        LIMIT: two_passes,
    }
    taken = seconds_per_call(ways, rounds=rounds, seconds=seconds)
    return EffectSpeed(maze.size, len(maze.open_squares()), taken)


def report(speeds: Sequence[EffectSpeed], scale: int) -> str:
    """The times and ratios as text."""
    lines = [
        f"effects of an edit of {LAYER}, scale {scale}, {torch.get_num_threads()} threads: "
        "fields before and after, with both facings, decision, chances",
        "",
        f"{'maze':>9s}{'squares':>9s}{'two passes':>13s}{'one effect':>13s}{'of passes':>11s}"
        f"{'ten effects':>14s}{'of 11 passes':>14s}",
    ]
    for speed in speeds:
        milliseconds = {name: 1000 * taken for name, taken in speed.seconds.items()}
        lines.append(
            f"{speed.maze_size:>5d} x {speed.maze_size:<2d}{speed.squares:>8d}"
            f"{milliseconds[LIMIT]:>10.1f} ms{milliseconds[ONE]:>10.1f} ms{speed.one:>9.2f} x"
            f"{milliseconds[TEN]:>11.1f} ms{speed.ten:>12.2f} x"
        )
    return "\n".join(lines)
