"""What an intervention changes in a level, measured exactly.

    effect = measure(policy, maze, Add(vector, -1.0))
    effect.decision_after, effect.chances_after, effect.difference.total_variation

The fields before and after, what the policy does at the decision square, and the exact chances of
reaching the goals: nothing is sampled. Several interventions on one level share what comes before
them: the field as it is, and the activations up to the first that changes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import shorten
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools import chains, hooks
from procgen_tools.chains import Chances, DecisionProbabilities
from procgen_tools.checks import of_kind
from procgen_tools.interventions.base import Intervention
from procgen_tools.models.interface import Policy, answer_from, need
from procgen_tools.vfield import (
    FieldDifference,
    assemble,
    difference,
    fast_batch,
    observations_of,
)
from procgen_tools.worlds.graph import Level, OnSquares
from procgen_tools.worlds.maze.grid import Maze

AS_THE_WORLD = -1
"""The step limit of the level's own world."""


@dataclass(frozen=True, eq=False)
class Effect:
    """One level before and after an intervention.

    Attributes:
        intervention: what was done.
        before, after: the fields: in a maze `VectorField`s with both facings of the mouse.
        decision_before, decision_after: the moves at the decision square by where they lead; None
            in a level without one.
        chances_before, chances_after: exact, of an episode from the level's start.
    """

    intervention: Intervention
    before: Any
    after: Any
    decision_before: DecisionProbabilities | None
    decision_after: DecisionProbabilities | None
    chances_before: Chances
    chances_after: Chances

    @property
    def level(self) -> Level:
        """The level."""
        return self.before.level

    @property
    def maze(self) -> Maze:
        """The level, if it is a maze."""
        return self.before.maze

    @cached_property
    def difference(self) -> FieldDifference:
        """The change of the field, square by square or state by state."""
        return difference(self.before, self.after)

    def __repr__(self) -> str:
        before, after = self.chances_before, self.chances_after
        limit = "" if before.step_limit is None else f" within {before.step_limit} steps"
        lines = [
            f"Effect: {shorten(str(self.intervention), 90, placeholder='…')}",
            f"  {self.level.caption()}",
        ]
        for name, chance in before.visits.items():
            verb = "reaches" if name in before.steps_to else "visits"
            lines.append(f"  {verb} the {name}{limit}: {chance:.3f} → {after.visits[name]:.3f}")
            limit = ""
        first, then = self.decision_before, self.decision_after
        if first is not None and then is not None:
            changes = ", ".join(
                f"P({name.replace('_', ' ')}) {chance:.3f} → {then.towards[name]:.3f}"
                for name, chance in first.towards.items()
            )
            lines.append(f"  at the decision square {tuple(first.square)}: {changes}")
        variation = self.difference.total_variation
        lines.append(f"  total variation: mean {variation.mean():.3f}, max {variation.max():.3f}")
        return "\n".join(lines)

    def _repr_png_(self) -> bytes:
        """The fields before and after, and their difference, for a notebook."""
        return self.difference._repr_png_()

    def row(self) -> dict[str, Any]:
        """The effect as one row of a table.

        Columns, each as `<name>_before` and `<name>_after`: for every way at the decision square
        and for all others, `decision_<name>` (None without a decision square); for every goal,
        `<goal>`; for every goal that does not end the episode, `<goal>_first`; `neither` (see
        `chains.Chances`). Besides: size, the side of a maze in squares; intervention;
        total_variation_mean and total_variation_max over squares or states.
        """
        row: dict[str, Any] = {
            "size": getattr(self.level, "size", None),
            "intervention": str(self.intervention),
        }
        for when, decision, odds in (
            ("before", self.decision_before, self.chances_before),
            ("after", self.decision_after, self.chances_after),
        ):
            for name in self.level.ways:
                row[f"decision_{name}_{when}"] = decision and decision.towards[name]
            row[f"decision_other_{when}"] = decision and decision.other
            for name, chance in odds.visits.items():
                row[f"{name}_{when}"] = chance
                if name not in self.level.ending_goals:
                    row[f"{name}_first_{when}"] = odds.first[name]
            row[f"neither_{when}"] = odds.neither
        variation = self.difference.total_variation
        row["total_variation_mean"] = float(variation.mean())
        row["total_variation_max"] = float(variation.max())
        return row


def measure(
    policy: Policy,
    level: Level,
    intervention: Intervention,
    *,
    step_limit: int | None = AS_THE_WORLD,
    **goals: Any,
) -> Effect:
    """The effect of one intervention in a level; arguments and errors as for `measure_each`."""
    return next(measure_each(policy, level, [intervention], step_limit=step_limit, **goals))


def measure_each(
    policy: Policy,
    level: Level,
    interventions: Sequence[Intervention],
    *,
    step_limit: int | None = AS_THE_WORLD,
    **goals: Any,
) -> Iterator[Effect]:
    """The effects of several interventions in one level, each on its own.

    Patches that are active already stay active, before and after.

    Args:
        policy: without memory, on its own device.
        level: such as a maze; episodes begin where its mouse is.
        interventions: one that is for a batch gets all squares at once, in the order of
            `maze.open_squares()`.
        step_limit: steps after which episodes end; by default the world's, 500 in a maze. None
            for no limit.
        **goals: options of the world's goals (see `chains.chances`). In a maze the corner is the
            top-right 5 x 5 by default.

    Raises:
        ValueError: an intervention that does not fit the policy or the number of squares; see
            also `chains.chances`.
        TypeError: a network without activation names (see `models.adapt`), or no level.

    Warns:
        UserWarning: an intervention that was made for mazes of another size.
        hooks.IdleEditWarning: an intervention that changed nothing.
    """
    need(policy, "logits_and_value", "activation_names", "activation_shapes", what="measure")
    of_kind("the maze", level, Level, "give a Maze, such as maze.make_level(0) or venv.maze(0)")
    for intervention in interventions:
        of_kind("the intervention", intervention, Intervention,
                "give one of procgen_tools.interventions, such as Add(vector, -1.0)")  # fmt: skip
        intervention.check(policy)
        squares: Any = level if isinstance(level, OnSquares) else None
        why = None if squares is None else intervention.misplaced_in(squares)
        if why is not None:
            warnings.warn(f"'{intervention}': {why}", stacklevel=2)
    limit = level.step_limit if step_limit == AS_THE_WORLD else step_limit
    goals = {**level.effect_goals, **goals}
    point = None if hooks.is_hooked(policy) else resume_point(policy, interventions)
    parts = [_pass(policy, view, point) for view in level.views()]
    before = assemble(level, [part.answers for part in parts])
    start = before.starts[before.graph().start]
    decision = chains.decision(before, start)
    odds = chains.chances(before, start, limit, **goals)
    for intervention in interventions:
        with intervention.on(policy):
            after = assemble(level, [_go_on(policy, each, intervention.batch) for each in parts])
        yield Effect(
            intervention,
            before,
            after,
            decision,
            chains.decision(after, start),
            odds,
            chains.chances(after, start, limit, **goals),
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


Answers: TypeAlias = tuple[Float[Tensor, "place action"], Float[Tensor, " place"]]


@dataclass(frozen=True, eq=False)
class _Part:
    """The policy as it is, in the states of one view.

    `inputs` is what edited passes begin with: activations of the resume point `point`, or
    observations if it is None.
    """

    answers: Answers
    inputs: Float[Tensor, place * activation]
    point: str | None


@torch.no_grad()
def _pass(policy: Policy, view: np.ndarray, point: str | None) -> _Part:
    observations = observations_of(policy, view)
    parts, reached = [], []
    with hooks.record(policy, [] if point is None else [point]) as recorded:
        for batch in observations.split(fast_batch(observations)):
            parts.append(policy.logits_and_value(batch))
            reached.append(batch if point is None else recorded[point])
    return _Part(_joined(parts), torch.cat(reached), point)


@torch.no_grad()
def _go_on(policy: Policy, part: _Part, batch: int | None) -> Answers:
    """The rest of the passes; one batch if the intervention is for one."""
    size = fast_batch(part.inputs) if batch is None else len(part.inputs)
    return _joined([answer_from(policy, part.point, each) for each in part.inputs.split(size)])


def _joined(parts: Sequence[tuple[Tensor, Tensor]]) -> Answers:
    logits, values = zip(*parts, strict=True)
    return torch.cat(logits), torch.cat(values)
