"""`procgen-tools audit` and `procgen-tools compare-audits`."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from procgen_tools.audit import Amount
from procgen_tools.audit.run import FACTS
from procgen_tools.cli import app
from procgen_tools.models import ImpalaPolicy, save_policy
from procgen_tools.training.settings import ImitationSettings
from tests.audits import AGENT

TINY = Amount(levels=2, pairs=2, census=2, choices=2, edited=2)


def test_audits_and_their_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Amount, "quick", classmethod(lambda cls: TINY))
    run = CliRunner().invoke
    first = run(app, ["audit", AGENT, "--quick"])
    assert first.exit_code == 0, first.output
    assert "What can it do in levels as in training?" in first.output
    page = Path("audits") / f"{AGENT}_quick" / "index.html"
    assert page.exists()
    shutil.copytree(page.parent, "other")
    facts = Path("other") / FACTS
    facts.write_text(facts.read_text().replace(AGENT, "black_same_data_seed_1"))
    both = run(app, ["compare-audits", str(page.parent), "other"])
    assert both.exit_code == 0, both.output
    assert "black_same_data_seed_1" in Path("audits/comparison.html").read_text()


def test_a_wrong_world_costs_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["audit", AGENT, "--world", "maze"])
    assert found.exit_code != 0
    assert "is an agent of two_objects, not of maze" in str(found.exception)
    assert not list(tmp_path.iterdir())


def test_mazes_may_be_others_than_those_of_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = asdict(ImitationSettings(world_size=15, maze_size=5, rand_region=3))
    save_policy(ImpalaPolicy(seed=1), tmp_path / "small.pth", settings=settings)
    words = ["audit", "small.pth", "--quick"]
    found = CliRunner().invoke(app, words)
    assert "goals are nowhere apart" in str(found.exception)
    seen: list[Any] = []

    def stop(audited: Any, **_: Any) -> None:
        seen.append(audited.settings)
        raise ValueError("seen")

    monkeypatch.setattr("procgen_tools.audit.audit", stop)
    found = CliRunner().invoke(app, [*words, "--max-maze-size", "9"])
    assert str(found.exception) == "seen"
    assert (seen[0]["max_maze_size"], seen[0]["maze_size"]) == (9, 0)
    assert seen[0]["world_size"] == 15
    assert not [path for path in (tmp_path / "audits").rglob("*") if path.is_file()]


def test_an_agent_with_channels_at_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[Any] = []

    def stop(audited: Any, **options: Any) -> None:
        seen.append((audited.title, options["folder"]))
        raise ValueError("seen")

    monkeypatch.setattr("procgen_tools.audit.audit", stop)
    found = CliRunner().invoke(app, ["audit", AGENT, "--zero", "embedder.fc:3, 5"])
    assert str(found.exception) == "seen"
    title, folder = seen[0]
    assert title == f"{AGENT}, zero channels 3, 5 of embedder.fc_out"
    assert folder.parent.name == f"{AGENT}_zero_embedder.fc_3-5"
    for wrong in ("embedder.fc", "embedder.fc:", "embedder.fc:-1", ":3"):
        found = CliRunner().invoke(app, ["audit", AGENT, "--zero", wrong])
        assert "give a layer and the numbers of its channels" in str(found.exception)
