"""Graphs of levels with two objects."""

from __future__ import annotations

import numpy as np

from procgen_tools.worlds.maze.grid import MOVES, Square
from procgen_tools.worlds.two_objects.graph import decision, graph_of
from procgen_tools.worlds.two_objects.levels import make_level, variant
from procgen_tools.worlds.two_objects.text import parse
from procgen_tools.worlds.two_objects.variants import Kind


def test_entering_an_object_earns_its_reward_and_ends() -> None:
    level = parse("###\n1.2\nM##", world_size=5)
    graph = graph_of(level, both_facings=False)
    assert len(graph) == 4
    left, right, up = (MOVES.index(move) for move in ("LEFT", "RIGHT", "UP"))
    assert graph.rewards[0, up] == 10
    assert graph.leads_to[0, up] == 1
    assert graph.rewards[2, left] == 10
    assert graph.rewards[2, right] == -10
    assert np.count_nonzero(graph.rewards) == 3
    assert graph.ends.tolist() == [False, True, False, True]


def test_an_object_that_ends_nothing_pays_nothing() -> None:
    kinds = [Kind("red_line"), Kind("yellow_gem", 5.0, ends=False)]
    graph = graph_of(parse("###\n1.2\nM##", kinds, world_size=5), both_facings=False)
    assert np.unique(graph.rewards).tolist() == [0, 10]
    assert graph.ends.sum() == 1
    assert graph.goals["yellow_gem"].sum() == 1


def test_equal_objects_are_goals_of_their_own() -> None:
    graph = graph_of(make_level(5, variant(objects=["yellow_line", "yellow_line"])))
    assert list(graph.goals) == ["yellow_line_1", "yellow_line_2"]
    assert not (graph.goals["yellow_line_1"] & graph.goals["yellow_line_2"]).any()


def test_the_decision_is_where_the_paths_diverge() -> None:
    found = decision(parse("2..\n#.#\nM.1"), (0, 0))
    assert found is not None
    assert found.square == Square(0, 1)
    assert found.towards["red_line"].tolist() == [False, True, False, False, False]
    assert found.towards["yellow_gem"].tolist() == [False, False, True, False, False]
    # The gem is on the way to the line.
    assert decision(parse("###\n###\nM21"), (0, 0)) is None
    assert decision(make_level(0, variant("maze_pure_yellowline")), (0, 0)) is None
