"""Settings, claims, and what an experiment leaves behind."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from procgen_tools import studies as experiments
from procgen_tools.studies.base import (
    PUBLISHED_RUN,
    Claim,
    Findings,
    Settings,
    measured,
    over_levels,
)
from procgen_tools.studies.results import (
    FOLDER,
    claims_table,
    default_folder,
    look_at,
    read_claims,
    report,
    write,
)
from procgen_tools.studies.rules import ALL_AGENTS, Rule, value

ROOT = Path(__file__).parents[2]
RULE = "'edited' is less than 0, for every agent and on average"


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"agent": agent, "level": level, "before": rng.random(), "after": rng.random()}
            for agent in ("b", "a")
            for level in (9, 3, 5, 7)
        ]
    )


@pytest.fixture
def findings(table: pd.DataFrame) -> Findings:
    claim = Claim(
        statement="A claim | with a bar",
        published=".81 → .03",
        rule=Rule.that(value("edited") < 0),
        measured=measured(
            as_trained=over_levels(table, "before"), edited=over_levels(table, "after")
        ),
        comment="It is another network.",
    )
    return Findings(
        "cheese_vector", PUBLISHED_RUN, "four levels", ("b", "a"), (claim,), {"rows": table}
    )


def test_what_is_written_is_read_again(findings: Findings, tmp_path: Path) -> None:
    figure = Figure()
    figure.subplots().plot([0, 1])
    folder = tmp_path / "cheese_vector"
    path = write(findings, {"line": figure}, folder, "the command")
    content, claims = read_claims(path)
    assert claims[0].measured == findings.claims[0].measured
    assert content["command"] == "the command"
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "rows.parquet"), findings.tables["rows"])
    assert (folder / "line.png").read_bytes()[:4] == b"\x89PNG"
    section = claims_table(path)
    statement = read_claims(path)[1][0].statement
    assert "Beware." not in section
    noted = claims_table(path, notes={statement: "Beware", "another": "No"})
    assert noted.count(". Beware |") == 1
    assert "A claim \\| with a bar | .81 → .03 | as trained 0." in section
    assert f"**no**: {RULE}. It is another network." in section
    shown = look_at("cheese_vector", tmp_path).data
    assert "| claim | published | all agents | b | a | holds |" in shown
    with pytest.raises(ValueError, match="run procgen-tools experiment probing"):
        look_at("probing", tmp_path)
    path.write_text(json.dumps({"claims": [{}]}))
    with pytest.raises(ValueError, match="holds no results"):
        read_claims(path)


def test_claims_stand_beside_their_nulls(findings: Findings, tmp_path: Path) -> None:
    held = replace(
        findings.claims[0],
        statement="It is small",
        rule=Rule.that(value("as trained") < 1.0),
        comment="",
    )
    path = write(
        replace(findings, claims=(*findings.claims, held)), {}, tmp_path / "it", "the command"
    )
    null = replace(held, measured={"n0": held.measured["a"], "n1": held.measured["b"]})
    shown = claims_table(
        path, nulls={held.statement: null}, dropped=[held.statement], about="Null: n"
    )
    assert "| claim | published | ours | null | holds |" in shown
    assert "`b`, `a`. Null: n." in shown
    kept, dropped = shown.splitlines()[-2:]
    assert "|  | **no**: " in kept
    assert f"| {null.one_by_one(null.single)} | dropped: " in dropped
    assert "| null |" not in claims_table(path)


def test_three_agents_stand_alone_and_more_have_an_interval(
    findings: Findings, tmp_path: Path
) -> None:
    (two,) = findings.claims
    first = two.measured["a"]
    three = replace(two, measured={**two.measured, "c": first})
    for names, claim, alone in (("ba", two, False), ("bac", three, True), ("bax", three, False)):
        path = write(
            replace(findings, agents=tuple(names), claims=(claim,)), {}, tmp_path / names, "it"
        )
        cell = claims_table(path).splitlines()[-1].split(" | ")[2]
        assert ("[" in cell) != alone
        values = ", ".join(f"{claim.measured[name]['edited'].value:.2f}" for name in claim.single)
        assert (f"({values})" in cell) == alone


SMALL = Settings(fast=True).scope(100)


def test_a_small_run_gives_no_verdict(findings: Findings, tmp_path: Path) -> None:
    small = replace(findings, scope=SMALL)
    assert f"does not hold: {RULE}" in report(findings)
    assert f"a small run: {RULE}" in report(small)
    assert "hold" not in report(small)
    assert small.summary()["holds"].tolist() == ["a small run"]
    path = write(small, {}, tmp_path / "cheese_vector", "the command")
    assert json.loads(path.read_text())["claims"][0]["holds"] is None
    assert f"| a small run: {RULE} |" in claims_table(path)
    assert f"a small run ({RULE})" in look_at("cheese_vector", tmp_path).data


def test_the_published_run_is_not_overwritten(findings: Findings, tmp_path: Path) -> None:
    path = write(findings, {}, tmp_path, "the command")
    kept = path.read_bytes()
    for scope in (SMALL, Settings(seed=1).scope(100)):
        with pytest.raises(ValueError, match=f"and this is {re.escape(scope.name)}: leave"):
            write(replace(findings, scope=scope), {}, tmp_path, "another command")
    assert path.read_bytes() == kept
    assert [each.name for each in tmp_path.glob("*.json")] == ["results.json"]
    assert write(findings, {}, tmp_path, "the command again").read_bytes() != kept
    other = tmp_path / "other"
    for command in ("one", "another"):
        write(replace(findings, scope=SMALL), {}, other, command)


def test_where_results_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_folder(PUBLISHED_RUN) == Path("results")
    assert default_folder(SMALL) == Path("other_runs")
    Path("experiments/results").mkdir(parents=True)
    assert default_folder(PUBLISHED_RUN) == Path("experiments/results")
    assert default_folder(SMALL) == Path("experiments/other_runs")
    ignored = ["git", "check-ignore", "experiments/other_runs/cheese_vector/results.json"]
    if (ROOT / ".git").exists():
        assert subprocess.run(ignored, cwd=ROOT, check=False).returncode == 0


def test_unknown_experiments_are_named() -> None:
    with pytest.raises(ValueError, match=r"no experiment 'chese_vector'.*did you mean 'cheese_v"):
        experiments.load("chese_vector")


def test_every_experiment_has_its_parts() -> None:
    for name in experiments.NAMES:
        module = experiments.load(name)
        assert name == module.NAME
        assert module.TITLE
        assert name == "crops_and_humans" or module.MAZES >= 24
        assert callable(module.run)
        assert callable(module.draw)
        assert list((ROOT / "experiments").rglob(f"{name}.ipynb")), f"{name} has no notebook"


def test_results_that_are_kept_are_whole() -> None:
    for name in experiments.NAMES:
        content, claims = read_claims(FOLDER / name / "results.json")
        assert content["run"] == PUBLISHED_RUN.name, f"run procgen-tools experiment {name}"
        study = experiments.load(name)
        original = getattr(study, "ORIGINAL", None)
        with_original = f" --original {original}" if original else ""
        command = f"procgen-tools experiment {name}"
        assert content["command"] in (command, command + with_original)
        assert claims
        for claim in claims:
            every = getattr(study, "UNITS", {}).get(claim.rule.unit, content["agents"])
            # A comparison of the agents with one another has no numbers of its own for each.
            needed = {*every, ALL_AGENTS} if claim.rule.each else {ALL_AGENTS}
            assert needed <= set(claim.measured) <= {*content["agents"], ALL_AGENTS}


def test_the_command_keeps_the_published_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, findings: Findings
) -> None:
    """A small run from the command line goes elsewhere, says so, and gives no verdict."""
    from typer.testing import CliRunner

    from procgen_tools.cli import app

    monkeypatch.chdir(tmp_path)
    folder = Path("experiments/results")
    kept = write(findings, {}, folder / "cheese_vector", "the published one").read_bytes()
    module = experiments.load("cheese_vector")
    monkeypatch.setattr(
        module, "run", lambda settings: replace(findings, scope=settings.scope(module.MAZES))
    )
    monkeypatch.setattr(module, "draw", lambda _: {})
    words = ["experiment", "cheese_vector"]
    for options in (["--fast"], ["--mazes", "4"], ["--agents", "a.pth"], ["--seed", "1"]):
        result = CliRunner().invoke(app, [*words, *options])
        assert result.exit_code == 0, result.output
        assert "experiments/other_runs/cheese_vector: results.json" in result.output
        assert (f"a small run: {RULE}" in result.output) == (options[0] in ("--fast", "--mazes"))
        refused = CliRunner().invoke(app, [*words, *options, f"--folder={folder}"])
        assert "holds the published run" in str(refused.exception)
    assert (folder / "cheese_vector" / "results.json").read_bytes() == kept
    result = CliRunner().invoke(app, words)
    assert f"does not hold: {RULE}" in result.output
    assert (folder / "cheese_vector" / "results.json").read_bytes() != kept
