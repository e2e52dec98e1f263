"""A small audit of one agent of two objects, whose levels are quick, shared by tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from procgen_tools.audit import Amount, Audit, audit, read_agent
from procgen_tools.audit.run import FACTS

AGENT = "black_same_data_seed_0"
SMALL = Amount(levels=5, pairs=3, census=8, choices=2, edited=2)


@cache
def small_audit() -> Audit:
    """The audit; measured once per process."""
    return audit(read_agent(AGENT), amount=SMALL)


def write_facts(found: Audit, folder: Path) -> Path:
    """The numbers of an audit in a folder, without its page, which takes seconds to draw."""
    folder.mkdir()
    (folder / FACTS).write_text(json.dumps(found.facts()))
    return folder
