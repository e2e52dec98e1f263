"""Runs of an audit of keys and chests: kept, continued, and refused where it does not fit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from torch import nn

from procgen_tools.audit import Amount, audit, read_agent, write
from procgen_tools.audit.keys.run import TABLES, sizes_of
from procgen_tools.models import CnnLstmPolicy, RecurrentPolicy
from procgen_tools.studies.keys_and_chests.measure import Sizes
from tests.audits import KEYS_AGENT, short_episodes, small_keys_audit


def test_a_broken_off_audit_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is not measured again; what follows is that of an audit in one go."""
    small = small_keys_audit()
    for name in TABLES[:-2]:
        small.tables[name].to_parquet(tmp_path / f"{name}.parquet")

    def fails(*_: object, **__: object) -> pd.DataFrame:
        raise AssertionError("measured again")

    with monkeypatch.context() as patch, short_episodes():
        patch.setattr("procgen_tools.audit.keys.run.census_table", fails)
        found = audit(KEYS_AGENT, amount=small.amount, folder=tmp_path)
    assert tuple(found.tables) == TABLES
    pd.testing.assert_frame_equal(found.tables["edits"], small.tables["edits"])


def test_the_page_is_written(tmp_path: Path) -> None:
    page = write(small_keys_audit(), tmp_path / "it").read_text()
    assert "Levels, controls and episodes are sampled." in page
    assert "All chances are exact" not in page
    assert {path.stem for path in (tmp_path / "it").glob("*.parquet")} == set(TABLES)


def test_the_usual_amount_is_about_that_of_the_study() -> None:
    own, study = sizes_of(Amount()), Sizes()
    assert own.episodes == study.episodes
    assert own.choices == study.choices
    assert min(sizes_of(Amount(levels=2, pairs=2, census=2, choices=2)).__dict__.values()) > 0


def test_agents_that_fit_and_that_do_not(tmp_path: Path) -> None:
    mine = read_agent(CnnLstmPolicy("small"), "keys_and_chests", name="mine")
    assert (mine.name, mine.world) == ("mine", "keys_and_chests")
    with pytest.raises(TypeError, match=r"keys_and_chests needs a models\.CnnLstmPolicy"):
        read_agent(nn.Linear(2, 2), "keys_and_chests")
    with pytest.raises(TypeError, match="RecurrentPolicy"):
        read_agent(RecurrentPolicy(), "keys_and_chests")
    with pytest.raises(ValueError, match="sizes of their own"):
        read_agent(KEYS_AGENT, settings={"max_maze_size": 7})
