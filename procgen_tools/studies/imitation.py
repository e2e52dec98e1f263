"""For whom a finding of imitators holds: for them alone, for the public PPO agent, or for both.

A finding is a claim of a study, as measured for imitators of hard worlds (the published run), for
the public PPO agent in easy worlds, for imitators of easy worlds, and for an untrained network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from procgen_tools.studies import NAMES
from procgen_tools.studies.base import Claim
from procgen_tools.studies.nulls import nulls_of
from procgen_tools.studies.other_agents import EASY, PUBLIC, UNTRAINED, claims_of, results_of
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims
from procgen_tools.studies.rules import ALL_AGENTS
from procgen_tools.studies.untrained import NULL

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
    ("retargeting", "Clamping the effective channels makes targets"): (
        "in easy worlds only five targets, in two mazes, are so far off the way"
    ),
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
        null: of what the rule should not hold for; None if nothing of the kind was measured, or if
            nothing happens in an untrained network (see `nulls`).
    """

    study: str
    imitators: Claim
    public: Claim | None
    untrained: Claim | None
    easy: Claim | None = None
    null: Claim | None = None

    @property
    def null_met(self) -> bool:
        """Whether the null meets the rule, too."""
        return self.null is not None and self.null.met_by_all

    @property
    def split(self) -> tuple[int, int]:
        """How many imitators of hard worlds meet the rule, of how many."""
        met = self.imitators.met_by(self.imitators.single)
        return sum(met), len(met)

    @property
    def public_holds(self) -> bool | None:
        """Whether the public agent meets the rule; None if the study could not judge it."""
        return (
            None if self.public is None else self.public.rule.met_by(self.public.measured[PUBLIC])
        )

    @property
    def side(self) -> str:
        """What imitators of easy worlds do, one of SIDES or OTHERWISE; empty if they are not
        measured, cannot be compared, or are judged as both others are.
        """
        if self.public_holds is None or self.easy is None or self.reason:
            return ""
        public = self.public_holds
        easy = set(judged(self.easy))
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
        if self.null_met:
            words += "; an untrained network meets the rule, too"
        if self.side:
            words += f"; imitators of easy worlds {self.side}"
        return words


def judged(claim: Claim) -> list[bool]:
    """Whether each agent meets the rule; whether the mean does, if the rule is about it alone.

    Args:
        claim: about single agents, and about all together if it has their mean.
    """
    together = not claim.rule.each and ALL_AGENTS in claim.measured
    return claim.met_by([ALL_AGENTS] if together else claim.single)


def _room(claim: Claim, agent: str) -> bool:
    """Whether an agent misses a rule, but not at the favourable ends of its intervals."""
    estimates = claim.measured[agent]
    return not claim.rule.met_by(estimates) and claim.rule.may_be_met_by(estimates)


@dataclass(frozen=True)
class Positions:
    """Where single imitators are on the way from imitators of hard worlds to the public agent.

    0 is the mean of imitators of hard worlds, 1 the public agent.

    Attributes:
        easy: the positions of imitators of easy worlds.
        hard: those of imitators of hard worlds, which say how far single agents are apart.
        numbers: of how many numbers.
    """

    easy: tuple[float, ...]
    hard: tuple[float, ...]
    numbers: int


def positions(found: Iterable[Finding]) -> Positions:
    """Where imitators are in numbers that differ between imitators and the public agent.

    A number counts only if the intervals of the two do not overlap. If an untrained network was
    measured in easy worlds, it must also be nearer to the imitators of hard worlds than to the
    public agent; otherwise, the number may show the change of mazes alone. Numbers without an
    interval are left out.

    Args:
        found: findings of the same agents.

    Example:
        >>> positions(findings("cheese_vector")).numbers
        4
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
            if NULL in name or exact or overlap:
                continue
            nulls = _single(each.untrained, name) if each.untrained else []
            own, untrained, others = (
                [(value - begin.value) / (end.value - begin.value) for value in values]
                for values in (_single(each.easy, name), nulls, _single(each.imitators, name))
            )
            if all(place < 0.5 for place in untrained):
                count += 1
                easy += own
                hard += others
    return Positions(tuple(easy), tuple(hard), count)


def _single(claim: Claim, name: str) -> list[float]:
    """A number of each single agent."""
    return [claim.measured[agent][name].value for agent in claim.single]


def findings(study: str) -> tuple[Finding, ...]:
    """The findings of a study that was measured for the public agent, in its order."""
    path = FOLDER / study / RESULTS
    public, untrained, easy = (claims_of(group, study) for group in (PUBLIC, UNTRAINED, EASY))
    claims = read_claims(path)[1]
    nulls = nulls_of(study, claims, UNTRAINED)
    kept = public, untrained, easy, nulls
    return tuple(
        Finding(study, claim, *(each.get(claim.statement) for each in kept)) for claim in claims
    )


def measured_studies() -> list[str]:
    """The studies with results of the public agent, in the order of NAMES."""
    return [name for name in NAMES if results_of(PUBLIC, name).exists()]


def all_findings() -> dict[str, tuple[Finding, ...]]:
    """The findings of all studies that were measured for the public agent, by study."""
    return {name: findings(name) for name in measured_studies()}
