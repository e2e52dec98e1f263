#!/usr/bin/env python3
"""Show how the region of the cheese in training decides where agents go, from their scores.

    python scripts/regions.py    # docs/regions.png, and a table in trained_models/README.md

It compares the imitators of one recipe in hard levels, which differ in that region and in their
seed. The scores are those of scripts/family_table.py, in the same 500 levels with the cheese
anywhere for all of them. The null is a random walk in these levels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from procgen_tools.catalogue import read_scores
from procgen_tools.evaluation.conditions import trained_rule
from procgen_tools.files import write_between
from procgen_tools.markdown import row
from procgen_tools.models import checkpoint_metadata
from procgen_tools.plots.style import CHEESE, CORNER, draw_estimates, headline
from procgen_tools.shown import save_figure
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.worlds.maze.grid import HARD_WORLD_SIZE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "trained_models"
FIGURE = ROOT / "docs" / "regions.png"
BEGIN, END = "<!-- regions: scripts/regions.py -->\n", "<!-- end of regions -->\n"

SAMPLES = 2_500_096
"""Of the recipe (trained_models/family.toml)."""

GOALS = {"cheese_anywhere": ("the cheese", CHEESE), "region_anywhere": ("the top right", CORNER)}
"""Scores, and what agents reach in them."""

WALK = "worlds of 25, cheese anywhere"
"""The random walk in the levels of these scores."""


@dataclass(frozen=True)
class Agent:
    """An agent of the recipe.

    Attributes:
        name: that of its file.
        region: squares per side of the top-right region where its cheese lay; None if anywhere.
        chances: P(reaching it) in levels with the cheese anywhere, by the keys of GOALS.
    """

    name: str
    region: int | None
    chances: Mapping[str, Estimate]


def agents() -> tuple[Agent, ...]:
    """The agents of the recipe that have scores, those of small regions first."""
    found = []
    for path in sorted((FOLDER / "maze_I").glob("*.pth")):
        facts, kept = checkpoint_metadata(path), read_scores(path, FOLDER / "scores")
        rule = trained_rule(facts)
        if kept is None or rule is None or facts["algorithm"] != "imitation":
            continue
        if (rule.world_size, rule.max_maze_size, facts["samples"]) == (
            HARD_WORLD_SIZE, None, SAMPLES,
        ):  # fmt: skip
            chances = {name: Estimate(*kept["results"][name]) for name in GOALS}
            found.append(Agent(path.stem, rule.rand_region, chances))
    return tuple(sorted(found, key=lambda agent: (agent.region or HARD_WORLD_SIZE, agent.name)))


def walk() -> dict[str, Estimate]:
    """The same chances of a random walk."""
    kept = json.loads((FOLDER / "scores" / "random_walks.json").read_text())[WALK]
    # Its levels in distribution are those with the cheese anywhere.
    return {
        "cheese_anywhere": Estimate(*kept["success"]),
        "region_anywhere": Estimate(*kept["region_anywhere"]),
    }


def words(region: int | None) -> str:
    """A region in words."""
    return "anywhere" if region is None else f"{region} x {region}"


def table(found: tuple[Agent, ...]) -> str:
    """One row per region, with the numbers of each agent."""
    lines = [row(["cheese in training", "P(the cheese)", "P(the top right)"]), "|---|---|---|"]
    for region in dict.fromkeys(agent.region for agent in found):
        of = [agent for agent in found if agent.region == region]
        cells = [", ".join(f"{agent.chances[goal].value:.1%}" for agent in of) for goal in GOALS]
        lines.append(row([words(region), *cells]))
    chance = walk()
    lines.append(row(["a random walk", *(f"{chance[goal]:.1%}" for goal in GOALS)]))
    return "\n".join(lines) + "\n"


def draw(found: tuple[Agent, ...]) -> Figure:
    """One column per agent, by region, and the random walk as lines."""
    from matplotlib import pyplot as plt

    regions = [words(agent.region) for agent in found]
    figure, ax = plt.subplots(figsize=(7.0, 4.0), layout="constrained")
    series = {
        f"reaches {name}": (look, [agent.chances[goal] for agent in found])
        for goal, (name, look) in GOALS.items()
    }
    draw_estimates(ax, series, regions, upright=True)
    first_places = {region: regions.index(region) for region in regions}
    centres = [at + (regions.count(region) - 1) / 2 for region, at in first_places.items()]
    ax.set_xticks(centres, list(first_places))
    for (goal, (name, look)), up in zip(GOALS.items(), (True, False), strict=True):
        chance = walk()[goal].value
        ax.axhline(chance, color=look.colour, lw=1, ls=":")
        ax.annotate(
            f"a random walk reaches {name}", (first_places[words(5)], chance),
            xytext=(0, 3 if up else -4), textcoords="offset points", va="bottom" if up else "top",
            fontsize=8.5, color=look.colour,
        )  # fmt: skip
    ax.set_xlabel("where the cheese lay in training (top-right squares)")
    ax.set_ylabel("probability within 500 steps")
    ax.set_ylim(0, 1)
    ax.spines[["top", "right"]].set_visible(False)
    first, last = (
        [agent.chances["cheese_anywhere"].value for agent in found if agent.region == end.region]
        for end in (found[0], found[-1])
    )
    headline(
        figure,
        f"Trained with the cheese in the corner: P(the cheese) {sum(first) / len(first):.2f}. "
        f"With the cheese anywhere: {sum(last) / len(last):.2f}. A random walk: "
        f"{walk()['cheese_anywhere'].value:.2f}",
        f"{len(found)} agents in the same 500 held-out levels with the cheese anywhere; exact; "
        "95% intervals over levels",
        legend=2,
    )
    return figure


def main() -> None:
    """Draw the picture, and write the table."""
    found = agents()
    save_figure(draw(found), FIGURE, 130)
    write_between(FOLDER / "README.md", ((BEGIN, END), table(found)))
    print(FIGURE)


if __name__ == "__main__":
    main()
