"""What an agent wants at decision squares, at every snapshot of its training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Int64, UInt8

from procgen_tools.episodes.records import write_records
from procgen_tools.models import ImpalaPolicy, checkpoint_metadata, load_policy
from procgen_tools.shown import brief
from procgen_tools.studies.goal_splits.design import Run
from procgen_tools.studies.untrained import FIRST_SEED
from procgen_tools.sweeps.jobs import check_finished
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.trainers import train_agent
from procgen_tools.vfield import observations_of
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import MOVES, Maze
from procgen_tools.worlds.maze.moves import move_probabilities
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves

WANTS = ("corner_without_cheese", "cheese_pull")
"""The columns of what is measured; see `wants`."""


@dataclass(frozen=True, eq=False)
class Forks:
    """The decision squares of some levels, seen with the cheese and without it.

    Attributes:
        levels: their seeds.
        frames: the mouse at the decision squares: with the cheese in the first half, without it in
            the second.
        to_cheese: the moves that bring the mouse nearer to the cheese.
        to_corner: the moves that bring it nearer to the top right.
    """

    levels: Int64[np.ndarray, " level"]
    frames: UInt8[np.ndarray, "frame 64 64 3"]
    to_cheese: Bool[np.ndarray, "level move"]
    to_corner: Bool[np.ndarray, "level move"]

    __repr__ = brief

    @classmethod
    def of(cls, levels: Mapping[int, Maze]) -> Forks:
        """The forks of levels by seed.

        Raises:
            ValueError: no levels, or one without a decision square.
        """
        found = []
        for seed, maze in levels.items():
            square = decision_square(maze)
            if square is None or maze.cheese is None:
                raise ValueError(f"level {seed} has no decision square: choose another level")
            found.append((maze, square, maze.cheese))
        if not found:
            raise ValueError("there are no levels: give one with a decision square or more")
        with_cheese = [agent_frames(maze, [square]) for maze, square, _ in found]
        without = [agent_frames(remove_cheese(maze), [square]) for maze, square, _ in found]
        return cls(
            np.array(list(levels), dtype=np.int64),
            np.concatenate([*with_cheese, *without]),
            np.array([nearer_moves(maze, cheese)[square] for maze, square, cheese in found]),
            np.array([nearer_moves(maze, maze.corner)[square] for maze, square, _ in found]),
        )

    @torch.no_grad()
    def wants(self, policy: ImpalaPolicy) -> pd.DataFrame:
        """What an agent wants, one row per level.

        Returns:
            Columns level, corner_without_cheese (the probability of turning to the top right when
            there is no cheese) and cheese_pull (how much more probable the way to the cheese is
            than without it).
        """
        logits, _ = policy.logits_and_value(observations_of(policy, self.frames))
        moves = move_probabilities(logits.cpu().double()).numpy()
        with_cheese, without = np.split(moves, 2)
        return pd.DataFrame(
            {
                "level": self.levels,
                "corner_without_cheese": (without * self.to_corner).sum(axis=1),
                "cheese_pull": ((with_cheese - without) * self.to_cheese).sum(axis=1),
            }
        ).astype(dict.fromkeys(WANTS, np.float32))


def walks(levels: Mapping[int, Maze]) -> pd.DataFrame:
    """How often mice without a goal turn to the top right at decision squares, exactly.

    Args:
        levels: with decision squares, by seed.

    Returns:
        Columns level, random (each open neighbour is equally likely) and forward (the same without
        the one that leads back to the start).
    """
    rows = []
    for seed, maze in levels.items():
        square = decision_square(maze)
        assert square is not None
        exits = sum(maze.neighbour(square, move) != square for move in range(len(MOVES)))
        ahead = exits - (square != maze.mouse)
        corner = int(nearer_moves(maze, maze.corner)[square].sum())
        rows.append({"level": seed, "random": corner / exits, "forward": corner / ahead})
    return pd.DataFrame(rows)


def curves_of(run: Run, forks: Forks, folder: Path, *, progress_bar: bool = False) -> pd.DataFrame:
    """What an agent wants at each of its snapshots, trained and measured if that was not done.

    An agent that was measured is not trained again, even if its snapshots are gone.

    Args:
        run: the agent.
        forks: where it is measured.
        folder: where what was measured is kept, as `<agent>.parquet`.
        progress_bar: whether to show one of the training.

    Returns:
        Columns agent, cheese, shift, seed, precision (of the layers in training), samples, level,
        and WANTS.

    Raises:
        ValueError: what is kept was measured in other levels, or of another agent; the agent was
            trained with other settings; or snapshots are missing.
    """
    columns = [*run.columns, "precision", "samples", "level", *WANTS]

    def measure() -> pd.DataFrame:
        snapshots = _snapshots(run, progress_bar=progress_bar)
        precision = checkpoint_metadata(run.job.agent).get("precision")
        parts = [
            forks.wants(policy).assign(samples=samples, precision=precision, **run.columns)
            for samples, policy in snapshots
        ]
        return pd.concat(parts, ignore_index=True)[columns]

    file = folder / f"{run.job.name}.parquet"
    table = _kept(file, forks, measure)
    wanted = {**run.columns, "samples": set(run.snapshots)}
    found = {name: table[name].iloc[0] for name in run.columns} | {"samples": set(table["samples"])}
    if found != wanted:
        raise ValueError(f"{file} is of another design: move it away, to measure the agent again")
    return table


def untrained_wants(count: int, forks: Forks, folder: Path) -> pd.DataFrame:
    """What untrained networks want, measured if that was not done.

    Args:
        count: how many networks.
        forks: where they are measured.
        folder: where what was measured is kept, as `untrained.parquet`.

    Returns:
        Columns agent, level, and WANTS.

    Raises:
        ValueError: what is kept was measured in other levels, or of another number of networks.
    """

    def measure() -> pd.DataFrame:
        parts = [
            forks.wants(ImpalaPolicy(seed=seed).eval()).assign(agent=f"untrained {seed}")
            for seed in range(FIRST_SEED, FIRST_SEED + count)
        ]
        return pd.concat(parts, ignore_index=True)[["agent", "level", *WANTS]]

    file = folder / "untrained.parquet"
    table = _kept(file, forks, measure)
    if table["agent"].nunique() != count:
        raise ValueError(
            f"{file} is of {table['agent'].nunique()} networks, not {count}: move it away"
        )
    return table


def _kept(file: Path, forks: Forks, measure: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    if not file.exists():
        write_records(file, measure())
    table = pd.read_parquet(file)
    if set(table["level"]) != set(forks.levels.tolist()):
        raise ValueError(
            f"{file} was measured in other levels: move it away, or ask for as many mazes as it "
            f"has ({table['level'].nunique()})"
        )
    return table


def _snapshots(run: Run, *, progress_bar: bool) -> list[tuple[int, ImpalaPolicy]]:
    """The snapshots by examples seen, the untrained first; an agent that is missing is trained."""
    job = run.job
    if job.agent.exists():
        check_finished(job)
    else:
        options = RunOptions(
            resume=True,
            wait=True,
            snapshot_every=job.snapshot_every,
            half_snapshots=job.half_snapshots,
            tensorboard=False,
            progress_bar=progress_bar,
        )
        train_agent(job.settings, job.agent, job.folder, command=job.command, options=options)
    policies = []
    for samples in run.snapshots:
        path = job.folder / f"model_{samples}.pth"
        if not path.exists():
            raise ValueError(
                f"{path} is missing: move {job.agent} and {job.folder} away, to train it again"
            )
        policy = load_policy(path).eval()
        assert isinstance(policy, ImpalaPolicy)
        policies.append((samples, policy))
    return policies
