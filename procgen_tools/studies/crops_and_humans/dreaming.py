"""Dreaming mazes: which walls would make the agent harvest?

Gradient ascent changes the 49 wall inputs so that Q(action) rises above the other Qs. The weights
and all other inputs, such as the agent's and the item's cells, stay fixed. The result shows which
walls the network responds to. After Mordvintsev et al., "Inceptionism" (2015), and the course of
the Recurse Center.

A dream consists of 49 numbers in [0, 1]. `decode` turns it into a playable maze.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int8
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.shown import brief
from procgen_tools.worlds.crops_and_humans.levels import dead_ends

CELLS = crops_and_humans.SIZE * crops_and_humans.SIZE
CROSSING = 1e-3
"""The cost of each step besides walls. Of two paths with equal walls, the shorter is opened."""


@dataclass(frozen=True, eq=False)
class Encounters:
    """Agents beside an item, about to step on it.

    Attributes:
        agents: (encounter, row_col) cells of the agents.
        items: (encounter, row_col) cells of the items.
        actions: (encounter,) the actions that lead from agent to item.
        code: the kind of all items, CROP or HUMAN.
    """

    agents: Int[np.ndarray, "encounter 2"]
    items: Int[np.ndarray, "encounter 2"]
    actions: Int[np.ndarray, " encounter"]
    code: int = crops_and_humans.HUMAN

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.actions)

    def __getitem__(self, chosen: Int[np.ndarray, " chosen"]) -> Encounters:
        """The chosen encounters, by index."""
        return replace(
            self, agents=self.agents[chosen], items=self.items[chosen], actions=self.actions[chosen]
        )

    def inputs(self, walls: Float[Tensor, "encounter 49"]) -> Float[Tensor, "encounter 161"]:
        """The network's input for these walls."""
        item = torch.nn.functional.one_hot(self._flat(self.items), CELLS).float()
        nothing = torch.zeros_like(item)
        planes = (
            [walls, item, nothing] if self.code == crops_and_humans.CROP else [walls, nothing, item]
        )
        places = [
            torch.nn.functional.one_hot(torch.from_numpy(cells), crops_and_humans.SIZE).float()
            for cells in self.agents.T.astype(np.int64)
        ]
        return torch.cat([*planes, *places], dim=1)

    def held(self) -> Bool[Tensor, "encounter 49"]:
        """The cells that must stay open: those of agent and item, the start and the exit."""
        held = torch.zeros(len(self), CELLS, dtype=torch.bool)
        for cells in (self.agents, self.items):
            held[torch.arange(len(self)), self._flat(cells)] = True
        held[:, [0, CELLS - 1]] = True
        return held

    @staticmethod
    def _flat(cells: Int[np.ndarray, "encounter 2"]) -> Int[Tensor, " encounter"]:
        return torch.from_numpy(cells[:, 0] * crops_and_humans.SIZE + cells[:, 1]).long()


def all_encounters(code: int = crops_and_humans.HUMAN) -> Encounters:
    """Every cell in which a training maze can have an item, with an agent on each side of it.

    Items are in dead ends, so both coordinates of their cells are even.
    """
    possible = np.any([dead_ends(layout) for layout in crops_and_humans.layouts()], axis=0)
    rows = [
        ((row - down, col - right), (row, col), action)
        for row, col in np.argwhere(possible).tolist()
        for action, (down, right) in enumerate(crops_and_humans.OFFSETS.tolist())
        if 0 <= row - down < crops_and_humans.SIZE and 0 <= col - right < crops_and_humans.SIZE
    ]
    agents, items, actions = (np.array(each) for each in zip(*rows, strict=True))
    return Encounters(agents, items, actions, code)


def agents_beside(
    mazes: crops_and_humans.Mazes, code: int = crops_and_humans.HUMAN
) -> tuple[Int[np.ndarray, " encounter"], Encounters]:
    """Every agent on an empty cell beside an item, and the index of its maze."""
    maze_numbers, *item = np.nonzero(mazes == code)
    items = np.stack(item, axis=1)
    found = []
    for action, offset in enumerate(crops_and_humans.OFFSETS):
        cells = items - offset
        inside = ((cells >= 0) & (cells < crops_and_humans.SIZE)).all(axis=1)
        rows, cols = cells.clip(0, crops_and_humans.SIZE - 1).T
        free = inside & (mazes[maze_numbers, rows, cols] == crops_and_humans.EMPTY)
        found.append((maze_numbers[free], cells[free], items[free], np.full(free.sum(), action)))
    numbers, agents, beside, actions = (np.concatenate(each) for each in zip(*found, strict=True))
    return numbers, Encounters(agents, beside, actions, code)


@dataclass(frozen=True)
class DreamSettings:
    """Settings of the gradient ascent.

    Attributes:
        steps: number of steps.
        step_size: factor of the gradient in each step.
        start: the first walls: 'open' (none), 'grey' (0.5 everywhere), 'noise' (uniform), or
            'layout' (those of a random training maze).
        against: what Q(action) is compared with: the 'sum' of the other three Qs, as published, or
            their 'mean'. Minus the sum, the score also rises when all four Qs fall together.
        sparsity: weight of the sum of the walls w, which is subtracted from the score. Favours
            fewer walls.
        binarity: weight of the sum of w (1 - w), which is subtracted from the score. Favours 0
            and 1.
        seed: seed of the noise and of the layouts.

    Raises:
        ValueError: an unknown `start` or `against`, or `steps` or `step_size` out of range.
    """

    steps: int = 80
    step_size: float = 1e-3
    start: str = "open"
    against: str = "sum"
    sparsity: float = 0.0
    binarity: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.start not in STARTS:
            raise ValueError(f"there is no start {self.start!r}: choose {', '.join(STARTS)}")
        if self.against not in AGAINST:
            raise ValueError(f"against is {self.against!r}: choose {' or '.join(AGAINST)}")
        if self.steps < 1 or self.step_size <= 0:
            raise ValueError(
                f"{self.steps} steps of size {self.step_size} change nothing: give at least one "
                "step, of a size above 0"
            )


STARTS = ("open", "grey", "noise", "layout")
AGAINST = {"sum": 1.0, "mean": 1 / 3}


def margin(
    values: Float[Tensor, "encounter 4"], actions: Int[Tensor, " encounter"], against: str = "sum"
) -> Float[Tensor, " encounter"]:
    """Q(action) minus the sum or mean of the other three Qs, which dreams maximise."""
    chosen = values.gather(1, actions[:, None])[:, 0]
    return chosen - AGAINST[against] * (values.sum(dim=1) - chosen)


@dataclass(frozen=True, eq=False)
class Dreams:
    """The walls and margins of each dream, before the first step and after every step.

    Attributes:
        encounters: the agents, items and actions.
        walls: (encounter, step, row, col) in [0, 1], where 1 is a wall.
        margins: (encounter, step) the result of `margin`.
    """

    encounters: Encounters
    walls: Float[np.ndarray, "encounter step 7 7"]
    margins: Float[np.ndarray, "encounter step"]

    __repr__ = brief

    def decoded(self) -> crops_and_humans.Mazes:
        """The mazes nearest to the final walls; see `decode`."""
        items = zip(self.walls[:, -1], self.encounters.agents, self.encounters.items, strict=True)
        return np.stack(
            [decode(walls, agent, item, self.encounters.code) for walls, agent, item in items]
        )


def dream(
    network: nn.Module,
    encounters: Encounters,
    settings: DreamSettings | None = None,
    *,
    mazes: Int8[np.ndarray, "encounter 7 7"] | None = None,
) -> Dreams:
    """Dream of walls, independently for each encounter.

    Args:
        network: maps 161 inputs to the Qs of the four actions. Its weights do not change.
        encounters: the agents, items and actions.
        settings: of the gradient ascent.
        mazes: (encounter, row, col) the mazes whose walls the dreams start from, instead of
            `settings.start`.

    Example:
        >>> from procgen_tools.models import load_q_network
        >>> some = all_encounters()[np.arange(3)]
        >>> dreams = dream(load_q_network("planted_0"), some, DreamSettings(steps=20))
        >>> dreams.walls.shape
        (3, 21, 7, 7)
        >>> bool((dreams.margins[:, -1] > dreams.margins[:, 0]).all())
        True
    """
    settings = settings or DreamSettings()
    held, actions = encounters.held(), torch.from_numpy(encounters.actions).long()
    if mazes is None:
        walls = _start(len(encounters), settings)
    else:
        walls = torch.from_numpy(
            (mazes == crops_and_humans.WALL).reshape(-1, CELLS).astype(np.float32)
        )
    walls = walls.masked_fill(held, 0.0)
    history, margins = [], []
    for number in range(settings.steps + 1):
        walls.requires_grad_()
        climbed = margin(network(encounters.inputs(walls)), actions, settings.against)
        history.append(walls.detach().clone())
        margins.append(climbed.detach())
        if number == settings.steps:
            break
        score = climbed.sum() - settings.sparsity * walls.sum()
        score = score - settings.binarity * (walls * (1 - walls)).sum()
        (gradient,) = torch.autograd.grad(score, walls)
        walls = (walls.detach() + settings.step_size * gradient).clamp(0, 1).masked_fill(held, 0.0)
    return Dreams(
        encounters,
        torch.stack(history, dim=1)
        .reshape(len(walls), -1, crops_and_humans.SIZE, crops_and_humans.SIZE)
        .numpy(),
        torch.stack(margins, dim=1).numpy(),
    )


def _start(count: int, settings: DreamSettings) -> Float[Tensor, "encounter 49"]:
    rng = np.random.default_rng(settings.seed)
    if settings.start == "noise":
        return torch.from_numpy(rng.random((count, CELLS), dtype=np.float32))
    if settings.start == "layout":
        layouts = crops_and_humans.layouts()
        chosen = layouts[rng.integers(len(layouts), size=count)]
        return torch.from_numpy((~chosen).reshape(count, CELLS).astype(np.float32))
    return torch.full((count, CELLS), 0.5 if settings.start == "grey" else 0.0)


def decode(
    walls: Float[np.ndarray, "7 7"],
    agent: Int[np.ndarray, " 2"],
    item: Int[np.ndarray, " 2"],
    code: int = crops_and_humans.HUMAN,
) -> crops_and_humans.Cells:
    """The maze nearest to a dream, with paths from the start to the agent and to the exit.

    Numbers of at least one half become walls. If a path is missing, the path whose walls have the
    smallest sum is opened.

    Args:
        walls: (row, col) in [0, 1].
        agent: the agent's cell.
        item: the item's cell.
        code: the kind of the item, CROP or HUMAN.
    """
    cells = np.where(walls >= 0.5, crops_and_humans.WALL, crops_and_humans.EMPTY).astype(np.int8)
    for cell in (crops_and_humans.START, crops_and_humans.END, tuple(agent), tuple(item)):
        cells[cell] = crops_and_humans.EMPTY
    for goal in (tuple(agent.tolist()), crops_and_humans.END):
        for cell in _cheapest_way(np.where(cells == crops_and_humans.WALL, walls, 0.0), goal):
            cells[cell] = crops_and_humans.EMPTY
    cells[tuple(item)], cells[crops_and_humans.END] = code, crops_and_humans.EXIT
    return cells


def _cheapest_way(cost: Float[np.ndarray, "7 7"], goal: tuple[int, int]) -> list[tuple[int, int]]:
    """The path from the start to a goal whose costs have the smallest sum (Dijkstra)."""
    best = {crops_and_humans.START: 0.0}
    before: dict[tuple[int, int], tuple[int, int]] = {}
    queue = [(0.0, crops_and_humans.START)]
    while queue:
        paid, cell = heapq.heappop(queue)
        if cell == goal:
            break
        for down, right in crops_and_humans.OFFSETS.tolist():
            to = cell[0] + down, cell[1] + right
            if not (0 <= to[0] < crops_and_humans.SIZE and 0 <= to[1] < crops_and_humans.SIZE):
                continue
            total = paid + float(cost[to]) + CROSSING
            if total < best.get(to, np.inf):
                best[to], before[to] = total, cell
                heapq.heappush(queue, (total, to))
    way = [goal]
    while way[-1] != crops_and_humans.START:
        way.append(before[way[-1]])
    return way


def contains_block(mazes: crops_and_humans.Mazes) -> Bool[np.ndarray, " maze"]:
    """Whether a block sticks out of a wall somewhere, with or without an item beside it."""
    return crops_and_humans.sticks_out((mazes != crops_and_humans.WALL).astype(np.int8))
