"""What notebooks of the course work with: examples, mazes and rates are those of the library."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans import course
from tests.studies.crops_and_humans.course.test_course import functions, maker


def test_examples_are_those_of_the_library() -> None:
    """A learner's own functions and ours make the same examples, so the same agent."""
    from procgen_tools.studies.crops_and_humans.course.material import batch_of

    names = dict(functions("solutions"))
    code = [cell.source for cell in maker.notebooks()["solutions"].cells]
    source = next(each for each in code if "def examples_of(" in each)
    exec(source[source.index("def examples_of(") :].split("\n\n\n")[0], names)
    maze = crops_and_humans.training_mazes()[700].copy()
    ours, theirs = batch_of(maze[None]), names["examples_of"](maze)
    for field in ("inputs", "actions", "rewards", "following", "ended"):
        assert torch.equal(getattr(ours, field), getattr(theirs, field)), field


def test_a_batch_holds_all_moves_of_each_state() -> None:
    from procgen_tools.studies.crops_and_humans.course.material import batch_of

    batch = batch_of(crops_and_humans.training_mazes()[:3]).draw(0, states=5)
    assert batch.actions.tolist() == [0, 1, 2, 3] * 5
    assert torch.equal(batch.inputs[::4], batch.inputs[3::4])


def test_updates_are_those_of_the_trainer() -> None:
    """Step 7, done by the solutions, follows `training.dqn` number for number."""
    from procgen_tools.studies.crops_and_humans.course.material import batch_of
    from procgen_tools.training import dqn
    from procgen_tools.training.settings import PlantingSettings

    settings = PlantingSettings(updates=3, width=8, batch_states=16)
    learner = dqn.Learner(settings)
    network, target = (dqn.Learner(settings).network for _ in range(2))
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    examples = batch_of(crops_and_humans.training_mazes())
    for number in range(3):
        batch = examples.draw(number, states=16)
        loss = functions("solutions")["update"](network, target, optimizer, batch, 0.95)
        assert loss == pytest.approx(learner.update(), rel=1e-4)


def test_approaches_are_one_step_from_an_item() -> None:
    mazes = crops_and_humans.training_mazes()[::50]
    for item in (crops_and_humans.CROP, crops_and_humans.HUMAN):
        found = course.approaches(mazes, item)
        assert len(found) == (mazes == item).sum(), "an item in a dead end has one neighbour"
        stepped = crops_and_humans.step(found.states, found.actions)
        assert (stepped.entered == item).all()
        items = stepped.states.positions
        cells = items[:, 0] * 7 + items[:, 1]
        assert found.held()[np.arange(len(found)), cells].all()
        assert (found.held().sum(dim=1) <= 4).all()


def test_twins_differ_in_their_walls_alone() -> None:
    calm, wild = course.twins()
    assert len(calm) == len(wild) > 100
    assert not crops_and_humans.sticks_out(calm.states.mazes).any()
    assert crops_and_humans.sticks_out(wild.states.mazes).all()
    differ = (calm.inputs() != wild.inputs()).numpy()
    assert differ.any(axis=1).all()
    assert not differ[:, 49:].any()


def test_with_walls_keeps_items_where_there_is_no_wall() -> None:
    maze = crops_and_humans.training_mazes()[700]
    walls = (maze == crops_and_humans.WALL).astype(np.float32)
    assert (course.with_walls(maze[None], walls[None])[0] == maze).all()
    assert (
        course.with_walls(maze[None], np.zeros((1, 7, 7), np.float32)) != crops_and_humans.WALL
    ).all()


def test_rates_of_the_best_policy() -> None:
    rates = course.best_rates(crops_and_humans.production_mazes()[::40])
    assert rates["exits reached"] == 1
    assert rates["humans harvested"] == 0


def test_a_missing_network_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"crops_and_humans/nothing"):
        course.load("nothing")
