"""Causal scrubbing: channels get what they have elsewhere, where what should matter is the same.

A hypothesis about channels says what they matter through. Then anything else may be exchanged: if
some channels matter only through the cheese's position, they can be taken from another maze with
the cheese at the same square (`Donor.same`), and nothing changes; taken from there with the cheese
at another square (`Donor.elsewhere`), they mislead. The two sources differ in nothing else.

For every square where the mouse stands there must be a source. It is the other maze with the mouse
at the same square, or, if a wall or the cheese is there, at the nearest square that is free (see
`stand_ins`), so that a hypothesis about the cheese is not blamed for the mouse.

After Chan et al. (2022), "Causal scrubbing".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import NOTHING, Intervention, activation_shape
from procgen_tools.interventions.edits import Mean, NamedLayerEdit, Resample, Zero
from procgen_tools.models.interface import Policy, answer_from, need
from procgen_tools.names import reordered
from procgen_tools.shown import brief
from procgen_tools.vfield import fast_batch, square_observations, total_variation
from procgen_tools.worlds.maze.edit import mouse_positions, move_cheese
from procgen_tools.worlds.maze.grid import START, Maze, Square, check_inside
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.moves import move_probabilities
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves
from procgen_tools.worlds.maze.sampling import find_seeds

HELD_OUT = (0, 2**20)
"""Level seeds of donors: none that agents were trained on."""

_SMALL = 5

SAME, ELSEWHERE = "cheese at the same square", "cheese elsewhere"
SAME_ANYWHERE = "cheese at the same square, mouse anywhere"
ELSEWHERE_ANYWHERE = "cheese elsewhere, mouse anywhere"
ZERO, MEAN = "zero", "mean of many mazes"
ARMS = (SAME, SAME_ANYWHERE, ELSEWHERE, ELSEWHERE_ANYWHERE, MEAN, ZERO)
"""What channels get: an activation of a donor, the mean of natural ones, or nothing."""


@dataclass(frozen=True, eq=False)
class Donor:
    """Another maze to take activations from, as large as the one that they are for.

    Attributes:
        same: with the cheese at the same square.
        elsewhere: the same maze with the cheese at another square, evenly drawn.
    """

    same: Maze
    elsewhere: Maze

    __repr__ = brief


def cheese_donors(maze: Maze, count: int, *, seed: int) -> list[Donor]:
    """Levels with other walls, but of the same size and with the cheese at the same square.

    Raises:
        ValueError: a maze without cheese; too few such levels.
    """
    if maze.cheese is None:
        raise ValueError("a maze without cheese has no donor with its cheese there: place a cheese")
    rng = np.random.default_rng(seed)
    donors: list[Donor] = []
    rule = LevelRule(maze.world_size)
    # Small mazes are few, so that some of the levels have the walls of this one.
    most = 8 * count if maze.size <= _SMALL else count + 1
    for each in find_seeds(
        most, rule, seed=seed, size=maze.size, cheese=maze.cheese, seed_range=HELD_OUT
    ):
        same = make_level(each, rule)
        if len(donors) < count and not np.array_equal(same.walls, maze.walls):
            places = [
                square for square in same.open_squares() if square not in (maze.cheese, START)
            ]
            elsewhere = move_cheese(same, places[rng.integers(len(places))])
            donors.append(Donor(same, elsewhere))
    if len(donors) < count:
        raise ValueError(
            f"{len(donors)} of {count} levels of size {maze.size} with the cheese at "
            f"{tuple(maze.cheese)} have other walls than this maze: ask for fewer"
        )
    return donors


def stand_ins(source: Maze, squares: Sequence[tuple[int, int]]) -> list[Square]:
    """Where the mouse stands in `source` in place of each of `squares`.

    The mouse stands on the same square if that is open and has no cheese, otherwise on the nearest
    free square (of equally near ones, the first, row by row from the bottom). Between two levels of
    one size, this is at most one square away.

    Raises:
        ValueError: a square that lies outside `source`.
    """
    free = mouse_positions(source)
    chosen = []
    for square in squares:
        wanted = np.array(check_inside(square, source.size, "mouse"))
        nearest = free[((free - wanted) ** 2).sum(axis=1).argmin()]
        chosen.append(Square(*nearest.tolist()))
    return chosen


@reordered("policy", "layer", "maze", "squares")
@torch.no_grad()
def activations_at(
    policy: Policy, maze: Maze, layer: str, squares: Sequence[tuple[int, int]]
) -> Float[Tensor, "square channel *position"]:
    """An activation with the mouse at each of `squares`, looking as it does in `maze`.

    A square may come several times.

    Raises:
        ValueError: a square that is not open; an activation that the policy does not have.
    """
    activation_shape(policy, layer)
    numbers = {square: number for number, square in enumerate(maze.open_squares())}
    closed = [square for square in squares if square not in numbers]
    if closed:
        raise ValueError(
            f"the mouse cannot stand at {tuple(closed[0])} of this maze: choose open squares"
        )
    observations = square_observations(policy, maze)
    wanted = sorted({numbers[Square(*square)] for square in squares})
    parts = []
    with hooks.record(policy, [layer]) as recorded:
        for batch in observations[wanted].split(fast_batch(observations)):
            policy.logits_and_value(batch)
            parts.append(recorded[layer])
    places = {number: place for place, number in enumerate(wanted)}
    return torch.cat(parts)[[places[numbers[Square(*square)]] for square in squares]]


@torch.no_grad()
def moves_after(
    policy: Policy,
    layer: str,
    activations: Float[Tensor, "square channel row col"],
    intervention: Intervention,
) -> Float[np.ndarray, "square move"]:
    """The probabilities of the five moves when passes go on from `activations`, changed.

    Args:
        layer: one of the policy's `resume_points`.
        activations: of the maze as it is; see `activations_at`.
        intervention: on `layer` or what comes after.

    Raises:
        ValueError: another layer, or an intervention that does not fit.
    """
    need(policy, "resume_points", "logits_and_value_after", what="a pass that goes on")
    with intervention.on(policy):
        logits, _ = answer_from(policy, canonical(layer), activations)
    moves: Float[np.ndarray, "square move"] = move_probabilities(logits.cpu().double()).numpy()
    return moves


@dataclass(frozen=True, eq=False)
class _Target:
    """A maze as it is: what its squares have at a layer, and what the policy does there."""

    layer: str
    maze: Maze
    squares: list[Square]
    activations: Tensor
    moves: np.ndarray

    @classmethod
    def of(cls, policy: Policy, maze: Maze, layer: str) -> _Target:
        squares = [Square(*square) for square in mouse_positions(maze).tolist()]
        activations = activations_at(policy, maze, layer, squares)
        moves = moves_after(policy, layer, activations, NOTHING)
        return cls(layer, maze, squares, activations, moves)

    def changed(self, policy: Policy, edit: Intervention) -> dict[str, float]:
        """How far an edit moves the policy: over all squares, and at the decision square."""
        after = moves_after(policy, self.layer, self.activations, edit)
        decision = decision_square(self.maze)
        assert decision is not None
        assert self.maze.cheese is not None
        towards = nearer_moves(self.maze, self.maze.cheese)[decision]
        place = self.squares.index(decision)
        return {
            "change": float(total_variation(self.moves, after).mean()),
            "decision_cheese_before": float(self.moves[place, towards].sum()),
            "decision_cheese_after": float(after[place, towards].sum()),
        }


def scrubbed(
    policy: Policy,
    maze: Maze,
    layer: str,
    donors: Sequence[Donor],
    sets: Sequence[tuple[str, int, Sequence[int]]],
    examples: Float[Tensor, "example channel row col"],
    *,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """What each set of channels does to the policy in each of ARMS.

    Args:
        layer: one of the policy's `resume_points`.
        maze: with a decision square. In each maze, the mouse faces as that maze has it.
        donors: see `cheese_donors`.
        sets: name, number of the draw, and channels of each.
        examples: activations of the layer whose mean the arm MEAN puts in.
        seed: of the mouse's squares where it stands anywhere.

    Yields:
        One row per set, arm and donor. Columns: channels, draw, arm, donor; change (the mean
        over all squares where the mouse can act of the total variation of the five moves),
        decision_cheese_before and decision_cheese_after (P(towards the cheese) at the decision
        square).

    Raises:
        ValueError: a maze without a decision square; another layer.
    """
    if decision_square(maze) is None:
        raise ValueError(
            "this maze has no decision square: choose one of find_seeds(..., "
            "has_decision_square=True)"
        )
    target = _Target.of(policy, maze, layer)
    sources = {
        number: _sources(policy, donor, layer, target.squares, seed + number)
        for number, donor in enumerate(donors)
    }
    for name, draw, channels in sets:
        edits: list[tuple[str, int, NamedLayerEdit]] = [
            (ZERO, 0, Zero(layer, channels=channels)),
            (MEAN, 0, Mean(layer, examples, channels=channels)),
            *(
                (arm, number, Resample(layer, source, channels=channels))
                for number, arms in sources.items()
                for arm, source in arms.items()
            ),
        ]
        for arm, number, edit in edits:
            yield {
                "channels": name,
                "draw": draw,
                "arm": arm,
                "donor": number,
                **target.changed(policy, edit),
            }


def _sources(
    policy: Policy, donor: Donor, layer: str, squares: Sequence[Square], seed: int
) -> dict[str, Tensor]:
    """What each arm puts in place of each square's activation.

    The mouse stands at the same square, or nearly; or, drawn anew for each square, anywhere.
    """
    rng = np.random.default_rng(seed)
    free = mouse_positions(donor.same)
    drawn = free[rng.integers(len(free), size=len(squares))]
    anywhere = [Square(*square) for square in drawn.tolist()]
    sources = {}
    for maze, kept, moved in (
        (donor.same, SAME, SAME_ANYWHERE),
        (donor.elsewhere, ELSEWHERE, ELSEWHERE_ANYWHERE),
    ):
        asked = stand_ins(maze, squares) + stand_ins(maze, anywhere)
        seen = activations_at(policy, maze, layer, asked)
        sources[kept], sources[moved] = seen[: len(squares)], seen[len(squares) :]
    return sources
