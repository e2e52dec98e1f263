"""An evaluation as text, and as one row of the table that compares agents."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from procgen_tools.evaluation.agents import AgentEvaluation, ConditionEvaluation
from procgen_tools.evaluation.conditions import Condition
from procgen_tools.statistics.intervals import Estimate, Share, mean_over_levels
from procgen_tools.worlds.maze.grid import CORNER_REGION
from procgen_tools.worlds.maze.levels import LevelRule

REGION = f"{CORNER_REGION} x {CORNER_REGION}"
LABEL_WIDTH = 46
SAMPLED_WIDTH = 33
NOTHING = "–"

Row: TypeAlias = tuple[str, str, str]
"""A label, the number from sampled episodes, and the number from exact chances."""


def report(evaluation: AgentEvaluation) -> str:
    """All numbers of an evaluation with their 95% intervals, in one block per condition.

    Example:
        >>> from procgen_tools.evaluation.agents import EvaluationSettings, evaluate_agent
        >>> settings = EvaluationSettings(levels=2, world_size=15, deduplicate=False, exact=False)
        >>> print(report(evaluate_agent("rand_region_5", settings)).splitlines()[0])
        rand_region_5
    """
    settings = evaluation.settings
    blocks = [
        "\n".join(
            [
                evaluation.agent,
                f"  {settings.levels} held-out levels per condition, one episode each, at most "
                f"500 steps, played by {settings.backend}",
                "  95% intervals in brackets: Wilson's for shares of sampled episodes, bootstrap "
                "over levels for means",
                *_remarks(evaluation),
            ]
        ),
        *("\n".join(_block(measured, settings.seed)) for measured in evaluation.conditions),
    ]
    return "\n\n".join(blocks)


def family_row(evaluation: AgentEvaluation) -> dict[str, Share | Estimate]:
    """The numbers that compare agents trained on different regions.

    Returns:
        A dictionary of four numbers. success: share of sampled episodes in distribution.
        cheese_anywhere and region_anywhere: exact probabilities of reaching the cheese and of
        visiting the top-right 5 x 5 squares, with the cheese anywhere. move_agreement: in
        distribution (see `exact_scores.move_agreement`).

    Raises:
        ValueError: one of the two conditions or the exact chances were not measured.

    Example:
        >>> from procgen_tools.evaluation.agents import EvaluationSettings, evaluate_agent
        >>> settings = EvaluationSettings(levels=1, world_size=15, deduplicate=False)
        >>> sorted(family_row(evaluate_agent("rand_region_5", settings)))
        ['cheese_anywhere', 'move_agreement', 'region_anywhere', 'success']
    """
    trained = evaluation.of(Condition.IN_DISTRIBUTION)
    anywhere = evaluation.of(Condition.ANYWHERE)
    if trained.exact is None or anywhere.exact is None:
        raise ValueError(
            f"{evaluation.agent} was evaluated without exact chances, which the row needs: "
            "evaluate an agent without memory, with exact=True"
        )
    seed = evaluation.settings.seed
    return {
        "success": trained.success,
        "cheese_anywhere": mean_over_levels(anywhere.exact.cheese, seed=seed),
        "region_anywhere": mean_over_levels(anywhere.exact.region, seed=seed),
        "move_agreement": mean_over_levels(trained.exact.move_agreement, seed=seed),
    }


def _remarks(evaluation: AgentEvaluation) -> list[str]:
    settings, remarks = evaluation.settings, []
    if evaluation.trained_rule is None:
        remarks.append(
            "the file does not record how its levels were drawn: what is called in distribution "
            "below was chosen or assumed"
        )
    if not settings.deduplicate:
        remarks.append("levels that occurred in training were not searched for")
    elif evaluation.training_levels is None:
        remarks.append(
            "which levels occurred in training is not known: the file does not say "
            "which levels were drawn for it"
        )
    else:
        remarks.append(
            f"seen in training: the same walls and cheese among the "
            f"{evaluation.training_levels:,} levels drawn for it"
        )
    if settings.exact and evaluation.has_memory:
        remarks.append("no exact chances: they require an agent without memory")
    return [f"  {remark}" for remark in remarks]


def _block(measured: ConditionEvaluation, seed: int) -> list[str]:
    has_cheese = measured.condition is not Condition.NO_CHEESE
    rows = [("", "sampled episodes", "exact chances")]
    rows += _reached(measured, seed) if has_cheese else []
    rows += _played(measured, seed)
    rows += _moves(measured, seed) if has_cheese else []
    lines = [
        f"  {label:{LABEL_WIDTH}s}{sampled:{SAMPLED_WIDTH}s}{exact if measured.exact else ''}"
        for label, sampled, exact in rows
        if measured.exact or sampled != NOTHING
    ]
    heading = _heading(measured.condition, measured.rule)
    sizes = _by_size(measured) if has_cheese else []
    return [heading, *(line.rstrip() for line in lines), *sizes]


def _reached(measured: ConditionEvaluation, seed: int) -> list[Row]:
    exact, seen = measured.exact, measured.seen
    chances = exact.cheese if exact else None
    rows = [("reaches the cheese", str(measured.success), _mean(chances, seed, ".1%"))]
    if seen is not None:
        unseen = exact.cheese[~seen] if exact else None
        label = f"  in the {(~seen).sum()} levels not seen in training"
        rows.append((label, str(measured.success_unseen), _mean(unseen, seed, ".1%")))
    return rows


def _played(measured: ConditionEvaluation, seed: int) -> list[Row]:
    """The rows that also make sense without a cheese."""
    episodes, exact = measured.episodes, measured.exact
    region = _mean(exact.region if exact else None, seed, ".1%")
    steps = _mean(exact.steps if exact else None, seed, ".1f")
    return [
        (f"visits the top-right {REGION} squares", str(Share.of(episodes.visited_region)), region),
        ("visits the top-right square", str(Share.of(episodes.visited_corner)), NOTHING),
        ("steps of an episode", _mean(episodes.steps, seed, ".1f"), steps),
    ]


def _moves(measured: ConditionEvaluation, seed: int) -> list[Row]:
    exact = measured.exact
    returns = _mean(exact.returns if exact else None, seed, ".2f")
    first = _mean(exact.region_first if exact else None, seed, ".1%")
    agreement = _mean(exact.move_agreement if exact else None, seed, ".1%")
    return [
        ("return", _mean(measured.episodes.returns, seed, ".2f"), returns),
        (f"visits the {REGION} squares before the cheese", NOTHING, first),
        ("most probable move lies on a shortest path", NOTHING, agreement),
    ]


def _mean(values: np.ndarray | None, seed: int, form: str) -> str:
    if values is None or not len(values):
        return NOTHING
    return format(mean_over_levels(values, seed=seed), form)


def _heading(condition: Condition, rule: LevelRule) -> str:
    where = (
        "anywhere"
        if rule.rand_region is None
        else f"in the top-right {rule.rand_region} x {rule.rand_region} squares"
        if rule.rand_region
        else "in the top-right corner"
    )
    world = f"worlds of {rule.world_size} x {rule.world_size} squares"
    if rule.maze_size:
        world += f", mazes of {rule.maze_size} x {rule.maze_size}"
    if rule.max_maze_size:
        world += f", mazes up to {rule.max_maze_size} x {rule.max_maze_size}"
    return {
        Condition.IN_DISTRIBUTION: f"in distribution: cheese {where}, {world}",
        Condition.ANYWHERE: f"cheese anywhere, {world}",
        Condition.NO_CHEESE: f"no cheese (removed from levels in distribution), {world}",
    }[condition]


def _by_size(measured: ConditionEvaluation) -> list[str]:
    """Successes by size of the maze, six sizes per line."""
    parts = [
        f"{size:2d}: {share.count}/{share.total}"
        for size, share in measured.episodes.by_size().items()
    ]
    lines = [
        "   ".join(f"{part:11s}" for part in parts[k : k + 6]).rstrip()
        for k in range(0, len(parts), 6)
    ]
    label = "reaches it, by size of the maze"
    return [f"  {label if k == 0 else '':{LABEL_WIDTH}s}{line}" for k, line in enumerate(lines)]
