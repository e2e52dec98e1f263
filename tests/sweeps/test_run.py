"""Sweeps: what is done, in what order, how often, and what the summary says."""

from __future__ import annotations

import csv
from pathlib import Path

from procgen_tools.sweeps.run import (
    Ended,
    run_sweep,
    summary,
    summary_csv,
)
from tests.sweeps.test_workers import Scripted, of_seeds, states


def died(name: str) -> Ended:
    return Ended(name, "the worker was killed by SIGKILL", again=True)


def test_a_job_that_died_is_tried_again_and_others_go_on(tmp_path: Path) -> None:
    workers = Scripted(died("seed_1"), died("seed_1"))
    said: list[str] = []
    outcomes = run_sweep(of_seeds(tmp_path), workers, retries=2, report=said.append)
    assert states(outcomes) == {"seed_0": ("trained", 1), "seed_1": ("trained", 3)}
    assert sum("SIGKILL; again from its checkpoint" in line for line in said) == 2
    assert not workers.inside


def test_attempts_are_counted(tmp_path: Path) -> None:
    workers = Scripted(*[died("seed_1")] * 3)
    outcomes = run_sweep(of_seeds(tmp_path), workers, retries=2, report=lambda _: None)
    assert states(outcomes) == {"seed_0": ("trained", 1), "seed_1": ("failed", 3)}
    assert outcomes[1].error == died("seed_1").error


def test_what_would_come_again_is_not_tried_again(tmp_path: Path) -> None:
    """Nor what begins with it; what begins with that fails, too, and all else goes on."""
    chain = [
        {"name": "a", "initial": "seed_0"},
        {"name": "c", "initial": "b"},
        {"name": "b", "initial": "a"},
    ]
    workers = Scripted(Ended("a", "ValueError: no"))
    outcomes = run_sweep(of_seeds(tmp_path, *chain), workers, report=lambda _: None)
    assert states(outcomes) == {
        "seed_0": ("trained", 1),
        "seed_1": ("trained", 1),
        "a": ("failed", 1),
        "c": ("failed", 0),
        "b": ("failed", 0),
    }
    assert [each.error for each in outcomes[2:]] == [
        "ValueError: no",
        "b, which it begins with, has failed",
        "a, which it begins with, has failed",
    ]
    assert workers.submitted.index("seed_0") < workers.submitted.index("a")


def test_an_agent_that_is_not_there_was_not_trained(tmp_path: Path) -> None:
    workers = Scripted(Ended("seed_0"))
    outcomes = run_sweep(of_seeds(tmp_path), workers, report=lambda _: None)
    assert states(outcomes) == {"seed_0": ("failed", 1), "seed_1": ("trained", 1)}
    assert "a disk that all machines share" in str(outcomes[0].error)


def test_the_summary_tells_all(tmp_path: Path) -> None:
    sweep = of_seeds(tmp_path, {"name": "lost", "rand_region": "anywhere"})
    outcomes = run_sweep(sweep, Scripted(Ended("lost", "ValueError: no")), report=lambda _: None)
    table = summary(outcomes).splitlines()
    assert [line.split() for line in table] == [
        ["agent", "trainer", "state", "attempts"],
        ["seed_0", "imitation", "trained", "1"],
        ["seed_1", "imitation", "trained", "1"],
        ["lost", "imitation", "failed", "1"],
        ["lost:", "ValueError:", "no"],
    ]
    assert len({line.index("imitation") for line in table[1:4]}) == 1
    text = (tmp_path / "summary.csv").read_text()
    assert text == summary_csv(outcomes)
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["rand_region"] for row in rows] == ["5", "5", "anywhere"]
    assert [row["seed"] for row in rows] == ["0", "1", "0"]
    assert [row["error"] for row in rows] == ["", "", "ValueError: no"]
