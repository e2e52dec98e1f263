"""Sampled episodes, one per maze, with everything that happened in them.

    rollouts = play(policy, mazes, seed=0)
    rollouts.found.mean(), rollouts[0].squares
    write_records("steps.parquet", steps_table(rollouts, agent="trained"))

To play an edited policy, keep the edit active around `play`:

    with hooks.patched(policy, {layer: lambda activation: activation - vector}):
        edited = play(policy, mazes, seed=0)

The maze and the actions determine everything else, so frames are not stored. They are redrawn
exactly when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, SupportsIndex

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Int64, UInt8
from tqdm import tqdm

from procgen_tools.checks import whole_number
from procgen_tools.episodes.answers import Answers, MemoryPolicy, PlainPolicy, Recollections
from procgen_tools.models.interface import need
from procgen_tools.shown import brief
from procgen_tools.worlds.maze.actions import MOVE_OF_ACTION, STAY_ACTION
from procgen_tools.worlds.maze.agent_view import background_code, draw_levels, draw_mice
from procgen_tools.worlds.maze.grid import (
    CORNER_REGION,
    EPISODE_STEPS,
    MOVE_STEPS,
    MOVES,
    Maze,
    Square,
    turned,
)
from procgen_tools.worlds.maze.human_view import human_view
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD
from procgen_tools.worlds.maze.venv import venv_from_mazes

NO_ACTION = 255
"""Fills `Rollouts.actions` after the end of an episode; it is not a valid action."""


@dataclass(frozen=True, eq=False)
class Rollout:
    """One episode. Time 0 is before the first step; the last time is the end of the episode.

    Attributes:
        maze: the maze at time 0.
        squares: (time, row_col) the mouse's inner square, from the start to the end.
        mouse_mirrored: (time,) whether the mouse is drawn facing right.
        actions: (step,) procgen's actions, 0..14. Step i leads from time i to time i + 1.
        found: whether the last step reached the cheese.
    """

    maze: Maze
    squares: Int64[np.ndarray, "time 2"]
    mouse_mirrored: Bool[np.ndarray, " time"]
    actions: UInt8[np.ndarray, " step"]
    found: bool

    __repr__ = brief

    @property
    def steps(self) -> int:
        """The number of steps in the episode."""
        return len(self.actions)

    @property
    def rewards(self) -> Float[np.ndarray, " step"]:
        """(step,) 10 for the step that reaches the cheese, 0 for all others."""
        rewards = np.zeros(self.steps)
        rewards[-1] = CHEESE_REWARD * self.found
        return rewards

    @property
    def episode_return(self) -> float:
        """The undiscounted return: 10 if the cheese was reached, 0 otherwise."""
        return float(CHEESE_REWARD * self.found)

    def maze_at(self, time: int) -> Maze:
        """The maze at a time in 0..steps. If the cheese was reached, it is gone at the end.

        Raises:
            ValueError: a time outside the episode.

        Example:
            >>> from procgen_tools import maze, models
            >>> policy = models.load_policy("rand_region_5")
            >>> rollout = play(policy, maze.parse("..C\\n.##\\nM.."), seed=0)[0]
            >>> print(rollout.maze_at(rollout.steps))  # the cheese is gone
            ..M
            .##
            ...
        """
        if not 0 <= time <= self.steps:
            raise ValueError(f"time {time} is not in this episode: choose one of 0..{self.steps}")
        cheese = None if self.found and time == self.steps else self.maze.cheese
        return replace(
            self.maze,
            mouse=Square(*self.squares[time].tolist()),
            mouse_mirrored=bool(self.mouse_mirrored[time]),
            cheese=cheese,
        )

    def frames(self) -> UInt8[np.ndarray, "step 64 64 3"]:
        """The agent's observation before each step, bit-for-bit equal to the environment's frame.

        The end has no frame, because the environment already shows the next level by then.
        """
        maze = self.maze
        level = draw_levels(maze.cells()[None], np.array([background_code(maze)], np.uint8))
        frames = np.repeat(level, self.steps, axis=0)
        squares = self.squares[:-1] + maze.padding
        draw_mice(frames, squares, self.mouse_mirrored[:-1], maze.world_size)
        return frames

    def human_frames(
        self, *, square_pixels: int = 32, whole_world: bool = False
    ) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        """Yield a large picture of the maze at each time, including the end.

        Args:
            square_pixels, whole_world: see `worlds.maze.human_view.human_view`.
        """
        for time in range(self.steps + 1):
            yield human_view(
                self.maze_at(time), square_pixels=square_pixels, whole_world=whole_world
            )


@dataclass(frozen=True, eq=False)
class Rollouts:
    """One episode per level. `rollouts[i]` is the episode in `mazes[i]`. The arrays are read-only.

    Attributes:
        mazes: (level,) the mazes at time 0.
        found: (level,) whether the cheese was reached.
        steps: (level,) number of steps in the episode.
        squares: (level, time, row_col) the mouse's inner square, from the start. After the end of
            an episode its last square is repeated.
        mouse_mirrored: (level, time) whether the mouse is drawn facing right.
        actions: (level, step) procgen's actions, NO_ACTION after the end. Step i leads from time
            i to time i + 1.
    """

    mazes: tuple[Maze, ...]
    found: Bool[np.ndarray, " level"]
    steps: Int64[np.ndarray, " level"]
    squares: Int64[np.ndarray, "level time 2"]
    mouse_mirrored: Bool[np.ndarray, "level time"]
    actions: UInt8[np.ndarray, "level step"]

    __repr__ = brief

    def __post_init__(self) -> None:
        for array in (getattr(self, field.name) for field in fields(self)):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.mazes)

    def __getitem__(self, index: SupportsIndex) -> Rollout:
        maze, steps = self.mazes[index], int(self.steps[index])
        return Rollout(
            maze,
            self.squares[index, : steps + 1],
            self.mouse_mirrored[index, : steps + 1],
            self.actions[index, :steps],
            bool(self.found[index]),
        )

    def __iter__(self) -> Iterator[Rollout]:
        return (self[index] for index in range(len(self)))

    @property
    def sizes(self) -> Int64[np.ndarray, " level"]:
        """(level,) side of each maze in squares."""
        return np.array([maze.size for maze in self.mazes], np.int64)

    @property
    def returns(self) -> Float[np.ndarray, " level"]:
        """(level,) undiscounted return: 10 if the cheese was reached, 0 otherwise."""
        return CHEESE_REWARD * self.found.astype(np.float64)

    def visited_top_right(self, side: int = CORNER_REGION) -> Bool[np.ndarray, " level"]:
        """(level,) whether the mouse was ever in the top-right side x side squares.

        The start and the end count. With side 1, the region is the corner square itself.

        Example:
            >>> from procgen_tools import maze, models
            >>> policy = models.load_policy("rand_region_5")
            >>> rollouts = play(policy, maze.parse("..C\\n.##\\nM.."), seed=0)
            >>> rollouts.visited_top_right(1)
            array([ True])
        """
        return self.visited_corner(top=True, right=True, side=side)

    def visited_corner(
        self, *, top: bool, right: bool, side: int = CORNER_REGION
    ) -> Bool[np.ndarray, " level"]:
        """(level,) whether the mouse was ever in the side x side squares of one corner.

        The start and the end count. Note that the start is usually the bottom-left corner.

        Args:
            top: True for the top rows, False for the bottom rows.
            right: True for the right columns, False for the left columns.
            side: side of the region in squares; 1 is the corner square itself.
        """
        far = self.sizes[:, None] - side
        rows, cols = self.squares[..., 0], self.squares[..., 1]
        vertically = rows >= far if top else rows < side
        horizontally = cols >= far if right else cols < side
        return np.asarray((vertically & horizontally).any(axis=1))


def play(
    policy: PlainPolicy | MemoryPolicy,
    mazes: Maze | Sequence[Maze],
    *,
    seed: int = 0,
    step_limit: int = EPISODE_STEPS,
    backend: str = "native",
    progress_bar: bool = False,
) -> Rollouts:
    """Play one episode in each maze, with actions sampled from the policy.

    A policy without memory is evaluated once per distinct frame. A patch that is active around
    `play` must therefore be deterministic: the same frame must give the same output.

    Args:
        policy: evaluated on its own device. A memory is reset at the start of each maze.
        mazes: one or several mazes in which the episodes start, all of one world size.
        seed: seed of the sampling, 0 or more.
        step_limit: number of steps after which an episode counts as failed, at most 500.
        backend: 'native', or 'procgen' to play in the original library.
        progress_bar: whether to show a progress bar.

    Raises:
        TypeError: the network has no `logits_and_value` (see `models.adapt`).
        ValueError: no mazes, mazes of different world sizes, or a `step_limit` out of range.
        ModuleNotFoundError: `backend` is 'procgen', which is not installed.

    Example:
        >>> from procgen_tools import maze, models
        >>> policy = models.load_policy("rand_region_5")
        >>> rollouts = play(policy, maze.parse("..C\\n.##\\nM.."), seed=0)
        >>> rollouts.found
        array([ True])
        >>> rollouts[0].squares[0].tolist(), rollouts[0].squares[-1].tolist()
        ([0, 0], [2, 2])
    """
    if not 1 <= step_limit <= EPISODE_STEPS:
        raise ValueError(
            f"step_limit {step_limit} is not in 1..{EPISODE_STEPS}: the environment ends episodes "
            f"after {EPISODE_STEPS} steps, so choose a limit up to that"
        )
    if not isinstance(policy, MemoryPolicy):
        need(policy, "logits_and_value", "parameters", what="play")
    seed = whole_number("seed", seed, 0)
    mazes = [mazes] if isinstance(mazes, Maze) else list(mazes)
    venv = venv_from_mazes(mazes, backend=backend)
    rng = np.random.default_rng(seed)
    count = len(mazes)
    answers = Recollections(policy, count) if isinstance(policy, MemoryPolicy) else Answers(policy)
    found, steps = np.zeros(count, bool), np.zeros(count, np.int64)
    taken: list[np.ndarray] = []
    active = np.arange(count)
    frames = venv.env.observe()[1]["rgb"]
    with tqdm(total=count, disable=not progress_bar, unit=" levels", desc="episodes") as bar:
        for _ in range(step_limit):
            cumulative = answers.to(frames[active], active).cumsum(axis=1)
            quantiles = rng.random((len(active), 1)) * cumulative[:, -1:]
            actions = np.full(count, STAY_ACTION, np.int32)
            actions[active] = (quantiles >= cumulative).sum(axis=1)
            taken.append(actions)
            venv.env.act(actions)
            rewards, observation, firsts = venv.env.observe()
            frames = observation["rgb"]
            steps[active] += 1
            found[active] = np.asarray(rewards)[active] > 0
            ended = found[active] | np.asarray(firsts, bool)[active]
            bar.update(int(ended.sum()))
            active = active[~ended]
            if not len(active):
                break
    return _rollouts(tuple(mazes), found, steps, np.stack(taken, axis=1))


def _rollouts(
    mazes: tuple[Maze, ...],
    found: Bool[np.ndarray, " level"],
    steps: Int64[np.ndarray, " level"],
    actions: Int[np.ndarray, "level step"],
) -> Rollouts:
    """Compute the mice's squares from the actions, for either backend.

    After the end of its episode a mouse stays where it is.
    """
    count, longest = actions.shape
    side = max(maze.size for maze in mazes)
    walls = np.ones((count, side + 2, side + 2), bool)  # with a border
    for level, maze in enumerate(mazes):
        walls[level, 1 : maze.size + 1, 1 : maze.size + 1] = maze.walls
    squares = np.empty((count, longest + 1, 2), np.int64)
    mirrored = np.empty((count, longest + 1), bool)
    squares[:, 0] = [maze.mouse for maze in mazes]
    mirrored[:, 0] = [maze.mouse_mirrored for maze in mazes]
    moves = np.array(MOVE_OF_ACTION)[actions]
    for step in range(longest):
        here, going = squares[:, step], np.array(MOVE_STEPS)[moves[:, step]]
        ahead = here + going
        blocked = walls[np.arange(count), ahead[:, 0] + 1, ahead[:, 1] + 1]
        squares[:, step + 1] = np.where(blocked[:, None], here, ahead)
        # The mouse turns with the action, even when a wall blocks the move.
        mirrored[:, step + 1] = turned(mirrored[:, step], going[:, 1])
    played = np.arange(longest) < steps[:, None]
    kept = np.where(played, actions, NO_ACTION).astype(np.uint8)
    return Rollouts(mazes, found, steps, squares, mirrored, kept)


def steps_table(rollouts: Rollouts, **labels: Any) -> pd.DataFrame:
    """A table with one row per step, in the order of the episodes.

    Columns: the labels; episode (index of the maze), size (side of the maze in squares), time (0
    for the first step); row, col and mouse_mirrored before the step; action, and its
    move, one of MOVES; next_row and next_col after the step; reward.

    Args:
        rollouts: the episodes.
        labels: further columns. Each is one value for all episodes, or an array or list with one
            value per episode.

    Raises:
        ValueError: a label has the name of another column, or a wrong number of values.

    Example:
        >>> from procgen_tools import maze, models
        >>> policy = models.load_policy("rand_region_5")
        >>> table = steps_table(play(policy, maze.parse("..C\\n.##\\nM.."), seed=0), agent="mine")
        >>> bool(table["reward"].iloc[-1] == 10)
        True
        >>> list(table.columns[:4])
        ['agent', 'episode', 'size', 'time']
    """
    episode, time = np.nonzero(rollouts.actions != NO_ACTION)
    actions = rollouts.actions[episode, time]
    squares, ahead = (rollouts.squares[episode, moment] for moment in (time, time + 1))
    last = time + 1 == rollouts.steps[episode]
    columns = {
        "episode": episode,
        "size": rollouts.sizes[episode],
        "time": time,
        "row": squares[:, 0],
        "col": squares[:, 1],
        "mouse_mirrored": rollouts.mouse_mirrored[episode, time],
        "action": actions,
        "move": pd.Categorical.from_codes(np.array(MOVE_OF_ACTION)[actions], MOVES),
        "next_row": ahead[:, 0],
        "next_col": ahead[:, 1],
        "reward": np.where(last, rollouts.returns[episode], 0.0),
    }
    taken = labels.keys() & columns.keys()
    if taken:
        raise ValueError(f"the table has a column {min(taken)!r} already: rename the label")
    each = {name: _label(name, value, len(rollouts)) for name, value in labels.items()}
    return pd.DataFrame({name: values.take(episode) for name, values in each.items()} | columns)


def _label(name: str, value: Any, episodes: int) -> Any:
    """A pandas array with one value per episode."""
    values = list(value) if pd.api.types.is_list_like(value) else [value] * episodes
    if len(values) != episodes:
        raise ValueError(
            f"label {name!r} has {len(values)} values for {episodes} episodes: give one value "
            "per episode, or a single value for all"
        )
    return pd.Series(values).array
