#!/usr/bin/env python3
"""How often intervals over agents and levels contain the mean: a table in experiments/README.md.

    python scripts/interval_coverage.py

A simulated agent has a number of its own, and all agents share the levels, whose numbers are drawn
with the standard deviation that the probability of the cheese has over levels.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from procgen_tools.files import write_between
from procgen_tools.statistics.intervals import Estimate, mean_of_agents, mean_over_agents
from procgen_tools.studies.results import FOLDER

README = FOLDER.parent / "README.md"
MARKS = ("<!-- coverage: scripts/interval_coverage.py -->\n", "<!-- end of coverage -->\n")

LEVEL_SD = 0.35
AGENT_SDS = (0.02, 0.05, 0.1, 0.2)

Interval = Callable[[np.ndarray], Estimate]


def student(values: np.ndarray) -> Estimate:
    """Student's interval over the agents' means.

    Args:
        values: (agent, level).
    """
    return mean_of_agents(values.mean(axis=1))


COLUMNS: dict[str, tuple[Interval, int, int]] = {
    "bootstrap, 3 agents, 100 levels": (mean_over_agents, 3, 100),
    "bootstrap, 3 agents, 1,000 levels": (mean_over_agents, 3, 1000),
    "bootstrap, 5 agents, 100 levels": (mean_over_agents, 5, 100),
    "Student's, 3 agents, 100 levels": (student, 3, 100),
    "Student's, 3 agents, 1,000 levels": (student, 3, 1000),
}
"""An interval, and of how many agents and levels."""


def coverage(
    interval: Interval, agents: int, levels: int, sd: float, simulations: int, seed: int = 0
) -> float:
    """The share of simulations in which an interval contains the mean.

    Args:
        interval: of numbers (agent, level).
        agents: how many.
        levels: how many.
        sd: standard deviation over agents.
        simulations: how many.
        seed: of all numbers.
    """
    rng = np.random.default_rng(seed)
    inside = 0
    for _ in range(simulations):
        own = sd * rng.normal(size=(agents, 1))
        shared = LEVEL_SD * rng.normal(size=(1, levels))
        found = interval(own + shared)
        inside += found.low <= 0 <= found.high
    return inside / simulations


def table(simulations: int) -> str:
    """The table in Markdown: a row for each standard deviation over agents."""
    lines = [
        f"| standard deviation over agents | {' | '.join(COLUMNS)} |",
        "|---" * (1 + len(COLUMNS)) + "|",
    ]
    for sd in AGENT_SDS:
        shares = [coverage(*settings, sd, simulations) for settings in COLUMNS.values()]
        lines.append(f"| {sd} | " + " | ".join(f"{share:.0%}" for share in shares) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table into the README."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--simulations", type=int, default=1000, help="for each cell")
    simulations = parser.parse_args().simulations
    if simulations < 1:
        parser.error(f"--simulations is {simulations}: give 1 or more")
    made = table(simulations)
    write_between(README, (MARKS, made))
    print(made)


if __name__ == "__main__":
    main()
