"""One sampled episode in any level on squares, from the field of a policy, for looking at it.

    walk = sample_walk(policy, two_objects.make_level(100_000), seed=0)
    write_video("duel.gif", {"seed 0": walk})

Many episodes in mazes are played by `rollouts.play`, in their environment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt8

from procgen_tools.checks import whole_number
from procgen_tools.shown import summary
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.grid import GridLevel, Square
from procgen_tools.worlds.maze.human_view import human_view

_REACHED, _NOT = "#00795a", "#b34700"


@dataclass(frozen=True, eq=False)
class Walk:
    """An episode. Time 0 is before the first step. `episodes.videos` can show it.

    Attributes:
        level: the level at time 0.
        squares: (time, row_col): the mouse's inner square.
        mouse_mirrored: (time,): whether the mouse is drawn facing right.
        reached: the goal that ended the episode, or None at the step limit.
    """

    level: GridLevel
    squares: Int[np.ndarray, "time 2"]
    mouse_mirrored: Bool[np.ndarray, " time"]
    reached: str | None

    def __repr__(self) -> str:
        return summary(self, self.level.caption(), f"{self.steps} steps", f"{self.reached} reached")

    @property
    def steps(self) -> int:
        """The number of steps in the episode."""
        return len(self.squares) - 1

    @property
    def world_size(self) -> int:
        """Side of the world in squares."""
        return self.level.world_size

    def level_at(self, time: int) -> GridLevel:
        """The level at a time in 0..steps; at the end the mouse is on the goal.

        Raises:
            ValueError: a time outside the episode.
        """
        if not 0 <= time <= self.steps:
            raise ValueError(f"time {time} is not in this episode: choose one of 0..{self.steps}")
        mouse, mirrored = Square(*self.squares[time].tolist()), bool(self.mouse_mirrored[time])
        level: GridLevel = replace(self.level, mouse=mouse, mouse_mirrored=mirrored)  # type: ignore[type-var]
        return level

    def picture(self, time: int, square_pixels: int) -> UInt8[np.ndarray, "height width 3"]:
        """The level after `time` steps."""
        return human_view(self.level_at(time), square_pixels=square_pixels, whole_world=True)

    def notes(self, time: int) -> tuple[str, str, str]:
        """The number of the step, the goal that was reached, and its colour."""
        ended = time == self.steps
        goal = (self.reached or "step limit").replace("_", " ") if ended else ""
        return f"step {time}", goal, _REACHED if self.reached else _NOT


def sample_walk(
    policy: Any, level: GridLevel, *, seed: int = 0, step_limit: int | None = None
) -> Walk:
    """Sample an episode from the moves of a policy without memory.

    Args:
        policy: see `vfield.vector_field`.
        level: the level; the episode begins at the square of its mouse.
        seed: seed of the sampling.
        step_limit: steps after which the episode ends; defaults to the world's.

    Raises:
        ValueError: a step limit below 1; see also `vfield.vector_field`.

    Example:
        >>> from procgen_tools import two_objects
        >>> from procgen_tools.models import ImpalaPolicy
        >>> sample_walk(ImpalaPolicy(), two_objects.make_level(0), step_limit=5).squares[0].tolist()
        [0, 0]
    """
    limit = level.step_limit if step_limit is None else whole_number("step_limit", step_limit, 1)
    field = vector_field(level, policy)
    graph, squares = field.graph(), field.squares
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    states = [graph.start]
    while len(states) <= limit and not graph.ends[states[-1]]:
        moves = field.by_state[states[-1]]
        chosen = int((rng.random() * moves.sum() >= moves.cumsum()).sum())
        states.append(int(graph.leads_to[states[-1], chosen]))
    last = states[-1]
    reached = next((name for name in level.ending_goals if graph.goals[name][last]), None)
    return Walk(
        level,
        np.array([squares[state % len(squares)] for state in states], np.int64),
        np.array([level.mouse_mirrored ^ (state >= len(squares)) for state in states]),
        reached,
    )
