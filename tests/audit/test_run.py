"""Runs of an audit: parts are kept, and those of another agent are refused."""

from __future__ import annotations

import html
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from procgen_tools.audit import (
    Amount,
    Audit,
    audit,
    behaviour,
    inside,
    read_agent,
    read_audit,
    write,
)
from procgen_tools.audit.exact import TABLES
from procgen_tools.audit.run import FACTS
from procgen_tools.interventions import ActivationVector, Add, Resample, Zero
from tests.audits import AGENT, SMALL, small_audit

TINY = Amount(levels=2, pairs=2, census=2, choices=2, edited=2)


def test_a_broken_off_audit_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audited = read_agent(AGENT)

    def fails(*_: object, **__: object) -> pd.DataFrame:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(behaviour, "census_table", fails)
        with pytest.raises(KeyboardInterrupt):
            audit(audited, amount=TINY, folder=tmp_path)
    kept = {path.stem for path in tmp_path.glob("*.parquet")}
    assert kept == {"training", "apart", "maps"}
    with monkeypatch.context() as patch:
        for name in ("training_table", "apart_table"):
            patch.setattr(behaviour, name, fails)
        found = audit(audited, amount=TINY, folder=tmp_path)
    assert set(found.tables) == set(TABLES)
    pd.testing.assert_frame_equal(
        found.tables["apart"], pd.read_parquet(tmp_path / "apart.parquet")
    )


def test_the_same_seed_gives_the_same_numbers() -> None:
    audited, asked = read_agent(AGENT), small_audit().asked
    again = behaviour.pairs_table(audited, replace(asked, apart=asked.apart[: SMALL.pairs]))
    expected = small_audit().tables["pairs"]
    pd.testing.assert_frame_equal(again, expected, rtol=1e-4, atol=1e-6)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    page = write(small_audit(), tmp_path / "it")
    assert page.name == "index.html"
    facts = read_audit(tmp_path / "it")
    assert facts["agent"] == AGENT
    assert [each["text"] for each in facts["answers"]] == [
        answer.text for answer in small_audit().answers
    ]
    assert (tmp_path / "it" / "census.parquet").exists()
    with pytest.raises(FileNotFoundError, match="there is no audit in"):
        read_audit(tmp_path)
    for damaged, message in (("{", "cannot be read"), ("[]", "is no audit")):
        (tmp_path / FACTS).write_text(damaged)
        with pytest.raises(ValueError, match=message):
            read_audit(tmp_path)


def test_a_world_without_contrasts_is_audited_without_them() -> None:
    found = audit("crops_and_humans/planted_0", amount=replace(TINY, levels=3))
    assert [answer.key for answer in found.answers] == ["abilities", "apart", "directed", "census"]
    assert not len(found.tables["circuits"])
    rows = found.tables["training"].groupby("player")["success"].mean()
    assert rows["agent"] == 1.0


EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "audits").glob("*/audit.json"))


WITHOUT_WEIGHTS = {"public_ppo": "b7a81f712027fe3f"}
"""Digests of agents of others, which do not ship."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_shipped_audits_are_whole_and_of_the_shipped_agents(path: Path) -> None:
    facts = read_audit(path.parent)
    name = facts["agent"]
    assert facts["digest"] == (WITHOUT_WEIGHTS.get(name) or read_agent(name).digest)
    assert facts["amount"] == asdict(Amount())
    page = (path.parent / "index.html").read_text()
    for answer in facts["answers"]:
        assert html.escape(answer["text"]) in page


def test_there_are_examples() -> None:
    assert EXAMPLES


LAYER = "embedder.block2.res1.resadd_out"


def _one_each(found: Audit) -> dict[str, Figure]:
    """An empty figure per answer; drawing them takes seconds."""
    return {answer.key: Figure(figsize=(1, 1)) for answer in found.answers}


def test_an_edit_acts_on_the_agent_in_the_whole_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside, "RANDOM_ORDERS", 2)
    vector = ActivationVector(LAYER, 0.3 * torch.ones(32, 16, 16), "ones")
    edited = read_agent(AGENT, edit=Add(vector, 2.0))
    found = audit(edited, amount=TINY, folder=tmp_path / "edited")
    with edited.edit.on(edited.policy):
        asked = edited.asked(levels=TINY.levels, census=TINY.census)
        expected = behaviour.training_table(edited, asked)
    pd.testing.assert_frame_equal(found.tables["training"], expected)
    plain = behaviour.training_table(read_agent(AGENT), asked)
    same = found.tables["training"]["player"] != "agent"
    pd.testing.assert_frame_equal(found.tables["training"][same], plain[same])
    assert (found.tables["training"]["success"] != plain["success"]).any()
    # Patches act after the edit: the ends of circuits are the edited agent and its contrast.
    circuits = found.tables["circuits"].query("player == 'agent'")
    for size, end in ((circuits["size"].min(), "corrupt"), (circuits["size"].max(), "clean")):
        rows = circuits[circuits["size"] == size]
        assert np.allclose(rows["kept"], rows[end], atol=1e-4)
    monkeypatch.setattr(found.__class__, "figures", _one_each)
    page = write(found, tmp_path / "page").read_text()
    assert "with an edit?" in page
    assert "procgen-tools audit black" not in page
    same_words = Add(ActivationVector(LAYER, -torch.ones(32, 16, 16), "ones"), 2.0)
    for other in (read_agent(AGENT), read_agent(AGENT, edit=same_words)):
        with pytest.raises(ValueError, match="that is not this one"):
            audit(other, amount=TINY, folder=tmp_path / "edited")


def test_edits_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="no activation"):
        read_agent(AGENT, edit=Zero("nothing"))
    with pytest.raises(ValueError, match="treats all observations alike"):
        read_agent(AGENT, edit=Resample(LAYER, torch.zeros(2, 32, 16, 16)))
