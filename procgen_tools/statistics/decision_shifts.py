"""Where many mazes' decisions lead before and after an edit.

    shifts = decision_shifts(policy, mazes, Add(vector, -1.0))
    plot_decision_shifts(shifts, "histogram")

The policy runs on the decision squares only, so a thousand mazes take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from procgen_tools.interventions.base import Intervention
from procgen_tools.interventions.vectors import observe
from procgen_tools.models.interface import Policy, need
from procgen_tools.shown import brief
from procgen_tools.vfield import fast_batch
from procgen_tools.worlds.maze.edit import move_mouse
from procgen_tools.worlds.maze.grid import START, Maze
from procgen_tools.worlds.maze.moves import move_probabilities
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves

GOALS = ("cheese", "top_right", "other")


@dataclass(frozen=True, eq=False)
class DecisionShifts:
    """The probabilities at the decision squares of many mazes, before and after an edit.

    Attributes:
        edit: what was done, in words.
        mazes: those of the given mazes that have a decision square.
        left_out: how many have none.
        before, after: (maze, goal) probabilities of the moves that lead nearer to the cheese, of
            those that lead nearer to the top-right corner, and of all others; rows sum to 1.
    """

    edit: str
    mazes: tuple[Maze, ...]
    left_out: int
    before: Float[np.ndarray, "maze goal=3"]
    after: Float[np.ndarray, "maze goal=3"]

    __repr__ = brief

    @cached_property
    def change(self) -> Float[np.ndarray, "maze goal=3"]:
        """After minus before."""
        return self.after - self.before

    def table(self) -> pd.DataFrame:
        """One row per maze. Columns: `<goal>_before` and `<goal>_after` for each of GOALS."""
        columns = {}
        for when in ("before", "after"):
            for number, goal in enumerate(GOALS):
                columns[f"{goal}_{when}"] = getattr(self, when)[:, number]
        return pd.DataFrame(columns)


@torch.no_grad()
def decision_shifts(
    policy: Policy, mazes: Sequence[Maze], edit: Intervention | Callable[[Maze], Intervention]
) -> DecisionShifts:
    """The decisions of a policy in many mazes, before and after an edit.

    The decision square is that of an episode from the start square (0, 0), wherever the mouse is.
    The mouse is moved to it and keeps its facing. The probabilities are those of
    `chains.decision(field, start=(0, 0))`.

    Args:
        policy: without memory.
        mazes: those without a decision square are left out.
        edit: one for all mazes, or a function that makes one for each, such as
            `lambda maze: Add(cheese_vector(policy, maze, layer), -1.0)`.

    Raises:
        TypeError: a network without `logits_and_value` (see `models.adapt`).
        ValueError: no maze with a decision square; an edit that does not fit the policy, or that
            is for more than one observation.
    """
    need(policy, "logits_and_value", "parameters", what="decision_shifts")
    squares = [decision_square(maze, START) for maze in mazes]
    found = [(maze, at) for maze, at in zip(mazes, squares, strict=True) if at is not None]
    if not found:
        raise ValueError(
            f"none of {len(mazes)} mazes has a decision square: choose levels with "
            "maze.find_seeds(..., has_decision_square=True)"
        )
    parameter = next(policy.parameters())
    shown = observe([move_mouse(maze, at) for maze, at in found]).to(parameter)
    leads = np.stack([_leads(maze, at) for maze, at in found])
    before = _decisions(policy, shown, leads)
    if isinstance(edit, Intervention):
        words = str(edit)
        with edit.on(policy):
            after = _decisions(policy, shown, leads)
    else:
        rows = []
        for number, (maze, _) in enumerate(found):
            made, each = edit(maze), slice(number, number + 1)
            with made.on(policy):
                rows.append(_decisions(policy, shown[each], leads[each]))
        after, words = np.concatenate(rows), f"'{made}', made for each maze"
    kept = tuple(maze for maze, _ in found)
    return DecisionShifts(words, kept, len(mazes) - len(found), before, after)


def _leads(maze: Maze, square: tuple[int, int]) -> Bool[np.ndarray, "goal=3 move"]:
    """Which moves lead where, at one square."""
    assert maze.cheese is not None
    cheese = nearer_moves(maze, maze.cheese)[square]
    corner = nearer_moves(maze, maze.corner)[square]
    return np.stack([cheese, corner, ~(cheese | corner)])


def _decisions(
    policy: Policy, shown: Float[Tensor, "maze 3 64 64"], leads: Bool[np.ndarray, "maze goal move"]
) -> Float[np.ndarray, "maze goal"]:
    moves = [
        move_probabilities(policy.logits_and_value(batch)[0].cpu().double())
        for batch in shown.split(fast_batch(shown))
    ]
    sums: Float[np.ndarray, "maze goal"] = np.einsum("mgp,mp->mg", leads, torch.cat(moves).numpy())
    return sums
