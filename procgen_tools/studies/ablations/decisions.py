"""What an agent does at the decision squares of many mazes: one pass for all of them.

decisions = Decisions(policy, levels)
before = decisions.ask(NOTHING)
after = decisions.ask(Zero("embedder.block2.res1.resadd", channels=[3]))

Cheese-seeking is measured with the cheese, corner-seeking in the same mazes without it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from procgen_tools.effects import resume_point
from procgen_tools.interventions import Intervention, Mean, Resample, Zero, activations_of, observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.maze.edit import move_mouse, remove_cheese
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.moves import move_probabilities
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves

SHOWN, EMPTY = "with cheese", "without cheese"
CONDITIONS = (SHOWN, EMPTY)

ConditionEdits = Mapping[str, Intervention]
"""An intervention for each of CONDITIONS; one that is for a batch gets all mazes at once."""


class Decisions:
    """A policy at the decision squares of many mazes, with their cheese and without.

    Attributes:
        policy: without memory.
        levels: mazes by level seed, each with a decision square; the mouse at the start.
        views: by condition, the mazes as the policy is shown them, the mouse at the decision
            square.
        towards_cheese, towards_corner: (level, move) which moves lead there.

    Raises:
        ValueError: a maze without a decision square.
    """

    def __init__(self, policy: ImpalaPolicy, levels: Mapping[int, Maze]) -> None:
        self.policy = policy
        self.levels = dict(levels)
        shown, cheese, corner = [], [], []
        for seed, maze in levels.items():
            square = decision_square(maze)
            if square is None or maze.cheese is None:
                raise ValueError(f"level {seed} has no decision square: see decision_levels")
            shown.append(move_mouse(maze, square))
            cheese.append(nearer_moves(maze, maze.cheese)[square])
            corner.append(nearer_moves(maze, maze.corner)[square])
        self.views = {SHOWN: shown, EMPTY: [remove_cheese(maze) for maze in shown]}
        self.towards_cheese: Bool[np.ndarray, "level move"] = np.array(cheese)
        self.towards_corner: Bool[np.ndarray, "level move"] = np.array(corner)
        self._reached: dict[tuple[str | None, str], Tensor] = {}

    def activations(self, layer: str, condition: str) -> Float[Tensor, "level ..."]:
        """What an activation is in every view of a condition."""
        return activations_of(self.policy, self.views[condition], layer)

    def cheese_vectors(self, layer: str) -> Float[Tensor, "level ..."]:
        """Each maze's own cheese vector, taken with the mouse at the start."""
        mazes = list(self.levels.values())
        without = activations_of(self.policy, [remove_cheese(maze) for maze in mazes], layer)
        return activations_of(self.policy, mazes, layer) - without

    def ask(self, edits: Intervention | ConditionEdits) -> pd.DataFrame:
        """What the policy does under an edit, one row per level.

        Columns: level; cheese, top_right, other (probabilities where the cheese is shown);
        corner (probability of the moves to the top right without cheese), tendency (of those to
        where the cheese was, without it).

        Raises:
            ValueError: an edit that does not fit the policy or the number of mazes.
        """
        if isinstance(edits, Intervention):
            edits = dict.fromkeys(CONDITIONS, edits)
        shown, empty = (self._moves(edits[condition], condition) for condition in CONDITIONS)
        cheese = (shown * self.towards_cheese).sum(axis=1)
        top_right = (shown * self.towards_corner).sum(axis=1)
        return pd.DataFrame(
            {
                "level": list(self.levels),
                "cheese": cheese,
                "top_right": top_right,
                "other": 1 - cheese - top_right,
                "corner": (empty * self.towards_corner).sum(axis=1),
                "tendency": (empty * self.towards_cheese).sum(axis=1),
            }
        )

    @torch.no_grad()
    def _moves(self, edit: Intervention, condition: str) -> Float[np.ndarray, "level move"]:
        point = resume_point(self.policy, [edit])
        if (point, condition) not in self._reached:
            device = next(self.policy.parameters()).device
            self._reached[point, condition] = (
                observe(self.views[condition]).to(device)
                if point is None
                else self.activations(point, condition)
            )
        reached = self._reached[point, condition]
        with edit.on(self.policy):
            if point is None:
                logits, _ = self.policy.logits_and_value(reached)
            else:
                logits, _ = self.policy.logits_and_value_after(point, reached)
        return move_probabilities(logits.cpu().double()).numpy()


def add_cheese_vectors(decisions: Decisions, layer: str, coefficient: float) -> ConditionEdits:
    """Add to every maze its own cheese vector times a coefficient, in both conditions."""
    vectors = decisions.cheese_vectors(layer)
    return {
        condition: Resample(layer, decisions.activations(layer, condition) + coefficient * vectors)
        for condition in CONDITIONS
    }


def ablations(
    decisions: Decisions, layer: str, seed: int, *, examples: Decisions | None = None
) -> Mapping[str, ConditionEdits]:
    """The three ways to take an activation away, all channels of it.

    "zero"; "mean", the mean over examples of both conditions, position by position; "resample",
    what another of the mazes has under the same condition.

    Args:
        decisions: the mazes.
        layer: the activation.
        seed: of which maze gets which.
        examples: where the mean is taken; defaults to the same mazes.
    """
    natural = {condition: decisions.activations(layer, condition) for condition in CONDITIONS}
    source = (
        natural
        if examples is None
        else {condition: examples.activations(layer, condition) for condition in CONDITIONS}
    )
    mean = Mean(layer, torch.cat(list(source.values())))
    others = others_of_all(len(decisions.levels), seed)
    return {
        "zero": dict.fromkeys(CONDITIONS, Zero(layer)),
        "mean": dict.fromkeys(CONDITIONS, mean),
        "resample": {
            condition: Resample(layer, values[others]) for condition, values in natural.items()
        },
    }


def others_of_all(count: int, seed: int) -> list[int]:
    """For each of `count` things another one, each taken once.

    Raises:
        ValueError: fewer than two things, of which one has no other.
    """
    if count < 2:
        raise ValueError(f"{count} mazes have no others to resample from: give 2 or more")
    order = np.random.default_rng(seed).permutation(count)
    others = np.empty(count, dtype=np.int64)
    others[order] = np.roll(order, 1)
    return [int(number) for number in others]
