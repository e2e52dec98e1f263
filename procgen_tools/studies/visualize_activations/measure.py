"""Numbers of every activation: how large, how sparse, how far it changes between two mazes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.interventions import activations_of, observe, square_cells
from procgen_tools.interventions.vectors import View
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import LAYER
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid import Maze

OFTEN = 0.9
"""A channel that shows the cheese changes most at the cheese in at least this share of mazes."""


@torch.no_grad()
def layer_statistics(
    policy: ImpalaPolicy, views: Sequence[View], others: Sequence[View]
) -> pd.DataFrame:
    """Statistics of every named activation, over views, channels and positions.

    Args:
        policy: whose.
        views: mazes, states or observations.
        others: as many, to compare with, such as the same mazes without cheese.

    Returns:
        One row per activation in order of computation, with the columns layer, mean, rms
        (root mean square), positive (share of numbers above 0), largest (absolute number), and
        change: the norm of the difference to `others`, as a share of the norm; mean over views.

    Raises:
        ValueError: another number of others than of views.
    """
    first, second = observe(views), observe(others)
    if len(first) != len(second):
        raise ValueError(f"{len(first)} views and {len(second)} others: give as many of both")
    with hooks.record(policy) as recorded:
        policy.logits_and_value(first)
        seen = dict(recorded)
        policy.logits_and_value(second)
        changed = dict(recorded)
    rows = []
    for layer, activation in seen.items():
        norms = activation.flatten(1).norm(dim=1)
        changes = (activation - changed[layer]).flatten(1).norm(dim=1)
        rows.append(
            {
                "layer": layer,
                "mean": float(activation.mean()),
                "rms": float(activation.square().mean().sqrt()),
                "positive": float((activation > 0).float().mean()),
                "largest": float(activation.abs().max()),
                "change": float((changes / norms.clamp(min=1e-12)).mean()),
            }
        )
    return pd.DataFrame(rows)


def steps_from_cheese(
    policy: ImpalaPolicy, mazes: Sequence[Maze], layer: str
) -> Int[np.ndarray, "maze channel"]:
    """How many cells from the cheese's cell each channel changes most when it is taken away.

    In rows or columns, whichever are more (see `square_cells`).

    Raises:
        ValueError: a maze without cheese, or an activation without positions.
    """
    if any(maze.cheese is None for maze in mazes):
        raise ValueError("a maze has no cheese to take away: place one first")
    change = activations_of(policy, mazes, layer) - activations_of(
        policy, [remove_cheese(maze) for maze in mazes], layer
    )
    if change.ndim != 4:
        raise ValueError(f"{layer} has no positions: choose a convolutional activation")
    side = change.shape[-1]
    peaks = _peaks(change)
    steps = np.empty(peaks.shape[:2], np.int64)
    for number, maze in enumerate(mazes):
        assert maze.cheese is not None
        (cell,) = square_cells(maze, [maze.cheese], side)
        steps[number] = np.abs(peaks[number] - cell).max(axis=-1)
    return steps


def _peaks(change: Float[Tensor, "maze channel row col"]) -> Int[np.ndarray, "maze channel 2"]:
    """(row, col) of the largest absolute number of each channel."""
    side = change.shape[-1]
    flat = change.abs().flatten(2).argmax(dim=-1).cpu().numpy()
    return np.stack([flat // side, flat % side], axis=-1)


def channels_at_cheese(peaks: pd.DataFrame, layer: str = LAYER) -> pd.DataFrame:
    """How often each channel changes most at the cheese's cell or beside it.

    Args:
        peaks: with the columns agent, layer, level, channel, steps.
        layer: which activation.

    Returns:
        Columns agent, channel, share (of the mazes), highest first.
    """
    chosen = peaks[peaks["layer"] == layer]
    near = chosen.assign(share=(chosen["steps"] <= 1).astype(float))
    shares = near.groupby(["agent", "channel"], sort=False, as_index=False)["share"].mean()
    return shares.sort_values(["agent", "share"], ascending=[True, False], ignore_index=True)


def shares_at_cheese(peaks: pd.DataFrame) -> pd.Series:
    """The share of channels that change most at the cheese in OFTEN of the mazes.

    Args:
        peaks: with the columns agent, layer, level, channel, steps.

    Returns:
        The shares, named "share", by agent and layer.
    """
    near = peaks.assign(near=(peaks["steps"] <= 1).astype(float))
    by_channel = near.groupby(["agent", "layer", "channel"], sort=False)["near"].mean()
    shares = (by_channel >= OFTEN).groupby(["agent", "layer"], sort=False).mean()
    return shares.rename("share")
