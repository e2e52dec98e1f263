"""Write the tables and the picture of docs/imitation-or-reinforcement.md from what was measured.

    python scripts/imitation_table.py

A row is a finding that was measured for imitators and for PPO agents by the same command. The
audits are those of docs/audits. The results of the public agent, of an untrained network and of
imitators of easy worlds are those of experiments/other_agents, which scripts/other_agents.py
measures.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from procgen_tools import markdown
from procgen_tools.audit.compared_figures import estimate_of
from procgen_tools.files import write_between
from procgen_tools.markdown import paragraph
from procgen_tools.plots import style
from procgen_tools.plots.marks import draw_dots
from procgen_tools.shown import save_figure
from procgen_tools.studies.base import Claim
from procgen_tools.studies.imitation import (
    KINDS,
    OTHERWISE,
    SIDES,
    Finding,
    all_findings,
    judged,
    positions,
)
from procgen_tools.studies.other_agents import PUBLIC, UNTRAINED, results_of
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims
from procgen_tools.studies.rules import ALL_AGENTS
from procgen_tools.studies.untrained import NULL

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "imitation-or-reinforcement.md"
PICTURE = PAGE.with_suffix(".png")
BEGIN, END = "<!-- table: scripts/imitation_table.py -->\n", "<!-- end of table -->"
STUDIES = ("<!-- studies: scripts/imitation_table.py -->\n", "<!-- end of studies -->")

TRIVIAL = "both, and an untrained network"
"""What holds for all; see `Finding.null_met`."""

WIDTH = 108
"""Characters of a line of the page."""

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
    "all 2,760 mazes of 5 x 5 in which a way avoids the corner square: the cheese first": (
        "census",
        "levels in which the first goal is the wanted one more often than the other, "
        "if a way avoids the other",
    ),
    "the edited levels, unedited: the cheese first": (
        "edits",
        "zero the 4 first channels: the cheese first",
        "unedited",
    ),
    "without the 4 channels that rank highest": (
        "edits",
        "zero the 4 first channels: the cheese first",
    ),
    "without 4 random channels (the first of three draws)": (
        "edits",
        "zero 4 random channels (1): the cheese first",
    ),
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


def row(found: Finding) -> str:
    """One row of the table of a study."""
    met, count = found.split
    null = found.untrained
    return markdown.row(
        [
            found.imitators.statement,
            f"{numbers(found.imitators, ALL_AGENTS)} ({met} of {count})",
            one_by_one(found.easy) if found.easy else "",
            numbers(found.public, PUBLIC) if found.public else "",
            numbers(null, UNTRAINED) if null else own_null(found.public),
            found.verdict,
        ]
    )


def numbers(claim: Claim, agent: str) -> str:
    """The estimates on which the verdict depends, in words; not those of untrained networks."""
    names = dict.fromkeys(claim.rule.quantities())
    return "; ".join(
        f"{name} {format(claim.measured[agent][name], claim.form)}"
        for name in names
        if NULL not in name
    )


def one_by_one(claim: Claim) -> str:
    """The numbers of single agents, and how many of them meet the rule."""
    met = claim.met_by(claim.single)
    return f"{claim.one_by_one(claim.single, without=NULL)} ({sum(met)} of {len(met)})"


def own_null(claim: Claim | None) -> str:
    """What a study itself measures in untrained networks, beside the public agent."""
    if claim is None:
        return ""
    return "; ".join(
        f"{name} {format(estimate, claim.form)}"
        for name, estimate in claim.measured[PUBLIC].items()
        if NULL in name
    )


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
            if each.differs and len(set(judged(each.imitators))) == split
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
    return paragraph(text, WIDTH) + _placed(comparable)


def _placed(comparable: list[Finding]) -> str:
    """Where imitators of easy worlds are in numbers, in words."""
    nulls = (
        ("and an untrained network in easy worlds is not on the side of the public agent", True),
        ("in studies for which no untrained network was measured in easy worlds", False),
    )
    parts = []
    for words, screened in nulls:
        placed = positions(each for each in comparable if (each.untrained is not None) == screened)
        if placed.numbers:
            numbered = f"{placed.numbers} number{'s' * (placed.numbers > 1)}"
            parts.append(
                f"{numbered} in which the intervals do not overlap, {words}: imitators of "
                f"easy worlds at a median of {_spread(placed.easy)}, of hard worlds at "
                f"{_spread(placed.hard)}"
            )
    if not parts:
        return ""
    return "\n" + paragraph(
        "On a scale on which the mean of imitators of hard worlds is 0 and the public agent is 1, "
        f"single imitators are at these places. {'. '.join(parts)}.",
        WIDTH,
    )


def _spread(places: Sequence[float]) -> str:
    low, middle, high = np.percentile(places, [25, 50, 75])
    return f"{middle:.2f} (half of them between {low:.2f} and {high:.2f})"


def summary(found: Mapping[str, Iterable[Finding]]) -> str:
    """How many findings of each study hold for whom, and of all studies."""
    kinds = {name: Counter(map(_kind, some)) for name, some in found.items()}
    columns = [KINDS[0], TRIVIAL, *KINDS[1:]]
    lines = [markdown.row(["study", *columns]), "|---" * (len(columns) + 1) + "|"]
    for name, counts in {**kinds, "all": sum(kinds.values(), Counter())}.items():
        shown = f"`{name}`" if name in kinds else name
        lines.append(markdown.row([shown, *(str(counts[kind]) for kind in columns)]))
    return "\n".join(lines) + "\n"


def _kind(found: Finding) -> str:
    return TRIVIAL if found.kind == KINDS[0] and found.null_met else found.kind


def of_studies(found: Mapping[str, tuple[Finding, ...]]) -> str:
    """The summary, and a table for each study: one row per finding.

    Args:
        found: findings by study.
    """
    differences = world_or_training([each for some in found.values() for each in some])
    parts = [summary(found), *filter(None, [differences])]
    for name, some in found.items():
        content, _ = read_claims(results_of(PUBLIC, name))
        small = (
            " (fewer mazes than the published run, for which the study itself gives no verdict)"
            if "small" in content["run"]
            else ""
        )
        parts += [
            f"### `{name}`\n",
            f"`{content['command']}`{small}: {content['mazes']}\n",
            "| finding | imitators, hard worlds | imitators, easy worlds | public PPO agent, easy "
            "worlds | untrained, easy worlds | holds for |\n" + "|---" * 6 + "|",
            "\n".join(map(row, some)) + "\n",
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
    _, claims = read_claims(FOLDER / "colour_or_shape" / RESULTS)
    rows = ["| two objects | 12 imitators (trained on the same data) | 4 PPO agents |"]
    rows.append("|---|---|---|")
    for name, words in WANTED.items():
        # The first claim that measured it.
        claim = next(each for each in claims if name in each.measured[POPULATIONS[0]])
        found = [format(claim.measured[each][name], claim.form) for each in POPULATIONS]
        rows.append(f"| {words} | {' | '.join(found)} |")
    return rows


def table() -> str:
    """Both tables as Markdown."""
    return "\n".join([*of_audits(), "", *of_two_objects()]) + "\n"


def picture(found: Mapping[str, Iterable[Finding]]) -> Figure:
    """Where single imitators are in numbers that differ between imitators and the public agent.

    Args:
        found: findings by study. Studies without such numbers are left out.
    """
    placed = {study: positions(some) for study, some in found.items()}
    placed = {study: each for study, each in placed.items() if each.numbers}
    figure, ax = plt.subplots(figsize=(7.4, 5.6), layout="constrained")
    # Dots of one study are spread over the height of its row, so that equal ones show.
    looks = (
        ("easy", 0.16, style.series_look(0), "imitators of easy worlds"),
        ("hard", -0.16, style.series_look(1), "imitators of hard worlds"),
    )
    for name, above, look, label in looks:
        for number, each in enumerate(placed.values()):
            places = getattr(each, name)
            height = -number + above + np.linspace(0.11, -0.11, len(places))
            draw_dots(ax, places, height, look, label, size=22)
    every = [place for each in placed.values() for place in each.easy]
    numbered = sum(each.numbers for each in placed.values())
    agents = {
        name: sorted({len(getattr(each, name)) // each.numbers for each in placed.values()})
        for name, *_ in looks
    }
    easy, hard = (" or ".join(map(str, agents[name])) for name, *_ in looks)
    for place, words in (
        (0, "mean of imitators\nof hard worlds"),
        (1, "public PPO agent\n(easy worlds)"),
    ):
        ax.axvline(place, color=style.REFERENCE, zorder=0)
        ax.annotate(
            words, (place, 1), (0, 4), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", fontsize=9, color=style.NOTE,
        )  # fmt: skip
    names = [f"{study} ({each.numbers})" for study, each in placed.items()]
    ax.set_yticks(-np.arange(len(placed)), names)
    ax.set_ylim(0.6 - len(placed), 0.6)
    ax.set_xlabel("place on the way between the two (0 and 1)")
    style.headline(
        figure,
        f"In {np.mean(np.array(every) > 0.5):.0%} of the comparisons, imitators of easy worlds are "
        "nearer to the public agent than to imitators of hard worlds",
        f"{numbered} numbers of {len(placed)} studies in which the two differ (how many of each in "
        f"parentheses); one mark for each number and agent, {easy} of easy worlds and {hard} of "
        "hard worlds",
        legend=2,
    )
    return figure


def main() -> None:
    """Write the tables and the picture."""
    found = all_findings()
    write_between(PAGE, ((BEGIN, END), table()), (STUDIES, of_studies(found)))
    figure = picture(found)
    save_figure(figure, PICTURE, 130)
    plt.close(figure)
    print(PAGE)


if __name__ == "__main__":
    main()
