"""The statistics of behaviour recover what is planted in episodes that were never played."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.studies import behavioral_stats as experiment
from procgen_tools.studies.base import Findings
from procgen_tools.studies.behavioral_stats import measure
from procgen_tools.worlds.maze.edit import place_cheese
from procgen_tools.worlds.maze.features import FEATURES
from procgen_tools.worlds.maze.grid import parse


def test_rows_are_those_of_every_model(findings: Findings) -> None:
    rows = findings.tables["rows"]
    models = {"three", "six", "eleven", measure.ALL_MAZES, measure.EXACT}
    models |= {f"without {name}" for name in measure.THREE}
    assert set(rows["model"]) == models
    assert rows["right"].between(0, 1).all()
    of_a = rows[(rows["agent"] == "a") & (rows["model"] == "six")]
    episodes = findings.tables["episodes"].query("agent == 'a'").set_index("level")
    found = episodes.loc[of_a["level"], "found"].to_numpy()
    share = episodes.loc[episodes["decision_square"], "found"].mean()
    assert (of_a["majority"].to_numpy() == (found == (share >= 0.5))).all()


def test_choices_of_features() -> None:
    assert len(measure.ELEVEN) == 11
    assert len(measure.ONE_ANSWER) == 15
    assert set(measure.THREE) < set(measure.SIX) < set(measure.ELEVEN)
    assert set(measure.ELEVEN) | set(measure.WITHOUT_DECISION) <= set(FEATURES)


def test_it_can_be_drawn(findings: Findings) -> None:
    figures = experiment.draw(findings)
    assert set(figures) == {"shares", "accuracies", "coefficients", "collinearity", "sign_flips"}


def test_a_random_walk_in_a_corridor() -> None:
    """Against the powers of its chain, worked out by hand: 3 of 15 actions each way."""
    corridor = parse("#####\n#####\n#####\n#####\nM...C")
    step = np.diag([0.8, 0.6, 0.6, 0.6, 1.0])
    step[range(4), range(1, 5)] = step[range(1, 4), range(3)] = 0.2
    wanted = np.linalg.matrix_power(step, 500)[0, -1]
    assert measure.chance_of_a_random_walk(corridor) == pytest.approx(wanted)
    assert 0.5 < wanted < 1


def test_the_region_of_training() -> None:
    maze = parse("\n".join([".......", *[".#####."] * 5, "M......"]))
    inside = {(6, 6): True, (6, 2): True, (2, 6): True, (6, 1): False, (1, 6): False}
    for square, wanted in inside.items():
        assert measure.in_region(place_cheese(maze, square)) == wanted, square
