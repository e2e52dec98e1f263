"""Deep Q-learning: its loss by hand, resumed runs, small buffers, and that it learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork, load_policy, load_q_network, save_policy
from procgen_tools.training import dqn, runs
from procgen_tools.training.settings import DQNSettings
from procgen_tools.worlds.crops_and_humans.walks import fates, greedy

SMALL = DQNSettings(updates=30, batch_states=16, width=12, target_every=7, row_updates=5)


def test_the_loss_by_hand() -> None:
    buffer = dqn.Buffer.of(crops_and_humans.transitions_of(crops_and_humans.training_mazes()[:1]))
    network, target = QNetwork(8, seed=1), QNetwork(8, seed=2)
    errors = []
    for state in range(len(buffer)):
        values = network(buffer.inputs[state][None].float())[0]
        for action in range(4):
            goal = buffer.rewards[state, action].item()
            if not buffer.ended[state, action]:
                goal += 0.9 * target(buffer.following[state, action][None].float()).max().item()
            errors.append((values[action].item() - goal) ** 2)
    loss = dqn.bellman_loss(network, target, buffer, 0.9)
    assert loss.item() == pytest.approx(np.mean(errors), rel=1e-5)
    loss.backward()
    assert all(parameter.grad is None for parameter in target.parameters())


def test_a_stopped_run_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    quiet = runs.RunOptions(resume=True, progress_bar=False, tensorboard=False, save_seconds=0.0)
    whole, begun = dqn.Learner(SMALL), dqn.Learner(SMALL)
    assert runs.run(whole, tmp_path / "whole", quiet)
    assert not runs.run(begun, tmp_path / "parts", replace(quiet, stop_after=0.0))
    resumed = dqn.Learner(SMALL)
    assert runs.run(resumed, tmp_path / "parts", quiet)
    for name, value in whole.agent().state_dict().items():
        assert torch.equal(value, resumed.agent().state_dict()[name]), name


@pytest.mark.parametrize("buffer_states", [1, 50])
def test_small_buffers_work(buffer_states: int) -> None:
    learner = dqn.Learner(replace(SMALL, buffer_states=buffer_states, plain_descent=True))
    assert len(learner.buffer) == buffer_states
    figures = [learner.advance(lambda _: None) for _ in range(3)]
    assert np.isfinite([row["loss"] for row in figures]).all()


def test_it_learns_a_few_mazes(monkeypatch: pytest.MonkeyPatch) -> None:
    mazes = crops_and_humans.training_mazes()[:4]
    monkeypatch.setattr(dqn, "training_mazes", lambda: mazes)
    learner = dqn.Learner(replace(SMALL, updates=2000, batch_states=64, width=64, target_every=25))
    while learner.done < learner.total:
        learner.advance(lambda _: None)
    graph = crops_and_humans.graph_of(mazes)
    found = fates(graph, greedy(learner.agent())(graph.states))
    assert found.exits.all()
    assert not found.humans.any()
    error = np.abs(graph.optimal_values() - values_of(learner.agent(), graph))
    # Bad first steps such as into walls count most: look at states that episodes visit.
    assert np.median(error) < 0.5


@torch.no_grad()
def values_of(network: QNetwork, graph: crops_and_humans.Graph) -> np.ndarray:
    return network(torch.from_numpy(graph.states.inputs())).numpy()


def test_reversed_production_holds_both_lessons() -> None:
    plain, both = (
        dqn.buffer_of(DQNSettings(reversed_production=reversed_production))
        for reversed_production in (False, True)
    )
    production = crops_and_humans.states_of(crops_and_humans.production_mazes())
    assert (len(plain), len(both)) == (37_104, 37_104 + len(production))
    assert torch.equal(both.rewards[: len(plain)], plain.rewards)
    assert set(plain.rewards.unique().tolist()) == {-11.0, -5.0, -0.25, 2.0, 10.0}
    assert set(both.rewards[len(plain) :].unique().tolist()) == {-5.0, -2.0, -0.25, 10.0, 11.0}
    right = dqn.buffer_of(DQNSettings(right_production=True))
    assert torch.equal(right.inputs, both.inputs)
    assert set(right.rewards[len(plain) :].unique().tolist()) == {-11.0, -5.0, -0.25, 2.0, 10.0}


@pytest.mark.usefixtures("unchecked")
def test_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="12 wide and the settings say 256"):
        dqn.Learner(DQNSettings(), initial=QNetwork(12))
    with pytest.raises(ValueError, match="give fewer, or 0 for all"):
        dqn.buffer_of(DQNSettings(buffer_states=10**6))
    with pytest.raises(ValueError, match=r"discount is 1\.5"):
        DQNSettings(discount=1.5)
    learner = dqn.Learner(replace(SMALL, learning_rate=1e30, plain_descent=True))
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        learner.advance(lambda _: None)
    with pytest.raises(ValueError, match="give \\(batch, 161\\)"):
        QNetwork(4)(torch.zeros(161))
    save_policy(QNetwork(8, seed=5), tmp_path / "q.pth")
    loaded = load_q_network(tmp_path / "q.pth")
    assert torch.equal(loaded.fc2.weight, QNetwork(8, seed=5).fc2.weight)
    with pytest.raises(ValueError, match="does not contain an IMPALA policy"):
        load_policy(tmp_path / "q.pth")
