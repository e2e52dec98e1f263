#!/usr/bin/env python3
"""Measure some of our published numbers again, and compare them with experiments/results.

python scripts/recompute_sample.py                    # a sample, in minutes
python scripts/recompute_sample.py value_head probing # these experiments, on the first agent
python scripts/recompute_sample.py --all              # every experiment: hours

The sample uses the levels, seeds and agents of the published runs, but only the first agent and
only numbers that are quick to measure. After a change that should not affect behaviour, the
differences are 0, or up to 1e-5 if the order of float32 additions changes. The script prints
larger differences, and then exits with status 1.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from procgen_tools import studies as experiments
from procgen_tools.crops_and_humans import graph_of
from procgen_tools.interventions import Add, cheese_vector
from procgen_tools.statistics.intervals import Estimate, median_over_levels
from procgen_tools.studies.base import (
    LAYER,
    Claim,
    Settings,
    decision_levels,
    over_levels,
    shipped_agent,
)
from procgen_tools.studies.measuring import effects_table
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims

TOLERANCE = 1e-4
"""The largest difference that is ignored."""

OWN_AGENTS = ("crops_and_humans", "training_dynamics", "goal_splits")
"""Studies that train their own agents, or take them from elsewhere."""

Numbers = Mapping[tuple[str, str, str], Estimate]
"""Numbers by statement of the claim, agent, and name of the number."""


def numbers_of(claims: tuple[Claim, ...], agents: tuple[str, ...]) -> Numbers:
    """All numbers of the given agents."""
    return {
        (claim.statement, agent, name): mean
        for claim in claims
        for agent in agents
        for name, mean in claim.measured[agent].items()
    }


def first_agent_of(name: str) -> Numbers:
    """A whole experiment, measured again on its first agent."""
    agents = () if name in OWN_AGENTS else (shipped_agent(),)
    findings = experiments.load(name).run(Settings(agents=agents, progress_bar=True))
    check_rules(name, findings.claims)
    return numbers_of(findings.claims, findings.agents)


def check_rules(name: str, claims: tuple[Claim, ...], folder: Path = FOLDER) -> None:
    """Compare the rules of claims with the kept ones.

    Raises:
        ValueError: a claim has another rule, or none is kept.
    """
    _, kept = read_claims(folder / name / RESULTS)
    rules = {claim.statement: claim.rule for claim in kept}
    for claim in claims:
        if rules.get(claim.statement) != claim.rule:
            raise ValueError(
                f"the kept results of {name} do not judge {claim.statement!r} by this rule: "
                f"{claim.sentence}; run procgen-tools experiment {name}"
            )


def crops_and_humans() -> Numbers:
    """The exact behaviour of the first planted agent and its control in all mazes."""
    from procgen_tools.studies.crops_and_humans import measure
    from procgen_tools.studies.crops_and_humans.claims import rate_claims

    mazes = {name: make() for name, make in measure.SETS.items()}
    graphs = {name: graph_of(each) for name, each in mazes.items()}
    ((agent, pair),) = measure.load_pairs(1).items()
    rates = measure.rates_of(pair, mazes, graphs).assign(agent=agent)
    beside = measure.beside_of(dict(pair.each()), mazes).assign(agent=agent)
    return numbers_of(rate_claims(rates, beside), (agent,))


def subtracted_cheese_vector() -> Numbers:
    """The decision and the exact chances with the cheese vector subtracted, in all levels."""
    from procgen_tools.studies import cheese_vector as experiment

    agents = Settings(agents=(shipped_agent(),)).load_agents()
    (agent,) = agents
    table = effects_table(
        agents,
        decision_levels(experiment.MAZES),
        lambda policy, _, maze: {"subtracted": Add(cheese_vector(policy, maze, LAYER), -1.0)},
        progress_bar=True,
    )
    decided = (
        "Subtracting the cheese vector takes P(towards the cheese at the decision square) away"
    )
    reached = "The agent then reaches the cheese less often at all (exact, within 500 steps)"
    found: dict[tuple[str, str, str], Estimate] = {}
    for when in ("before", "after"):
        column = f"decision_cheese_{when}"
        median = over_levels(table, column, median_over_levels)
        found[decided, agent, f"median {when}"] = median[agent]
        found[decided, agent, f"mean {when}"] = over_levels(table, column)[agent]
        found[reached, agent, when] = over_levels(table, f"cheese_{when}")[agent]
    return found


SAMPLE: Mapping[str, Callable[[], Numbers]] = {
    "crops_and_humans": crops_and_humans,
    "visualize_activations": lambda: first_agent_of("visualize_activations"),
    "cheese_vector": subtracted_cheese_vector,
}


def differences(name: str, again: Numbers, folder: Path = FOLDER) -> Iterator[tuple[str, float]]:
    """Each number, and how far its value or an end of its interval is from the stored one.

    Raises:
        ValueError: the stored results lack a number.
    """
    content, claims = read_claims(folder / name / RESULTS)
    kept = numbers_of(claims, tuple(content["agents"]))
    for key, mean in again.items():
        if key not in kept:
            raise ValueError(f"the results of {name} have no {key[2]!r} of {key[1]!r}: {key[0]}")
        pairs = zip(
            (mean.value, mean.low, mean.high),
            (kept[key].value, kept[key].low, kept[key].high),
            strict=True,
        )
        yield ", ".join(key), max(distance(one, other) for one, other in pairs)


def distance(one: float, other: float) -> float:
    """How far apart two numbers are; 0 if both are undefined, infinite if one is."""
    if math.isnan(one) or math.isnan(other):
        return 0.0 if math.isnan(one) and math.isnan(other) else math.inf
    return abs(one - other)


def check(name: str, again: Callable[[], Numbers], folder: Path = FOLDER) -> bool:
    """Print how much the numbers of an experiment changed. True if none changed."""
    started = time.perf_counter()
    found = dict(differences(name, again(), folder))
    moved = {words: distance for words, distance in found.items() if not distance <= TOLERANCE}
    seconds = time.perf_counter() - started
    largest = max(found.values(), default=0.0)
    print(
        f"{name}: {len(found)} numbers, largest difference {largest:.2g} ({seconds:.0f} s)",
        flush=True,
    )
    for words, each in moved.items():
        print(f"  moved by {each:.2g}: {words}")
    return not moved


def main() -> None:
    """Check the sample, or the named experiments."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="experiments to repeat on their first agent")
    parser.add_argument("--all", action="store_true", help="all experiments (hours)")
    given = parser.parse_args()
    for name in given.names:
        experiments.load(name)
    chosen = experiments.NAMES if given.all else given.names
    wanted = {name: (lambda name=name: first_agent_of(name)) for name in chosen} or SAMPLE
    stayed = [check(name, again) for name, again in wanted.items()]
    sys.exit(0 if all(stayed) else 1)


if __name__ == "__main__":
    main()
