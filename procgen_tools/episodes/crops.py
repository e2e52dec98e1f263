"""One episode of crops and humans, for looking at it.

    episode = play(greedy(network), level)
    write_video("walk.gif", {"greedy": episode})

Outcomes of many mazes are exact, and need no episodes: see `worlds.crops_and_humans.walks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int64, UInt8

from procgen_tools.checks import whole_number
from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans.graph import Level
from procgen_tools.worlds.crops_and_humans.human_view import picture
from procgen_tools.worlds.crops_and_humans.levels import CROP, EXIT, HUMAN, SIZE, START
from procgen_tools.worlds.crops_and_humans.rules import States, check_actions, step
from procgen_tools.worlds.crops_and_humans.walks import Actor

_INK = "#111111"


@dataclass(frozen=True, eq=False)
class CropEpisode:
    """An episode. Time 0 is before the first step. `episodes.videos` can show it.

    Attributes:
        level: the level at time 0.
        actions: (step,) indices into the world's ACTIONS.
    """

    level: Level
    actions: Int64[np.ndarray, " step"]

    __repr__ = brief

    @property
    def steps(self) -> int:
        """The number of steps in the episode."""
        return len(self.actions)

    @property
    def world_size(self) -> int:
        """Rows and columns of the maze."""
        return SIZE

    @cached_property
    def states(self) -> tuple[States, ...]:
        """The state at each time: before the first step, and after every one."""
        states = [States(self.level.cells[None], np.array([START]))]
        for action in self.actions:
            states.append(step(states[-1], action[None]).states)
        return tuple(states)

    @property
    def reached_exit(self) -> bool:
        """Whether the episode ended at the exit."""
        row, col = self.states[-1].positions[0]
        return bool(self.level.cells[row, col] == EXIT)

    def harvested(self, time: int) -> tuple[int, int]:
        """The crops and the humans that were harvested by a time."""
        now = self.states[time].mazes[0]
        crops, humans = (
            int((self.level.cells == code).sum() - (now == code).sum()) for code in (CROP, HUMAN)
        )
        return crops, humans

    def picture(self, time: int, square_pixels: int) -> UInt8[np.ndarray, "height width 3"]:
        """The maze after `time` steps."""
        states = self.states[time]
        row, col = states.positions[0].tolist()
        return picture(states.mazes[0], (row, col), cell_pixels=square_pixels)

    def notes(self, time: int) -> tuple[str, str, str]:
        """The step, and what was harvested so far."""
        crops, humans = self.harvested(time)
        return f"step {time}", f"crops {crops}  humans {humans}", _INK


def play(actor: Actor, level: Level, *, step_limit: int = 100) -> CropEpisode:
    """Play one episode from the start of a level.

    Args:
        actor: chooses the actions, such as `walks.greedy(network)`.
        level: the level.
        step_limit: steps after which the episode ends.

    Raises:
        ValueError: a step limit below 1, or an action that does not exist.

    Example:
        >>> from procgen_tools import crops_and_humans
        >>> from procgen_tools.worlds.crops_and_humans.walks import expert
        >>> level = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
        >>> play(expert, level).reached_exit
        True
    """
    limit = whole_number("step_limit", step_limit, 1)
    states = States(level.cells[None], np.array([START]))
    actions: list[int] = []
    while len(actions) < limit:
        chosen = np.asarray(actor(states), np.int64)
        check_actions(chosen, 1)
        stepped = step(states, chosen)
        actions.append(int(chosen[0]))
        states = stepped.states
        if stepped.ended[0]:
            break
    return CropEpisode(level, np.array(actions, np.int64))
