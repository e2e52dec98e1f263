"""Several audits on one page: every number of each, one column per agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from procgen_tools.audit.agents import EXACT_WORLDS, how_measured
from procgen_tools.audit.answers import written
from procgen_tools.audit.compared_figures import estimate_of, plot_compared
from procgen_tools.audit.page import document, picture, table
from procgen_tools.audit.run import read_audit
from procgen_tools.files import write_text

FEW = 3
"""The texts and numbers of more agents than these are folded."""


def compare(folders: Sequence[Path], path: Path) -> Path:
    """Write a page with several audits side by side.

    Args:
        folders: of the audits, as `write` made them.
        path: of the page.

    Returns:
        The path.

    Raises:
        FileNotFoundError: a folder without an audit.
        ValueError: fewer than two folders, audits of different worlds, or a damaged file.
    """
    if len(folders) < 2:
        raise ValueError(f"{len(folders)} audits: a comparison needs two or more")
    audits = [read_audit(folder) for folder in folders]
    worlds = sorted({each["world"] for each in audits})
    if len(worlds) > 1:
        raise ValueError(
            f"these are audits of {' and '.join(worlds)}: compare agents of one world, because "
            "others have other goals"
        )
    names = _names(audits)
    # Every question that some audit answers, in the order of the one with most answers.
    longest = sorted(audits, key=lambda each: -len(each["answers"]))
    asked = {answer["key"]: answer for each in longest for answer in each["answers"]}
    sections = "".join(_section(names, audits, answer) for answer in asked.values())
    exact = worlds[0] in EXACT_WORLDS
    amounts = sorted({f"{each['amount']['levels']} levels of each kind" for each in audits})
    amount = f"; {' or '.join(amounts)}" if exact else ""
    title = f"What do {len(audits)} agents want?"
    facts = (
        f'<p class="facts">World: {worlds[0].replace("_", " ")}{escape(amount)}. '
        f"{escape(how_measured(worlds[0]))}</p>"
    )
    write_text(path, document(title, facts + sections))
    return path


def _section(
    names: Sequence[str], audits: Sequence[Mapping[str, Any]], answer: Mapping[str, Any]
) -> str:
    """One question: a figure, the numbers, and what is said of each agent."""
    same = {
        name: found
        for name, each in zip(names, audits, strict=True)
        if (found := _answer(each, answer["key"])) is not None
    }
    figure = plot_compared(list(same), list(same.values()))
    shown = "" if figure is None else picture(figure, answer["question"])
    said = "".join(
        f"<li><b>{escape(name)}</b>: {escape(each['text'])}</li>" for name, each in same.items()
    )
    opened = " open" if len(names) <= FEW else ""
    return (
        f"<section><h2>{escape(answer['question'])}</h2>"
        f'<figure style="margin:0">{shown}</figure>'
        f"<details{opened}><summary>In words</summary><ul>{said}</ul></details>"
        f"<details{opened}><summary>The numbers</summary>"
        f'<div class="wide">{table(_rows(same))}</div></details>'
        f'<p class="note">{escape(_notes(same))}. Intervals: 95%.</p></section>'
    )


def _notes(answers: Mapping[str, Mapping[str, Any]]) -> str:
    """The note of all agents; where notes differ, each with the agents that it is about."""
    of: dict[str, list[str]] = {}
    for name, answer in answers.items():
        of.setdefault(answer["note"], []).append(name)
    if len(of) == 1:
        return next(iter(of))
    return ". ".join(f"{', '.join(names)}: {note}" for note, names in of.items())


def _names(audits: Sequence[Mapping[str, Any]]) -> list[str]:
    """The agents' names; those that occur twice with what tells them apart."""
    names = [str(each["agent"]) for each in audits]
    amounts = [", ".join(f"{k} {v}" for k, v in each["amount"].items()) for each in audits]
    for further in ([each["digest"][:6] for each in audits], amounts):
        names = [
            f"{name} ({more})" if names.count(name) > 1 else name
            for name, more in zip(names, further, strict=True)
        ]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"the same audit is given twice, {twice}: give each folder once")
    return names


def _answer(audit: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    return next((each for each in audit["answers"] if each["key"] == key), None)


def _rows(answers: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for name, answer in answers.items():
        for finding in answer["findings"]:
            row = rows.setdefault(finding["name"], {"measured": finding["name"]})
            row[name] = written(estimate_of(finding["agent"]), finding["form"])
    return list(rows.values())
