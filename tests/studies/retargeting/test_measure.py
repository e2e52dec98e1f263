"""Retargeting against the chain of whole fields, one target at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from procgen_tools import chains, maze, vfield
from procgen_tools.interventions import Clamp, Scale, Zero
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.retargeting.measure import PathSteps, Retargeting, TargetScores
from procgen_tools.worlds.maze.grid import MOVE_STEPS, Maze, Square, parse
from procgen_tools.worlds.maze.paths import shortest_path

LAYER = "embedder.block2.res1.resadd_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    """Untrained, with heads that prefer some moves clearly."""
    policy = ImpalaPolicy(seed=1)
    with torch.no_grad():
        policy.fc_policy.weight *= 200
    return policy.eval()


@pytest.fixture(scope="module")
def level() -> Maze:
    """A loop, a dead end, and a room that no path leads to; the mouse looks to the right."""
    drawing = """
        ..#.#
        #.###
        .....
        .###.
        M....
    """
    return maze.set_background(parse(drawing), 3)


@pytest.fixture(scope="module")
def task(policy: ImpalaPolicy, level: Maze) -> Retargeting:
    return Retargeting.of(policy, level)


def by_fields(policy: ImpalaPolicy, level: Maze, target: Square, edit: Clamp | None) -> float:
    """The score of one target from the field of the whole maze."""
    if edit is None:
        field = vfield.vector_field(level, policy)
    else:
        with edit.on(policy):
            field = vfield.vector_field(level, policy)
    path = shortest_path(level, level.mouse, target)
    return chains.path_probability(field, path).geometric_mean


def clamp(level: Maze, targets: Sequence[Square]) -> Clamp:
    return Clamp(LAYER, 25.0, level, targets, channels=[0, 3, 5, 8, 13, 21])


def test_every_target_as_from_whole_fields(
    policy: ImpalaPolicy, level: Maze, task: Retargeting
) -> None:
    """Each square alone, with its own clamp: a field of another target would differ."""
    unedited, edited, moved = (
        task.unedited(),
        task.edited(lambda targets: clamp(level, targets)),
        task.cheese_moved(),
    )
    for number, target in list(enumerate(task.steps.targets))[::4]:
        assert unedited.probability[number] == pytest.approx(
            by_fields(policy, level, target, None), abs=1e-6
        )
        assert edited.probability[number] == pytest.approx(
            by_fields(policy, level, target, clamp(level, [target])), abs=1e-6
        )
        shown = maze.place_cheese(level, target)
        assert moved.probability[number] == pytest.approx(
            by_fields(policy, shown, target, None), abs=1e-6
        )
    assert np.ptp(edited.probability - unedited.probability) > 0.01
    assert np.abs(moved.probability - unedited.probability).max() > 1e-3


def test_nothing_leads_to_an_unreachable_square(level: Maze, task: Retargeting) -> None:
    """The score there is 0, and not that of a path without steps."""
    room = task.steps.targets.index(Square(4, 3))
    for scores in (task.unedited(), task.cheese_moved()):
        assert scores.probability[room] == 0
        assert not scores.straight[room]
        assert (np.delete(scores.probability, room) > 0).all()
    assert (task.unedited().probability < 1).all()


def test_mazes_and_edits_do_not_mix(policy: ImpalaPolicy, level: Maze, task: Retargeting) -> None:
    """The same squares in another maze, and another clamp in the same, have their own scores."""
    other = maze.set_background(level, 5)
    before = task.unedited().probability
    apart = Retargeting.of(policy, other).unedited().probability
    assert np.abs(apart - before).max() > 1e-3
    weak = task.edited(lambda targets: Clamp(LAYER, 0.5, level, targets)).probability
    strong = task.edited(lambda targets: Clamp(LAYER, 9.0, level, targets)).probability
    assert np.abs(strong - weak).max() > 1e-3
    np.testing.assert_array_equal(task.unedited().probability, before)


def test_the_mouse_looks_as_it_last_went(level: Maze) -> None:
    steps = PathSteps.to(level, [(4, 0)])
    looks = [steps.views[view] for view in steps.view]
    assert [MOVE_STEPS[move] for move in steps.move.tolist()] == [
        (1, 0),
        (1, 0),
        (0, 1),
        (1, 0),
        (1, 0),
        (0, -1),
    ]
    assert [mirrored for _, mirrored in looks] == [False, False, False, True, True, True]


def test_the_most_probable_walk() -> None:
    """Two steps to the left: certain, then torn; a mean of .5 may be straight or not."""
    row = parse("###\n###\n..M")
    steps = PathSteps.to(row, [(0, 0), (0, 1), (0, 2)])
    assert steps.lengths.tolist() == [2, 1, 0]
    moves = np.array([[0.8, 0.2, 0, 0, 0], [0.2, 0.8, 0, 0, 0], [0.8, 0.2, 0, 0, 0]])
    scores = TargetScores(steps, moves)
    np.testing.assert_allclose(scores.probability, [0.4, 0.8, 1.0])
    assert scores.straight.tolist() == [False, True, True]


def test_cheese_must_be_gone(policy: ImpalaPolicy, level: Maze) -> None:
    with pytest.raises(ValueError, match=r"there is cheese at .4, 1.*remove_cheese"):
        Retargeting.of(policy, maze.place_cheese(level, (4, 1)))


def test_bad_layers(policy: ImpalaPolicy, level: Maze, task: Retargeting) -> None:
    with pytest.raises(ValueError, match=r"cannot go on from 'embedder.fc'"):
        Retargeting.of(policy, level, layer="embedder.fc")
    with pytest.raises(ValueError, match=r"acts at embedder.block1.conv_out, before"):
        task.edited(lambda targets: Scale("embedder.block1.conv", 2.0))
    assert (task.edited(lambda targets: Zero("fc_policy")).probability > 0).any()


def test_a_mouse_without_a_way_has_no_steps(policy: ImpalaPolicy) -> None:
    task = Retargeting.of(policy, parse("..#\n###\nM#."))
    by_edit = task.edited(lambda targets: Zero(LAYER, channels=[1]))
    for scores in (task.unedited(), by_edit, task.cheese_moved()):
        assert scores.moves.shape == (0, 5)
        assert scores.probability.tolist() == [0, 0, 0]
        assert not scores.straight.any()
