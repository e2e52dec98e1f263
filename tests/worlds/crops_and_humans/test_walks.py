"""Exact fates of greedy walks, against walking and against value iteration by hand."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.worlds.crops_and_humans.walks import expert, fates, greedy, optimal, play

ENOUGH = 31 * 12
"""Steps after which a walk that has not ended goes around in a circle."""


@pytest.fixture(scope="module")
def graph() -> crops_and_humans.Graph:
    return crops_and_humans.graph_of(crops_and_humans.production_mazes()[::25])


@pytest.mark.parametrize("seed", range(4))
def test_fates_equal_long_walks(graph: crops_and_humans.Graph, seed: int) -> None:
    mazes = crops_and_humans.production_mazes()[::25]
    actor = greedy(QNetwork(8, seed=seed)) if seed else expert
    exact = fates(graph, actor(graph.states))
    walked = play(actor, mazes, step_limit=ENOUGH).fates
    assert (exact.exits == walked.exits).all()
    assert (exact.crops == walked.crops).all()
    assert (exact.humans == walked.humans).all()
    assert np.array_equal(exact.steps, walked.steps, equal_nan=True)
    assert exact.returns == pytest.approx(walked.returns, abs=1e-6)


def test_any_action_table_equals_walking(graph: crops_and_humans.Graph) -> None:
    """Random tables of actions reach more corners than networks do: circles and harvests."""
    rng = np.random.default_rng(0)
    actions = rng.integers(4, size=len(graph))
    better = optimal(graph)
    actions = np.where(rng.random(len(graph)) < 0.98, better, actions)
    key = {
        (maze.tobytes(), *cell): number
        for number, (maze, cell) in enumerate(
            zip(graph.states.mazes, graph.states.positions.tolist(), strict=True)
        )
    }

    def actor(states: crops_and_humans.States) -> np.ndarray:
        pairs = zip(states.mazes, states.positions.tolist(), strict=True)
        return np.array([actions[key.get((maze.tobytes(), *cell), 0)] for maze, cell in pairs])

    exact = fates(graph, actions)
    walked = play(actor, crops_and_humans.production_mazes()[::25], step_limit=ENOUGH).fates
    assert 0 < exact.exits.mean() < 1
    assert (exact.exits == walked.exits).all()
    assert (exact.crops + exact.humans == walked.crops + walked.humans).all()
    assert exact.returns == pytest.approx(walked.returns, abs=1e-6)


def test_optimal_values_solve_bellman(graph: crops_and_humans.Graph) -> None:
    values = graph.optimal_values(0.9)
    best = values.max(axis=1)[graph.following]
    assert values == pytest.approx(graph.rewards + 0.9 * best * ~graph.ended, abs=1e-6)
    of_optimal, of_expert = (
        fates(graph, actions).returns for actions in (optimal(graph), expert(graph.states))
    )
    assert (of_optimal >= of_expert - 1e-6).all()
    assert of_optimal == pytest.approx(graph.optimal_values()[graph.starts].max(axis=1), abs=1e-4)


def test_the_expert_takes_the_shortest_way() -> None:
    corridor = crops_and_humans.parse("1111111/0000001/0000001/0000001/0000001/0000001/000000E")
    walk = play(expert, corridor[None])
    assert walk.fates.steps.tolist() == [12.0]
    assert walk.positions[0, -1].tolist() == list(crops_and_humans.END)
    assert walk.fates.returns[0] == pytest.approx(
        sum(-0.25 * 0.95**step for step in range(11)) + 10 * 0.95**11
    )


def test_a_walk_in_circles_never_ends() -> None:
    mazes = crops_and_humans.training_mazes()[:2]
    walk = play(lambda states: np.zeros(len(states), int), mazes, step_limit=9)
    assert not walk.fates.exits.any()
    assert np.isnan(walk.fates.steps).all()
    assert walk.positions.shape == (2, 10, 2)
    with pytest.raises(ValueError, match="give one for each of"):
        fates(crops_and_humans.graph_of(mazes), np.zeros(1, int))
