"""Dreams that stay mazes: which one shift of a wall would make the agent harvest?

Gradient ascent leads to walls that no maze can have. Here the search stays among mazes: it tries
every maze that differs from a training maze by one passage moved to a neighbouring cell, with all
cells still reachable. It keeps the maze in which Q of stepping on the item exceeds the best other Q
the most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.shown import brief
from procgen_tools.studies.crops_and_humans.dreaming import (
    Encounters,
    agents_beside,
    contains_block,
)


def beside_items(
    mazes: crops_and_humans.Mazes, code: int = crops_and_humans.HUMAN
) -> tuple[Int8[np.ndarray, "encounter 7 7"], Encounters]:
    """Every agent beside an item, and the maze that it is in."""
    numbers, encounters = agents_beside(mazes, code)
    return mazes[numbers], encounters


def one_shift_away(cells: crops_and_humans.Cells, keep: tuple[int, int]) -> crops_and_humans.Mazes:
    """Every maze with one empty cell closed and one wall beside it opened, all cells reachable.

    Args:
        cells: a maze.
        keep: a cell that stays open, such as the agent's. The start stays open, too.
    """
    open_cells = int((cells != crops_and_humans.WALL).sum())
    found = []
    for row, col in np.argwhere(cells == crops_and_humans.EMPTY).tolist():
        if (row, col) in (crops_and_humans.START, keep):
            continue
        for down, right in crops_and_humans.OFFSETS.tolist():
            to = row + down, col + right
            if (
                not (0 <= to[0] < crops_and_humans.SIZE and 0 <= to[1] < crops_and_humans.SIZE)
                or cells[to] != crops_and_humans.WALL
            ):
                continue
            shifted = cells.copy()
            shifted[row, col], shifted[to] = crops_and_humans.WALL, crops_and_humans.EMPTY
            if crops_and_humans.reachable(shifted).sum() == open_cells:
                found.append(shifted)
    return (
        np.stack(found)
        if found
        else np.empty((0, crops_and_humans.SIZE, crops_and_humans.SIZE), np.int8)
    )


def gap(values: Float[Tensor, "state 4"], actions: Tensor) -> Float[Tensor, " state"]:
    """Q(action) minus the best other Q. The greedy agent takes the action if this is above 0."""
    others = values.scatter(1, actions[:, None], -torch.inf)
    return values.gather(1, actions[:, None])[:, 0] - others.amax(dim=1)


@dataclass(frozen=True, eq=False)
class ShiftDreams:
    """The best shift for each encounter.

    Attributes:
        encounters: the agents, items and actions.
        mazes: (encounter, row, col) the mazes after the best shift.
        gaps: (encounter,) the result of `gap` for the step onto the item, after the shift.
        blocks: (encounter,) whether a block sticks out of a wall after the shift.
        chances: (encounter,) the share of all possible shifts that make a block stick out.
    """

    encounters: Encounters
    mazes: crops_and_humans.Mazes
    gaps: Float[np.ndarray, " maze"]
    blocks: Bool[np.ndarray, " maze"]
    chances: Float[np.ndarray, " maze"]

    __repr__ = brief


@torch.no_grad()
def shift_dreams(
    network: nn.Module, mazes: crops_and_humans.Mazes, encounters: Encounters
) -> ShiftDreams:
    """The shift in each maze that attracts the agent most to the item beside it.

    Args:
        network: maps 161 inputs to the Qs of the four actions.
        mazes: (encounter, row, col) such as from `beside_items`.
        encounters: the agents, items and actions, one per maze.

    Raises:
        ValueError: no passage of a maze can be shifted.
    """
    best, gaps, blocks, chances = [], [], [], []
    for cells, agent, action in zip(mazes, encounters.agents, encounters.actions, strict=True):
        shifted = one_shift_away(cells, (int(agent[0]), int(agent[1])))
        if not len(shifted):
            raise ValueError(
                f"no passage can be shifted in {crops_and_humans.text(cells)}: leave this maze out"
            )
        states = crops_and_humans.States(shifted, np.tile(agent, (len(shifted), 1)))
        values = network(torch.from_numpy(states.inputs()))
        found = gap(values, torch.full((len(shifted),), int(action)))
        chosen = int(found.argmax())
        sticking = contains_block(shifted)
        best.append(shifted[chosen])
        gaps.append(float(found[chosen]))
        blocks.append(bool(sticking[chosen]))
        chances.append(float(sticking.mean()))
    return ShiftDreams(
        encounters, np.stack(best), np.array(gaps), np.array(blocks), np.array(chances)
    )
