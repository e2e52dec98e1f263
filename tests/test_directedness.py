"""Goal-directedness: the closed forms equal brute force, and a planted goal is found."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import directedness as d
from procgen_tools import maze, two_objects
from procgen_tools.crops_and_humans import Level as CropsLevel
from procgen_tools.crops_and_humans import training_mazes
from procgen_tools.directedness import directedness
from procgen_tools.fields import StateField, VectorField
from procgen_tools.worlds.graph import Graph
from procgen_tools.worlds.maze.grid import Square

LEVEL = maze.parse(".#..C\n.#.##\n.....\n.#.#.\nM#.#.")


def field_with(level: maze.Maze, moves: np.ndarray) -> VectorField:
    """A field with the same moves in both facings."""
    return VectorField(level, moves, np.zeros(len(moves)), moves.copy())


def arrivals(level: maze.Maze, goal: int, discounted: float) -> np.ndarray:
    """E[discounted ** T] by iterating a random walk for very many steps."""
    graph = level.graph(both_facings=False)
    found = np.zeros(len(graph))
    found[goal] = 1.0
    for _ in range(3000):
        after = discounted * found[graph.leads_to].mean(axis=1)
        after[graph.ends] = 0.0
        after[goal] = 1.0
        found = after
    return found


@pytest.mark.parametrize("sharpness", [0.05, 0.7, 4.0])
def test_arrivals_equal_an_iterated_walk(sharpness: float) -> None:
    discounted = float(np.exp(-sharpness))
    graph = LEVEL.graph(both_facings=False)
    _, at, leads_to, ended = d._places(graph)
    assert at.tolist() == list(range(len(graph)))
    found = d._reached(leads_to, ended, discounted)
    for goal in range(len(graph)):
        expected = arrivals(LEVEL, goal, discounted)
        assert found[goal] == pytest.approx(expected, rel=1e-6)
        alone = d._reached_set(leads_to, ended, discounted, np.array([goal]))
        assert alone == pytest.approx(expected, rel=1e-6)


def test_random_moves_are_directed_nowhere() -> None:
    found = directedness(field_with(LEVEL, np.full((len(LEVEL.open_squares()), 5), 0.2)))
    assert found.ceiling == pytest.approx(0, abs=1e-12)
    assert np.nanmax(found.places) < 1e-9
    assert found.goals == {"cheese": 0.0, "corner": 0.0}


@pytest.mark.parametrize("number", [3, 7, 12])
@pytest.mark.parametrize("sharpness", [0.5, 3.0])
def test_a_planted_goal_explains_its_agent(number: int, sharpness: float) -> None:
    """An agent that follows a hypothesis is explained by it better than by any other place."""
    level = maze.remove_cheese(LEVEL)
    graph = level.graph(both_facings=False)
    _, _, leads_to, ended = d._places(graph)
    nearest = min(d.SHARPNESSES, key=lambda each: abs(each - sharpness))
    reached = d._reached(leads_to, ended, float(np.exp(-nearest)))
    after = reached[number][leads_to]
    found = directedness(field_with(level, after / after.sum(axis=1, keepdims=True)))
    assert int(np.nanargmax(found.places)) == number
    assert found.rank(number) == 0
    assert found.sharpness[number] == nearest
    assert 0 < found.places[number] <= found.ceiling


def test_the_shortest_way_leaves_nothing_to_explain() -> None:
    graph = LEVEL.graph(both_facings=False)
    away = graph.distances("cheese")
    best = np.eye(5)[away[graph.leads_to].argmin(axis=1)]
    found = directedness(field_with(LEVEL, best), corner_region=1)
    assert found.ceiling == pytest.approx(np.log(5))
    assert found.explained("cheese") > 0.99
    assert found.steps == pytest.approx((1 - d.DISCOUNT ** away[graph.start]) / (1 - d.DISCOUNT))


def test_places_behind_the_end_cannot_be_wanted() -> None:
    level = maze.parse("###\n###\nMC.")
    moves = np.full((3, 5), 0.2)
    assert np.isnan(directedness(field_with(level, moves)).places).tolist() == [False, False, True]


def test_every_world_of_graphs_has_it() -> None:
    level = two_objects.make_level(100_000)
    moves = np.full((len(level.open_squares()), 5), 0.2)
    assert set(directedness(VectorField(level, moves, moves[:, 0], moves)).goals) == set(
        level.goals
    )
    crops = CropsLevel(training_mazes()[0])
    states = len(crops.graph()) - 1
    field = StateField(crops, np.full((states, 4), 0.25), np.zeros(states))
    assert directedness(field).ceiling == pytest.approx(0, abs=1e-12)


def test_mistakes() -> None:
    field = field_with(LEVEL, np.full((len(LEVEL.open_squares()), 5), 0.2))
    with pytest.raises(ValueError, match="discount is 1: give a number between 0 and 1"):
        directedness(field, discount=1)
    moving = Graph(
        np.array([[1, 2], [3, 3], [0, 0], [3, 3]]),
        {"goal": np.array([False, False, False, True])},
        np.array([False, False, False, True]),
        np.zeros((4, 2)),
        places=np.array([0, 0, 1, 2]),
    )
    with pytest.raises(ValueError, match="from one place to different places"):
        d._places(moving)


@pytest.mark.parametrize("size", [13, 21])
def test_a_goal_far_away_explains_its_agent_as_well_as_a_near_one(size: int) -> None:
    """Snaking ways of 96 and 240 steps; (exp(-5) / 5) ** 240 is no float."""
    walls = np.zeros((size, size), bool)
    walls[1::2] = True
    for number, row in enumerate(range(1, size, 2)):
        walls[row, 0 if number % 2 else size - 1] = False
    end = Square(size - 1, size - 1 if (size // 2) % 2 == 0 else 0)
    level = maze.Maze(walls, cheese=end)
    graph = level.graph(both_facings=False)
    away = graph.distances("cheese")
    assert away[graph.start] == {13: 96, 21: 240}[size]
    best = np.eye(5)[away[graph.leads_to].argmin(axis=1)]
    found = directedness(field_with(level, best))
    assert found.explained("cheese") == pytest.approx(0.9925, abs=2e-4)


def test_far_and_near_are_computed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    moves = np.random.default_rng(0).dirichlet(np.ones(5), len(LEVEL.open_squares()))
    near = directedness(field_with(LEVEL, moves), corner_region=2)
    monkeypatch.setattr(d, "TINY", 1e-3)
    far = directedness(field_with(LEVEL, moves), corner_region=2)
    assert far.places == pytest.approx(near.places, rel=1e-9, nan_ok=True)
    assert far.goals == pytest.approx(near.goals, rel=1e-9)


def test_an_episode_without_a_move_is_refused() -> None:
    level = maze.Maze(np.zeros((3, 3), bool), cheese=Square(0, 0))
    with pytest.raises(ValueError, match="ends where it begins"):
        directedness(field_with(level, np.full((9, 5), 0.2)))
