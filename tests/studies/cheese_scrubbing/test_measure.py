"""Causal scrubbing: donors, stand-ins, and the changes against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import hooks, maze, vfield
from procgen_tools.interventions import NOTHING, Resample, activations_of, observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.cheese_scrubbing.measure import (
    ARMS,
    ELSEWHERE,
    MEAN,
    SAME,
    ZERO,
    activations_at,
    cheese_donors,
    moves_after,
    scrubbed,
    stand_ins,
)
from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.maze.paths import decision_square, shortest_path
from procgen_tools.worlds.maze.sampling import find_seeds

LAYER = "embedder.block2.res1.resadd_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight *= 300  # so that it prefers something
    return policy


@pytest.fixture(scope="module")
def level() -> maze.Maze:
    (seed,) = find_seeds(1, size=7, has_decision_square=True)
    return maze.make_level(seed)


def test_donors_differ_in_the_cheese_alone(level: maze.Maze) -> None:
    assert level.cheese is not None
    donors = cheese_donors(level, 4, seed=3)
    for donor in donors:
        same, elsewhere = donor.same, donor.elsewhere
        assert same.size == elsewhere.size == level.size
        assert same.cheese == level.cheese
        assert elsewhere.cheese not in (level.cheese, None)
        assert not np.array_equal(same.walls, level.walls)
        assert np.array_equal(same.walls, elsewhere.walls)
        # What the policy sees: the cheese is gone from its square, and not one more.
        old = agent_frame(maze.remove_cheese(same))
        moved = agent_frame(maze.place_cheese(maze.remove_cheese(same), elsewhere.cheese))
        assert np.array_equal(agent_frame(elsewhere), moved)
        assert not np.array_equal(agent_frame(same), old)
    for seed in find_seeds(3, size=3):
        tiny = maze.make_level(seed)
        for donor in cheese_donors(tiny, 2, seed=1):
            assert not np.array_equal(donor.same.walls, tiny.walls)
    with pytest.raises(ValueError, match="without cheese has no donor"):
        cheese_donors(maze.remove_cheese(level), 1, seed=0)


def test_stand_ins_are_the_same_square_or_the_next(level: maze.Maze) -> None:
    squares = level.open_squares()
    moved = 0
    for donor in cheese_donors(level, 5, seed=2):
        for there, stand in zip(squares, stand_ins(donor.elsewhere, squares), strict=True):
            assert donor.elsewhere.is_open(stand)
            assert stand != donor.elsewhere.cheese
            steps = abs(there.row - stand.row) + abs(there.col - stand.col)
            blocked = not donor.elsewhere.is_open(there) or there == donor.elsewhere.cheese
            assert steps == blocked
            moved += blocked
    assert moved
    with pytest.raises(ValueError, match="mouse cannot be at"):
        stand_ins(level, [(7, 0)])


def test_activations_at_squares(policy: ImpalaPolicy, level: maze.Maze) -> None:
    squares = level.open_squares()
    asked = [squares[5], squares[2], squares[5]]
    expected = activations_of(policy, [maze.move_mouse(level, each) for each in asked], LAYER)
    torch.testing.assert_close(
        activations_at(policy, level, LAYER, asked), expected, atol=1e-5, rtol=0
    )
    with pytest.raises(ValueError, match=r"cannot stand at \(1, 1\)"):
        activations_at(policy, level, LAYER, [(1, 1)])


def test_taking_all_channels_is_being_in_the_other_maze(
    policy: ImpalaPolicy, level: maze.Maze
) -> None:
    (donor,) = cheese_donors(level, 1, seed=0)
    squares = level.open_squares()
    here = activations_at(policy, level, LAYER, squares)
    there = stand_ins(donor.elsewhere, squares)
    source = activations_at(policy, donor.elsewhere, LAYER, there)
    field = vfield.vector_field(donor.elsewhere, policy)
    moves = moves_after(policy, LAYER, here, Resample(LAYER, source))
    np.testing.assert_allclose(moves, [field.at(square) for square in there], atol=1e-5)
    own = vfield.vector_field(level, policy).probabilities
    same = Resample(LAYER, here, channels=[3, 4])
    np.testing.assert_allclose(moves_after(policy, LAYER, here, NOTHING), own, atol=1e-5)
    with pytest.warns(hooks.IdleEditWarning, match="changed nothing"):
        np.testing.assert_allclose(moves_after(policy, LAYER, here, same), own, atol=1e-5)


def test_changes_against_a_plain_loop(policy: ImpalaPolicy) -> None:
    (seed,) = find_seeds(1, size=5, has_decision_square=True)
    level = maze.make_level(seed)
    channels = list(range(0, 32, 2))
    donors = cheese_donors(level, 2, seed=4)
    examples = activations_of(policy, [level, donors[0].same], LAYER)
    rows = list(scrubbed(policy, level, LAYER, donors, [("some", 0, channels)], examples, seed=4))
    assert {row["arm"] for row in rows} == set(ARMS)
    decision = decision_square(level)
    assert decision is not None
    assert level.cheese is not None
    path = shortest_path(level, decision, level.cheese)
    assert path is not None
    actions = [[0, 1, 2], [3], [5], [6, 7, 8], [4, *range(9, 15)]]
    way = {(0, -1): 0, (-1, 0): 1, (1, 0): 2, (0, 1): 3}[
        (path[1].row - decision.row, path[1].col - decision.col)
    ]
    squares = [square for square in level.open_squares() if square != level.cheese]
    constants = {ZERO: torch.zeros_like(examples[0]), MEAN: examples.mean(dim=0)}

    @torch.no_grad()
    def chances(view: maze.Maze) -> np.ndarray:
        probabilities = policy(observe(view))[0].probs[0]
        return np.array([float(probabilities[group].sum()) for group in actions])

    unchanged = {square: chances(maze.move_mouse(level, square)) for square in squares}
    for row in rows:
        if (row["arm"], row["donor"]) not in ((SAME, 0), (ELSEWHERE, 1), (ZERO, 0), (MEAN, 0)):
            continue
        donor = donors[row["donor"]]
        source_maze = donor.same if row["arm"] == SAME else donor.elsewhere
        changes = []
        for square, stand in zip(squares, stand_ins(source_maze, squares), strict=True):
            view = maze.move_mouse(level, square)
            source = activations_of(policy, maze.move_mouse(source_maze, stand), LAYER)
            if row["arm"] in constants:
                source = constants[row["arm"]][None]
            before = unchanged[square]
            with Resample(LAYER, source, channels=channels).on(policy):
                after = chances(view)
            changes.append(np.abs(after - before).sum() / 2)
            if square == decision:
                assert row["decision_cheese_before"] == pytest.approx(before[way], abs=1e-5)
                assert row["decision_cheese_after"] == pytest.approx(after[way], abs=1e-5)
        assert row["change"] == pytest.approx(np.mean(changes), abs=1e-5)
        assert row["change"] > 2e-4
    with pytest.raises(ValueError, match="no decision square"):
        list(scrubbed(policy, maze.remove_cheese(level), LAYER, donors, [], examples, seed=0))
