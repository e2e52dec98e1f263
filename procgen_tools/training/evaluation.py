"""How often an agent gets the cheese: sampled episodes on given levels, one a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from scipy.stats import binomtest
from tqdm import tqdm

from procgen_tools.envs.venv import to_observations, venv_from_mazes
from procgen_tools.maze.actions import MOVE_OF_ACTION, STAY_ACTION
from procgen_tools.maze.grid import Maze
from procgen_tools.maze.levels import LevelRule, make_bank

if TYPE_CHECKING:
    from procgen_tools.models import ImpalaPolicy

CORNER_REGION = 5
"""Side of the top-right region that counts as the corner, in squares (Langosco et al., 2022)."""


@dataclass(frozen=True)
class Share:
    """A share of `total` with its 95% Wilson interval."""

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total

    @property
    def interval(self) -> tuple[float, float]:
        bounds = binomtest(self.count, self.total).proportion_ci(0.95, method="wilson")
        return float(bounds.low), float(bounds.high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%}, {high:.1%}] ({self.count}/{self.total})"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One sampled episode a level.

    Attributes:
        sizes: (level,) side of each maze in squares.
        found: (level,) whether the cheese was reached.
        steps: (level,) length of the episode.
        visited_corner: (level,) whether the mouse stood on the top-right square before the end.
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
        return Share(int(self.found.sum()), len(self.found))

    def by_size(self) -> dict[int, Share]:
        """`success` by the size of the maze."""
        return {
            int(size): Share(int(self.found[self.sizes == size].sum()),
                             int((self.sizes == size).sum()))
            for size in np.unique(self.sizes)
        }  # fmt: skip


def held_out_mazes(rule: LevelRule, count: int, *, first_seed: int = 0) -> list[Maze]:
    """The first `count` levels from `first_seed` on that have a cheese.

    Seeds below `targets.FIRST_TRAINING_SEED` are never trained on.
    """
    seeds = np.arange(first_seed, first_seed + count + 100)
    return [maze for maze in make_bank(seeds, rule) if maze.cheese is not None][:count]


def evaluate(
    policy: ImpalaPolicy,
    mazes: Sequence[Maze],
    *,
    seed: int = 0,
    step_limit: int = 500,
    backend: str = "native",
    progress_bar: bool = False,
) -> Evaluation:
    """Play one episode in each maze, actions sampled from the policy.

    Args:
        policy: without memory; asked on its own device.
        mazes: where the episodes begin; all of one world size.
        seed: of the sampling.
        step_limit: steps after which an episode counts as failed, at most 500.
        backend: 'native' or 'procgen' (the original library plays).

    Raises:
        ValueError: no mazes, or a limit above the environment's own.
    """
    if not 1 <= step_limit <= 500:
        raise ValueError(f"step_limit {step_limit} is not in 1..500, where episodes end anyway")
    venv = venv_from_mazes(mazes, backend=backend)
    rng = np.random.default_rng(seed)
    answers = Answers(policy)
    count = len(mazes)
    sizes = np.array([maze.size for maze in mazes])
    trackers = [_Tracker(maze) for maze in mazes]
    found, steps = np.zeros(count, bool), np.zeros(count, np.int64)
    active = np.arange(count)
    frames = venv.env.observe()[1]["rgb"]
    with tqdm(total=count, disable=not progress_bar, unit=" levels") as bar:
        for _ in range(step_limit):
            cumulative = answers.to(frames[active]).cumsum(axis=1)
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

    def __init__(self, policy: ImpalaPolicy) -> None:
        self._policy = policy
        self._known: dict[bytes, np.ndarray] = {}

    def to(self, frames: UInt8[np.ndarray, "frame 64 64 3"]) -> Float[np.ndarray, "frame action"]:
        """(frame, action) probabilities, in float64."""
        import torch

        keys = [blake2b(frame.tobytes(), digest_size=16).digest() for frame in frames]
        new = {key: index for index, key in enumerate(keys) if key not in self._known}
        if new:
            device = next(self._policy.parameters()).device
            observations = torch.from_numpy(to_observations(frames[list(new.values())]))
            with torch.no_grad():
                logits, _ = self._policy.logits_and_value(observations.to(device))
            answers = logits.double().softmax(-1).cpu().numpy()
            self._known.update(zip(new, answers, strict=True))
        return np.stack([self._known[key] for key in keys])


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
