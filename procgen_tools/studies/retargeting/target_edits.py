"""The edits that are to retarget an agent, chosen on levels of their own, and their scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools.interventions import (
    Clamp,
    Intervention,
    activations_of,
    random_channels,
    square_cells,
)
from procgen_tools.interventions.stamps import Stamp, largest
from procgen_tools.models import ImpalaPolicy
from procgen_tools.shown import brief
from procgen_tools.studies.base import LAYER
from procgen_tools.studies.cheese_channels.measure import CheeseChannels, find_cheese_channels
from procgen_tools.studies.retargeting.measure import Retargeting, TargetScores
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.paths import corner_path_distances

LEAST_GAIN = 0.01
"""A channel is effective if its own clamp adds more than this to the mean probability."""

BUDGETS = (0.0001, 0.001, 0.01, 0.1)
"""Shares of all numbers of the layer that a stamp may change; at least one number."""

UNEDITED, MOVED = "unedited", "cheese moved"
ONE, EFFECTIVE, ALL, RANDOM = (
    "best channel",
    "effective channels",
    "all cheese channels",
    "random channels",
)

TargetEdit = Callable[[Maze, Sequence[Square]], Intervention]
"""Makes an edit of a maze that names one target for each observation of a pass."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        finding_mazes: where cheese channels are looked for.
        natural_mazes: where natural values are taken.
        tuning_mazes: number of mazes in which channels and magnitudes are chosen.
        tuning_targets: number of targets in each of these mazes.
        targets: targets of a measured maze.
        shown: targets of the maze that is shown; None for every square.
        multiples: of natural values, at which channels are clamped.
        coefficients: of stamps.
        most_channels: cheese channels to try.
        random_draws: sets of random channels.
    """

    finding_mazes: int = 240
    natural_mazes: int = 100
    tuning_mazes: int = 15
    tuning_targets: int = 6
    targets: int = 12
    shown: int | None = None
    multiples: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    coefficients: tuple[float, ...] = (1.0, 2.0, 4.0)
    most_channels: int = 12
    random_draws: int = 10


FAST = Sizes(6, 6, 2, 2, 4, 20, (1.0, 4.0, 16.0), (2.0,), 2, 2)


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen for an agent.

    Attributes:
        edits: the edits to measure, by name.
        channels: of each clamp, by the edit's name.
        tuning: one row per tuned edit, level and target, with its set and multiple.
    """

    edits: Mapping[str, TargetEdit]
    channels: Mapping[str, tuple[int, ...]]
    tuning: pd.DataFrame

    __repr__ = brief


def raised_channels(found: CheeseChannels, most: int) -> tuple[int, ...]:
    """The cheese channels that cheese raises at its own cell, as clamps raise channels.

    If cheese raises none of them, the first channel of the ranking that it raises.
    """
    middle = found.pictures.shape[-1] // 2
    rise = found.pictures[:, middle, middle]
    raised = tuple(channel for channel in found.channels if rise[channel] > 0)[:most]
    return raised or tuple(channel for channel in found.ranking if rise[channel] > 0)[:1]


def at_cheese(policy: ImpalaPolicy, mazes: Sequence[Maze]) -> Float[Tensor, "maze channel"]:
    """What the cell of the cheese has in each maze, the mouse where it stands."""
    seen = activations_of(policy, mazes, LAYER)
    values = []
    for maze, activation in zip(mazes, seen, strict=True):
        assert maze.cheese is not None
        ((row, col),) = square_cells(maze, [maze.cheese], activation.shape[-1]).tolist()
        values.append(activation[:, row, col])
    return torch.stack(values)


def choose_edits(
    policy: ImpalaPolicy, sizes: Sizes, seed: int, rule: LevelRule | None = None
) -> Choice:
    """Choose channels, magnitudes and coefficients for an agent.

    Each cheese channel is clamped alone, at multiples of its natural 99th percentile where cheese
    is (levels from seed 1000 on), in levels from seed 2000 on: the best of them is ONE, and those
    that help at some multiple are EFFECTIVE. Sets and stamps are given the magnitude that does
    best in the same levels, and so are several sets of as many random channels, at multiples of
    their own natural values. A stamp is made of the largest numbers of what cheese adds around its
    cell on average. None of these are levels 0 to 999.

    Args:
        policy: the agent.
        sizes: how much is measured.
        seed: of the search, the targets and the random sets.
        rule: of all these levels; defaults to hard levels with the cheese anywhere.

    Raises:
        ValueError: the cheese raises no channel.
    """
    search = find_cheese_channels(
        policy, layer=LAYER, seed=seed, mazes=sizes.finding_mazes, rule=rule
    )
    found = raised_channels(search, sizes.most_channels)
    if not found:
        raise ValueError(
            f"the cheese raises no channel of {LAYER} at its own cell: there is none to clamp, so "
            "choose another agent"
        )
    tuner = _Tuner(policy, sizes, seed, rule)
    added = torch.from_numpy(search.pictures).float()
    alone = {channel: tuner.clamps(str(channel), (channel,)) for channel in found}
    best = max(found, key=lambda channel: alone[channel][0])
    effective = tuple(
        channel for channel in found if alone[channel][0] > tuner.unedited + LEAST_GAIN
    )
    sets = {ONE: (best,), EFFECTIVE: effective or (best,), ALL: found}
    edits: dict[str, TargetEdit] = {}
    for name, channels in sets.items():
        _, edits[name] = tuner.clamps(name, channels)
    count, *sides = policy.activation_shapes[LAYER]
    for draw in range(sizes.random_draws):
        name = draw_name(draw)
        sets[name] = random_channels(
            min(len(found), count - len(found)), count, seed + draw, besides=found
        )
        _, edits[name] = tuner.clamps(name, sets[name])
    for budget in BUDGETS:
        window = largest(added, max(1, round(budget * count * sides[0] * sides[1])))
        edits[budget_name(budget)] = tuner.stamps(budget_name(budget), window)
    return Choice(edits, sets, pd.concat(tuner.tables, ignore_index=True))


def budget_name(budget: float) -> str:
    """What the edit of a budget is called."""
    return f"{100 * budget:g}% of the layer"


def draw_name(draw: int) -> str:
    """What the edit of a draw of random channels is called."""
    return f"{RANDOM}, draw {draw + 1}"


def apart(scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The scores with the mean over draws as RANDOM, and those of each draw.

    Args:
        scores: rows of `all_scores`, one per edit and target, with the agent.

    Returns:
        The rows of all edits, RANDOM among them, and the rows of the draws.
    """
    is_draw = scores["edit"].str.startswith(f"{RANDOM}, ")
    draws, others = scores[is_draw], scores[~is_draw]
    keys = ["agent", "level", "size", "row", "col", "distance", "from_corner_path"]
    means = draws.groupby(keys, sort=False)[["probability", "log_ratio", "straight"]].mean()
    together = pd.concat([others, means.reset_index().assign(edit=RANDOM)], ignore_index=True)
    return together, draws.reset_index(drop=True)


def clamp(channels: Sequence[int], value: float) -> TargetEdit:
    """Set these channels to a value at the target's square."""
    return lambda maze, targets: Clamp(LAYER, value, maze, targets, channels=channels)


class _Tuner:
    """Tries edits in the tuning levels, and keeps what it saw."""

    def __init__(
        self, policy: ImpalaPolicy, sizes: Sizes, seed: int, rule: LevelRule | None
    ) -> None:
        self.sizes = sizes
        self.natural = at_cheese(
            policy, [make_level(1000 + each, rule) for each in range(sizes.natural_mazes)]
        )
        self.tasks = {
            level: task_of(policy, make_level(level, rule), sizes.tuning_targets, seed + level)
            for level in range(2000, 2000 + sizes.tuning_mazes)
        }
        self.bases = {level: task.unedited() for level, task in self.tasks.items()}
        self.unedited = float(
            np.mean([scores.probability.mean() for scores in self.bases.values()])
        )
        self.tables: list[pd.DataFrame] = []

    def clamps(self, name: str, channels: Sequence[int]) -> tuple[float, TargetEdit]:
        """The best mean probability over the multiples, and the clamp that has it."""
        natural = float(self.natural[:, list(channels)].quantile(0.99, dim=0).mean())
        scores = {
            multiple: self._try(name, multiple, clamp(channels, multiple * natural))
            for multiple in self.sizes.multiples
        }
        best = max(scores, key=lambda multiple: scores[multiple])
        return scores[best], clamp(channels, best * natural)

    def stamps(self, name: str, window: Float[Tensor, "channel row col"]) -> TargetEdit:
        """The stamp of a window with the coefficient that does best."""

        def stamp(coefficient: float) -> TargetEdit:
            return lambda maze, targets: Stamp(LAYER, window, maze, targets, coefficient)

        scores = {
            coefficient: self._try(name, coefficient, stamp(coefficient))
            for coefficient in self.sizes.coefficients
        }
        return stamp(max(scores, key=lambda coefficient: scores[coefficient]))

    def _try(self, name: str, magnitude: float, edit: TargetEdit) -> float:
        means = []
        for level, task in self.tasks.items():
            scores = edited(task, edit)
            table = score_rows(level, task, scores, self.bases[level])
            self.tables.append(table.assign(set=name, magnitude=magnitude))
            means.append(scores.probability.mean())
        return float(np.mean(means))


def task_of(policy: ImpalaPolicy, maze: Maze, targets: int | None, seed: int) -> Retargeting:
    """The maze without its cheese, and some of its squares as targets, or all."""
    empty = remove_cheese(maze)
    free = [square for square in empty.open_squares() if square != empty.mouse]
    if targets is not None and targets < len(free):
        chosen = np.random.default_rng(seed).choice(len(free), targets, replace=False)
        free = [free[number] for number in sorted(chosen.tolist())]
    return Retargeting.of(policy, empty, free, layer=LAYER)


def edited(task: Retargeting, edit: TargetEdit) -> TargetScores:
    """The scores under an edit, made for each pass's targets."""
    return task.edited(lambda targets: edit(task.maze, targets))


def score_rows(
    level: int, task: Retargeting, scores: TargetScores, base: TargetScores
) -> pd.DataFrame:
    """One row per target.

    Columns: level, size, row, col, distance (steps from the mouse), from_corner_path (steps from
    the way to the top right), probability, log_ratio (to the unedited policy), straight.
    """
    squares = np.array(task.steps.targets, dtype=np.int64)
    return pd.DataFrame(
        {
            "level": level,
            "size": task.maze.size,
            "row": squares[:, 0],
            "col": squares[:, 1],
            "distance": task.steps.lengths,
            "from_corner_path": corner_path_distances(task.maze)[squares[:, 0], squares[:, 1]],
            "probability": scores.probability,
            "log_ratio": np.log(scores.probability) - np.log(base.probability),
            "straight": scores.straight.astype(np.float64),
        }
    )


def all_scores(task: Retargeting, level: int, edits: Mapping[str, TargetEdit]) -> pd.DataFrame:
    """The rows of every edit, of the policy as it is, and with the cheese really there."""
    base = task.unedited()
    scores = {UNEDITED: base}
    scores |= {name: edited(task, edit) for name, edit in edits.items()}
    scores[MOVED] = task.cheese_moved()
    tables = [
        score_rows(level, task, each, base).assign(edit=name) for name, each in scores.items()
    ]
    return pd.concat(tables, ignore_index=True)
