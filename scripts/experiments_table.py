#!/usr/bin/env python3
"""Write the table of claims and the account of them in experiments/README.md, from stored results.

procgen-tools experiment cheese_vector    # measures one experiment
python scripts/experiments_table.py       # writes the table
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from procgen_tools.files import write_between
from procgen_tools.markdown import paragraph
from procgen_tools.shown import brief
from procgen_tools.studies import NAMES
from procgen_tools.studies.base import Claim
from procgen_tools.studies.nulls import (
    CONTROLS,
    EFFECTS,
    effects,
    nothing_happens,
    nulls_of,
)
from procgen_tools.studies.other_agents import UNTRAINED_HARD, results_of
from procgen_tools.studies.results import FOLDER, RESULTS, claims_table, read_claims
from procgen_tools.studies.rules import ALL_AGENTS

README = FOLDER.parent / "README.md"
TABLE = ("<!-- table: scripts/experiments_table.py -->\n", "<!-- end of table -->\n")
ACCOUNT = ("<!-- account: scripts/experiments_table.py -->\n", "<!-- end of account -->\n")

SEEN: Mapping[str, tuple[str, ...]] = {
    "cheese_vector": ("",),
    "top_right_vector": ("",),
    "behavioral_stats": (
        "Features of a maze",
        "The agent gets the cheese more often than a random",
    ),
    "minimal_pairs": ("With a share of false discoveries",),
    "retargeting": ("",),
    "ablations": ("",),
    "cheese_scrubbing": ("Told of another place",),
    "probing": ("Cells of block 1",),
    "receptive_fields": ("",),
    "attribution": ("",),
    "value_head": ("With the cheese anywhere, values are what the shortest way",),
    "goal_splits": (
        "The region adds 0.1 to the turn to the corner",
        "With the cheese in the top-right 5 x 5, the shift raises",
        "With the cheese anywhere, the shift raises",
    ),
    "visualize_activations": ("",),
    "crops_and_humans": ("",),
    "colour_or_shape": ("All agents reach", "Agents that differ in their seed only"),
    "keys_and_chests": ("The original's", "In the test variant agents", "They mostly ignore"),
}
"""Claims whose rules were fixed when some numbers had been seen, in a small run or in an earlier
version, by experiment: how their statements begin (all of them, if empty). The README says what had
been seen."""


SET_ASIDE: Mapping[str, Mapping[str, str]] = {
    "goal_splits": {
        f"With the cheese in the top-right 5 x 5 and {shift} the shift, the agent turns": (
            "Agents with the cheese anywhere meet this rule, too: all of them turn to the corner "
            "as soon as they walk (`goal_splits/measured`)"
        )
        for shift in ("without", "with")
    },
    "crops_and_humans": {
        "From the start of the mazes, an agent that learned": (
            "This agent hardly comes beside a human, so it could not have harvested one; the "
            "claims about agents that are put beside humans can fail"
        )
    },
    "training_dynamics": {
        "In this run the agent wants the corner before": (
            "The mazes grow during this run, so the order may be theirs; `goal_splits` asks with "
            "a control"
        )
    },
}
"""Claims that hold and are not counted: by experiment and beginning of the statement, the reason.
"""

OTHER_KINDS = (
    "The farther the cheese lies off the way",
    "They are capable all the same",
    "Walls that are dreamt by gradient ascent",
    "Steps to the cheese are a cause",
    "The straight distance from the decision square",
    "The distance of the cheese to the top-right corner is a cause",
)
"""Claims whose published numbers are of another kind than ours."""


def stored() -> list[Path]:
    """The results of all experiments that have some, in the order of NAMES."""
    paths = [FOLDER / name / RESULTS for name in NAMES]
    return [path for path in paths if path.exists()]


@dataclass(frozen=True)
class Judged:
    """The claims of an experiment, beside what their rules should not hold for.

    Attributes:
        name: of the experiment.
        path: its results.json.
        claims: all of them.
        nulls: see `nulls_of`.
        dropped: by statement, why a claim that holds is not counted.
    """

    name: str
    path: Path
    claims: tuple[Claim, ...]
    nulls: Mapping[str, Claim]
    dropped: Mapping[str, str]

    __repr__ = brief

    @property
    def counted(self) -> list[Claim]:
        """The claims that are not dropped."""
        return [claim for claim in self.claims if claim.statement not in self.dropped]

    @property
    def same_mazes(self) -> bool:
        """Whether untrained networks were measured in all mazes in which the agents were."""
        null = results_of(UNTRAINED_HARD, self.name)
        return null.exists() and mazes_of(self.path) == mazes_of(null)


def judged(path: Path) -> Judged:
    """The claims of an experiment.

    Args:
        path: its results.json.
    """
    name, claims = path.parent.name, read_claims(path)[1]
    nulls = nulls_of(name, claims)
    reasons = {}
    for claim in claims:
        null = nulls.get(claim.statement)
        if null is not None and claim.dropped(null):
            reasons[claim.statement] = remark(name, null)
        for beginning, reason in SET_ASIDE.get(name, {}).items():
            if claim.holds and claim.statement.startswith(beginning):
                reasons[claim.statement] = reason
    return Judged(name, path, claims, nulls, reasons)


def mazes_of(path: Path) -> str:
    """What was measured, in words."""
    return str(read_claims(path)[0]["mazes"])


def table() -> str:
    """One section per experiment."""
    return "\n\n".join(section(judged(path)) for path in stored()) + "\n"


def section(found: Judged) -> str:
    """The section of one experiment."""
    notes = {statement: remark(found.name, null) for statement, null in found.nulls.items()}
    return claims_table(
        found.path,
        nulls=found.nulls,
        dropped=found.dropped,
        notes={name: words for name, words in {**notes, **found.dropped}.items() if words},
        about=about_nulls(found),
    )


def about_nulls(found: Judged) -> str:
    """What the nulls of an experiment are, in words; empty if it has none."""
    if nothing_happens(found.name):
        largest = max(map(abs, effects(found.name).values()))
        return (
            "Three untrained networks in the same mazes: nothing happens "
            f"('{EFFECTS[found.name][1]}' is {largest:.0e} at most), so no rule is judged"
        )
    if found.name in CONTROLS:
        return "Null: the study's own control"
    if not found.nulls:
        return ""
    if found.same_mazes:
        return "Null: three untrained networks in the same mazes"
    return f"Null: three untrained networks in {mazes_of(results_of(UNTRAINED_HARD, found.name))}"


def remark(name: str, null: Claim) -> str:
    """How many networks of a null meet a rule, in words; empty if none does.

    Args:
        name: of the experiment.
        null: see `nulls_of`.
    """
    met = null.met_by(null.single)
    if not any(met):
        return ""
    if name in CONTROLS:
        return "The control meets this rule, too" if all(met) else ""
    if null.single == [ALL_AGENTS]:
        return "The untrained networks meet this rule, too"
    return f"{sum(met)} of {len(met)} untrained networks meet this rule"


def account() -> str:
    """How many claims there are, how many hold, and what is known about the rest, in words."""
    every = [judged(path) for path in stored()]
    by_name = {each.name: each.counted for each in every}
    claims = [claim for each in by_name.values() for claim in each]
    met = {each.name: [name for name in each.dropped if name in each.nulls] for each in every}
    aside = {each.name: [name for name in each.dropped if name not in each.nulls] for each in every}
    published = [claim for claim in claims if comparable(claim)]
    seen = {
        each.name: [
            claim
            for claim in seen_before(each.name, each.claims)
            if claim.statement not in each.dropped
        ]
        for each in every
        if each.name in SEEN
    }
    total = sum(map(len, seen.values()))
    text = (
        f"**All claims.** The {len(by_name)} experiments judge {len(claims)} claims, of which "
        f"{sum(map(holds, claims))} hold. {number(met) + number(aside)} more hold and are dropped, "
        "because their verdicts say nothing about what was learned: the null meets the rules of "
        f"{number(met)}, too ({counted(met)}), and {number(aside)} either could not have failed "
        f"or may hold for another reason ({counted(aside)}; the table says why). Claims that do "
        "not hold are counted, whatever their null does. Some share their numbers: four of "
        "`ablations` set four thresholds, and two of `cheese_scrubbing` and two of "
        "`crops_and_humans` judge nearly the same. "
        f"{len(published)} of the claims have a published number of the same kind "
        f"beside ours; of these, {sum(map(holds, published))} hold. The others repeat a published "
        "statement without such a number, or are our own. The rules of "
        f"{len(claims) - total} claims were written before any of their numbers were seen. The "
        f"other {total} are claims of experiments of which we had seen some numbers, in a small "
        f"run or in an earlier version: {counted(seen)}. {bounds(by_name)}{measured_nulls(every)} "
        "How many claims would hold by chance cannot be computed: the thresholds are our choice, "
        "claims share mazes and agents, and most have no distribution under a null hypothesis. So "
        "read the numbers first, and no verdict as a test of significance."
    )
    return paragraph(text)


def measured_nulls(found: Sequence[Judged]) -> str:
    """For how many claims that hold untrained networks were measured, and what came out."""
    met = [
        null.met_by(null.single)
        for each in found
        if each.name not in CONTROLS
        for claim in each.counted
        if claim.holds and (null := each.nulls.get(claim.statement))
    ]
    silent = [
        claim
        for each in found
        if nothing_happens(each.name)
        for claim in each.counted
        if claim.holds
    ]
    return (
        f" Of the claims that hold, {len(met)} stand beside three untrained networks, one or two "
        f"of which meet the rules of {sum(map(any, met))}. {len(silent)} more are about edits that "
        "change nothing in untrained networks, where no rule is judged."
    )


def number(by_name: Mapping[str, Sequence[object]]) -> int:
    """How many there are in all experiments."""
    return sum(map(len, by_name.values()))


def counted(by_name: Mapping[str, Sequence[object]]) -> str:
    """How many each experiment has, in words; those with none are left out.

    >>> counted({"ablations": [True, False], "probing": []})
    '`ablations` 2'
    """
    return ", ".join(f"`{name}` {len(each)}" for name, each in by_name.items() if each)


def bounds(by_name: Mapping[str, Sequence[Claim]]) -> str:
    """How many verdicts would be others if rules judged values and not bounds, in words."""
    other = {
        name: [
            claim.holds
            for claim in claims
            if claim.holds is not None
            and claim.rule.of_values().holds(claim.measured) != claim.holds
        ]
        for name, claims in by_name.items()
    }
    verdicts = [each for some in other.values() for each in some]
    return (
        f"If rules judged values wherever they judge bounds of intervals, {len(verdicts)} of these "
        f"verdicts would be others: {verdicts.count(False)} more claims would hold, and "
        f"{verdicts.count(True)} fewer ({counted(other)})."
    )


def seen_before(name: str, claims: Sequence[Claim]) -> list[Claim]:
    """The claims of an experiment that SEEN lists.

    Raises:
        ValueError: a beginning that fits none of them.
    """
    for beginning in SEEN[name]:
        if not any(claim.statement.startswith(beginning) for claim in claims):
            raise ValueError(f"no claim of {name} begins with {beginning!r}: correct SEEN")
    return [claim for claim in claims if claim.statement.startswith(SEEN[name])]


def comparable(claim: Claim) -> bool:
    """Whether a claim has a published number of the same kind as ours."""
    other = any(claim.statement.startswith(beginning) for beginning in OTHER_KINDS)
    return has_number(claim.published) and not other


def has_number(published: str) -> bool:
    """Whether a published figure has a number, and not only words.

    >>> has_number("about nothing"), has_number("in 1 of 100"), has_number("none")
    (False, True, False)
    """
    without_years = re.sub(r"\([^)]*\b(19|20)\d\d\)", "", published)
    return re.search(r"\d", without_years) is not None


def holds(claim: Claim) -> bool:
    """Whether a claim holds; not if its run was small."""
    return claim.holds is True


def between(text: str, marks: tuple[str, str]) -> str:
    """What a text has between two marks."""
    return text.split(marks[0])[1].split(marks[1])[0]


def written(readme: Path = README) -> str:
    """The account and the table that the README contains."""
    text = readme.read_text(encoding="utf-8")
    return between(text, ACCOUNT) + between(text, TABLE)


def main() -> None:
    """Write the account and the table into the README, and print them."""
    told, made = account(), table()
    write_between(README, (ACCOUNT, told), (TABLE, made))
    print(told + made)


if __name__ == "__main__":
    main()
