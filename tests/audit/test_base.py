"""What every audit is: amounts, numbers as JSON, and parts that are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from procgen_tools.audit import Amount, audit, read_agent
from procgen_tools.audit.base import Kept, _plain
from tests.audits import AGENT, small_audit

TINY = Amount(levels=2, pairs=2, census=2, choices=2, edited=2)


def test_parts_of_another_audit_are_refused(tmp_path: Path) -> None:
    (tmp_path / "part.json").write_text(json.dumps({"agent": "another"}))
    with pytest.raises(ValueError, match="has an audit of another that is not this one"):
        audit(read_agent(AGENT), amount=TINY, folder=tmp_path)


def test_numbers_that_json_lacks_are_strings() -> None:
    plain = {"agent": {"value": 1.5, "low": -np.inf, "high": np.nan}, "form": ".1f"}
    assert _plain(plain) == {
        "agent": {"value": 1.5, "low": "-inf", "high": "nan"}, "form": ".1f"
    }  # fmt: skip
    json.dumps(small_audit().facts(), allow_nan=False)


def test_amounts() -> None:
    assert Amount.quick().levels < Amount().levels
    with pytest.raises(ValueError, match="pairs is 1: give a whole number from 2 up"):
        Amount(pairs=1)
    with pytest.raises(ValueError, match="seed is -1: give a whole number from 0 up"):
        Amount(seed=-1)


def test_measurements_of_other_levels_are_not_taken(tmp_path: Path) -> None:
    def kept(settings: dict[str, Any], seed: int = 0) -> Kept:
        agent = read_agent("rand_region_5", settings=settings, seed=seed)
        return Kept(tmp_path, agent, TINY)

    kept({"max_maze_size": 9})
    kept({"max_maze_size": 9})
    for other in ({"max_maze_size": 15}, {"max_maze_size": 9, "world_size": 15}):
        with pytest.raises(ValueError, match="of other levels, amounts or weights"):
            kept(other)
    with pytest.raises(ValueError, match="of other levels, amounts or weights"):
        kept({"max_maze_size": 9}, seed=1)
    for damaged in ("[]", "null", "{"):
        (tmp_path / "part.json").write_text(damaged)
        with pytest.raises(ValueError, match="audit of something"):
            kept({"max_maze_size": 9})


def test_an_answer_is_found_by_its_key() -> None:
    assert small_audit().answer("apart").question.startswith("What does it do when")
    with pytest.raises(ValueError, match="there is no answer 'aparts': choose one of abilities"):
        small_audit().answer("aparts")
