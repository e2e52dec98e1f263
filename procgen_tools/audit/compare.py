"""Several audits on one page: every number of each, one column per agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from procgen_tools.audit.answers import written
from procgen_tools.audit.page import document, table
from procgen_tools.audit.run import read_audit
from procgen_tools.files import write_text
from procgen_tools.statistics.intervals import Estimate

PARTS = ("value", "low", "high")
"""Of an estimate."""


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
    parts = []
    for answer in audits[0]["answers"]:
        same = [_answer(each, answer["key"]) for each in audits]
        rows = _rows(names, same)
        said = "".join(
            f"<li><b>{escape(name)}</b> {escape(each['text'])}</li>"
            for name, each in zip(names, same, strict=True)
            if each is not None
        )
        parts.append(
            f"<section><h2>{escape(answer['question'])}</h2><ul>{said}</ul>"
            f'<div class="wide">{table(rows)}</div>'
            f'<p class="note">{escape(answer["note"])}. Intervals: 95%.</p></section>'
        )
    write_text(path, document(f"What do {len(audits)} agents of {worlds[0]} want?", "".join(parts)))
    return path


def _names(audits: Sequence[Mapping[str, Any]]) -> list[str]:
    """The agents' names; those that occur twice with the start of their digest."""
    names = [str(each["agent"]) for each in audits]
    return [
        f"{name} ({each['digest'][:6]})" if names.count(name) > 1 else name
        for name, each in zip(names, audits, strict=True)
    ]


def _answer(audit: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    return next((each for each in audit["answers"] if each["key"] == key), None)


def _rows(
    names: Sequence[str], answers: Sequence[Mapping[str, Any] | None]
) -> list[dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for name, answer in zip(names, answers, strict=True):
        for finding in answer["findings"] if answer else ():
            row = rows.setdefault(finding["name"], {"measured": finding["name"]})
            estimate = Estimate(*(float(finding["agent"][part]) for part in PARTS))
            row[name] = written(estimate, finding["form"])
    return list(rows.values())
