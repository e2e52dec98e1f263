"""procgen-tools evaluate: the table, the records, and long searches."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from procgen_tools.models import (
    ImpalaPolicy,
    save_policy,
)
from tests.cli.test_cli import run


def test_evaluate_prints_a_table_and_keeps_records(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    agent, records = tmp_path / "agent.pth", tmp_path / "records.parquet"
    save_policy(ImpalaPolicy(), agent)
    words = ("evaluate", str(agent), "--levels=3", "--world-size=15", "--rand-region=3")
    conditions = "--conditions=in_distribution,no_cheese"
    assert run(monkeypatch, *words, conditions, f"--records={records}") == 0
    printed = capsys.readouterr().out
    assert "cheese in the top-right 3 x 3 squares, worlds of 15 x 15 squares" in printed
    assert "/3)" in printed
    episodes = pd.read_parquet(records)
    assert episodes["condition"].tolist() == ["in_distribution"] * 3 + ["no_cheese"] * 3
    assert run(monkeypatch, *words, "--conditions=in_distribtion") == 2
    assert "in_distribution" in capsys.readouterr().err
    assert run(monkeypatch, *words, "--records=records.csv") == 2
    assert "end it in .parquet" in capsys.readouterr().err


def test_evaluate_leaves_long_searches_out_unless_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A search for training levels that takes minutes is announced and skipped."""
    settings = {"world_size": 15, "rand_region": 3, "maze_size": 5, "seed": 0, "batch_size": 16}
    agent = tmp_path / "agent.pth"
    words = ("evaluate", str(agent), "--levels=2", "--conditions=in_distribution", "--no-exact")
    for samples, options, searched in (
        (640, (), True),
        (3_000_000, (), False),
        (640, ("--no-deduplicate",), False),
        (640, ("--deduplicate",), True),
    ):
        save_policy(
            ImpalaPolicy(), agent, algorithm="imitation", samples=samples, settings=settings
        )
        assert run(monkeypatch, *words, *options) == 0
        printed = capsys.readouterr().out
        assert ("not seen in training" in printed) == searched
        announced = "6,000,000 levels were drawn for the training" in printed
        assert announced == (samples == 3_000_000)
        if announced:
            assert "takes about 2 minutes and is skipped: pass --deduplicate to do it" in printed
