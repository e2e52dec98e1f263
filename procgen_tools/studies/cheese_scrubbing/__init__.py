"""Causal scrubbing of the cheese channels: do they matter through the cheese's position alone?

After Turner et al. (2023), who took the activations of 11 channels from other mazes with the
cheese at the same square, or at another; see `measure` for the sources. The mouse faces one way,
as it does at the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from procgen_tools.interventions import activations_of, random_channels
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.style import set_aside
from procgen_tools.studies.base import LAYER, Findings, Settings, decision_levels, first_levels
from procgen_tools.studies.cheese_channels.measure import find_cheese_channels
from procgen_tools.studies.cheese_scrubbing.claims import CHEESE, RANDOM, all_claims, normalised
from procgen_tools.studies.cheese_scrubbing.figures import plot_arms
from procgen_tools.studies.cheese_scrubbing.measure import ARMS, MEAN, cheese_donors, scrubbed
from procgen_tools.studies.measuring import table_of_mazes
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.sampling import random_mazes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "cheese_scrubbing"
TITLE = "Causal scrubbing of the cheese channels"
MAZES = 30

DONORS = 2
RANDOM_SETS = 3

SEARCHES = 8
"""Mazes to search for channels, for each one to scrub."""


def run(settings: Settings) -> Findings:
    """Resample each agent's cheese channels, and as many random ones, square by square."""
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=2), settings.rule)
    searched = max(6, SEARCHES * len(levels))

    def scrub(policy: ImpalaPolicy, seed: int, maze: Maze) -> Iterator[dict[str, Any]]:
        drawn = settings.seed + seed
        found, examples = known[id(policy)]
        donors = cheese_donors(maze, DONORS, seed=drawn)
        sets = channel_sets(policy, found, drawn)
        return scrubbed(policy, maze, LAYER, donors, sets, examples, seed=drawn)

    known = {
        id(policy): (
            find_cheese_channels(
                policy, seed=settings.seed, mazes=searched, rule=settings.rule
            ).channels,
            natural_examples(policy, searched, settings.seed, settings.rule),
        )
        for policy in agents.values()
    }
    each = table_of_mazes(agents, levels, scrub, progress_bar=settings.progress_bar)
    changes = each.drop(columns=["draw", "donor"])
    changes = changes.groupby(
        ["agent", "level", "channels", "arm"], sort=False, as_index=False
    ).mean()
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{first_levels(levels)}, cheese anywhere; {DONORS} donors each; channels found in "
        f"{searched} other levels",
        agents=tuple(agents),
        claims=all_claims(changes),
        tables={"changes": changes, "each": each},
        rule=settings.rule,
    )


def channel_sets(
    policy: ImpalaPolicy, found: Sequence[int], seed: int
) -> list[tuple[str, int, Sequence[int]]]:
    """The sets to resample: name, number of the draw, channels."""
    count = policy.activation_shapes[LAYER][0]
    besides = found if 2 * len(found) <= count else ()
    drawn = [
        (RANDOM, draw, random_channels(len(found), count, 1000 * seed + draw, besides=besides))
        for draw in range(RANDOM_SETS)
    ]
    return [(CHEESE, 0, found), *drawn]


def natural_examples(
    policy: ImpalaPolicy, count: int, seed: int, rule: LevelRule | None = None
) -> Tensor:
    """Activations of many levels with the mouse anywhere: their mean says nothing of one maze."""
    mazes = list(random_mazes(count, rule, seed=seed, random_mouse=True))
    return activations_of(policy, mazes, LAYER)


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the change in every arm, raw and normalised, and the decision."""
    changes = findings.tables["changes"]
    figures = {
        "change": plot_arms(changes, "change", ARMS, "mean change of the moves\n(total variation)"),
        "share": plot_arms(
            normalised(changes, MEAN), "share", ARMS, f"change, in units of that\nwith '{MEAN}'"
        ),
        "decision": plot_arms(
            changes,
            "decision_cheese_after",
            ARMS,
            "change of P(towards the cheese)\nat the decision square",
            before="decision_cheese_before",
        ),
    }
    return set_aside(figures)
