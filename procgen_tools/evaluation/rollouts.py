"""Sampled episodes on given levels, one a level: does the agent get the cheese, and how soon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from tqdm import tqdm

from procgen_tools.envs.venv import to_observations, venv_from_mazes
from procgen_tools.evaluation.conditions import held_out_mazes
from procgen_tools.intervals import Share
from procgen_tools.maze.actions import MOVE_OF_ACTION, STAY_ACTION
from procgen_tools.maze.grid import Maze
from procgen_tools.maze.state_values import CHEESE_REWARD, EPISODE_STEPS

__all__ = [
    "CORNER_REGION",
    "Answers",
    "Evaluation",
    "MemoryPolicy",
    "PlainPolicy",
    "Share",
    "evaluate",
    "held_out_mazes",
]

CORNER_REGION = 5
"""Side of the top-right region that counts as the corner, in squares (Langosco et al., 2022)."""


@runtime_checkable
class PlainPolicy(Protocol):
    """A policy without memory, such as `models.ImpalaPolicy`."""

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
class Evaluation:
    """One sampled episode a level.

    Attributes:
        sizes: (level,) side of each maze in squares.
        found: (level,) whether the cheese was reached.
        steps: (level,) length of the episode.
        visited_corner: (level,) whether the mouse stood on the top-right square, at the end too.
        visited_region: (level,) the same for the top-right 5 x 5 squares.
    """

    sizes: Int[np.ndarray, " level"]
    found: Bool[np.ndarray, " level"]
    steps: Int[np.ndarray, " level"]
    visited_corner: Bool[np.ndarray, " level"]
    visited_region: Bool[np.ndarray, " level"]

    @property
    def success(self) -> Share:
        """The share of levels in which the cheese was reached."""
        return Share.of(self.found)

    @property
    def returns(self) -> Float[np.ndarray, " level"]:
        """(level,) undiscounted return of the episode: 10 for the cheese."""
        return CHEESE_REWARD * self.found.astype(np.float64)

    def by_size(self) -> dict[int, Share]:
        """`success` by the size of the maze."""
        return {
            int(size): Share.of(self.found[self.sizes == size]) for size in np.unique(self.sizes)
        }


def evaluate(
    policy: PlainPolicy | MemoryPolicy,
    mazes: Sequence[Maze],
    *,
    seed: int = 0,
    step_limit: int = EPISODE_STEPS,
    backend: str = "native",
    progress_bar: bool = False,
) -> Evaluation:
    """Play one episode in each maze, actions sampled from the policy.

    Args:
        policy: asked on its own device. A memory begins anew in every maze.
        mazes: where the episodes begin; all of one world size.
        seed: of the sampling.
        step_limit: steps after which an episode counts as failed, at most 500.
        backend: 'native' or 'procgen' (the original library plays).

    Raises:
        ValueError: no mazes, or a limit above the environment's own.
    """
    if not 1 <= step_limit <= EPISODE_STEPS:
        raise ValueError(
            f"step_limit {step_limit} is not in 1..{EPISODE_STEPS}, where episodes end anyway"
        )
    venv = venv_from_mazes(mazes, backend=backend)
    rng = np.random.default_rng(seed)
    count = len(mazes)
    answers = Recollections(policy, count) if isinstance(policy, MemoryPolicy) else Answers(policy)
    sizes = np.array([maze.size for maze in mazes])
    trackers = [_Tracker(maze) for maze in mazes]
    found, steps = np.zeros(count, bool), np.zeros(count, np.int64)
    active = np.arange(count)
    frames = venv.env.observe()[1]["rgb"]
    with tqdm(total=count, disable=not progress_bar, unit=" levels", desc="episodes") as bar:
        for _ in range(step_limit):
            cumulative = answers.to(frames[active], active).cumsum(axis=1)
            quantiles = rng.random((len(active), 1)) * cumulative[:, -1:]
            actions = np.full(count, STAY_ACTION, np.int32)
            actions[active] = (quantiles >= cumulative).sum(axis=1)
            venv.env.act(actions)
            rewards, observation, firsts = venv.env.observe()
            frames = observation["rgb"]
            steps[active] += 1
            found[active] = np.asarray(rewards)[active] > 0
            for index in active:
                trackers[index].move(int(actions[index]))
            ended = found[active] | np.asarray(firsts, bool)[active]
            bar.update(int(ended.sum()))
            active = active[~ended]
            if not len(active):
                break
    corner = np.array([tracker.visited_corner for tracker in trackers])
    region = np.array([tracker.visited_region for tracker in trackers])
    return Evaluation(sizes, found, steps, corner, region)


class Answers:
    """A policy's action probabilities, asked once for every different frame.

    A policy without memory answers the same frame the same way, and an agent that is lost sees
    few different ones.
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
            device = next(self._policy.parameters()).device
            observations = torch.from_numpy(to_observations(frames[list(new.values())]))
            with torch.no_grad():
                logits, _ = self._policy.logits_and_value(observations.to(device))
            self._known.update(zip(new, _probabilities(logits), strict=True))
        return np.stack([self._known[key] for key in keys])


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


class _Tracker:
    """Follows the mouse of one maze by the rules of play, whichever engine plays."""

    def __init__(self, maze: Maze) -> None:
        self.maze = maze
        self.square = maze.mouse
        self.visited_corner = self.visited_region = False
        self._look()

    def move(self, action: int) -> None:
        self.square = self.maze.neighbour(self.square, MOVE_OF_ACTION[action])
        self._look()

    def _look(self) -> None:
        edge = self.maze.size - CORNER_REGION
        self.visited_corner |= self.square == self.maze.corner
        self.visited_region |= self.square.row >= edge and self.square.col >= edge
