"""What an intervention changes in a level, measured exactly.

    effect = measure(policy, maze, Add(vector, -1.0))
    effect.decision_after, effect.chances_after, effect.difference.total_variation

An effect holds the fields before and after, the policy's moves at the decision square, and the
exact chances of reaching the goals. Nothing is sampled. Several interventions in one level share
the field before and the activations up to the first layer that changes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import shorten
from typing import Any, Literal, TypeAlias

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

AS_THE_WORLD: Literal["as the world"] = "as the world"
"""The step limit of the level's own world."""


@dataclass(frozen=True, eq=False)
class Effect:
    """One level before and after an intervention.

    Attributes:
        intervention: the intervention.
        before, after: the fields; in a maze, `VectorField` objects with both facings of the mouse.
        decision_before, decision_after: the probabilities of the moves at the decision square;
            None if the level has none.
        chances_before, chances_after: the exact chances of an episode from the level's start.
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

        Each of these columns has the suffix `_before` or `_after`:

        - `decision_<goal>` and `decision_other`: the decision square, None if the level has none;
        - `<goal>`: the chance of each goal;
        - `<goal>_first`: for each goal that does not end the episode;
        - `neither`: see `chains.Chances`.

        The other columns are `size`, the side of a maze in squares; `intervention`; and
        `total_variation_mean` and `total_variation_max` over squares or states.
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
    step_limit: int | Literal["as the world"] | None = AS_THE_WORLD,
    **goals: Any,
) -> Effect:
    """The effect of one intervention in a level; arguments and errors as for `measure_each`.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.interventions import Zero
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("...\\n.##\\nM.C")
        >>> effect = measure(ImpalaPolicy(), level, Zero("embedder.fc"))
        >>> float(np.ptp(effect.after.values))  # all squares look alike without this layer
        0.0
        >>> bool(effect.difference.total_variation.max() > 0)
        True
    """
    return next(measure_each(policy, level, [intervention], step_limit=step_limit, **goals))


def measure_each(
    policy: Policy,
    level: Level,
    interventions: Sequence[Intervention],
    *,
    step_limit: int | Literal["as the world"] | None = AS_THE_WORLD,
    **goals: Any,
) -> Iterator[Effect]:
    """The effects of several interventions in one level, each applied separately.

    Patches that are already active stay active, before and after.

    Args:
        policy: a policy without memory. It runs on its own device.
        level: a level, such as a maze. In a maze, episodes begin at the square of the mouse.
        interventions: the interventions. One that depends on the batch gets all squares in one
            batch, in the order of `maze.open_squares()`.
        step_limit: steps after which episodes end, or None for no limit. Defaults to the limit of
            the world, 500 in a maze.
        **goals: options of the world's goals (see `chains.chances`). In a maze, `corner_region`
            defaults to 5: the corner is the top-right 5 x 5.

    Raises:
        ValueError: an intervention that does not fit the policy or the number of squares; see
            also `chains.chances`.
        TypeError: a network without activation names (see `models.adapt`), or not a level.

    Warns:
        UserWarning: an intervention that was made for mazes of another size.
        hooks.IdleEditWarning: an intervention that changed nothing.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.interventions import Scale
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("...\\n.##\\nM.C")
        >>> edits = [Scale("embedder.fc", factor) for factor in (0.0, 2.0)]
        >>> for effect in measure_each(ImpalaPolicy(), level, edits):
        ...     print(effect.intervention)
        multiply embedder.fc_out by 0
        multiply embedder.fc_out by 2
    """
    need(policy, "logits_and_value", "activation_names", "activation_shapes", what="measure")
    of_kind("the maze", level, Level, "give a Maze, such as maze.make_level(0) or venv.maze(0)")
    for intervention in interventions:
        of_kind(
            "the intervention",
            intervention,
            Intervention,
            "give one of procgen_tools.interventions, such as Add(vector, -1.0)",
        )
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
    decision = chains.decision(before)
    odds = chains.chances(before, None, limit, **goals)
    for intervention in interventions:
        with intervention.on(policy):
            after = assemble(level, [_go_on(policy, each, intervention.batch) for each in parts])
        yield Effect(
            intervention,
            before,
            after,
            decision,
            chains.decision(after),
            odds,
            chains.chances(after, None, limit, **goals),
        )


def resume_point(policy: Policy, interventions: Sequence[Intervention]) -> str | None:
    """The last resume point of a policy that is not after any changed activation.

    A forward pass can continue from this activation. Returns None if an activation changes before
    the first of the policy's `resume_points`, or if the policy has none.

    Example:
        >>> from procgen_tools.interventions import Scale
        >>> from procgen_tools.models import ImpalaPolicy
        >>> resume_point(ImpalaPolicy(), [Scale("embedder.fc", 0.5)])
        'embedder.block3.res2.resadd_out'
    """
    points = getattr(policy, "resume_points", ())
    order = {name: number for number, name in enumerate(policy.activation_names)}
    layers = [hooks.canonical(name) for each in interventions for name in each.layers]
    first = min((order[layer] for layer in layers), default=len(order))
    return next((name for name in reversed(points) if order[name] <= first), None)


Answers: TypeAlias = tuple[Float[Tensor, "place action"], Float[Tensor, " place"]]


@dataclass(frozen=True, eq=False)
class _Part:
    """The outputs of the unedited policy in the states of one view.

    Edited passes start from `inputs`: activations at the resume point `point`, or observations if
    `point` is None.
    """

    answers: Answers
    inputs: Float[Tensor, " place *activation"]
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
    """The rest of the passes, in one batch if the intervention depends on the batch."""
    size = fast_batch(part.inputs) if batch is None else len(part.inputs)
    return _joined([answer_from(policy, part.point, each) for each in part.inputs.split(size)])


def _joined(parts: Sequence[tuple[Tensor, Tensor]]) -> Answers:
    logits, values = zip(*parts, strict=True)
    return torch.cat(logits), torch.cat(values)
