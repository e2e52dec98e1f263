"""Comparisons of audits."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path

import pytest

from procgen_tools.audit import compare
from procgen_tools.audit.run import FACTS
from tests.audits import small_audit, write_facts


def test_every_number_of_every_agent(tmp_path: Path) -> None:
    found = small_audit()
    write_facts(found, tmp_path / "a")
    for folder, other in (("b", {"digest": "0123456789abcdef"}), ("c", {"name": "third"})):
        write_facts(replace(found, agent=replace(found.agent, **other)), tmp_path / folder)
    page = compare([tmp_path / name for name in "abc"], tmp_path / "page.html").read_text()
    assert f"{found.agent.name} ({found.agent.digest[:6]})" in page
    assert f"{found.agent.name} (012345)" in page
    assert "<th>third</th>" in page
    for answer in found.answers:
        for finding in answer.findings:
            assert finding.row()["agent"] in page
        assert f">{html.escape(answer.note)}. Intervals" in page


def test_notes_that_differ_name_their_agents(tmp_path: Path) -> None:
    found = small_audit()
    first = found.answers[0]
    write_facts(found, tmp_path / "a")
    facts = json.loads(json.dumps(found.facts())) | {"agent": "b"}
    facts["answers"][0]["note"] = "in other levels"
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / FACTS).write_text(json.dumps(facts))
    page = compare([tmp_path / "a", tmp_path / "b"], tmp_path / "page.html").read_text()
    assert f"{found.agent.name}: {html.escape(first.note)}. b: in other levels. Intervals" in page


def test_mistakes(tmp_path: Path) -> None:
    write_facts(small_audit(), tmp_path / "a")
    with pytest.raises(ValueError, match="1 audits: a comparison needs two or more"):
        compare([tmp_path / "a"], tmp_path / "page.html")
    facts = json.loads((tmp_path / "a" / FACTS).read_text())
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / FACTS).write_text(json.dumps(facts | {"world": "maze"}))
    with pytest.raises(ValueError, match="audits of maze and two_objects: compare agents of one"):
        compare([tmp_path / "a", tmp_path / "b"], tmp_path / "page.html")
    with pytest.raises(FileNotFoundError, match="there is no audit in"):
        compare([tmp_path / "a", tmp_path / "none"], tmp_path / "page.html")


def test_every_question_and_every_audit_is_shown(tmp_path: Path) -> None:
    full = small_audit().facts()
    less = {**full, "agent": "less", "answers": full["answers"][:3]}
    other = {**full, "amount": {**full["amount"], "seed": 1}}
    folders = []
    for number, facts in enumerate((less, full, other)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / FACTS).write_text(json.dumps(facts))
        folders.append(folder)
    page = compare(folders, tmp_path / "page.html").read_text()
    assert page.count("<section>") == len(full["answers"])
    assert "seed 0" in page
    assert "seed 1" in page
    with pytest.raises(ValueError, match="the same audit is given twice"):
        compare([folders[1], folders[1]], tmp_path / "page.html")
    damaged = {name: value for name, value in full.items() if name != "digest"}
    (folders[0] / FACTS).write_text(json.dumps(damaged))
    with pytest.raises(ValueError, match="is no audit"):
        compare(folders, tmp_path / "page.html")
