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
from procgen_tools.studies.other_agents import UNTRAINED, UNTRAINED_HARD, claims_of, results_of
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
    return "\n\n".join(map(one_table, stored())) + "\n"


def one_table(path: Path) -> str:
    """The section of one experiment."""
    name = path.parent.name
    untrained, remarks = claims_of(UNTRAINED_HARD, name), notes(name)
    if same_mazes(name):
        for claim in dropped(name, read_claims(path)[1]):
            apart = differences(claim, untrained[claim.statement])
            remarks[claim.statement] += f". {apart}" if apart else ""
    return claims_table(path, untrained, remarks)


def same_mazes(name: str) -> bool:
    """Whether untrained networks were measured in all mazes in which the agents were."""
    paths = FOLDER / name / RESULTS, results_of(UNTRAINED_HARD, name)
    first, second = (read_claims(path)[0]["mazes"] if path.exists() else "" for path in paths)
    return bool(first == second)


def differences(claim: Claim, untrained: Claim) -> str:
    """Which numbers that the rule judges tell all agents from all untrained networks, in words.

    Numbers are compared as they are written.
    """
    found = []
    for name in dict.fromkeys(claim.rule.quantities()):
        ours, theirs = numbers(claim, name), numbers(untrained, name)
        if min(ours) > max(theirs):
            found.append(f"'{name}' is larger")
        elif max(ours) < min(theirs):
            found.append(f"'{name}' is smaller")
    if not found:
        return ""
    return f"In every agent {', and '.join(found)} than in every untrained network"


def numbers(claim: Claim, name: str) -> list[float]:
    """A number of each agent, as it is written."""
    written = (f"{claim.measured[agent][name].value:{claim.form}}" for agent in claim.single)
    return [float(text.rstrip("%")) for text in written]


def notes(name: str) -> dict[str, str]:
    """A remark for each claim of an experiment whose rule untrained networks meet, too.

    They are those that scripts/other_agents.py measures: three in hard worlds, or one in easy ones.
    """
    hard = {
        statement: remark(claim) for statement, claim in claims_of(UNTRAINED_HARD, name).items()
    }
    easy = {
        statement: "An untrained network meets this rule (in easy worlds)"
        for statement, claim in claims_of(UNTRAINED, name).items()
        if claim.met_by_all and statement not in hard
    }
    return {statement: words for statement, words in {**easy, **hard}.items() if words}


def remark(claim: Claim) -> str:
    """How many untrained networks meet a rule, in words; empty if none does."""
    met = claim.met_by(claim.single)
    if claim.single == [ALL_AGENTS]:
        return "Untrained networks meet this rule" if all(met) else ""
    return f"{sum(met)} of {len(met)} untrained networks meet this rule" if any(met) else ""


def dropped(name: str, claims: Sequence[Claim]) -> list[Claim]:
    """The claims of an experiment that hold of untrained networks, too."""
    untrained = claims_of(UNTRAINED_HARD, name)
    return [claim for claim in claims if claim.dropped(untrained.get(claim.statement))]


def nulls(by_name: Mapping[str, Sequence[Claim]]) -> str:
    """How many claims that hold were measured on untrained networks, and what came out, in words.

    Args:
        by_name: the claims that are not dropped, by experiment.
    """
    found = [
        each.met_by(each.single)
        for name, claims in by_name.items()
        for claim in claims
        if claim.holds and (each := claims_of(UNTRAINED_HARD, name).get(claim.statement))
    ]
    if not found:
        return ""
    return (
        f" {len(found)} of the claims that hold were measured on three untrained networks in the "
        f"same mazes: one or two of them meet the rules of {sum(map(any, found))}, which the table "
        "marks."
    )


def account() -> str:
    """How many claims there are, how many hold, and what is known about the rest, in words."""
    every = {path.parent.name: read_claims(path)[1] for path in stored()}
    left_out = {name: dropped(name, claims) for name, claims in every.items()}
    by_name = {
        name: [claim for claim in claims if claim not in left_out[name]]
        for name, claims in every.items()
    }
    claims = [claim for each in by_name.values() for claim in each]
    published = [claim for claim in claims if has_number(claim.published)]
    seen = {
        name: [claim for claim in seen_before(name, each) if claim not in left_out[name]]
        for name, each in every.items()
        if name in SEEN
    }
    total = sum(map(len, seen.values()))
    text = (
        f"**All claims.** The {len(by_name)} experiments judge {len(claims)} claims, of which "
        f"{sum(map(holds, claims))} hold. {sum(map(len, left_out.values()))} more are dropped "
        f"({counted(left_out)}): they hold, but all three untrained networks meet their rules in "
        f"the same mazes{but()}, too, so they say nothing about training. "
        f"{len(published)} of the claims have a published number beside "
        f"ours; of these, {sum(map(holds, published))} hold. The others repeat a published "
        "statement without a number, or are our own. The rules of "
        f"{len(claims) - total} claims were written before any of their numbers were seen. The "
        f"other {total} are claims of experiments of which we had seen some numbers, in a small "
        f"run or in an earlier version: {counted(seen)}. {bounds(by_name)}{nulls(by_name)} How "
        "many claims would hold by chance cannot be computed: the thresholds are our choice, "
        "claims share mazes and agents, and most have no distribution under a null hypothesis. So "
        "read the numbers first, and no verdict as a test of significance."
    )
    return paragraph(text)


def but() -> str:
    """In which experiments untrained networks were measured in fewer mazes, in words."""
    fewer = [
        f"`{name}`: {read_claims(results_of(UNTRAINED_HARD, name))[0]['mazes'].split(' (')[0]}"
        for name in (path.parent.name for path in stored())
        if claims_of(UNTRAINED_HARD, name) and not same_mazes(name)
    ]
    return f" ({', '.join(fewer)})" if fewer else ""


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
