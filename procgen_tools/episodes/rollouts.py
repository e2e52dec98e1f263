"""Sampled episodes, one a maze, and all that happened in them.

    rollouts = play(policy, mazes, seed=0)
    rollouts.found.mean(), rollouts[0].squares
    write_records("steps.parquet", steps_table(rollouts, agent="trained"))

An edit of the policy acts here by being active around `play`:

    with hooks.patched(policy, {layer: lambda activation: activation - vector}):
        edited = play(policy, mazes, seed=0)

Mazes and actions decide everything else, so frames are not kept: they are drawn again, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from typing import Any, Protocol, SupportsIndex, runtime_checkable

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int, Int64, UInt8
from torch import Tensor
from tqdm import tqdm

from procgen_tools.checks import whole_number
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.models.interface import need
from procgen_tools.shown import brief
from procgen_tools.vfield import fast_batch
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
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.state_values import CHEESE_REWARD
from procgen_tools.worlds.maze.venv import venv_from_mazes

NO_ACTION = 255
"""Stands where an episode has ended; no action, and no index of one."""


@runtime_checkable
class PlainPolicy(Protocol):
    """The members of `models.Policy` that `play` uses: a policy without memory."""

    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]: ...
    def parameters(self) -> Iterator[Any]: ...


@runtime_checkable
class MemoryPolicy(Protocol):
    """A policy whose answer depends on what it saw before, such as `models.RecurrentPolicy`.

    `step` returns logits, values and the new memory; it forgets the memory where `firsts` says
    that an episode begins with this observation.
    """

    memory_size: int

    def initial_memory(self, batch: int) -> Tensor: ...
    def step(
        self, obs: Tensor, memory: Tensor, firsts: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]: ...


@dataclass(frozen=True, eq=False)
class Rollout:
    """One episode. Time 0 is before the first step; the last time is its end.

    Attributes:
        maze: as the episode began.
        squares: (time, row_col) the mouse's inner squares, the start and the end included.
        mouse_mirrored: (time,) whether the mouse's picture looks to the right.
        actions: (step,) procgen's actions, 0..14; step i leads from time i to time i + 1.
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
        """The length of the episode."""
        return len(self.actions)

    @property
    def rewards(self) -> Float[np.ndarray, " step"]:
        """(step,) 10 for the step that reached the cheese, else 0."""
        rewards = np.zeros(self.steps)
        rewards[-1] = CHEESE_REWARD * self.found
        return rewards

    @property
    def episode_return(self) -> float:
        """The undiscounted return: 10 for the cheese."""
        return float(CHEESE_REWARD * self.found)

    def maze_at(self, time: int) -> Maze:
        """The maze as it stood at a time, 0..steps; a cheese that was reached is gone at the end.

        Raises:
            ValueError: a time outside the episode.
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
        """What the agent saw before each step: the environment's frames, bit for bit.

        Nobody sees the end: the environment shows the next level then.
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
        """A large picture for people at each time, the end included; drawn one after another.

        Args:
            square_pixels, whole_world: see `worlds.maze.human_view.human_view`.
        """
        for time in range(self.steps + 1):
            yield human_view(
                self.maze_at(time), square_pixels=square_pixels, whole_world=whole_world
            )


@dataclass(frozen=True, eq=False)
class Rollouts:
    """One episode a level; `rollouts[i]` is that of `mazes[i]`. The arrays are read-only.

    Attributes:
        mazes: (level,) as the episodes began.
        found: (level,) whether the cheese was reached.
        steps: (level,) length of the episode.
        squares: (level, time, row_col) the mouse's inner squares, beginning with the start; it
            stays where it was at the end.
        mouse_mirrored: (level, time) whether the mouse's picture looks to the right.
        actions: (level, step) procgen's actions; NO_ACTION after the end. Step i leads from time
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
        """(level,) undiscounted return of the episode: 10 for the cheese."""
        return CHEESE_REWARD * self.found.astype(np.float64)

    def visited_top_right(self, side: int = CORNER_REGION) -> Bool[np.ndarray, " level"]:
        """(level,) whether the mouse stood in the top-right side x side squares, at any time.

        The start and the end count, and side 1 is the corner square itself.
        """
        return self.visited_corner(top=True, right=True, side=side)

    def visited_corner(
        self, *, top: bool, right: bool, side: int = CORNER_REGION
    ) -> Bool[np.ndarray, " level"]:
        """(level,) whether the mouse stood in the side x side squares of one corner, at any time.

        The start, which is usually in the bottom-left corner, and the end count.

        Args:
            top: the top rows, or the bottom ones.
            right: the right columns, or the left ones.
            side: 1 is the corner square itself.
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
    """Play one episode in each maze, actions sampled from the policy.

    A policy without memory is asked once for every different frame; so a patch that is active
    around `play` has to answer the same frame in the same way.

    Args:
        policy: asked on its own device. A memory begins anew in every maze.
        mazes: where the episodes begin, one or several; all of one world size.
        seed: of the sampling, 0 or more.
        step_limit: steps after which an episode counts as failed, at most 500.
        backend: 'native' or 'procgen' (the original library plays).

    Raises:
        TypeError: a network without `logits_and_value` (see `models.adapt`).
        ValueError: no mazes, mazes of different world sizes, or a limit above the environment's
            own.
        ModuleNotFoundError: procgen is to play, and is not installed.
    """
    if not 1 <= step_limit <= EPISODE_STEPS:
        raise ValueError(
            f"step_limit {step_limit} is not in 1..{EPISODE_STEPS}, where episodes end anyway"
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
    """Follow the mice by the rules of play, whichever engine played. After the end they stay."""
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
        here, move = squares[:, step], moves[:, step]
        ahead = here + np.array(MOVE_STEPS)[move]
        blocked = walls[np.arange(count), ahead[:, 0] + 1, ahead[:, 1] + 1]
        squares[:, step + 1] = np.where(blocked[:, None], here, ahead)
        # The picture turns with the key, even when a wall is in the way.
        mirrored[:, step + 1] = turned(mirrored[:, step], move)
    played = np.arange(longest) < steps[:, None]
    kept = np.where(played, actions, NO_ACTION).astype(np.uint8)
    return Rollouts(mazes, found, steps, squares, mirrored, kept)


def steps_table(rollouts: Rollouts, **labels: Any) -> pd.DataFrame:
    """A row for each step, in the order of the episodes.

    Columns: the labels; episode (index of its maze), size (of the maze, in squares), time (0 for
    the first step); row, col and mouse_mirrored before the step; action, and the move that its
    key asks for, one of MOVES; next_row and next_col after the step; reward.

    Args:
        labels: further columns: one value for all, or an array or list with one for each episode.

    Raises:
        ValueError: a label that is named like a column, or has another number of values.
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
        raise ValueError(f"the table has a column {min(taken)!r} already: name the label otherwise")
    each = {name: _label(name, value, len(rollouts)) for name, value in labels.items()}
    return pd.DataFrame({name: values.take(episode) for name, values in each.items()} | columns)


def _label(name: str, value: Any, episodes: int) -> Any:
    """A pandas array with the value of each episode."""
    values = list(value) if pd.api.types.is_list_like(value) else [value] * episodes
    if len(values) != episodes:
        raise ValueError(
            f"label {name!r} has {len(values)} values for {episodes} episodes: give "
            "one for each, or one for all"
        )
    return pd.Series(values).array


class Answers:
    """A policy's action probabilities, asked once for every different frame.

    A policy without memory answers the same frame the same way, and an agent that is lost sees
    few different ones. To be kept no longer than the policy stays as it is, patches included.
    """

    def __init__(self, policy: PlainPolicy) -> None:
        self._policy = policy
        self._known: dict[bytes, np.ndarray] = {}

    def to(
        self,
        frames: UInt8[np.ndarray, "frame 64 64 3"],
        episodes: Int[np.ndarray, " frame"] | None = None,
    ) -> Float[np.ndarray, "frame action"]:
        """(frame, action) probabilities, in float64; whose frames they are makes no difference."""
        keys = [blake2b(frame.tobytes(), digest_size=16).digest() for frame in frames]
        new = {key: index for index, key in enumerate(keys) if key not in self._known}
        if new:
            asked = self._ask(frames[list(new.values())])
            self._known.update(zip(new, asked, strict=True))
        return np.stack([self._known[key] for key in keys])

    @torch.no_grad()
    def _ask(self, frames: UInt8[np.ndarray, "frame 64 64 3"]) -> Float[np.ndarray, "frame action"]:
        """In batches that are fast, and that thousands of episodes do not make large."""
        pixels = torch.from_numpy(frames).to(next(self._policy.parameters()).device)
        parts = []
        for batch in pixels.split(fast_batch(pixels)):
            observations = to_observations(batch)
            if not isinstance(self._policy, ImpalaPolicy):  # it may rely on the usual layout
                observations = observations.contiguous()
            parts.append(_probabilities(self._policy.logits_and_value(observations)[0]))
        return np.concatenate(parts)


class Recollections:
    """The action probabilities of a policy with a memory, which it keeps for each episode."""

    def __init__(self, policy: MemoryPolicy, episodes: int) -> None:
        self._policy = policy
        self._memory = policy.initial_memory(episodes)
        self._firsts = torch.ones(episodes, dtype=torch.bool, device=self._memory.device)

    def to(
        self, frames: UInt8[np.ndarray, "frame 64 64 3"], episodes: Int[np.ndarray, " frame"]
    ) -> Float[np.ndarray, "frame action"]:
        """(frame, action) probabilities, in float64, of the next frames of these episodes."""
        rows = torch.from_numpy(episodes).to(self._memory.device)
        observations = torch.from_numpy(to_observations(frames)).to(self._memory.device)
        with torch.no_grad():
            logits, _, memory = self._policy.step(
                observations, self._memory[rows], self._firsts[rows]
            )
        self._memory[rows] = memory
        self._firsts[rows] = False
        return _probabilities(logits)


def _probabilities(logits: Tensor) -> Float[np.ndarray, "frame action"]:
    # Moved first: not every device knows float64.
    return logits.cpu().double().softmax(-1).numpy()
