#!/usr/bin/env python3
"""Write the table of claims and the account of them in experiments/README.md, from stored results.

procgen-tools experiment cheese_vector    # measures one experiment
python scripts/experiments_table.py       # writes the table
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from procgen_tools.files import write_between
from procgen_tools.markdown import paragraph
from procgen_tools.studies import NAMES
from procgen_tools.studies.base import Claim
from procgen_tools.studies.other_agents import UNTRAINED, UNTRAINED_HARD, claims_of
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


def stored() -> list[Path]:
    """The results of all experiments that have some, in the order of NAMES."""
    paths = [FOLDER / name / RESULTS for name in NAMES]
    return [path for path in paths if path.exists()]


def table() -> str:
    """One section per experiment."""
    return "\n\n".join(claims_table(path, untrained(path.parent.name)) for path in stored()) + "\n"


def untrained(name: str) -> dict[str, str]:
    """A remark for the claims of an experiment whose rules untrained networks meet, too.

    They are those that scripts/other_agents.py measures: three in hard worlds, or one in easy ones.
    """
    hard = {
        statement: remark(claim) for statement, claim in claims_of(UNTRAINED_HARD, name).items()
    }
    easy = {
        statement: "An untrained network meets this rule, too (in easy worlds)"
        for statement, claim in claims_of(UNTRAINED, name).items()
        if all(claim.met_by(claim.single)) and statement not in hard
    }
    return {statement: words for statement, words in {**easy, **hard}.items() if words}


NO_CLAIM = "it says nothing about training"


def remark(claim: Claim) -> str:
    """How many untrained networks meet a rule, in words; empty if none does."""
    met = claim.met_by(claim.single)
    if not any(met):
        return ""
    if claim.single == [ALL_AGENTS]:
        return f"Untrained networks meet this rule, too: {NO_CLAIM}"
    many = f"{sum(met)} of {len(met)} untrained networks meet this rule, too"
    return f"{many}: {NO_CLAIM}" if all(met) else many


def nulls(by_name: Mapping[str, Sequence[Claim]]) -> str:
    """How many claims that hold are met by untrained networks in hard worlds, in words."""
    found = [
        each.met_by(each.single)
        for name, claims in by_name.items()
        for claim in claims
        if claim.holds and (each := claims_of(UNTRAINED_HARD, name).get(claim.statement))
    ]
    if not found:
        return ""
    every, some = sum(map(all, found)), sum(any(met) and not all(met) for met in found)
    return (
        f" {len(found)} of the claims that hold were measured on three untrained networks in the "
        f"same mazes: all three meet the rules of {every}, which therefore say nothing about "
        f"training, and one or two those of {some}; the table marks them."
    )


def account() -> str:
    """How many claims there are, how many hold, and what is known about the rest, in words."""
    by_name = {path.parent.name: read_claims(path)[1] for path in stored()}
    claims = [claim for each in by_name.values() for claim in each]
    published = [claim for claim in claims if has_number(claim.published)]
    seen = {name: seen_before(name, each) for name, each in by_name.items() if name in SEEN}
    total = sum(map(len, seen.values()))
    listed = ", ".join(f"`{name}` {len(each)}" for name, each in seen.items())
    text = (
        f"**All claims.** The {len(by_name)} experiments judge {len(claims)} claims, of which "
        f"{sum(map(holds, claims))} hold. {len(published)} of them have a published number beside "
        f"ours; of these, {sum(map(holds, published))} hold. The others repeat a published "
        "statement without a number, or are our own. The rules of "
        f"{len(claims) - total} claims were written before any of their numbers were seen. The "
        f"other {total} are claims of experiments of which we had seen some numbers, in a small "
        f"run or in an earlier version: {listed}. {bounds(by_name)}{nulls(by_name)} How many "
        "claims would hold by chance cannot be computed: the thresholds are our choice, claims "
        "share mazes and agents, and most have no distribution under a null hypothesis. So read "
        "the numbers first, and no verdict as a test of significance."
    )
    return paragraph(text)


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
    listed = ", ".join(f"`{name}` {len(some)}" for name, some in other.items() if some)
    return (
        f"If rules judged values wherever they judge bounds of intervals, {len(verdicts)} of these "
        f"verdicts would be others: {verdicts.count(False)} more claims would hold, and "
        f"{verdicts.count(True)} fewer ({listed})."
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
