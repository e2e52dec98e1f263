"""What an intervention changes in a maze, measured exactly.

    effect = measure(policy, maze, Add(vector, -1.0))
    effect.decision_after, effect.chances_after, effect.difference.total_variation

The fields before and after, what the policy does at the decision square, and the exact chances of
reaching cheese and corner: nothing is sampled. Several interventions on one maze share what comes
before them: the field as it is, and the activations up to the first that changes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from textwrap import shorten
from typing import Any, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools import chains, hooks
from procgen_tools.chains import CORNER_REGION, Chances, DecisionProbabilities
from procgen_tools.checks import of_kind
from procgen_tools.interventions.base import Intervention
from procgen_tools.models.actions import move_probabilities
from procgen_tools.models.interface import Policy, answer_from, need
from procgen_tools.vfield import (
    FieldDifference,
    VectorField,
    difference,
    fast_batch,
    square_observations,
)
from procgen_tools.worlds.maze.grid import Maze


@dataclass(frozen=True, eq=False)
class Effect:
    """One maze before and after an intervention.

    Attributes:
        intervention: what was done.
        before, after: the fields, with both facings of the mouse.
        decision_before, decision_after: the moves at the decision square by where they lead; None
            in a maze without one.
        chances_before, chances_after: exact, of an episode from the mouse's square.
    """

    intervention: Intervention
    before: VectorField
    after: VectorField
    decision_before: DecisionProbabilities | None
    decision_after: DecisionProbabilities | None
    chances_before: Chances
    chances_after: Chances

    @property
    def maze(self) -> Maze:
        """The maze."""
        return self.before.maze

    @cached_property
    def difference(self) -> FieldDifference:
        """The change of the field, square by square."""
        return difference(self.before, self.after)

    def __repr__(self) -> str:
        before, after = self.chances_before, self.chances_after
        limit = "" if before.step_limit is None else f" within {before.step_limit} steps"
        lines = [
            f"Effect: {shorten(str(self.intervention), 90, placeholder='…')}",
            f"  {self.maze.caption()}",
            f"  reaches the cheese{limit}: {before.cheese:.3f} → {after.cheese:.3f}",
            f"  visits the corner: {before.corner:.3f} → {after.corner:.3f}",
        ]
        first, then = self.decision_before, self.decision_after
        if first is not None and then is not None:
            lines.append(
                f"  at the decision square {tuple(first.square)}: P(cheese) {first.cheese:.3f} → "
                f"{then.cheese:.3f}, P(top right) {first.top_right:.3f} → {then.top_right:.3f}"
            )
        variation = self.difference.total_variation
        lines.append(f"  total variation: mean {variation.mean():.3f}, max {variation.max():.3f}")
        return "\n".join(lines)

    def _repr_png_(self) -> bytes:
        """The fields before and after, and their difference, for a notebook."""
        return self.difference._repr_png_()

    def row(self) -> dict[str, Any]:
        """The effect as one row of a table.

        Columns: size; for each of decision_cheese, decision_top_right, decision_other (None
        without a decision square), cheese, corner, corner_first, neither (see `chains.Chances`):
        `<name>_before` and `<name>_after`; total_variation_mean and total_variation_max over the
        squares.
        """
        row: dict[str, Any] = {"size": self.maze.size, "intervention": str(self.intervention)}
        for when, decision, odds in (
            ("before", self.decision_before, self.chances_before),
            ("after", self.decision_after, self.chances_after),
        ):
            for name in ("cheese", "top_right", "other"):
                row[f"decision_{name}_{when}"] = decision and getattr(decision, name)
            for name in ("cheese", "corner", "corner_first", "neither"):
                row[f"{name}_{when}"] = getattr(odds, name)
        variation = self.difference.total_variation
        row["total_variation_mean"] = float(variation.mean())
        row["total_variation_max"] = float(variation.max())
        return row


def measure(
    policy: Policy,
    maze: Maze,
    intervention: Intervention,
    *,
    step_limit: int | None = chains.PROCGEN_STEP_LIMIT,
    corner_region: int = CORNER_REGION,
) -> Effect:
    """The effect of one intervention in a maze; arguments and errors as for `measure_each`."""
    effects = measure_each(
        policy, maze, [intervention], step_limit=step_limit, corner_region=corner_region
    )
    return next(effects)


def measure_each(
    policy: Policy,
    maze: Maze,
    interventions: Sequence[Intervention],
    *,
    step_limit: int | None = chains.PROCGEN_STEP_LIMIT,
    corner_region: int = CORNER_REGION,
) -> Iterator[Effect]:
    """The effects of several interventions in one maze, each on its own.

    Patches that are active already stay active, before and after.

    Args:
        policy: without memory, on its own device.
        maze: episodes begin where its mouse stands.
        interventions: one that is for a batch gets all squares at once, in the order of
            `maze.open_squares()`.
        step_limit: steps after which episodes end; None for no limit.
        corner_region: side in squares of what counts as the corner.

    Raises:
        ValueError: an intervention that does not fit the policy or the number of squares; see
            also `chains.chances`.
        TypeError: a network without activation names (see `models.adapt`).

    Warns:
        UserWarning: an intervention that was made for mazes of another size.
        hooks.IdleEditWarning: an intervention that changed nothing.
    """
    need(policy, "logits_and_value", "activation_names", "activation_shapes", what="measure")
    of_kind("the maze", maze, Maze, "give a Maze, such as maze.make_level(0) or venv.maze(0)")
    for intervention in interventions:
        of_kind("the intervention", intervention, Intervention,
                "give one of procgen_tools.interventions, such as Add(vector, -1.0)")  # fmt: skip
        intervention.check(policy)
        why = intervention.misplaced_in(maze)
        if why is not None:
            warnings.warn(f"'{intervention}': {why}", stacklevel=2)
    point = None if hooks.is_hooked(policy) else resume_point(policy, interventions)
    mirrored = replace(maze, mouse_mirrored=not maze.mouse_mirrored)
    facings = [_pass(policy, shown, point) for shown in (maze, mirrored)]
    before = _field(maze, [facing.answers for facing in facings])
    decision = chains.decision(before, maze.mouse)
    odds = chains.chances(before, None, step_limit, corner_region=corner_region)
    for intervention in interventions:
        with intervention.on(policy):
            after = _field(maze, [_go_on(policy, each, intervention.batch) for each in facings])
        yield Effect(
            intervention,
            before,
            after,
            decision,
            chains.decision(after, maze.mouse),
            odds,
            chains.chances(after, None, step_limit, corner_region=corner_region),
        )


def resume_point(policy: Policy, interventions: Sequence[Intervention]) -> str | None:
    """The last activation, at or before all that change, from which a pass can go on.

    None when something changes before the first of the policy's `resume_points`, or it has none.
    """
    points = getattr(policy, "resume_points", ())
    order = {name: number for number, name in enumerate(policy.activation_names)}
    layers = [layer for intervention in interventions for layer in intervention.layers]
    first = min((order[layer] for layer in layers), default=len(order))
    return next((name for name in reversed(points) if order[name] <= first), None)


Answers: TypeAlias = tuple[Float[Tensor, "square action"], Float[Tensor, " square"]]


@dataclass(frozen=True, eq=False)
class _Facing:
    """The policy as it is, with the mouse looking one way at every square.

    `inputs` is what edited passes begin with: activations of the resume point `point`, or
    observations if it is None.
    """

    answers: Answers
    inputs: Float[Tensor, "square channel row col"]
    point: str | None


@torch.no_grad()
def _pass(policy: Policy, maze: Maze, point: str | None) -> _Facing:
    observations = square_observations(maze, policy)
    parts, reached = [], []
    with hooks.record(policy, [] if point is None else [point]) as recorded:
        for batch in observations.split(fast_batch(observations)):
            parts.append(policy.logits_and_value(batch))
            reached.append(batch if point is None else recorded[point])
    return _Facing(_joined(parts), torch.cat(reached), point)


@torch.no_grad()
def _go_on(policy: Policy, facing: _Facing, batch: int | None) -> Answers:
    """The rest of the passes; one batch if the intervention is for one."""
    size = fast_batch(facing.inputs) if batch is None else len(facing.inputs)
    return _joined([answer_from(policy, facing.point, part) for part in facing.inputs.split(size)])


def _joined(parts: Sequence[tuple[Tensor, Tensor]]) -> Answers:
    logits, values = zip(*parts, strict=True)
    return torch.cat(logits), torch.cat(values)


def _field(maze: Maze, answers: Sequence[Answers]) -> VectorField:
    """The field of both facings; in float64 after moving, as not every device knows it."""
    moves = [move_probabilities(logits.cpu().double()).numpy() for logits, _ in answers]
    return VectorField(maze, moves[0], answers[0][1].cpu().double().numpy(), moves[1])
