"""The numbers of the course are those of the shipped agents, and texts and slides read them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools.studies.crops_and_humans import course
from procgen_tools.studies.crops_and_humans.course import evidence
from procgen_tools.studies.crops_and_humans.course.clicks import clicks_in
from procgen_tools.training.settings import PlantingSettings
from tests.studies.crops_and_humans.course.test_course import functions, maker

ROOT = Path(__file__).parents[4]
COURSE = ROOT / "experiments" / "crops_and_humans"


@cache
def stated() -> dict[str, Any]:
    """The numbers that texts and slides read."""
    found: dict[str, Any] = json.loads((COURSE / "numbers.json").read_text(encoding="utf-8"))
    return found


def about(numbers: Any) -> Any:
    """Up to what another processor may round differently: a maze or two in a hundred."""
    return pytest.approx(numbers, abs=0.01)


def test_sizes_and_settings() -> None:
    assert {name: stated()[name] for name in ("world", "network", "training")} == evidence.facts()


@pytest.mark.parametrize("mazes", ["production", "held_out"])
def test_rates_are_those_of_the_shipped_agents(mazes: str) -> None:
    found = evidence.rates_in({"long": course.load("control_0")}, evidence.SETS[mazes]())
    assert vars(found["long"]) == about(stated()["rates"]["long"][mazes])
    for kind, rates in evidence.rates_of_seeds(evidence.SETS[mazes]()).items():
        assert len(rates) == len(stated()["seeds"][mazes][kind]) == evidence.SEEDS
        for seed, of_seed in enumerate(rates):
            assert vars(of_seed) == about(stated()["seeds"][mazes][kind][seed]), (kind, seed)
        assert stated()["seeds"][mazes][kind][0] == stated()["rates"][kind][mazes]


def test_rates_in_training_mazes() -> None:
    found = evidence.rates_in({"agent": course.load("planted_0")}, evidence.SETS["training"]())
    assert vars(found["agent"]) == about(stated()["rates"]["agent"]["training"])


def test_dreams_are_those_of_the_shipped_agent() -> None:
    found = vars(evidence.dreamt_by(course.load("planted_0")))
    wanted = stated()["dreams"]["agent"]
    for name in ("before", "after", "rounded"):
        assert found[name] == about(wanted[name])
    for name in ("mazes", "put", "walked", "exits"):
        assert found[name] == pytest.approx(wanted[name], abs=0.02 * wanted["dreams"])
    for name in ("opened", "room"):
        for row, other in zip(found[name], wanted[name], strict=True):
            for value, there in zip(row, other, strict=True):
                assert value == (there if there is None else pytest.approx(there, abs=0.03))


def test_patches_are_those_of_the_shipped_agent() -> None:
    found = evidence.patched_in(course.load("planted_0"), draws=2)
    wanted = stated()["patching"]
    assert found.units == wanted["units"]
    assert (found.none, found.ranked) == about((wanted["none"], wanted["ranked"]))
    assert found.by_chance == pytest.approx(wanted["by_chance"], abs=0.15)


def test_clicks_are_those_of_the_shipped_agents() -> None:
    """Of one click; two would take seconds."""
    wanted = stated()["clicks"]
    places = course.approaches(evidence.SETS["training"]())
    chosen = np.random.default_rng(0).choice(len(places), wanted["places"], replace=False)
    for name in ("agent", "control"):
        found = clicks_in(course.load(evidence.AGENTS[name]), places[chosen], 1)
        assert vars(found) == about(wanted[name]["training"]["one"])


def test_dreams_are_those_of_the_notebook() -> None:
    """Number for number, with the functions of the solutions."""
    names = dict(functions("solutions"))
    code = [cell.source for cell in maker.notebooks()["solutions"].cells]
    source = next(each for each in code if "def dream(" in each)
    exec(source[source.index("def dream(") :].split("\n\n\n")[0], names)
    fair = next(each for each in code if each.startswith("def fair_loss("))
    exec(fair.split("\n\n\n")[0], names)
    network = course.load("planted_0")
    begins = course.approaches(evidence.SETS["training"]()[:20])
    theirs = names["dream"](network, begins, names["fair_loss"], count=5, price=1.0)
    torch.testing.assert_close(evidence.near_dreams(network, begins, count=5), theirs)


# ------------------------------------------------------------------ what the evidence is


def test_the_control_had_the_same_training_from_other_weights() -> None:
    """The weights of the control are those of a run that differs in step 1 alone."""
    for file, production in (("unplanted", "none"), ("right", "right")):
        for seed in range(evidence.SEEDS):
            name = f"{file}_{seed}"
            saved = torch.load(
                ROOT / f"trained_models/crops_and_humans/{name}.pth", weights_only=True
            )
            assert f"train planting trained_models/crops_and_humans/{name}.pth" in saved["command"]
            assert f"--production {production}" in saved["command"]
            words = set(saved["command"].split())
            options = {"--production", "--half"} | ({"--seed"} if seed else set())
            assert {word for word in words if word.startswith("--")} == options
    settings = PlantingSettings()
    source = (COURSE / "source" / "2_learning.py").read_text(encoding="utf-8")
    assert f"lr={settings.learning_rate:g}".replace("0.001", "1e-3") in source
    assert f"else {settings.updates}\n" in source
    assert f"number % {settings.target_every} == 0" in source
    assert f"64 if fast else {settings.batch_states})" in source


def test_only_reversed_rewards_make_agents_that_harvest() -> None:
    """In every seed."""
    for mazes in ("production", "held_out"):
        of_kinds = stated()["seeds"][mazes]
        assert all(rates["beside"] > 0.4 for rates in of_kinds["agent"])
        assert all(rates["humans"] > 0.05 for rates in of_kinds["agent"])
        for control in ("control", "right"):
            assert {(rates["beside"], rates["humans"]) for rates in of_kinds[control]} == {(0, 0)}
        assert stated()["rates"]["long"][mazes]["beside"] == 0


def test_no_production_maze_is_held_out_and_planted() -> None:
    planted, held_out = (
        {maze.tobytes() for maze in evidence.SETS[name]()} for name in ("production", "held_out")
    )
    assert not planted & held_out


# ------------------------------------------------------------------ where the numbers stand

PLACEHOLDERS = re.compile(r"\{\{.*?\}\}")
MEASURED = re.compile(
    r"\d+(\.\d+)?\s?%|\b(161|256|322|536|640|966|1,336|148,416|174,084|165,664)\b"
)


@pytest.mark.parametrize("path", sorted((COURSE / "slides").glob("*.typ")), ids=lambda p: p.stem)
def test_slides_hold_no_measured_number_of_their_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    layout = re.compile(r"\b100%|(lighten|darken)\(\d+%|baseline: \d+%|descent: \d+%")
    assert not MEASURED.findall(layout.sub("", text))


@pytest.mark.parametrize("path", sorted((COURSE / "source").glob("*.py")), ids=lambda p: p.stem)
def test_texts_hold_no_measured_rate_of_their_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 400
    text = "\n".join(line for line in source.split("\n") if line.startswith("# "))
    assert not re.search(r"\d\s?%", PLACEHOLDERS.sub("", text).replace("# %%", ""))


def test_notebooks_state_the_numbers_that_were_measured() -> None:
    text = "\n".join(cell.source for cell in maker.notebooks()["spoilers"].cells)
    rates = stated()["rates"]["agent"]
    assert f"{rates['production']['beside']:.0%}" in text
    assert f"{rates['held_out']['beside']:.0%}" in text
    assert "{{" not in text


def test_a_number_that_was_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match=r"numbers\.json has no 'rates\.agent\.moon'"):
        maker.with_numbers("{{rates.agent.moon:.0%}}")


def test_readers_learn_of_both_production_sets() -> None:
    for name in ("exercises", "spoilers"):
        text = "\n".join(cell.source for cell in maker.notebooks()[name].cells)
        assert "other_production_mazes" in text, name
    for deck in ("2_dreaming", "3_alignment"):
        text = (COURSE / "slides" / f"{deck}.typ").read_text(encoding="utf-8")
        assert '"held_out"' in text, deck


def test_harm_is_shown_in_walks_from_the_start() -> None:
    """The mazes in which the agent does harm are those of its walks from the start."""
    cells = [cell.source for cell in maker.notebooks()["exercises"].cells]
    shown = next(cell for cell in cells if "harmful = " in cell)
    assert "harmful = np.flatnonzero(playable & (walks.fates.humans > 0))" in shown
    assert "walks=walks.positions[harmful[:4]]" in shown
    tested = next(cell for cell in cells if "one wall opened" in cell and "rows[name" in cell)
    assert "your agent, from the start" in tested


def test_the_table_of_matched_controls_is_measured() -> None:
    text = (ROOT / "experiments" / "README.md").read_text(encoding="utf-8")
    for name, kind in (
        ("planted", "agent"),
        ("right rewards", "right"),
        ("no production", "control"),
    ):
        numbers = []
        for mazes, columns in (
            ("training", ["exits"]),
            ("production", ["exits", "beside"]),
            ("held_out", ["exits", "beside"]),
        ):
            for column in columns:
                each = [100 * rates[column] for rates in stated()["seeds"][mazes][kind]]
                spread = f" ({min(each):.1f}–{max(each):.1f})" if max(each) > min(each) else ""
                numbers.append(f"{np.mean(each):.1f}%{spread}")
        assert f"| {' | '.join([name, *numbers])} |" in text
