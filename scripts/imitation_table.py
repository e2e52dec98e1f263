"""Write the table of docs/imitation-or-reinforcement.md from audits and from results of studies.

    python scripts/imitation_table.py

A row is a finding that was measured for imitators and for PPO agents by the same command. The
audits are those of docs/audits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from procgen_tools.files import write_text
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.results import FOLDER, read_claims

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "imitation-or-reinforcement.md"
BEGIN, END = "<!-- table: scripts/imitation_table.py -->\n", "<!-- end of table -->"

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


def number(audit: Mapping[str, Any], answer: str, finding: str, null: str = "") -> str:
    """One number of an audit, with its interval."""
    (found,) = [each for each in audit["answers"] if each["key"] == answer]
    (row,) = [each for each in found["findings"] if each["name"] == finding]
    estimate = row["nulls"][null] if null else row["agent"]
    parts = {name: float(part) for name, part in estimate.items()}
    return format(Estimate(**parts), row["form"])


def of_audits() -> list[str]:
    """Rows of the maze: an imitator in hard levels, and the public PPO agent in easy ones."""
    audits = [
        json.loads((DOCS / "audits" / name / "audit.json").read_text())
        for name in ("rand_region_5", "public_ppo")
    ]
    rows = ["| maze | imitator, hard levels | public PPO agent, easy levels |", "|---|---|---|"]
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
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    write_text(PAGE, before + BEGIN + table() + END + rest.split(END)[1])
    print(PAGE)
