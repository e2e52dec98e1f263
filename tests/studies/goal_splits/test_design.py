"""The design: every condition has the same seeds, and agents differ in nothing else."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from procgen_tools import studies
from procgen_tools.studies.base import Settings
from procgen_tools.studies.goal_splits.design import CONDITIONS, OFF, ON, SHIFT_FROM, Run, runs
from procgen_tools.sweeps.files import read_sweep

FAMILY = Path(__file__).parents[3] / "trained_models" / "family.toml"
VARIED = ("seed", "rand_region", "shift_from", "shift_until")


def test_conditions_have_the_same_seeds_and_differ_in_nothing_else() -> None:
    found: dict[tuple[str, str], list[int]] = {condition: [] for condition in CONDITIONS}
    for run in runs():
        found[run.cheese, run.shift].append(run.seed)
    assert set(map(tuple, found.values())) == {(10, 11, 12, 13, 14)}
    others = [
        {name: value for name, value in asdict(run.job.settings).items() if name not in VARIED}
        for run in runs()
    ]
    assert all(each == others[0] for each in others)


def test_runs_are_the_beginning_of_the_recipe_but_for_what_varies() -> None:
    recipe = asdict(read_sweep(FAMILY).jobs[0].settings)
    with_shift = next(run for run in runs() if (run.cheese, run.shift) == ("region", ON))
    ours = asdict(with_shift.job.settings)
    differ = {name for name in ours if ours[name] != recipe[name]}
    assert differ == {"seed", "samples", "decay_from"}


@pytest.mark.parametrize("fast", [False, True])
def test_examples_shift_where_they_should(fast: bool) -> None:
    def shifts(run: Run) -> bool:
        settings = run.job.settings
        return settings.focus_at(settings.samples - 1) != settings.focus_at(0)  # type: ignore[union-attr]

    assert {run.shift for run in runs(fast=fast)} == {ON, OFF}
    assert all(shifts(run) == (run.shift == ON) for run in runs(fast=fast))


def test_the_shift_begins_where_the_design_says() -> None:
    assert {run.job.settings.shift_from for run in runs() if run.shift == ON} == {SHIFT_FROM}  # type: ignore[union-attr]
    first = runs()[0]
    assert list(first.snapshots)[:2] == [0, 12_800]
    assert first.snapshots[-1] == 512_000


@pytest.mark.parametrize("given", [{"agents": (Path("a.pth"),)}, {"seed": 1}])
def test_other_agents_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="leave --agents and --seed out"):
        studies.load("goal_splits").run(Settings(**given))  # type: ignore[arg-type]
