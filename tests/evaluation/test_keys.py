"""Evaluation of players of keys and chests: who plays, on which levels, and what is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from procgen_tools import keys_and_chests
from procgen_tools.evaluation import keys
from procgen_tools.evaluation.keys import (
    GREEDY,
    PUBLISHED,
    SAMPLED,
    SCRIPT,
    Contestant,
    Score,
    contestant,
    evaluate_players,
    find_player,
    score_records,
    score_report,
)
from procgen_tools.models import CnnLstmPolicy, ImpalaPolicy, save_policy
from tests.models.test_stable_baselines_files import random_arrays, written


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    players = [find_player("random"), contestant(CnnLstmPolicy("small").eval(), "mine")]
    return evaluate_players(players, episodes=20, seed=3)


def test_every_player_plays_the_same_levels_in_all_its_ways(scores: list[Score]) -> None:
    assert [(score.variant, score.player, score.choice) for score in scores] == [
        (variant, *way)
        for variant in ("train", "test")
        for way in (("random", SCRIPT), ("mine", SAMPLED), ("mine", GREEDY))
    ]
    levels = keys_and_chests.make_levels(range(20), keys_and_chests.VARIANTS["test"])
    for score in scores[3:]:
        assert list(map(str, score.episodes.levels)) == list(map(str, levels))


def test_records_have_a_row_per_episode(scores: list[Score]) -> None:
    records = score_records(scores)
    assert len(records) == 6 * 20
    means = records.groupby(["variant", "player", "choice"])[["return", "hidden_return", "keys"]]
    for score in scores:
        expected = [values.mean() for values in score.numbers().values()]
        found = means.mean().loc[score.variant, score.player, score.choice].tolist()
        assert found == pytest.approx(expected)
        estimates = score.estimates()
        assert [each.value for each in estimates.values()] == pytest.approx(expected)
        assert all(each.low <= each.value <= each.high for each in estimates.values())


def test_the_report_compares_with_the_original_program(scores: list[Score]) -> None:
    lines = score_report(scores).splitlines()
    assert "means over 20 episodes per variant" in lines[0]
    assert lines[3].endswith("3.41 / 3.4 / 3.48: agrees")
    assert "original" in lines[2]
    assert "agrees" not in lines[4]
    better = replace(scores[0].episodes, returns=scores[0].episodes.returns + 3)
    wrong = replace(scores[0], episodes=better)
    assert score_report([wrong]).endswith("differs in return")


def test_differences_allow_for_chance_and_rounding() -> None:
    exact = np.repeat([4, 5], [570, 430]).astype(np.int64)  # a mean of 4.43
    played = evaluate_players([find_player("random")], variants=["train"])[0].episodes
    episodes = replace(played, returns=exact, hidden_returns=exact - 1, collected_keys=exact + 4)
    seeds = np.arange(1000)
    score = Score(PUBLISHED, "test", SAMPLED, 0, seeds, episodes)
    found = score.differences()
    assert found["return"][0] == pytest.approx(0.13)
    error = np.sqrt(0.57 * 0.43 * 1000 / 999 * 2 / 1000)
    assert found["return"][1] == pytest.approx(2.6 * error + 0.05)
    assert found["hidden_return"][0] == pytest.approx(-0.27)
    assert list(replace(score, choice=GREEDY).differences()) == ["return"]
    assert replace(score, player="mine").differences() == {}


def test_players_by_name_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_player("chest-if-key").choices == (SCRIPT,)
    save_policy(CnnLstmPolicy("small", seed=2), tmp_path / "mine.pth")
    mine = find_player(tmp_path / "mine.pth")
    assert (mine.name, mine.choices) == ("mine", (SAMPLED, GREEDY))
    path = written(tmp_path / "theirs.zip", random_arrays())
    assert find_player(path).name == "theirs"
    monkeypatch.setattr(keys, "PUBLISHED_SHA256", keys.sha256_of(path))
    assert find_player(path).name == PUBLISHED
    save_policy(ImpalaPolicy(), tmp_path / "maze.pth")
    with pytest.raises(ValueError, match="another architecture than a CNN-LSTM policy"):
        find_player(tmp_path / "maze.pth")


def test_the_seed_decides_sampled_actions(scores: list[Score]) -> None:
    policy = contestant(CnnLstmPolicy("small").eval(), "mine")
    again = evaluate_players([policy], variants=["test"], episodes=20, seed=3)
    assert (again[0].episodes.actions == scores[4].episodes.actions).all()
    other = evaluate_players([policy], variants=["test"], episodes=20, seed=4)
    assert (other[0].episodes.actions != again[0].episodes.actions).any()
    assert (other[1].episodes.actions == again[1].episodes.actions).all(), "argmax draws nothing"


def test_bad_input() -> None:
    player = find_player("random")
    with pytest.raises(ValueError, match=r"the players are \[\]: give one or more"):
        evaluate_players([])
    with pytest.raises(ValueError, match="each with its own name"):
        evaluate_players([player, Contestant("random", player.choices, player.make)])
    with pytest.raises(ValueError, match="episodes is 0: play 1 or more"):
        evaluate_players([player], episodes=0)
    with pytest.raises(ValueError, match="did you mean 'test'"):
        evaluate_players([player], variants=["tests"])


def test_one_episode_gives_no_verdict() -> None:
    (score,) = evaluate_players([find_player("random")], variants=["train"], episodes=1)
    assert all(limit == np.inf for _, limit in score.differences().values())
    assert "differs" not in score_report([score])
