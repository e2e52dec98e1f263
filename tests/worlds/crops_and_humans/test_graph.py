"""Levels as graphs: exact answers against walks, fates and value iteration."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import crops_and_humans
from procgen_tools.chains import chances, chances_by_start
from procgen_tools.effects import measure
from procgen_tools.interventions import Zero
from procgen_tools.models import QNetwork
from procgen_tools.returns import discounted_returns
from procgen_tools.vfield import StateField, state_field
from procgen_tools.worlds.crops_and_humans.walks import expert, fates, greedy, optimal

MAZES = crops_and_humans.production_mazes()[::40]


def field_of(level: crops_and_humans.Level, actions: np.ndarray) -> StateField:
    return StateField(level, np.eye(4)[actions], np.zeros(len(actions)))


@pytest.mark.parametrize("cells", MAZES[:5])
def test_chances_equal_fates(cells: np.ndarray) -> None:
    level, graph = crops_and_humans.Level(cells), crops_and_humans.graph_of(cells[None])
    tables = [expert(graph.states), optimal(graph)]
    tables += [greedy(QNetwork(8, seed=seed))(graph.states) for seed in range(5)]
    for actions in tables:
        fate, found = fates(graph, actions), chances(field_of(level, actions))
        assert found.exit == fate.exits[0]
        assert found.crop == (fate.crops[0] > 0)
        assert found.human == (fate.humans[0] > 0)
        if fate.exits[0]:
            assert found.steps_to_exit == found.episode_steps == fate.steps[0]
        returns = discounted_returns(field_of(level, actions), 0.95)
        assert returns[graph.starts[0]] == pytest.approx(fate.returns[0], abs=1e-6)


def test_a_random_walk_agrees_with_dense_matrices() -> None:
    mazes = crops_and_humans.training_mazes()
    both = (mazes == crops_and_humans.CROP).any((1, 2)) & (mazes == crops_and_humans.HUMAN).any(
        (1, 2)
    )
    level = crops_and_humans.Level(mazes[both][0])
    graph = level.graph()
    assert all(where.any() for where in graph.goals.values())
    going_on = ~graph.ends
    rng = np.random.default_rng(0)
    field = StateField(level, rng.dirichlet(np.ones(4), going_on.sum()), np.zeros(going_on.sum()))
    step = np.zeros((len(graph), len(graph)))
    for state, row in enumerate(field.by_state):
        for move, probability in enumerate(row):
            there = state if graph.ends[state] else graph.leads_to[state, move]
            step[state, there] += probability
    found = chances_by_start(field, 200)
    after = np.linalg.matrix_power(step, 200)
    assert found.exit == pytest.approx(after[:, graph.ends].sum(axis=1), abs=1e-12)
    for name in ("crop", "human"):
        # To have harvested one stays true, so it is enough to look at the last state. After the
        # exit it is not told any more, so the exit is left out of the chain.
        without = step.copy()
        where = graph.goals[name]
        without[where] = np.eye(len(graph))[where]
        visited = np.linalg.matrix_power(without, 200)[:, where].sum(axis=1)
        assert found.visits[name] == pytest.approx(visited, abs=1e-12)
    total = sum(found.first.values()) + found.neither
    assert total == pytest.approx(1, abs=1e-12)
    assert all(chance.max() > 0.001 and chance.min() < 0.999 for chance in found.visits.values())


def test_optimal_returns_are_optimal_values() -> None:
    for cells in MAZES[:3]:
        level, graph = crops_and_humans.Level(cells), crops_and_humans.graph_of(cells[None])
        values = graph.optimal_values(0.95)
        returns = discounted_returns(field_of(level, values.argmax(axis=1)), 0.95)
        assert returns[: len(graph)] == pytest.approx(values.max(axis=1), abs=1e-6)


def test_distances_are_the_steps_of_the_expert() -> None:
    for cells in MAZES[:3]:
        graph = crops_and_humans.graph_of(cells[None])
        steps = fates(graph, expert(graph.states)).steps[0]
        level = crops_and_humans.Level(cells)
        assert level.graph().distances("exit")[graph.starts[0]] == steps
    with pytest.raises(ValueError, match="there is no goal 'cheese': choose one of exit, crop"):
        level.graph().distances("cheese")


def test_effects_of_interventions() -> None:
    """An intervention on the value network is measured as one on a maze policy is."""
    network = QNetwork(16, seed=3).eval()
    torch.nn.init.zeros_(network.fc_q.bias)  # so that all actions are worth the same without fc3
    level = crops_and_humans.Level(MAZES[0])
    before = state_field(network, level)
    effect = measure(network, level, Zero("fc3_out", channels=range(16)))
    np.testing.assert_array_equal(effect.before.probabilities, before.probabilities)
    with Zero("fc3_out", channels=range(16)).on(network):
        after = state_field(network, level)
    np.testing.assert_array_equal(effect.after.probabilities, after.probabilities)
    assert repr(effect.chances_after) == repr(chances(after, None, 100))
    assert effect.difference.total_variation.max() == 1
    row = effect.row()
    assert {"exit_before", "human_after", "crop_first_before", "neither_after"} <= row.keys()
    assert "exit_first_before" not in row
    assert "reaches the exit within 100 steps" in repr(effect)


def test_a_field_must_fit_its_level() -> None:
    level = crops_and_humans.Level(MAZES[0])
    with pytest.raises(ValueError, match=r"do not fit .* states that do not end"):
        StateField(level, np.full((3, 4), 0.25), np.zeros(3))
    with pytest.raises(ValueError, match=r"step_limit is 0: .*100"):
        chances(field_of(level, np.zeros(len(level.graph()) - 1, int)), step_limit=0)


def test_values_must_be_finite_and_probabilities_sum_to_one() -> None:
    network = QNetwork(8)
    network.fc_q.bias.data[2] = torch.nan
    level = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
    with pytest.raises(ValueError, match="values contain nan"):
        state_field(network, level)
    with pytest.raises(ValueError, match="values of actions contain nan"):
        greedy(network)(crops_and_humans.states_of(crops_and_humans.training_mazes()[:1]))
    field = state_field(QNetwork(8), level)
    with pytest.raises(ValueError, match="must be at least 0 and sum to 1"):
        StateField(level, field.probabilities * 2, field.values)


@pytest.mark.usefixtures("unchecked")
def test_a_state_is_a_whole_number() -> None:
    level = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
    field = state_field(QNetwork(8), level)
    for wrong in (1.5, True, "a"):
        with pytest.raises(TypeError, match="the state is"):
            chances(field, wrong)
