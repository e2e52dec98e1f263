"""Evaluate one agent: each condition by sampled episodes and by exact chances."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool

from procgen_tools.episodes.answers import MemoryPolicy, PlainPolicy
from procgen_tools.evaluation.conditions import (
    USUAL_RULE,
    Condition,
    HeldOutLevels,
    check_goal,
    held_out_levels,
    trained_rule,
)
from procgen_tools.evaluation.exact_scores import ExactScores, exact_scores
from procgen_tools.evaluation.rollouts import Evaluation, evaluate
from procgen_tools.evaluation.seen_levels import seen_levels, training_levels
from procgen_tools.models import checkpoint_metadata, load_policy
from procgen_tools.shown import brief
from procgen_tools.statistics.intervals import Share
from procgen_tools.training.settings import ANYWHERE, check_region
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.venv import BACKENDS


@dataclass(frozen=True)
class EvaluationSettings:
    """The settings of an evaluation.

    Attributes:
        levels: number of held-out levels per condition, with one episode each.
        conditions: the conditions, in the order of the results.
        rand_region: side of the region that counts as in distribution, or 'anywhere'. None means
            the region of the training, or 5 if the checkpoint does not record it.
        world_size: 25 or 15. None means the world size of the training, or 25 if the checkpoint
            does not record it.
        seed: seed of the sampled actions and of the bootstrap.
        backend: 'native' or 'procgen', the engine that plays the episodes.
        exact: whether to compute exact chances as well, for agents without memory.
        deduplicate: whether to find out which levels occurred in training.

    Raises:
        ValueError: no levels, no conditions, or an unknown backend.

    Example:
        >>> EvaluationSettings(levels=10, rand_region=3).rule({}).rand_region
        3
    """

    levels: int = 500
    conditions: tuple[Condition, ...] = tuple(Condition)
    rand_region: int | str | None = None
    world_size: int | None = None
    seed: int = 0
    backend: str = "native"
    exact: bool = True
    deduplicate: bool = True

    def __post_init__(self) -> None:
        if self.levels < 1:
            raise ValueError(f"levels is {self.levels}: give 1 or more")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}: give 0 or more")
        if not self.conditions:
            raise ValueError(f"no conditions: choose from {', '.join(Condition)}")
        if self.backend not in BACKENDS:
            raise ValueError(f"unknown backend {self.backend!r}: choose one of {list(BACKENDS)}")
        if isinstance(self.rand_region, str) and self.rand_region != ANYWHERE:
            raise ValueError(
                f"rand_region is {self.rand_region!r}: give a number of squares, {ANYWHERE!r}, or "
                "None for the region of the training"
            )

    def rule(self, metadata: Mapping[str, Any]) -> LevelRule:
        """The rule of the levels in distribution, for an agent with this checkpoint metadata."""
        rule = trained_rule(metadata) or USUAL_RULE
        if self.world_size is not None:
            rule = replace(rule, world_size=self.world_size)
        if isinstance(self.rand_region, str):
            return replace(rule, rand_region=None)
        if self.rand_region is None:
            return rule
        check_region(self.rand_region, rule.world_size)
        return replace(rule, rand_region=self.rand_region)


@dataclass(frozen=True, eq=False)
class ConditionEvaluation:
    """The results of one condition.

    Attributes:
        condition: the condition.
        rule: how its levels were drawn.
        levels: the levels, each with its cheese, in the order of all arrays.
        episodes: sampled episodes, one per level.
        exact: exact chances in the same levels. None if they were not requested, or if the agent
            has a memory.
        seen: (level,) whether the level, including its cheese, occurred in training. This also
            compares the cheese in NO_CHEESE. None if not requested, or not known.
    """

    condition: Condition
    rule: LevelRule
    levels: HeldOutLevels
    episodes: Evaluation
    exact: ExactScores | None
    seen: Bool[np.ndarray, " level"] | None

    __repr__ = brief

    @property
    def success(self) -> Share:
        """The share of levels in which the cheese was reached."""
        return self.episodes.success

    @property
    def success_unseen(self) -> Share | None:
        """`success` in the levels that did not occur in training; None if `seen` is None."""
        return None if self.seen is None else Share.of(self.episodes.found[~self.seen])


@dataclass(frozen=True, eq=False)
class AgentEvaluation:
    """The results of one agent.

    Attributes:
        agent: the name of the agent, such as the path of its file.
        settings: the settings of the evaluation.
        trained_rule: how the levels of its training were drawn; None if its file does not record
            this.
        has_memory: whether the policy has a memory.
        training_levels: number of levels drawn for its training, counting repetitions. None if it
            is not known, or was not requested.
        conditions: the results, one per condition.
    """

    agent: str
    settings: EvaluationSettings
    trained_rule: LevelRule | None
    has_memory: bool
    training_levels: int | None
    conditions: tuple[ConditionEvaluation, ...]

    __repr__ = brief

    def of(self, condition: Condition) -> ConditionEvaluation:
        """The results of one condition.

        Raises:
            ValueError: the condition was not measured.
        """
        for measured in self.conditions:
            if measured.condition is condition:
                return measured
        raise ValueError(
            f"{condition} was not measured for {self.agent}: choose one of "
            f"{', '.join(measured.condition for measured in self.conditions)}"
        )


def evaluate_agent(
    path: str | os.PathLike[str],
    settings: EvaluationSettings | None = None,
    *,
    device: torch.device | str = "cpu",
    progress_bar: bool = False,
) -> AgentEvaluation:
    """Evaluate the agent of a checkpoint (see `evaluate_policy`).

    Args:
        path: a checkpoint, or the name of a shipped agent.
        settings: what to measure. Defaults to `EvaluationSettings()`.
        device: where the policy runs.
        progress_bar: whether to show progress bars.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: the file is not a checkpoint, or the settings do not fit the agent.
        ModuleNotFoundError: the backend is 'procgen', which is not installed.

    Example:
        >>> from procgen_tools.evaluation.conditions import Condition
        >>> settings = EvaluationSettings(
        ...     levels=2, conditions=(Condition.ANYWHERE,), world_size=15, deduplicate=False
        ... )
        >>> evaluation = evaluate_agent("rand_region_5", settings)
        >>> evaluation.of(Condition.ANYWHERE).episodes.sizes
        array([ 3, 11])
    """
    return evaluate_policy(
        load_policy(path, device=device),
        settings,
        metadata=checkpoint_metadata(path),
        name=os.fspath(path),
        progress_bar=progress_bar,
    )


def evaluate_policy(
    policy: PlainPolicy | MemoryPolicy,
    settings: EvaluationSettings | None = None,
    *,
    metadata: Mapping[str, Any] | None = None,
    name: str = "policy",
    progress_bar: bool = False,
) -> AgentEvaluation:
    """Evaluate a policy in every condition.

    Args:
        policy: the policy, evaluated on its own device. Exact chances require a policy without
            memory.
        settings: what to measure. Defaults to `EvaluationSettings()`.
        metadata: the metadata of its checkpoint, which record how its training levels were drawn.
        name: the name of the agent in the results.
        progress_bar: whether to show progress bars.

    Raises:
        ValueError: the settings do not fit the agent, or it was trained to reach another object
            than the cheese.
        ModuleNotFoundError: the backend is 'procgen', which is not installed.
    """
    settings = settings or EvaluationSettings()
    metadata = metadata or {}
    check_goal(metadata, name)
    rule = settings.rule(metadata)
    drawn = {
        each: held_out_levels(each, settings.levels)
        for each in dict.fromkeys(condition.rule(rule) for condition in settings.conditions)
    }
    training = training_levels(metadata) if settings.deduplicate else None
    seen: dict[LevelRule, Any] = dict.fromkeys(drawn)
    if training is not None:
        mazes = [maze for levels in drawn.values() for maze in levels.mazes]
        marks = seen_levels(mazes, training, progress_bar=progress_bar)
        seen = dict(zip(drawn, np.split(marks, len(drawn)), strict=True))

    measured: list[ConditionEvaluation] = []
    scores: dict[Any, tuple[Evaluation, ExactScores | None]] = {}
    for condition in settings.conditions:
        levels = drawn[condition.rule(rule)]
        mazes = [condition.maze(level) for level in levels.mazes]
        # Conditions share scores where the mazes are the same (cheese anywhere in training).
        key = (condition.rule(rule), condition is Condition.NO_CHEESE)
        if key not in scores:
            scores[key] = _scores(policy, mazes, settings, progress_bar)
        measured.append(
            ConditionEvaluation(
                condition, condition.rule(rule), levels, *scores[key], seen[condition.rule(rule)]
            )
        )
    return AgentEvaluation(
        name,
        settings,
        trained_rule(metadata),
        isinstance(policy, MemoryPolicy),
        None if training is None else sum(levels.count for levels in training),
        tuple(measured),
    )


def _scores(
    policy: Any, mazes: list[Any], settings: EvaluationSettings, progress_bar: bool
) -> tuple[Evaluation, ExactScores | None]:
    episodes = evaluate(
        policy, mazes, seed=settings.seed, backend=settings.backend, progress_bar=progress_bar
    )
    if not settings.exact or isinstance(policy, MemoryPolicy):
        return episodes, None
    return episodes, exact_scores(policy, mazes, progress_bar=progress_bar)
