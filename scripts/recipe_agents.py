#!/usr/bin/env python3
"""Measure the agents of one recipe by the older studies, and write what holds for how many.

python scripts/recipe_agents.py                        # all of STUDIES: hours
python scripts/recipe_agents.py cheese_vector probing  # some
python scripts/recipe_agents.py --table                # only the section in experiments/README.md

The published runs of these studies measure three agents, the first of which has another recipe
than the others. These agents have one recipe and differ in their seed, and in the precision of
training (trained_models/README.md). Means over them have Student's interval. The claims are kept in
experiments/recipe_agents.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

from procgen_tools import markdown, studies
from procgen_tools.catalogue import find_agent
from procgen_tools.files import write_between
from procgen_tools.markdown import paragraph
from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.studies.base import Claim, Settings
from procgen_tools.studies.nulls import nulls_of
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims, write

KEPT = FOLDER.parent / "recipe_agents"
"""Results by study."""

README = FOLDER.parent / "README.md"
MARKS = ("<!-- recipe: scripts/recipe_agents.py -->\n", "<!-- end of recipe -->\n")

AGENTS = tuple(f"rand_region_5_seed_{seed}" for seed in range(1, 8))
"""They have one recipe and different seeds (trained_models/README.md)."""

STUDIES: Mapping[str, int | None] = {
    "cheese_vector": None,
    "top_right_vector": None,
    "behavioral_demos": None,
    "behavioral_stats": 2000,
    "cheese_scrubbing": None,
    "cheese_channels": None,
    "retargeting": None,
    "ablations": None,
    "probing": None,
    "receptive_fields": None,
    "attribution": None,
    "value_head": None,
}
"""The studies, and the number of mazes where it is not that of the published run. The other
studies measure five agents of the recipe already, or agents of their own."""


def measure(study: str, folder: Path = KEPT) -> Path:
    """Run a study on AGENTS, and write what it finds."""
    mazes = STUDIES[study]
    files = tuple(find_agent(name) for name in AGENTS)
    findings = studies.load(study).run(Settings(agents=files, mazes=mazes, progress_bar=True))
    number = f" --mazes {mazes}" if mazes else ""
    command = f"procgen-tools experiment {study} --agents {','.join(AGENTS)}{number}"
    return write(findings, {}, folder / study, command)


def over_agents(claim: Claim, agents: list[str]) -> dict[str, Estimate]:
    """The means over agents of what the claim's rule needs, with Student's intervals."""
    names = dict.fromkeys(claim.rule.quantities())
    return {
        name: mean_of_agents([claim.measured[agent][name].value for agent in agents])
        for name in names
        if all(agent in claim.measured for agent in agents)
    }


def row(claim: Claim, agents: list[str]) -> list[str]:
    """A row of the table: the claim, the means, and for how many agents its rule is met."""
    means = over_agents(claim, agents)
    if not means:  # a comparison of the agents with one another, which is judged as in the table
        return [claim.statement, claim.ours(), f"together: {claim.verdict()}"]
    met = sum(claim.rule.met_by(claim.measured[agent]) for agent in agents)
    shown = "; ".join(f"{name} {number:{claim.form}}" for name, number in means.items())
    return [claim.statement, shown, f"{met} of {len(agents)}"]


def section(folder: Path = KEPT) -> str:
    """What is between MARKS: how many claims hold for all agents, and one table per study."""
    parts, counts, left_out = [], [], 0
    for study in STUDIES:
        path = folder / study / RESULTS
        if not path.exists():
            continue
        content, claims = read_claims(path)
        rows = [row(claim, content["agents"]) for claim in claims]
        nulls = nulls_of(study, claims)
        for claim, cells in zip(claims, rows, strict=True):
            null = nulls.get(claim.statement)
            if null is not None and null.met_by_all and all(claim.met_by(content["agents"])):
                cells[-1] += "; by all untrained networks, too"
                left_out += 1
            else:
                counts.append(cells[-1])
        lines = [
            f"**`{study}`**: `{content['command']}`; {content['mazes']}", "",
            "| claim | mean over agents [95%, Student's] | rule met |", "|---|---|---|",
            *(markdown.row(cells) for cells in rows),
        ]  # fmt: skip
        parts.append("\n".join(lines))
    met = [int(cell.split(" of ")[0]) for cell in counts if " of " in cell]
    every, none = met.count(len(AGENTS)), met.count(0)
    missing = [f"`{study}`" for study in STUDIES if not (folder / study / RESULTS).exists()]
    text = (
        f"Of {len(met)} claims that are judged for each agent, the rules of {every} are met by all "
        f"{len(AGENTS)} agents, of {none} by none, and of {len(met) - every - none} by some. "
        f"{left_out} more are not counted: they are met by all agents, but by all three untrained "
        "networks, too. "
        + (f"Not measured on these agents yet: {', '.join(missing)}." if missing else "")
    )
    return "\n".join([paragraph(text), "\n\n".join(parts)]) + "\n"


def write_section() -> None:
    """Write the section into the README of experiments."""
    write_between(README, (MARKS, section()))


def main() -> None:
    """Measure the named studies, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=", ".join(STUDIES))
    parser.add_argument("--table", action="store_true", help="only write the section")
    given = parser.parse_args()
    for study in given.studies:
        if study not in STUDIES:
            parser.error(f"{study!r} is not one of {', '.join(STUDIES)}")
    for study in () if given.table else given.studies or STUDIES:
        started = time.perf_counter()
        print(measure(study), f"{time.perf_counter() - started:.0f} s")
    write_section()


if __name__ == "__main__":
    main()
