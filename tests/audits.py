"""Small audits of an agent of two objects and of one of keys and chests, shared by tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from procgen_tools.audit import Amount, Audit, audit, read_agent
from procgen_tools.audit.exact import ExactAudit
from procgen_tools.audit.keys import directed, inside, run
from procgen_tools.audit.run import FACTS
from procgen_tools.studies.keys_and_chests import inventory, pairs
from procgen_tools.worlds.keys_and_chests import levels

AGENT = "black_same_data_seed_0"
KEYS_AGENT = "keys_and_chests/seed_0"
TICKS = 30
SMALL = Amount(levels=5, pairs=3, census=8, choices=2, edited=2)


@cache
def small_audit() -> ExactAudit:
    """The audit; measured once per process."""
    found = audit(read_agent(AGENT), amount=SMALL)
    assert isinstance(found, ExactAudit)
    return found


@contextmanager
def short_episodes() -> Iterator[None]:
    """Keys and chests with few ticks, and fewer random edits: the audit takes seconds."""
    short = {variant: replace(rule, max_ticks=TICKS) for variant, rule in levels.VARIANTS.items()}
    with pytest.MonkeyPatch.context() as patch:
        for module in (levels, directed, run, inventory, pairs):
            patch.setattr(module, "VARIANTS", short)
        patch.setattr(inventory, "SPANS", ((0, TICKS),))
        patch.setattr(inside, "DRAWS", 1)
        sizes_of = run.sizes_of
        patch.setattr(run, "sizes_of", lambda amount: replace(sizes_of(amount), resamples=20))
        yield


@cache
def small_keys_audit() -> run.KeysAudit:
    """The audit of an agent of keys and chests; measured once per process."""
    with short_episodes():
        found = audit(KEYS_AGENT, amount=Amount(levels=2, pairs=2, census=6, choices=2, edited=2))
    assert isinstance(found, run.KeysAudit)
    return found


def write_facts(found: Audit, folder: Path) -> Path:
    """The numbers of an audit in a folder, without its page, which takes seconds to draw."""
    folder.mkdir()
    (folder / FACTS).write_text(json.dumps(found.facts()))
    return folder
