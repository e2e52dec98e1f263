"""Panels: the numbers that the browser draws are those of fields and chances."""

from __future__ import annotations

import json

import numpy as np

from procgen_tools import crops_and_humans, maze, two_objects
from procgen_tools.fields import difference
from procgen_tools.interventions import Zero
from procgen_tools.models import ImpalaPolicy, QNetwork
from procgen_tools.plots.style import SERIES
from procgen_tools.web.explorations import AFTER, BEFORE, OTHER, Exploration, Explorer
from procgen_tools.web.panels import bars_of, panels_of
from procgen_tools.web.scenes import scene_of

POLICY = ImpalaPolicy(seed=0)
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")


def explored(level: object, *edit: Zero) -> Exploration:
    *_, last = Explorer(POLICY, ImpalaPolicy(seed=1)).steps(level, *edit)  # type: ignore[arg-type]
    assert last is not None
    return last


def test_a_field() -> None:
    last = explored(LEVEL)
    panel = json.loads(json.dumps(panels_of(last)))[0]
    field = last.fields[BEFORE]
    assert panel["squares"] == [list(square) for square in LEVEL.open_squares()]
    np.testing.assert_allclose(panel["moves"], field.probabilities, atol=1e-5)
    np.testing.assert_allclose(panel["values"]["numbers"], field.values, atol=1e-5)
    assert panel["hidden"] == [[4, 4]]
    assert panel["arrows"] is None


def test_differences() -> None:
    last = explored(LEVEL, Zero("embedder.fc", channels=list(range(100))))
    panels = panels_of(last, {BEFORE: "mine", OTHER: "yours"})
    titles = ["mine", "with the edit", "yours", "difference: with the edit", "difference: yours"]
    assert [panel["title"] for panel in panels] == titles
    change = difference(last.fields[BEFORE], last.fields[AFTER])
    np.testing.assert_allclose(panels[3]["arrows"], change.arrows, atol=1e-5)
    np.testing.assert_allclose(panels[3]["amounts"]["numbers"], change.total_variation, atol=1e-5)
    np.testing.assert_allclose(panels[3]["values"]["numbers"], change.values, atol=1e-5)
    low, high = panels[3]["values"]["limits"]
    assert low == -high  # white is no change
    assert len({tuple(panel["values"]["limits"]) for panel in panels[:3]}) == 1


def test_bars_are_chances_by_goal() -> None:
    last = explored(LEVEL)
    bars = {bar["name"]: bar for bar in bars_of(last, {OTHER: "yours"})}
    assert list(bars) == ["cheese", "corner", "neither"]
    assert bars["cheese"]["look"] == {"colour": "#E69F00", "marker": "^"}
    rows = bars["corner"]["rows"]
    assert [row["label"] for row in rows] == ["agent", "yours"]
    assert [row["chance"] for row in rows] == [
        last.chances[BEFORE].visits["corner"],
        last.chances[OTHER].visits["corner"],
    ]
    assert bars["neither"]["rows"][0]["chance"] == last.chances[BEFORE].neither
    level = two_objects.make_level(2)
    bars_of_objects = bars_of(explored(level))
    assert [bar["name"] for bar in bars_of_objects] == ["red_line", "yellow_gem", "neither"]
    marked = [mark["name"] for mark in scene_of(level)["marks"]]  # canvas.js: a look by place
    for bar in bars_of_objects[:2]:
        assert bar["look"]["colour"] == SERIES[marked.index(bar["name"])].colour


def test_nothing_is_known_yet() -> None:
    assert panels_of(Exploration(LEVEL)) == bars_of(Exploration(LEVEL)) == []


def test_cells_of_crops_and_humans_are_those_of_the_scene() -> None:
    level = crops_and_humans.Level(crops_and_humans.training_mazes()[8])
    *_, last = Explorer(QNetwork(seed=1)).steps(level)
    assert last is not None
    (panel,) = panels_of(last)
    scene = scene_of(level)
    for row, col in panel["squares"]:
        assert scene["walls"][row][col] == "."
    assert panel["hidden"] == [[0, 6]]
    field = last.fields[BEFORE]
    start = panel["squares"].index([6, 0])  # in the coordinates of scenes
    up, down, left, right = field.by_state[field.graph().start]
    assert panel["moves"][start] == [left, right, up, down, 0]
    assert panel["values"]["numbers"][start] == round(float(field.values[0]), 5)
