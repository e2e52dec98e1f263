"""Runs an audit, and writes the page, tables and numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from procgen_tools.audit.agents import EXACT_WORLDS, Audited, read_agent
from procgen_tools.audit.base import Amount, Audit
from procgen_tools.audit.exact import exact_audit
from procgen_tools.audit.keys.run import keys_audit
from procgen_tools.episodes.records import write_records
from procgen_tools.files import write_text

FACTS = "audit.json"


def audit(
    agent: Any,
    *,
    amount: Amount | None = None,
    folder: Path | None = None,
    progress_bar: bool = False,
) -> Audit:
    """Audit an agent: what it can do, what it wants, and where in the network that is.

    Args:
        agent: an `Audited` (see `read_agent`), or what `read_agent` takes.
        amount: how much to measure; defaults to `Amount()`.
        folder: where finished parts are kept, so that an audit that was broken off goes on.
        progress_bar: whether to show progress bars.

    Raises:
        ValueError: the folder has parts of another agent or amount; see also `read_agent`.

    Example:
        >>> small = Amount(levels=3, pairs=2, census=4, choices=2, edited=2)
        >>> found = audit("black_same_data_seed_0", amount=small)
        >>> found.answers[0].question
        'What can it do in levels as in training?'
    """
    audited = agent if isinstance(agent, Audited) else read_agent(agent)
    amount = Amount() if amount is None else amount
    measure = exact_audit if audited.world in EXACT_WORLDS else keys_audit
    with audited.edited():
        return measure(audited, amount, folder, progress_bar=progress_bar)


def write(found: Audit, folder: Path) -> Path:
    """Write the page, the numbers as JSON and the tables as parquet; returns the page's path."""
    from procgen_tools.audit.page import page_of

    for name, table in found.tables.items():
        if len(table):
            write_records(folder / f"{name}.parquet", table)
    write_text(folder / FACTS, json.dumps(found.facts(), indent=1, allow_nan=False))
    page = folder / "index.html"
    write_text(page, page_of(found))
    return page


def read_audit(folder: Path) -> dict[str, Any]:
    """What an audit said (see `Audit.facts`), from the folder that `write` made.

    Raises:
        FileNotFoundError: there is no audit in the folder.
        ValueError: the file is damaged.
    """
    path = folder / FACTS
    if not path.exists():
        raise FileNotFoundError(
            f"there is no audit in {folder}: make one with procgen-tools audit AGENT --folder "
            f"{folder}"
        )
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} cannot be read ({error}): make the audit again") from None
    needed = {"agent", "world", "answers", "amount", "digest"}
    if not isinstance(facts, dict) or not needed <= facts.keys():
        raise ValueError(f"{path} is no audit: make it again")
    return facts
