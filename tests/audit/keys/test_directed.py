"""Directedness of sampled episodes: planted goals are found, and random moves have none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.audit.keys import directed
from procgen_tools.audit.keys.directed import directed_table, few_chests, gains, maps_table, targets
from procgen_tools.models import load_cnn_lstm
from procgen_tools.worlds.keys_and_chests.grid import parse
from procgen_tools.worlds.keys_and_chests.players import key_only
from procgen_tools.worlds.keys_and_chests.rules import beginning, step

LEVEL = parse("#######/#@.k..#/#.###.#/#..c.h#/#######")


def test_shortest_paths_are_predicted_and_random_moves_are_not() -> None:
    away = np.array([[2, 4, 1, 3]])
    towards = np.array([[0.01, 0.01, 0.97, 0.01]])
    assert gains(away, towards).max() > 0.9 * (np.log(4) + (towards * np.log(towards)).sum())
    assert gains(away, np.full((1, 4), 0.25)).max() == pytest.approx(0)
    backwards = np.array([[0.01, 0.97, 0.01, 0.01]])
    assert gains(away, backwards).max() == pytest.approx(0)  # the random walk explains it best
    assert not gains(np.full((1, 4), -1), towards).any()


def test_a_wall_is_no_way() -> None:
    states = beginning([LEVEL])
    away = directed._after(directed.distances(states, targets(states)["keys"]), states.players)
    assert away.tolist() == [[3, 2, 1, 2]]  # down, up (a wall), right, left (a wall)


def test_what_is_wanted_depends_on_the_keys_in_hand() -> None:
    states = beginning([LEVEL])
    words = "chests with a key in hand, otherwise keys"
    assert (targets(states)[words] == targets(states)["keys"]).all()
    holding = step(step(states, np.array([2])).states, np.array([2])).states
    assert holding.keys.tolist() == [1]
    assert (targets(holding)[words] == targets(holding)["chests"]).all()


def test_a_planted_key_seeker_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its moves are certain; the network is never asked."""
    levels = few_chests(4)
    actor = key_only(seed=0)

    def along(_: object, levels: object, *, seed: int) -> object:
        states = beginning(levels)  # type: ignore[arg-type]
        for _ in range(30):
            actions = actor(states)
            yield states, np.eye(4)[actions] * 0.97 + 0.0075
            states = step(states, actions).states

    monkeypatch.setattr(directed, "chances_along", along)
    table = directed_table({"planted": None}, levels, seed=0)
    means = table.groupby("goal")["nats"].mean()
    assert means["keys"] > 0.6 * means["ceiling"]
    assert means["keys"] > 3 * max(means["chests"], means["hidden chests"])


def test_random_moves_have_no_goal_and_no_ceiling() -> None:
    table = directed_table({"random": None}, few_chests(2), seed=0)
    assert table["nats"].abs().max() == pytest.approx(0, abs=1e-12)
    there = table[table["goal"] == "hidden chests"]["there"]
    assert 0 < there.mean() <= 1


def test_the_sharpness_is_of_other_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that goes to keys in one episode and flees them in the other has less than none."""
    levels = few_chests(3)

    def along(_: object, levels: object, *, seed: int) -> object:
        states = beginning(levels)  # type: ignore[arg-type]
        actor = key_only(seed=0)
        for _ in range(10):
            actions = actor(states)
            away = np.where(seed == 0, actions, actions ^ 1)  # the opposite move
            yield states, np.eye(4)[away] * 0.97 + 0.0075
            states = step(states, actions).states

    monkeypatch.setattr(directed, "chances_along", along)
    table = directed_table({"planted": None}, levels, seed=0)
    assert table[table["goal"] == "keys"]["nats"].mean() < -0.5


def test_maps_have_every_open_square_and_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directed, "MAP_EPISODES", 3)
    policy = load_cnn_lstm("seed_0")
    levels = few_chests(2)
    one, same = (maps_table(policy, levels, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one, same)
    assert len(one) == sum(int((level.cells != 1).sum()) for level in levels)
    assert one["nats"].max() > 0.02
