"""Finding cheese channels: responses against hooks, the rule against planted channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from procgen_tools import maze
from procgen_tools.interventions import Resample, activations_of, observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.cheese_channels.measure import (
    LAYER,
    Response,
    cheese_response,
    find_cheese_channels,
    judge,
    mean_pictures,
    places_elsewhere,
)
from procgen_tools.worlds.maze.paths import decision_square, shortest_path
from procgen_tools.worlds.maze.sampling import find_seeds

CHANNELS, SIDE, PLACES = 6, 16, 4


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight *= 300  # so that it prefers something
    return policy


@pytest.fixture(scope="module")
def levels() -> list[maze.Maze]:
    return [maze.make_level(seed) for seed in find_seeds(6, has_decision_square=True)]


def test_the_way_parts_at_the_decision_square(levels: list[maze.Maze]) -> None:
    for seed, level in enumerate(levels):
        places = places_elsewhere(level, 5, seed)
        assert places == places_elsewhere(level, 5, seed)
        assert 1 <= len(places) <= 5
        assert len(set(places)) == len(places)
        decision = decision_square(level)
        assert decision is not None
        assert level.cheese is not None
        to_cheese = shortest_path(level, decision, level.cheese)
        for place in places:
            to_place = shortest_path(level, decision, place)
            assert to_cheese is not None
            assert to_place is not None
            assert to_place[1] != to_cheese[1]
    everything = places_elsewhere(levels[0], 1000, 0)
    assert levels[0].corner in everything
    with pytest.raises(ValueError, match="no decision square"):
        places_elsewhere(maze.remove_cheese(levels[0]), 5, 0)


def test_a_response_against_hooks(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    level = levels[0]
    response = cheese_response(policy, level, seed=3)
    decision = decision_square(level)
    assert decision is not None
    assert level.cheese is not None
    path = shortest_path(level, decision, level.cheese)
    assert path is not None
    actions = {(0, -1): [0, 1, 2], (-1, 0): [3], (1, 0): [5], (0, 1): [6, 7, 8]}[
        (path[1].row - decision.row, path[1].col - decision.col)
    ]
    here = maze.move_mouse(level, decision)
    moved = [maze.move_cheese(here, square) for square in places_elsewhere(level, 4, 3)]
    source = activations_of(policy, moved, LAYER)

    def chance() -> float:
        with torch.no_grad():
            return float(policy(observe(here))[0].probs[0, actions].sum())

    before = chance()
    for channel in (0, 17):
        after = []
        for one in source:
            with Resample(LAYER, one[None], channels=[channel]).on(policy):
                after.append(chance())
        lost = [np.log(before / (1 - before)) - np.log(each / (1 - each)) for each in after]
        assert response.evidence[channel] == pytest.approx(np.mean(lost), abs=2e-4)
        assert response.drops[channel] == pytest.approx(before - np.mean(after), abs=1e-5)
    with torch.no_grad():
        after = [float(policy(observe(each))[0].probs[0, actions].sum()) for each in moved]
    assert response.all_drops == pytest.approx(before - np.mean(after), abs=1e-5)
    assert abs(response.all_drops) > 1e-3
    without = activations_of(policy, maze.remove_cheese(here), LAYER)[0]
    np.testing.assert_allclose(response.changes[1], (source[0] - without).numpy(), atol=1e-6)


def planted(seed: int, *, follows: Sequence[bool], evidence: Sequence[float]) -> Response:
    """A channel that follows has a bump at the cheese, another one somewhere."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, SIDE, (PLACES, 2))
    changes = 0.3 * rng.standard_normal((PLACES, len(follows), SIDE, SIDE))
    for channel, does in enumerate(follows):
        for place, cell in enumerate(cells):
            row, col = cell if does else rng.integers(0, SIDE, 2)
            changes[place, channel, row, col] += 4.0
    scattered = np.array(evidence) + rng.standard_normal(len(evidence))
    return Response(cells, changes, scattered, np.zeros(len(evidence)), float(len(evidence)), 0.5)


def test_planted_channels_are_found() -> None:
    # Channel 0 is right. 1 does not follow the cheese, 2 has no evidence, 3 less than its share.
    follows = (True, False, True, True, False, False)
    evidence = (2.5, 2.5, 0.0, 0.9, 0.0, 0.0)
    responses = [planted(seed, follows=follows, evidence=evidence) for seed in range(90)]
    found = judge(responses[:30], responses[30:])
    assert found.channels == (0,)
    table = found.table.set_index("channel")
    assert table.loc[0, "follows"] > 0.2
    assert abs(table.loc[1, "follows"]) < 0.05
    assert table.loc[1, "follows_p"] > 0.01
    assert table.loc[1, "evidence_p"] < 0.001
    assert table.loc[2, "follows_p"] < 0.001
    assert not table.loc[2, "candidate"]
    assert table.loc[0, "share"] == pytest.approx(2.5 / 6, abs=0.05)
    assert set(found.ranking[:2]) == {0, 1}
    picture = found.pictures[0]
    assert np.unravel_index(np.abs(picture).argmax(), picture.shape) == (4, 4)
    assert picture[4, 4] == pytest.approx(4, abs=0.3)


def test_few_discoveries_are_false() -> None:
    """Of many channels that follow the cheese and have an even share of the evidence, no more."""
    runs, channels = 10, 24
    wrong = 0
    for run in range(runs):
        responses = [
            planted(1000 * run + seed, follows=[True] * channels, evidence=[1.0] * channels)
            for seed in range(16)
        ]
        wrong += bool(judge(responses[:4], responses[4:], seed=run).channels)
    # Any is too many: in about 1 run of 20. Without a bound there would be some in half of them.
    assert wrong <= 2


def test_what_follows_is_a_fall_of_squares() -> None:
    responses = [
        planted(seed, follows=[True] * CHANNELS, evidence=[2.0] + [0.0] * 5) for seed in range(12)
    ]
    pictures = mean_pictures(responses[:6])
    table = judge(responses[:6], responses[6:]).table.set_index("channel").sort_index()
    left, total = np.zeros(CHANNELS), np.zeros(CHANNELS)
    for response in responses[6:]:
        for (row, col), change in zip(response.cells, response.changes, strict=True):
            put = np.zeros((CHANNELS, SIDE + 8, SIDE + 8))
            put[:, row : row + 9, col : col + 9] = pictures
            left += ((change - put[:, 4:-4, 4:-4]) ** 2).sum(axis=(1, 2))
            total += (change**2).sum(axis=(1, 2))
    np.testing.assert_allclose(table["follows"], 1 - left / total, atol=1e-9)


def test_an_agent_from_end_to_end(policy: ImpalaPolicy) -> None:
    found, again = (find_cheese_channels(policy, mazes=6, seed=2) for _ in range(2))
    assert found.channels == again.channels
    assert found.table.equals(again.table)
    assert sorted(found.ranking) == list(range(32))
    assert found.pictures.shape == (32, 9, 9)
    with pytest.raises(ValueError, match="5 mazes cannot both choose and test"):
        find_cheese_channels(policy, mazes=5)
