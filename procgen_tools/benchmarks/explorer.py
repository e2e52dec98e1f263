"""The time from an edit in the field explorer to its complete answer, and the network's share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import torch

from procgen_tools.benchmarks.fields import spread_policy
from procgen_tools.web.scenes import scene_of
from procgen_tools.widgets.field_explorer import FieldExplorer
from procgen_tools.worlds.maze.edit import move_cheese
from procgen_tools.worlds.maze.levels import LevelRule, make_level

SIZES = (5, 13, 25)


@dataclass(frozen=True)
class ExplorerSpeed:
    """Medians over edits of one maze.

    Attributes:
        maze_size: side of the maze in squares.
        squares: number of open squares.
        answer: seconds from the browser's message to the last answer, with field and chances.
        network: seconds of forward passes among them.
        cpu: processor seconds of all threads, which other work on the machine disturbs less.
    """

    maze_size: int
    squares: int
    answer: float
    network: float
    cpu: float

    @property
    def network_share(self) -> float:
        """The share of the network in the time to the answer."""
        return self.network / self.answer


def measure(sizes: Sequence[int] = SIZES, scale: int = 1, edits: int = 20) -> list[ExplorerSpeed]:
    """Move the cheese as a drag in the browser does, one square at a time, and wait for answers."""
    return [_measure(size, scale, edits) for size in sizes]


def _measure(size: int, scale: int, edits: int) -> ExplorerSpeed:
    maze = make_level(0, LevelRule(maze_size=size))
    explorer = FieldExplorer(maze, spread_policy(maze, scale))
    explorer.wait()
    squares = [square for square in maze.open_squares() if square not in (maze.mouse, maze.cheese)]
    taken = []
    for number in range(edits + 1):
        scene = scene_of(move_cheese(maze, squares[number % len(squares)]))
        began, cpu = time.perf_counter(), time.process_time()
        # The message that the browser sends.
        explorer._handle_custom_msg({"type": "propose", "by": str(number), "scene": scene}, [])
        network = explorer.wait().timing.network
        taken.append((time.perf_counter() - began, network, time.process_time() - cpu))
    medians = (median(each) for each in zip(*taken[1:], strict=True))  # the first one warms up
    return ExplorerSpeed(size, len(squares) + 2, *medians)


def report(speeds: Sequence[ExplorerSpeed], scale: int) -> str:
    """The times and shares as text."""
    lines = [
        f"the field explorer, scale {scale}, {torch.get_num_threads()} threads: from an edit to "
        "the field with both facings and the exact chances",
        "",
        f"{'maze':>9s}{'squares':>9s}{'answer':>13s}{'network':>13s}{'share':>8s}{'processor':>13s}",
    ]
    for speed in speeds:
        lines.append(
            f"{speed.maze_size:>5d} x {speed.maze_size:<2d}{speed.squares:>8d}"
            f"{1000 * speed.answer:>10.1f} ms{1000 * speed.network:>10.1f} ms"
            f"{speed.network_share:>8.0%}{1000 * speed.cpu:>10.1f} ms"
        )
    return "\n".join(lines)
