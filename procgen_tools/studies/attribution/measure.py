"""Which pixels, squares and channels a decision is attributed to, and what changing them does.

Attributions are captum's (Kokhlikyan et al., 2020): gradients, and integrated gradients
(Sundararajan et al., 2017), which sum to the answer for an input minus the answer for a baseline.
The attribution of a square is compared with the effect of really changing this square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from procgen_tools.interventions.vectors import observe
from procgen_tools.models import ImpalaPolicy, move_log_probabilities
from procgen_tools.shown import brief
from procgen_tools.vfield import CACHED_BATCH
from procgen_tools.worlds.maze.edit import remove_cheese, toggle_square
from procgen_tools.worlds.maze.grid import FRAME_SIZE, Maze

Question: TypeAlias = Callable[[Tensor], Float[Tensor, " batch"]]
"""A number for each of a batch of observations or activations."""


def log_odds(
    policy: ImpalaPolicy, moves: Bool[np.ndarray, " move"], *, after: str | None = None
) -> Question:
    """How probable some moves are against all others: the logarithm of the odds.

    Args:
        policy: the policy.
        moves: which of MOVES, such as those of `paths.nearer_moves` at a square.
        after: one of `models.RESUME_POINTS`, if the question is to be asked of that activation;
            of observations otherwise.

    Raises:
        ValueError: no move, or all of them.
    """
    if moves.all() or not moves.any():
        raise ValueError(f"moves {moves.tolist()} have no odds: choose some of them, and not all")
    chosen = torch.from_numpy(moves.copy())

    def question(inputs: Tensor) -> Tensor:
        if after is None:
            logits, _ = policy.logits_and_value(inputs)
        else:
            logits, _ = policy.logits_and_value_after(after, inputs)
        logs = move_log_probabilities(logits)
        return logs[:, chosen].logsumexp(-1) - logs[:, ~chosen].logsumexp(-1)

    return question


@dataclass(frozen=True, eq=False)
class Attribution:
    """What a question's answer is put down to.

    Attributes:
        values: of the input's shape.
        difference: the answer to the input minus that to the baseline.
        total: the sum of the values: the difference, up to the error of the integration.
    """

    values: Tensor
    difference: float
    total: float

    __repr__ = brief

    @property
    def error(self) -> float:
        """How far the total misses the difference, as a share of it."""
        return abs(self.total - self.difference) / max(abs(self.difference), 1e-12)


def integrated_gradients(
    question: Question, given: Tensor, baseline: Tensor, *, steps: int = 64
) -> Attribution:
    """The gradients on the straight way from a baseline to an input, times that way.

    What the input shares with its baseline gets nothing, so the baseline decides what can be
    found: with the maze without cheese the cheese gets all.

    Args:
        question: the function to attribute.
        given: an observation or activation, without a batch axis.
        baseline: of the same shape.
        steps: points of the integral; more make a smaller `error`.

    Raises:
        ValueError: another shape of the baseline, or no steps.
        ModuleNotFoundError: captum is not installed.
    """
    methods = _methods()
    if given.shape != baseline.shape or steps < 1:
        raise ValueError(
            f"a baseline of shape {tuple(baseline.shape)} for an input of {tuple(given.shape)}, "
            f"and {steps} steps: give equal shapes, and at least one step"
        )
    values = methods.IntegratedGradients(question).attribute(
        given[None], baselines=baseline[None], n_steps=steps, internal_batch_size=CACHED_BATCH
    )[0]
    with torch.no_grad():
        answers = question(torch.stack([given, baseline]))
    return Attribution(
        values.detach(), float(answers[0] - answers[1]), float(values.sum(dtype=torch.float64))
    )


def saliency(question: Question, given: Tensor) -> Tensor:
    """The absolute gradient, of the input's shape: what a small change would do.

    Raises:
        ModuleNotFoundError: captum is not installed.
    """
    method = _methods().Saliency(question)
    return method.attribute(given[None].clone().requires_grad_())[0].detach()


def _methods() -> ModuleType:
    try:
        from captum import attr
    except ModuleNotFoundError as error:
        message = "attributions need captum: pip install 'procgen-tools[lab]'"
        raise ModuleNotFoundError(message) from error
    return attr


def by_square(pixels: Float[Tensor, "colour 64 64"], maze: Maze) -> Float[np.ndarray, "row col"]:
    """Sums over colours and over the pixels whose middle lies in each square of the maze.

    Pixels beside the maze are left out.
    """
    outer = np.floor((np.arange(FRAME_SIZE) + 0.5) * maze.world_size / FRAME_SIZE).astype(int)
    summed = np.zeros((maze.world_size, maze.world_size))
    np.add.at(
        summed,
        # Row 0 of the picture is the top, row 0 of the maze the bottom.
        (maze.world_size - 1 - outer[:, None], outer[None, :]),
        pixels.sum(dim=0).double().cpu().numpy(),
    )
    inside = slice(maze.padding, maze.padding + maze.size)
    return summed[inside, inside]


@torch.no_grad()
def effects_of_squares(question: Question, maze: Maze) -> Float[np.ndarray, "row col"]:
    """The answer as the maze is, minus the answer with one square really different.

    A wall is opened, an open square becomes a wall, and the cheese is taken away. NaN at the
    mouse, whose square can only stay.
    """
    squares = [(row, col) for row in range(maze.size) for col in range(maze.size)]
    changed = [_changed(maze, square) for square in squares if square != maze.mouse]
    answers = _answers(question, [maze, *changed])
    effects = np.full((maze.size, maze.size), np.nan)
    rest = np.array([square for square in squares if square != maze.mouse])
    effects[rest[:, 0], rest[:, 1]] = answers[0] - answers[1:]
    return effects


def _changed(maze: Maze, square: tuple[int, int]) -> Maze:
    return remove_cheese(maze) if square == maze.cheese else toggle_square(maze, square)


def _answers(question: Question, mazes: Sequence[Maze]) -> Float[np.ndarray, " maze"]:
    parts = [
        question(observe(mazes[start : start + CACHED_BATCH]))
        for start in range(0, len(mazes), CACHED_BATCH)
    ]
    return torch.cat(parts).double().cpu().numpy()


@torch.no_grad()
def effects_of_channels(
    question: Question, given: Float[Tensor, "channel ..."], baseline: Tensor
) -> Float[np.ndarray, " channel"]:
    """The answer to an activation, minus the answer with one channel as in the baseline."""
    channels: Int[Tensor, " channel"] = torch.arange(len(given))
    swapped = given.repeat(len(given), *[1] * given.ndim)
    swapped[channels, channels] = baseline
    answers = question(torch.cat([given[None], swapped]))
    return (answers[0] - answers[1:]).double().cpu().numpy()
