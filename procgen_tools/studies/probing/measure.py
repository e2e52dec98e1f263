"""Probes of one agent: what is fitted, and how often each probe is right in other mazes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float32, Int, Shaped

from procgen_tools.episodes.rollouts import play
from procgen_tools.interventions import square_cells
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.probes import (
    STRENGTHS,
    Probe,
    fit_probe,
    fit_sparse_probe,
    most_frequent,
)
from procgen_tools.studies.base import LAYER, Settings
from procgen_tools.studies.behavioral_stats.measure import WITHOUT_DECISION
from procgen_tools.studies.blocks import over_many_levels
from procgen_tools.studies.probing.readings import Views, cell_activations, locate, pooled
from procgen_tools.worlds.maze.features import feature_table
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.moves import move_probabilities

LAYERS = {
    "pixels": "embedder.block1.conv_in0",
    "block 1": "embedder.block1.res2.resadd_out",
    "block 2, half": LAYER,
    "block 2": "embedder.block2.res2.resadd_out",
    "block 3": "embedder.block3.res2.resadd_out",
    "last layer": "embedder.relufc_out",
}
"""Where we look, in the order of computation."""

SPATIAL = tuple(LAYERS)[:-1]
NOWHERE = "nothing"
"""Stands where a layer does, for what reads no activation."""

SIZE, MAJORITY, SHAPE = "maze size alone", "most frequent", "seven features of the maze"
ALL, SPARSE = "all", "L1"
CHANNELS = (1, 2, 4)
FEATURES = (10, 100)
CHEESE, NEAR, WALL = "cheese's cell", "cheese's cell or next to it", "wall"
MOVE, OUTCOME = "next move", "will get the cheese"

CELL_MAZES = 1000
"""Training mazes of probes that read single cells, of which each maze has many."""
OTHER_CELLS = 9
WALL_SQUARES = 8


@dataclass
class Probes:
    """All probes of one agent.

    Attributes:
        policy: whose activations are read.
        doer: whose moves and outcomes are predicted: the policy's own, unless the policy is the
            null of another one.
        train: how many of the first mazes are for fitting; the others are for testing.
        tables: how often each probe was right in each of the others.
        channels: which channels the probes of the cheese read.
    """

    agent: str
    policy: ImpalaPolicy
    train: int
    settings: Settings
    doer: ImpalaPolicy
    tables: list[pd.DataFrame] = field(default_factory=list)
    channels: list[dict[str, Any]] = field(default_factory=list)

    def probe_cheese(self, mazes: list[Maze]) -> None:
        """Where the cheese is: the cell, of all cells of a layer, that looks most like it."""
        fitted, asked = mazes[: min(self.train, CELL_MAZES)], mazes[self.train :]
        rng = np.random.default_rng([self.settings.seed, 1])
        cells = {LAYERS[name]: _cheese_cells(fitted, self._side(name), rng) for name in SPATIAL}
        labels = np.tile(np.arange(1 + OTHER_CELLS) == 0, len(fitted))
        probes = {
            layer: self._cell_probes(inputs.reshape(len(labels), -1), labels)
            for layer, inputs in cell_activations(self.policy, fitted, cells).items()
        }
        found = locate(self.policy, asked, probes)
        for name in SPATIAL:
            layer, side = LAYERS[name], self._side(name)
            wanted, known = _places(asked, side), _places(fitted, side)
            usual = most_frequent(_sizes(fitted), known @ (side, 1), _sizes(asked))
            guesses = {label: found[layer, label] for label in probes[layer]}
            guesses[SIZE] = np.stack(np.divmod(usual, side), axis=1)
            for label, guess in guesses.items():
                off = np.abs(guess - wanted).max(axis=1)
                self._add(CHEESE, name, label, off == 0)
                self._add(NEAR, name, label, off <= 1)
            self.channels += [
                {"agent": self.agent, "layer": name, "probe": label, "channels": probe.features}
                for label, probe in probes[layer].items()
            ]

    def probe_walls(self, mazes: list[Maze]) -> None:
        """Whether a square is a wall, from the cell that is nearest to it."""
        fitted, asked = mazes[: min(self.train, CELL_MAZES)], mazes[self.train :]
        rng = np.random.default_rng([self.settings.seed, 2])
        squares, others = _wall_squares(fitted, rng), _wall_squares(asked, rng)
        labels, wanted = _are_walls(fitted, squares).ravel(), _are_walls(asked, others)
        inputs, tests = (
            cell_activations(
                self.policy,
                part,
                {LAYERS[name]: _cells(part, chosen, self._side(name)) for name in SPATIAL},
            )
            for part, chosen in ((fitted, squares), (asked, others))
        )
        for name in SPATIAL:
            rows = inputs[LAYERS[name]].reshape(len(labels), -1)
            for label, probe in self._cell_probes(rows, labels).items():
                right = probe.predict(tests[LAYERS[name]]) == wanted
                self._add(WALL, name, label, right.mean(axis=1))
        for label, guess in _baselines(
            np.repeat(_sizes(fitted), WALL_SQUARES), labels, _sizes(asked)
        ).items():
            self._add(WALL, NOWHERE, label, (guess[:, None] == wanted).mean(axis=1))

    def probe_moves(self, mazes: list[Maze]) -> None:
        """The most probable move, with the mouse anywhere."""
        views = pooled(self.policy, mazes, list(LAYERS.values()))
        own = self.doer is self.policy
        logits = views.logits if own else pooled(self.doer, mazes, [LAYERS["last layer"]]).logits
        moves = move_probabilities(torch.from_numpy(logits)).argmax(dim=1).numpy()
        self._probe_views(MOVE, views, moves, _sizes(mazes))

    def probe_outcomes(self, mazes: list[Maze]) -> None:
        """Whether a sampled episode gets the cheese, from its first frame."""
        settings = self.settings
        rollouts = play(self.doer, mazes, seed=settings.seed, progress_bar=settings.progress_bar)
        views = pooled(self.policy, mazes, list(LAYERS.values()))
        self._probe_views(OUTCOME, views, rollouts.found, rollouts.sizes)
        shapes = feature_table(mazes)[list(WITHOUT_DECISION)].to_numpy()
        probe = self._fit(shapes[: self.train], rollouts.found[: self.train], None)
        right = probe.predict(shapes[self.train :]) == rollouts.found[self.train :]
        self._add(OUTCOME, NOWHERE, SHAPE, right)

    def _probe_views(
        self,
        target: str,
        views: Views,
        labels: Shaped[np.ndarray, " maze"],
        sizes: Int[np.ndarray, " maze"],
    ) -> None:
        train, wanted = self.train, labels[self.train :]
        for label, guess in _baselines(sizes[:train], labels[:train], sizes[train:]).items():
            self._add(target, NOWHERE, label, guess == wanted)
        for name, layer in LAYERS.items():
            rows = views.inputs[layer]
            for best in (*FEATURES, None):
                probe = self._fit(rows[:train], labels[:train], best)
                right = probe.predict(rows[train:]) == wanted
                self._add(target, name, ALL if best is None else str(best), right)

    def _cell_probes(
        self, rows: Float32[np.ndarray, "row channel"], labels: Bool[np.ndarray, " row"]
    ) -> dict[str, Probe]:
        some = [count for count in CHANNELS if count < rows.shape[1]]
        return {
            **{str(count): self._fit(rows, labels, count) for count in some},
            ALL: self._fit(rows, labels, None),
            SPARSE: fit_sparse_probe(rows, labels, seed=self.settings.seed),
        }

    def _fit(self, rows: np.ndarray, labels: np.ndarray, best: int | None) -> Probe:
        strengths = STRENGTHS[2:3] if self.settings.fast else STRENGTHS
        return fit_probe(rows, labels, best=best, strengths=strengths, seed=self.settings.seed)

    def _side(self, name: str) -> int:
        return self.policy.activation_shapes[LAYERS[name]][-1]

    def _add(
        self, target: str, layer: str, probe: str, right: Shaped[np.ndarray, " level"]
    ) -> None:
        columns = {"target": target, "layer": layer, "probe": probe, "right": right.astype(float)}
        levels = np.arange(self.train, self.train + len(right))
        self.tables.append(pd.DataFrame({"agent": self.agent, "level": levels, **columns}))


def without_repetitions(mazes: Iterable[Maze]) -> list[Maze]:
    """The first of all mazes with the same walls and the same cheese.

    Small mazes are few, so that levels of different seeds can be the same maze.
    """
    first: dict[tuple[int, bytes, Square | None], Maze] = {}
    for maze in mazes:
        first.setdefault((maze.size, maze.walls.tobytes(), maze.cheese), maze)
    return list(first.values())


def _baselines(
    sizes: Int[np.ndarray, " row"],
    labels: Shaped[np.ndarray, " row"],
    asked: Int[np.ndarray, " level"],
) -> dict[str, Shaped[np.ndarray, " level"]]:
    """The most frequent label of all, and of mazes of the same size."""
    return {
        MAJORITY: most_frequent(np.zeros_like(sizes), labels, np.zeros_like(asked)),
        SIZE: most_frequent(sizes, labels, asked),
    }


def _sizes(mazes: Sequence[Maze]) -> Int[np.ndarray, " maze"]:
    return np.array([maze.size for maze in mazes])


def _places(mazes: Sequence[Maze], side: int) -> Int[np.ndarray, "maze row_col"]:
    """The cell of the cheese."""
    cheeses = [square for maze in mazes if (square := maze.cheese) is not None]
    return _cells(mazes, np.array(cheeses)[:, None], side)[:, 0]


def _cells(
    mazes: Sequence[Maze], squares: Int[np.ndarray, "maze square row_col"], side: int
) -> Int[np.ndarray, "maze square row_col"]:
    pairs = zip(mazes, squares.tolist(), strict=True)
    return np.stack(
        [square_cells(maze, [Square(*each) for each in of], side) for maze, of in pairs]
    )


def _cheese_cells(
    mazes: Sequence[Maze], side: int, rng: np.random.Generator
) -> Int[np.ndarray, "maze cell row_col"]:
    """The cheese's cell, then others: about half of them near it, the rest anywhere."""
    cheese = _places(mazes, side)
    cells = [cheese]
    for number in range(OTHER_CELLS):
        other = cheese.copy()
        while (same := (other == cheese).all(axis=1)).any():
            near = cheese[same] + rng.integers(-2, 3, size=(same.sum(), 2))
            anywhere = rng.integers(side, size=(same.sum(), 2))
            other[same] = np.clip(near, 0, side - 1) if number % 2 else anywhere
        cells.append(other)
    return np.stack(cells, axis=1)


def _wall_squares(
    mazes: Sequence[Maze], rng: np.random.Generator
) -> Int[np.ndarray, "maze square row_col"]:
    """Squares that may be walls or not: those with one odd and one even coordinate."""
    chosen = []
    for maze in mazes:
        may_be_either = np.argwhere(np.indices(maze.walls.shape).sum(axis=0) % 2 == 1)
        chosen.append(may_be_either[rng.integers(len(may_be_either), size=WALL_SQUARES)])
    return np.stack(chosen)


def _are_walls(
    mazes: Sequence[Maze], squares: Int[np.ndarray, "maze square row_col"]
) -> Bool[np.ndarray, "maze square"]:
    return np.stack([maze.walls[tuple(of.T)] for maze, of in zip(mazes, squares, strict=True)])


def accuracies(right: pd.DataFrame) -> pd.DataFrame:
    """One row per agent (and all of them), target, layer and probe: value, low, high."""
    return pd.DataFrame(
        [
            {"agent": agent, "target": target, "layer": layer, "probe": probe, **vars(mean)}
            for (target, layer, probe), rows in right.groupby(
                ["target", "layer", "probe"], sort=False
            )
            for agent, mean in over_many_levels(rows, "right", 200).items()
        ]
    )
