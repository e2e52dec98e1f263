#!/usr/bin/env python3
"""Evaluate the shipped agents and write the table of trained_models/README.md.

    python scripts/family_table.py            # evaluates those without scores
    python scripts/family_table.py --levels 500

The scores of an agent are in trained_models/scores/<agent>.json, with the digest of its file. An
agent whose file has changed is evaluated again. Those of a random walk are exact, in the levels of
the agents of each kind.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from procgen_tools.catalogue import digest, read_scores
from procgen_tools.evaluation.conditions import held_out_mazes, trained_rule
from procgen_tools.files import write_between, write_text
from procgen_tools.models import checkpoint_metadata
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.studies.behavioral_stats.measure import (
    chance_of_a_random_walk,
    in_region,
    random_walk,
)
from procgen_tools.worlds.maze.grid import CORNER_REGION, Maze
from procgen_tools.worlds.maze.levels import LevelRule

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "trained_models"
WALKS = FOLDER / "scores" / "random_walks.json"
BEGIN, END = "<!-- table: scripts/family_table.py -->\n", "<!-- end of table -->\n"


def agents() -> list[Path]:
    """The files of the shipped agents."""
    return sorted((FOLDER / "maze_I").glob("*.pth"))


def scores(path: Path) -> dict[str, Any] | None:
    """The scores of an agent; None if they are missing or belong to another file."""
    return read_scores(path, FOLDER / "scores")


def judge(path: Path, levels: int) -> None:
    """Evaluate an agent and store its scores."""
    from procgen_tools.evaluation.agents import EvaluationSettings, evaluate_agent
    from procgen_tools.evaluation.conditions import Condition
    from procgen_tools.evaluation.report import family_row

    conditions = (Condition.IN_DISTRIBUTION, Condition.ANYWHERE)
    settings = EvaluationSettings(levels=levels, conditions=conditions)
    evaluation = evaluate_agent(path, settings, progress_bar=True)
    trained = evaluation.of(Condition.IN_DISTRIBUTION)
    unseen = trained.success_unseen
    anywhere = evaluation.of(Condition.ANYWHERE)
    assert anywhere.exact is not None
    row = {
        **family_row(evaluation),
        **by_place(anywhere.levels.mazes, anywhere.exact.cheese, region_of(trained.rule)),
        **({"unseen": unseen} if unseen else {}),
    }
    kept = {
        "agent": path.name,
        "sha256": digest(path),
        "levels": levels,
        "unseen_levels": unseen.total if unseen else None,
        "results": {name: [number.value, *number.interval] for name, number in row.items()},
    }
    write_text(FOLDER / "scores" / f"{path.stem}.json", json.dumps(kept, indent=1) + "\n")


def region_of(rule: LevelRule) -> int:
    """Squares per side of the top-right region that divides levels with the cheese anywhere.

    It is the region of the agent's training, or 5 where that is larger.

    Args:
        rule: of the levels of its training.
    """
    return min(rule.rand_region or CORNER_REGION, CORNER_REGION)


def by_place(mazes: Sequence[Maze], chances: np.ndarray, region: int) -> dict[str, Estimate]:
    """The mean chance of the cheese where it is in the top-right region, and where it is not.

    Args:
        mazes: with the cheese anywhere.
        chances: of reaching it in each of them.
        region: squares per side.
    """
    inside = np.array([in_region(maze, region) for maze in mazes])
    return {
        "cheese_inside": mean_over_levels(chances[inside]),
        "cheese_elsewhere": mean_over_levels(chances[~inside]),
    }


def walk_of(rule: LevelRule, levels: int) -> dict[str, Estimate]:
    """The scores of a random walk in the levels of agents that were trained by a rule.

    Args:
        rule: of the levels in distribution.
        levels: how many.
    """
    trained, mazes = (
        held_out_mazes(each, levels) for each in (rule, replace(rule, rand_region=None))
    )
    walks = [random_walk(maze) for maze in mazes]
    return {
        "success": mean_over_levels(np.array([chance_of_a_random_walk(maze) for maze in trained])),
        **by_place(mazes, np.array([walk.cheese for walk in walks]), region_of(rule)),
        "region_anywhere": mean_over_levels(np.array([walk.corner for walk in walks])),
    }


def kinds() -> dict[str, LevelRule]:
    """The kinds of levels in which agents are trained, by words, the most frequent first."""
    rules = Counter(
        rule for path in agents() if (rule := trained_rule(checkpoint_metadata(path))) is not None
    )
    return {_words(rule): rule for rule, _ in rules.most_common()}


def _words(rule: LevelRule) -> str:
    parts = [
        f"worlds of {rule.world_size}",
        f"mazes up to {rule.max_maze_size}" if rule.max_maze_size else "",
        f"region {rule.rand_region}" if rule.rand_region else "cheese anywhere",
    ]
    return ", ".join(filter(None, parts))


def judge_walks(levels: int) -> None:
    """Store the scores of random walks that are missing."""
    kept = walks()
    for words, rule in kinds().items():
        if words not in kept:
            found = walk_of(rule, levels)
            kept[words] = {name: [each.value, *each.interval] for name, each in found.items()}
    write_text(WALKS, json.dumps(kept, indent=1) + "\n")


def walks() -> dict[str, dict[str, list[float]]]:
    """The stored scores of random walks, by kind of levels."""
    return dict(json.loads(WALKS.read_text())) if WALKS.exists() else {}


def table() -> str:
    """The table of all agents, in Markdown."""
    lines = [
        "| agent | trained by | seed | amount | time | success | of those, unseen | "
        "P(cheese), in the region | P(cheese), elsewhere | P(top right) | moves agree |",
        "|---" * 11 + "|",
    ]
    for path in agents():
        facts, kept = checkpoint_metadata(path), scores(path)
        if kept is None:
            raise ValueError(f"{path.name} has no scores: run python scripts/family_table.py")
        seconds = facts.get("wall_time")
        amount = facts.get("samples") or facts.get("timesteps")
        kind = "samples" if "samples" in facts else "steps"
        results = {name: _interval(*numbers) for name, numbers in kept["results"].items()}
        lines.append(
            f"| `{path.stem}` | {facts['algorithm']} | {facts['settings']['seed']} | "
            f"{amount:,} {kind} | {f'{seconds / 3600:.1f} h' if seconds else 'see below'} | "
            f"{results['success']} | {results.get('unseen', '–')} of {kept['unseen_levels']} | "
            f"{results['cheese_inside']} | {results['cheese_elsewhere']} | "
            f"{results['region_anywhere']} | {results['move_agreement']} |"
        )
    for words in kinds():
        results = {name: _interval(*numbers) for name, numbers in walks()[words].items()}
        lines.append(
            f"| a random walk, {words} | – | – | – | – | {results['success']} | – | "
            f"{results['cheese_inside']} | {results['cheese_elsewhere']} | "
            f"{results['region_anywhere']} | – |"
        )
    return (
        "\n".join([*lines, "", "These commands trained them:", "", *commands(), "", *missing()])
        + "\n"
    )


def commands() -> list[str]:
    """The commands that trained the agents. One that names no agent follows a comment that does."""
    trained: dict[str, list[str]] = {}
    for path in agents():
        trained.setdefault(checkpoint_metadata(path)["command"], []).append(path.stem)
    lines = []
    for command, names in trained.items():
        if names[0] not in command:
            lines += textwrap.wrap(
                ", ".join(names), 100, initial_indent="    # ", subsequent_indent="    # ",
                break_on_hyphens=False,
            )  # fmt: skip
        lines.append(f"    {command}")
    return lines


def missing() -> list[str]:
    """The agents of the sweep files that are not trained yet, as a section in Markdown."""
    from procgen_tools.sweeps.files import read_sweep

    lines = ["## Not trained yet", ""]
    for file, command in (
        ("family.toml", "procgen-tools sweep trained_models/family.toml"),
        ("gpu.toml", "python scripts/next_job.py"),
    ):
        jobs = read_sweep(FOLDER / file).jobs
        names = [job.name for job in jobs if not (FOLDER / "maze_I" / job.agent.name).exists()]
        if names:
            lines += [f"`{command}` trains " + ", ".join(f"`{name}`" for name in names) + ".", ""]
    return lines[:-1] if len(lines) > 2 else [*lines, "Nothing."]


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.1%} [{100 * low:.1f}, {100 * high:.1f}]"


def main() -> None:
    """Evaluate the agents without scores, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--levels", type=int, default=500)
    levels = parser.parse_args().levels
    for path in agents():
        if scores(path) is None:
            judge(path, levels)
    judge_walks(levels)
    made = table()
    write_between(FOLDER / "README.md", ((BEGIN, END), made))
    print(made)


if __name__ == "__main__":
    main()
