#!/usr/bin/env python3
"""Write what mazes of up to 7 x 7 squares say about imitation and reinforcement into its page.

    python scripts/small_mazes_table.py

Three agents of PPO from scratch and three imitators of equal success share the world, the network
and the mazes of every study, and differ in the way of training and its amount
(scripts/other_agents.py measures them). How they are compared was written before any of them was
measured:

- A finding holds for a side if all three of its agents meet the rule, and not for it if none does.
  Otherwise it is divided.
- Six agents can be divided into threes in ten ways. If the way of training does not matter, each of
  them separates the agents most in a tenth of all numbers, and has as many findings that hold for
  one side alone. Our division is compared with the other nine.
- In numbers in which imitators of easy worlds are all on one side of the public PPO agent's
  interval, PPO from scratch is expected on the other side of its imitators. A division into an
  upper and a lower three counts if it is the most separated of all twenty in that direction.

Findings that lack an agent are not compared. This was added when two of them did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from procgen_tools import markdown
from procgen_tools.files import write_between
from procgen_tools.markdown import paragraph
from procgen_tools.statistics.divisions import Separated, divisions, most_separated
from procgen_tools.studies import NAMES
from procgen_tools.studies.base import Claim
from procgen_tools.studies.nulls import nulls_of
from procgen_tools.studies.other_agents import (
    EASY,
    PUBLIC,
    SMALL,
    SMALL_UNTRAINED,
    claims_of,
    results_of,
)
from procgen_tools.studies.results import read_claims
from procgen_tools.studies.untrained import NULL

PAGE = Path(__file__).parents[1] / "docs" / "imitation-or-reinforcement.md"
MARKS = ("<!-- small: scripts/small_mazes_table.py -->\n", "<!-- end of small -->")

WIDTH = 108
"""Characters of a line of the page."""

BOTH, IMITATORS, REINFORCED, NEITHER, DIVIDED = KINDS = (
    "both", "imitators alone", "PPO alone", "neither", "divided",
)  # fmt: skip


def reinforced(agent: str) -> bool:
    """Whether an agent of SMALL learned by PPO."""
    return agent.endswith("_ppo")


def kind(met: Sequence[bool], chosen: Sequence[bool]) -> str:
    """For which side a finding holds.

    Args:
        met: whether each agent meets the rule.
        chosen: which agents are those of PPO.
    """
    sides = [{each for each, own in zip(met, chosen, strict=True) if own == ppo} for ppo in (0, 1)]
    if any(len(side) > 1 for side in sides):
        return DIVIDED
    (imitators,), (ppo,) = sides
    if imitators == ppo:
        return BOTH if ppo else NEITHER
    return REINFORCED if ppo else IMITATORS


@dataclass(frozen=True)
class Finding:
    """A claim as measured in small mazes.

    Attributes:
        study: its name.
        claim: of imitators and of agents of PPO.
        untrained: of an untrained network; None if the study measures them itself.
        easy: of imitators of easy worlds, if they were measured.
        public: of the public agent, if it was measured.
        null: of what the rule should not hold for; None if nothing of the kind was measured, or if
            nothing happens in an untrained network (see `studies.nulls`).
    """

    study: str
    claim: Claim
    untrained: Claim | None
    easy: Claim | None
    public: Claim | None
    null: Claim | None = None

    @property
    def agents(self) -> list[str]:
        """The agents."""
        return self.claim.single

    @property
    def chosen(self) -> list[bool]:
        """Which of them learned by PPO."""
        return [reinforced(agent) for agent in self.agents]

    @property
    def met(self) -> list[bool]:
        """Which of them meet the rule."""
        return self.claim.met_by(self.agents)

    @property
    def kind(self) -> str:
        """For which side it holds, one of KINDS."""
        return kind(self.met, self.chosen)

    @property
    def null_met(self) -> bool:
        """Whether an untrained network meets the rule, too."""
        return self.null is not None and self.null.met_by_all

    def columns(self) -> dict[str, tuple[float, ...]]:
        """The numbers that the rule judges, of each agent, by name."""
        names = dict.fromkeys(self.claim.rule.quantities())
        return {
            name: tuple(self.claim.measured[agent][name].value for agent in self.agents)
            for name in names
            if NULL not in name
        }

    def direction(self, name: str) -> int:
        """Where the public agent is in a number: 1 above imitators of easy worlds, -1 below.

        0 if they were not measured, or are not all on one side of its interval.
        """
        if self.easy is None or self.public is None:
            return 0
        interval = self.public.measured[PUBLIC][name]
        values = [self.easy.measured[agent][name].value for agent in self.easy.single]
        if interval.low == interval.high:
            return 0
        return int(max(values) < interval.low) - int(min(values) > interval.high)

    def row(self) -> str:
        """One row of the study's table."""
        sides = [
            [agent for agent, own in zip(self.agents, self.chosen, strict=True) if own == ppo]
            for ppo in (False, True)
        ]
        shown = [
            f"{self.claim.one_by_one(side, without=NULL)} ({sum(self.claim.met_by(side))} of "
            f"{len(side)})"
            for side in sides
        ]
        null = self.untrained.one_by_one(self.untrained.single) if self.untrained else ""
        words = self.kind + ("; an untrained network meets the rule, too" if self.null_met else "")
        cells = [self.claim.statement, *shown, null, words]
        return markdown.row(cells)


def findings() -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """All findings about single agents, in the order of NAMES.

    Returns:
        Those measured of all agents, and those that lack an agent, which are not compared.
    """
    found = []
    for study in NAMES:
        untrained, easy, public = (
            claims_of(name, study) for name in (SMALL_UNTRAINED, EASY, PUBLIC)
        )
        claims = claims_of(SMALL, study)
        nulls = nulls_of(study, claims.values(), SMALL_UNTRAINED)
        for words, claim in claims.items():
            if len(claim.single) > 1:
                others = (each.get(words) for each in (untrained, easy, public, nulls))
                found.append(Finding(study, claim, *others))
    most = max((len(each.agents) for each in found), default=0)
    return (
        tuple(each for each in found if len(each.agents) == most),
        tuple(each for each in found if len(each.agents) < most),
    )


def kinds_of_divisions(found: Sequence[Finding]) -> list[Counter[str]]:
    """How many findings are of each of KINDS, if the agents are divided in other ways.

    Ours is first. A division and its mirror image are two, which makes no difference to the sum of
    the findings that hold for one side alone.
    """
    return [
        Counter(kind(each.met, group.tolist()) for each in found)
        for group in divisions(np.array(found[0].chosen))
    ]


def numbers(found: Sequence[Finding]) -> dict[tuple[float, ...], int]:
    """All different numbers of the findings with the direction expected in each, 0 for none."""
    directions: dict[tuple[float, ...], int] = {}
    for each in found:
        for name, values in each.columns().items():
            if np.isfinite(values).all():
                directions[values] = directions.get(values, 0) or each.direction(name)
    return directions


def separated(found: Sequence[Finding]) -> tuple[Separated, Separated | None]:
    """How often our division is the most separated: in all numbers, and in the direction expected.

    None without numbers in which a direction is expected.
    """
    directions = numbers(found)
    chosen = np.array(found[0].chosen)
    every = most_separated(np.array([*directions]).T, chosen)
    expected = {values: sign for values, sign in directions.items() if sign}
    if not expected:
        return every, None
    columns, signs = np.array([*expected]).T, np.array([*expected.values()], float)
    return every, most_separated(columns, chosen, signs)


def in_words(found: Sequence[Finding]) -> str:
    """What is counted, each beside what is expected if the way of training does not matter."""
    divided = kinds_of_divisions(found)
    one_sided = [each[IMITATORS] + each[REINFORCED] for each in divided]
    own = divided[0]
    every, expected = separated(found)
    text = (
        f"Of {len(found)} findings, {own[BOTH]} hold for all six agents "
        f"({sum(each.kind == BOTH and each.null_met for each in found)} of them for an untrained "
        f"network, too), {own[NEITHER]} for none, "
        f"{own[IMITATORS]} for imitators alone, {own[REINFORCED]} for agents of PPO alone, and in "
        f"{own[DIVIDED]} agents of one side differ. If the six agents are divided into threes in "
        f"all ten ways, {np.mean(one_sided):.1f} findings hold for one side alone on average; with "
        f"ours, {one_sided[0]} (as many or more in {_share(one_sided)} of all divisions). In "
        f"{every.own} of {every.numbers} numbers, ours is the most separated of the ten; "
        f"{every.expected:.1f} are expected if the way of training does not matter (as many or "
        f"more for {every.p:.0%} of the divisions)."
    )
    if expected is not None:
        text += (
            f" In {expected.numbers} of them, imitators of easy worlds are all on one side of the "
            "public agent. Agents of PPO from scratch are on the public agent's side of their "
            f"imitators, and more clearly so than in any other division, in {expected.own}; "
            f"{expected.expected:.1f} are expected (as many or more for {expected.p:.0%} of the "
            "divisions)."
        )
    return paragraph(text, WIDTH)


def _share(counts: Sequence[int]) -> str:
    return f"{np.mean(np.array(counts) >= counts[0]):.0%}"


def summary(found: Sequence[Finding]) -> str:
    """How many findings of each study hold for whom."""
    kinds: Mapping[str, Counter[str]] = {
        study: Counter(each.kind for each in found if each.study == study)
        for study in dict.fromkeys(each.study for each in found)
    }
    lines = [f"| study | {' | '.join(KINDS)} |", "|---" * (len(KINDS) + 1) + "|"]
    for study, counts in {**kinds, "all": sum(kinds.values(), Counter())}.items():
        shown = f"`{study}`" if study in kinds else study
        lines.append(f"| {shown} | {' | '.join(str(counts[each]) for each in KINDS)} |")
    return "\n".join(lines) + "\n"


def section() -> str:
    """The counts, a summary, and a table for each study."""
    found, lacking = findings()
    if not found:
        raise FileNotFoundError(
            f"{results_of(SMALL, '*')} is missing: measure it with python scripts/other_agents.py "
            f"{SMALL}"
        )
    parts = [summary(found), in_words(found)]
    if lacking:
        listed = "; ".join(
            f'"{each.claim.statement}" (`{each.study}`, {len(each.agents)} of '
            f"{len(found[0].agents)} agents)"
            for each in lacking
        )
        parts.append(
            paragraph(f"Not compared, since not all agents could be measured: {listed}.", WIDTH)
        )
    for study in dict.fromkeys(each.study for each in found):
        content, _ = read_claims(results_of(SMALL, study))
        parts += [
            f"### `{study}`, mazes of up to 7 x 7\n",
            f"`{content['command']}`: {content['mazes']}\n",
            "| finding | imitators of equal success | PPO from scratch | untrained | holds for |\n"
            + "|---" * 5 + "|",
            "\n".join(each.row() for each in found if each.study == study) + "\n",
        ]  # fmt: skip
    return "\n".join(parts)


def main() -> None:
    """Write the section."""
    write_between(PAGE, (MARKS, section()))
    print(PAGE)


if __name__ == "__main__":
    main()
