"""Write the tables of docs/imitation-or-reinforcement.md from audits and from results of studies.

    python scripts/imitation_table.py

A row is a finding that was measured for imitators and for PPO agents by the same command. The
audits are those of docs/audits. The results of the public agent, of an untrained network and of
imitators of easy worlds are those of experiments/other_agents, which scripts/other_agents.py
measures.
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from procgen_tools.audit.compared_figures import estimate_of
from procgen_tools.files import write_between
from procgen_tools.studies import NAMES
from procgen_tools.studies.base import Claim
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims
from procgen_tools.studies.rules import ALL_AGENTS

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "imitation-or-reinforcement.md"
BEGIN, END = "<!-- table: scripts/imitation_table.py -->\n", "<!-- end of table -->"
STUDIES = ("<!-- studies: scripts/imitation_table.py -->\n", "<!-- end of studies -->")

OTHERS = FOLDER.parent / "other_agents"
PUBLIC, UNTRAINED, EASY = "public_ppo", "untrained", "easy_imitators"

AUDITS = {
    "imitator, hard levels": "rand_region_5",
    "imitator, easy levels": "easy_rand_region_5_seed_0",
    "public PPO agent, easy levels": "public_ppo",
}
"""The columns of the table of audits, and the folders of the audits."""

AUDITED = {
    "success in levels as in training": ("abilities", "success"),
    "goals apart: the cheese first": ("apart", "the cheese first"),
    "goals apart: the top-right region first": ("apart", "the top-right region first"),
    "goals apart, random actions: the cheese first": (
        "apart",
        "the cheese first",
        "random actions",
    ),
    "goal-directedness towards the cheese (nats per step)": (
        "directed",
        "towards the cheese (nats per step)",
    ),
    "the same towards the top-right region": ("directed", "towards the top-right region"),
    "way to the corner closed: change of the cheese first": (
        "pairs",
        "way to the corner closed: change",
    ),
    "another background (control): the same change": (
        "pairs",
        "another background (control): change",
    ),
    "steps of detour for the cheese at which both are as likely": (
        "exchange",
        "steps that it may be farther",
    ),
    "the same, random actions": ("exchange", "steps that it may be farther", "random actions"),
    "all 2,760 mazes of 5 x 5 in which a way avoids the corner: the cheese first": (
        "census",
        "levels in which the first goal is the wanted one more often than the other, "
        "if a way avoids the other",
    ),
    "the edited levels, unedited: the cheese first": (
        "edits",
        "zero the 4 first channels: the cheese first",
        "unedited",
    ),
    "without the 4 channels that carry most": (
        "edits",
        "zero the 4 first channels: the cheese first",
    ),
    "without 4 random channels": ("edits", "zero 4 random channels (1): the cheese first"),
}
"""The answer and finding of an audit behind each row, and the null if its number is meant."""

WANTED = {
    "lowest success": "lowest success in training levels",
    "mean steps": "mean steps in training levels",
    "median": "red line against yellow gem: median preference",
    "standard deviation": "the same: standard deviation over agents",
    "slope": "green line against red line predicts yellow gem against red line: slope",
}
"""Estimates of `colour_or_shape`, and the words of their rows."""

POPULATIONS = ("black_same_data", "ppo_black")


BOTH, NEITHER, OPEN = "both", "neither", "undecided"
IMITATORS, REINFORCED = "imitators alone", "public agent alone"
KINDS = (BOTH, IMITATORS, REINFORCED, NEITHER, OPEN)

SIDES = ("go with the public agent", "go with imitators of hard worlds", "are divided")
"""What imitators of easy worlds can do where the two others are judged differently."""

OTHERWISE = "are judged otherwise"
"""What they can do, too, where the two others are judged alike."""

LITTLE_TO_PREDICT = (
    "the public agent gets the cheese in nine mazes of ten, so little is left to predict"
)

NOT_COMPARABLE: Mapping[tuple[str, str], str] = {
    ("value_head", "With the cheese anywhere, values are what the shortest way"): (
        "its values are on another scale (about 4.5 where a reward of 10 is nearly certain)"
    ),
    ("probing", "Before its first step a probe reads whether the agent"): LITTLE_TO_PREDICT,
    ("behavioral_stats", "Features of a maze predict whether"): LITTLE_TO_PREDICT,
}
"""Findings that cannot be compared, whatever the numbers: by study and beginning of the statement,
the reason."""


@dataclass(frozen=True)
class Finding:
    """A claim as measured for imitators, the public agent and an untrained network.

    Attributes:
        study: its name.
        imitators: the claim of the published run, about imitators of hard worlds.
        public: of the public agent; None if the study could not judge it.
        untrained: of an untrained network; None if the study measures them itself, or not at all.
        easy: of imitators of easy worlds; None if they were not measured.
    """

    study: str
    imitators: Claim
    public: Claim | None
    untrained: Claim | None
    easy: Claim | None = None

    @property
    def split(self) -> tuple[int, int]:
        """How many imitators of hard worlds meet the rule, of how many."""
        met = self.imitators.met_by(self.imitators.single)
        return sum(met), len(met)

    @property
    def public_holds(self) -> bool | None:
        """Whether the public agent meets the rule; None if the study could not judge it."""
        return self.public and self.public.rule.met_by(self.public.measured[PUBLIC])

    @property
    def side(self) -> str:
        """What imitators of easy worlds do, one of SIDES or OTHERWISE; empty if they are not
        measured, cannot be compared, or are judged as both others are.
        """
        if self.public_holds is None or self.easy is None or self.reason:
            return ""
        public = self.public_holds
        easy = set(_judged(self.easy))
        if easy == {public} == {self.imitators.holds}:
            return ""
        if len(easy) > 1:
            return SIDES[2]
        if public == self.imitators.holds:
            return OTHERWISE
        return SIDES[0] if easy == {public} else SIDES[1]

    @property
    def differs(self) -> bool:
        """Whether the verdicts on the public agent and on imitators of hard worlds differ."""
        return self.public is not None and self.public_holds != self.imitators.holds

    @property
    def reason(self) -> str:
        """Why the two cannot be compared; empty if they can."""
        for (study, beginning), reason in NOT_COMPARABLE.items():
            if study == self.study and self.imitators.statement.startswith(beginning):
                return reason
        return ""

    @property
    def kind(self) -> str:
        """For whom the finding holds, one of KINDS.

        A rule that is missed counts as missed only if it is missed at the favourable ends of the
        intervals, too. Otherwise, or if imitators are divided, the finding is undecided.
        """
        if self.public is None or self.doubt:
            return OPEN
        if self.imitators.holds:
            return BOTH if self.public_holds else IMITATORS
        return REINFORCED if self.public_holds else NEITHER

    @property
    def doubt(self) -> str:
        """Why the finding is undecided; empty if it is not."""
        if self.public is None:
            return "the study has no such claim for this agent"
        if self.reason:
            return self.reason
        if _room(self.public, PUBLIC):
            return "the public agent's intervals leave room for it"
        met, count = self.split
        if not self.imitators.holds and met:
            return f"so for {met} of {count} imitators"
        if not self.imitators.holds and _room(self.imitators, ALL_AGENTS):
            return "the imitators' intervals leave room for it"
        return ""

    @property
    def verdict(self) -> str:
        """`kind` in words, with what qualifies it."""
        words = f"{OPEN}: {self.doubt}" if self.doubt else self.kind
        if self.untrained and self.untrained.rule.met_by(self.untrained.measured[UNTRAINED]):
            words += "; an untrained network meets the rule, too"
        if self.side:
            words += f"; imitators of easy worlds {self.side}"
        return words

    def row(self) -> str:
        """One row of the table of the study."""
        met, count = self.split
        cells = [
            self.imitators.statement,
            f"{numbers(self.imitators, ALL_AGENTS)} ({met} of {count})",
            one_by_one(self.easy) if self.easy else "",
            numbers(self.public, PUBLIC) if self.public else "",
            self._null(),
            self.verdict,
        ]
        return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"

    def _null(self) -> str:
        if self.untrained:
            return numbers(self.untrained, UNTRAINED)
        if self.public is None:
            return ""
        return "; ".join(
            f"{name} {format(estimate, self.public.form)}"
            for name, estimate in self.public.measured[PUBLIC].items()
            if UNTRAINED in name
        )


def _judged(claim: Claim) -> list[bool]:
    """Whether each agent meets the rule; whether the mean does, if the rule is about it alone."""
    together = not claim.rule.each and ALL_AGENTS in claim.measured
    return claim.met_by([ALL_AGENTS] if together else claim.single)


def _room(claim: Claim, agent: str) -> bool:
    """Whether an agent misses a rule, but not at the favourable ends of its intervals."""
    estimates = claim.measured[agent]
    return not claim.rule.met_by(estimates) and claim.rule.may_be_met_by(estimates)


def numbers(claim: Claim, agent: str) -> str:
    """The estimates on which the verdict depends, in words; not those of untrained networks."""
    names = dict.fromkeys(claim.rule.quantities())
    return "; ".join(
        f"{name} {format(claim.measured[agent][name], claim.form)}"
        for name in names
        if UNTRAINED not in name
    )


def one_by_one(claim: Claim) -> str:
    """The numbers of single agents, and how many of them meet the rule."""
    met = claim.met_by(claim.single)
    return f"{claim.one_by_one(claim.single, without=UNTRAINED)} ({sum(met)} of {len(met)})"


def positions(found: Iterable[Finding]) -> tuple[list[float], list[float], int]:
    """Where single imitators are on the way from imitators of hard worlds to the public agent.

    0 is the mean of imitators of hard worlds, 1 the public agent. Only numbers are taken in which
    the intervals of the two do not overlap, so that there is a way, and in which an untrained
    network in easy worlds, if it was measured, is not past its middle, so that it is no way from
    mazes to other mazes. Numbers without an interval are left out.

    Args:
        found: findings of the same agents.

    Returns:
        The positions of imitators of easy worlds, those of imitators of hard worlds (how far
        single agents are apart), and of how many numbers.
    """
    easy: list[float] = []
    hard: list[float] = []
    count = 0
    for each in found:
        if each.public is None or each.easy is None or each.reason:
            continue
        for name in dict.fromkeys(each.imitators.rule.quantities()):
            begin = each.imitators.measured[ALL_AGENTS][name]
            end = each.public.measured[PUBLIC][name]
            exact = begin.low == begin.high or end.low == end.high
            overlap = begin.low <= end.high and end.low <= begin.high
            if UNTRAINED in name or exact or overlap:
                continue
            own, untrained, others = (
                [
                    (claim.measured[agent][name].value - begin.value) / (end.value - begin.value)
                    for agent in (claim.single if claim else [])
                ]
                for claim in (each.easy, each.untrained, each.imitators)
            )
            if all(place < 0.5 for place in untrained):
                count += 1
                easy += own
                hard += others
    return easy, hard, count


def world_or_training(found: list[Finding]) -> str:
    """What imitators of easy worlds say about the differences, in words; empty without any."""
    measured = [each for each in found if each.easy]
    if not measured:
        return ""
    agents = max((each.easy.single for each in measured if each.easy), key=len)
    comparable = [each for each in measured if each.public and not each.reason]
    share = "All" if len(measured) == len(found) else f"{len(measured)} of"
    text = (
        f"**World or training?** {share} {len(found)} findings were measured for "
        f"{len(agents)} imitators of easy worlds, too. The verdicts on imitators of hard worlds "
        f"and on the public agent differ in {sum(each.differs for each in comparable)} of those "
        "that can be compared. "
    )
    for split, where in (
        (1, "imitators of hard worlds agree among themselves"),
        (2, "they are divided themselves"),
    ):
        some = [
            each.side
            for each in comparable
            if each.differs and len(set(_judged(each.imitators))) == split
        ]
        text += (
            f"Where {where} ({len(some)}), imitators of easy worlds "
            + ", ".join(f"{side} in {some.count(side)}" for side in SIDES[:2])
            + f", and {SIDES[2]} in {some.count(SIDES[2])}. "
        )
    alike = [each.side for each in comparable if not each.differs]
    text += (
        f"Where the two are judged alike ({len(alike)}), they {OTHERWISE} in "
        f"{alike.count(OTHERWISE)}, and {SIDES[2]} in {alike.count(SIDES[2])}."
    )
    return _wrapped(text) + _placed(comparable)


def _placed(comparable: list[Finding]) -> str:
    """Where imitators of easy worlds are in numbers, in words."""
    nulls = (
        ("and an untrained network in easy worlds is not on the side of the public agent", True),
        ("in studies for which no untrained network was measured in easy worlds", False),
    )
    parts = []
    for words, screened in nulls:
        easy, hard, count = positions(
            each for each in comparable if (each.untrained is not None) == screened
        )
        if count:
            numbered = f"{count} number{'s' * (count > 1)}"
            parts.append(
                f"{numbered} in which the intervals do not overlap, {words}: imitators of "
                f"easy worlds at a median of {_spread(easy)}, of hard worlds at {_spread(hard)}"
            )
    if not parts:
        return ""
    return "\n" + _wrapped(
        "On a scale on which the mean of imitators of hard worlds is 0 and the public agent is 1, "
        f"single imitators are at these places. {'. '.join(parts)}."
    )


def _spread(numbers: list[float]) -> str:
    low, middle, high = np.percentile(numbers, [25, 50, 75])
    return f"{middle:.2f} (half of them between {low:.2f} and {high:.2f})"


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 108, break_on_hyphens=False)) + "\n"


def findings(study: str) -> tuple[Finding, ...]:
    """The findings of a study that was measured for the public agent, in its order."""

    def claims_of(path: Path) -> dict[str, Claim]:
        kept = read_claims(path)[1] if path.exists() else ()
        return {claim.statement: claim for claim in kept}

    public, untrained, easy = (
        claims_of(OTHERS / name / study / RESULTS) for name in (PUBLIC, UNTRAINED, EASY)
    )
    return tuple(
        Finding(study, claim, public.get(statement), untrained.get(statement), easy.get(statement))
        for statement, claim in claims_of(FOLDER / study / RESULTS).items()
    )


def measured_studies() -> list[str]:
    """The studies with results of the public agent, in the order of NAMES."""
    return [name for name in NAMES if (OTHERS / PUBLIC / name / RESULTS).exists()]


def all_findings() -> dict[str, tuple[Finding, ...]]:
    """The findings of all studies that were measured for the public agent, by study."""
    return {name: findings(name) for name in measured_studies()}


def summary(found: Mapping[str, Iterable[Finding]]) -> str:
    """How many findings of each study hold for whom, and of all studies."""
    kinds = {name: Counter(each.kind for each in some) for name, some in found.items()}
    lines = [f"| study | {' | '.join(KINDS)} |", "|---" * (len(KINDS) + 1) + "|"]
    for name, counts in {**kinds, "all": sum(kinds.values(), Counter())}.items():
        shown = f"`{name}`" if name in kinds else name
        lines.append(f"| {shown} | {' | '.join(str(counts[kind]) for kind in KINDS)} |")
    return "\n".join(lines) + "\n"


def of_studies() -> str:
    """The summary, and a table for each study: one row per finding."""
    found = all_findings()
    differences = world_or_training([each for some in found.values() for each in some])
    parts = [summary(found), *filter(None, [differences])]
    for name, some in found.items():
        content, _ = read_claims(OTHERS / PUBLIC / name / RESULTS)
        small = " (fewer mazes than the published run)" if "small" in content["run"] else ""
        parts += [
            f"### `{name}`\n",
            f"`{content['command']}`{small}: {content['mazes']}\n",
            "| finding | imitators, hard worlds | imitators, easy worlds | public PPO agent, easy "
            "worlds | untrained, easy worlds | holds for |\n" + "|---" * 6 + "|",
            "\n".join(each.row() for each in some) + "\n",
        ]
    return "\n".join(parts)


def number(audit: Mapping[str, Any], answer: str, finding: str, null: str = "") -> str:
    """One number of an audit, with its interval."""
    (found,) = [each for each in audit["answers"] if each["key"] == answer]
    (row,) = [each for each in found["findings"] if each["name"] == finding]
    estimate = row["nulls"][null] if null else row["agent"]
    return format(estimate_of(estimate), row["form"])


def of_audits() -> list[str]:
    """Rows of the maze: the agents of AUDITS, each in levels of the kind of its training."""
    audits = [
        json.loads((DOCS / "audits" / name / "audit.json").read_text()) for name in AUDITS.values()
    ]
    rows = [f"| maze | {' | '.join(AUDITS)} |", "|---" * (1 + len(AUDITS)) + "|"]
    for words, where in AUDITED.items():
        rows.append(f"| {words} | " + " | ".join(number(each, *where) for each in audits) + " |")
    return rows


def of_two_objects() -> list[str]:
    """Rows of two objects: populations of imitators and of PPO on the same background."""
    _, claims = read_claims(FOLDER / "colour_or_shape" / "results.json")
    rows = ["| two objects | 12 imitators | 4 PPO agents |", "|---|---|---|"]
    for name, words in WANTED.items():
        # The first claim that measured it.
        claim = next(each for each in claims if name in each.measured[POPULATIONS[0]])
        found = [format(claim.measured[each][name], claim.form) for each in POPULATIONS]
        rows.append(f"| {words} | {' | '.join(found)} |")
    return rows


def table() -> str:
    """Both tables as Markdown."""
    return "\n".join([*of_audits(), "", *of_two_objects()]) + "\n"


if __name__ == "__main__":
    write_between(PAGE, ((BEGIN, END), table()), (STUDIES, of_studies()))
    print(PAGE)
