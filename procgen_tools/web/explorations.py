"""What an explorer shows of a level, computed step by step so that a newer edit can interrupt.

    for partial in Explorer(policy).steps(level):
        if partial is not None:
            show(partial)

A step is at most one forward pass. Fields and chances are those of `effects.measure`.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from procgen_tools import chains, hooks
from procgen_tools.chains import Chances
from procgen_tools.effects import resume_point
from procgen_tools.fields import StateField, VectorField
from procgen_tools.interventions import Intervention
from procgen_tools.models.interface import Policy, answer_from, need
from procgen_tools.shown import brief
from procgen_tools.vfield import assemble, fast_batch, observations_of
from procgen_tools.worlds.maze.grid_level import GridLevel

BEFORE, AFTER, OTHER = "before", "after", "other"
"""The agent as it is, the agent with an intervention, and another agent."""


@dataclass(frozen=True)
class Timing:
    """Seconds of the parts of a computation.

    Attributes:
        frames: drawing the observations.
        network: forward passes.
        chances: solving for the exact chances.
        total: all of it, from the request on.
        picture: from the pointer to the complete picture in the browser; None if not known.
    """

    frames: float = 0.0
    network: float = 0.0
    chances: float = 0.0
    total: float = 0.0
    picture: float | None = None

    @property
    def network_share(self) -> float:
        """The share of the network in the total, or in the time to the picture if known."""
        whole = self.total if self.picture is None else self.picture
        return self.network / whole if whole else 0.0


@dataclass(frozen=True, eq=False)
class Exploration:
    """What is known of a level so far.

    Attributes:
        level: the level.
        fields: the fields that are computed, by BEFORE, AFTER and OTHER.
        chances: the exact chances from the level's start, by the same names.
        intervention: the intervention of AFTER, or None.
        complete: whether everything is computed.
        timing: the seconds so far.
    """

    level: Any
    fields: Mapping[str, VectorField | StateField] = field(default_factory=dict)
    chances: Mapping[str, Chances] = field(default_factory=dict)
    intervention: Intervention | None = None
    complete: bool = False
    timing: Timing = Timing()

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class _Passes:
    """The passes of a policy without intervention, which several edits continue."""

    level: Any
    observations: list[Tensor]
    answers: list[tuple[Tensor, Tensor]]
    reached: list[dict[str, Tensor]]


class Explorer:
    """Computes what a policy, an intervention and another policy do in a level.

    The passes without intervention are kept until the level changes, so a moved slider only costs
    the part of the network after the edit, and a moved mouse costs no pass at all.

    Args:
        policy: a policy without memory.
        other: another policy for the same levels.

    Raises:
        TypeError: a network without activation names (see `models.adapt`).

    Example:
        >>> from procgen_tools import maze, models
        >>> *_, last = Explorer(models.ImpalaPolicy()).steps(maze.make_level(3))
        >>> last.complete, list(last.chances)
        (True, ['before'])
    """

    def __init__(self, policy: Policy, other: Policy | None = None) -> None:
        for each in (policy, other):
            if each is not None:
                need(each, "logits_and_value", "activation_names", what="an explorer")
        self._policies = {BEFORE: policy, OTHER: other}
        self._kept: dict[str, _Passes] = {}

    def steps(
        self, level: Any, intervention: Intervention | None = None
    ) -> Generator[Exploration | None, None, None]:
        """Compute step by step; None means that there is nothing new to show.

        The order is: the field, its chances, the field of the other policy and its chances, the
        field after the intervention and its chances.

        Args:
            level: a level with a graph, such as a maze.
            intervention: an intervention on the first policy, or None.

        Raises:
            TypeError: a level without a graph, such as those of keys and chests.
            ValueError: an intervention that does not fit the policy.
        """
        policy = self._policies[BEFORE]
        if not hasattr(level, "graph"):
            raise TypeError(
                f"a {type(level).__module__.split('.')[-2].replace('_', ' ')} level has too many "
                "states for a field: explore a level of another world"
            )
        if intervention is not None and policy is not None:
            intervention.check(policy)
        clock = _Clock()
        now = Exploration(level, intervention=intervention)
        for name, each in self._policies.items():
            if each is None:
                continue
            passes = yield from self._passes(name, each, level, clock)
            now = clock.read(replace(now, fields={**now.fields, name: self._field(passes)}))
            yield now
            now = self._with_chances(now, name, clock)
            yield now
        if intervention is not None and policy is not None:
            answers = yield from self._edited(policy, self._kept[BEFORE], intervention, clock)
            after = assemble(level, answers)
            now = clock.read(replace(now, fields={**now.fields, AFTER: after}))
            yield now
            now = self._with_chances(now, AFTER, clock)
        yield clock.read(replace(now, complete=True))

    @staticmethod
    def _field(passes: _Passes) -> VectorField | StateField:
        return assemble(passes.level, passes.answers)

    def _with_chances(self, now: Exploration, name: str, clock: _Clock) -> Exploration:
        with clock.of("chances"):
            goals = now.level.effect_goals
            chances = chains.chances(now.fields[name], None, now.level.step_limit, **goals)
        return clock.read(replace(now, chances={**now.chances, name: chances}))

    def _passes(
        self, name: str, policy: Policy, level: Any, clock: _Clock
    ) -> Generator[None, None, _Passes]:
        kept = self._kept.get(name)
        if kept is not None and _same_frames(kept.level, level):
            self._kept[name] = replace(kept, level=level)
            return self._kept[name]
        with clock.of("frames"):
            observations = [observations_of(policy, view) for view in level.views()]
        points = list(getattr(policy, "resume_points", ()))
        answers, reached = [], []
        for each in observations:
            done: list[tuple[Tensor, Tensor]] = []
            stops: list[dict[str, Tensor]] = []
            for batch in each.split(fast_batch(each)):
                yield None
                with clock.of("network"), torch.no_grad(), hooks.record(policy, points) as recorded:
                    done.append(policy.logits_and_value(batch))
                stops.append({point: recorded[point] for point in points})
            answers.append(_joined(done))
            reached.append({p: torch.cat([stop[p] for stop in stops]) for p in points})
        self._kept[name] = _Passes(level, observations, answers, reached)
        return self._kept[name]

    def _edited(
        self, policy: Policy, passes: _Passes, intervention: Intervention, clock: _Clock
    ) -> Generator[None, None, list[tuple[Tensor, Tensor]]]:
        point = resume_point(policy, [intervention])
        starts = passes.observations if point is None else [each[point] for each in passes.reached]
        answers = []
        for inputs in starts:
            done = []
            size = fast_batch(inputs) if intervention.batch is None else len(inputs)
            for batch in inputs.split(size):
                yield None
                with (
                    clock.of("network"),
                    torch.no_grad(),
                    intervention.on(policy, may_be_idle=True),
                ):
                    done.append(answer_from(policy, point, batch))
            answers.append(_joined(done))
        return answers


def _same_frames(one: Any, other: Any) -> bool:
    """Whether two levels have the same frames at every square: they may differ in the mouse's."""
    if isinstance(one, GridLevel) and isinstance(other, GridLevel) and one.is_open(other.mouse):
        return replace(one, mouse=other.mouse) == other  # type: ignore[type-var]
    return one is other


class _Clock:
    """Seconds by part."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._parts = {"frames": 0.0, "network": 0.0, "chances": 0.0}

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._parts[part] += time.perf_counter() - began

    def read(self, exploration: Exploration) -> Exploration:
        """The exploration with the seconds so far."""
        total = time.perf_counter() - self._began
        return replace(exploration, timing=Timing(**self._parts, total=total))


def _joined(parts: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    logits, values = zip(*parts, strict=True)
    return torch.cat(logits), torch.cat(values)
