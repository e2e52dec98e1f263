"""The published protocol: sampled episodes, kept by agent and pair."""

from __future__ import annotations

from pathlib import Path

import pytest

from procgen_tools import two_objects
from procgen_tools.evaluation.duels import (
    TEST_SEEDS,
    checked_pair,
    episodes_of,
    play_duels,
    read_episodes,
)
from procgen_tools.evaluation.preferences import distinct, exact_preference
from procgen_tools.models import load_policy

AGENT = "two_objects/black_same_data_seed_0"


def test_sampled_episodes_agree_with_exact_chances() -> None:
    """Of one agent over 40 levels: within four standard errors."""
    policy = load_policy(AGENT).eval()
    seeds = TEST_SEEDS[:40]
    played = play_duels(policy, ["red_line", "yellow_gem"], seeds=seeds, seed=5)
    levels = distinct(two_objects.make_levels(seeds))
    exact = exact_preference(policy, levels, tolerance=0.01)
    assert played.steps.max() <= 500
    assert abs(played.preference.value - exact.preference) < 4 * 0.5 / 40**0.5
    assert played.table().columns.tolist() == ["seed", "steps", "reward"]


def test_equal_seeds_give_equal_episodes() -> None:
    policy = load_policy(AGENT).eval()
    runs = [play_duels(policy, ["red_gem", "red_line"], seeds=range(5), seed=s) for s in (1, 1)]
    assert runs[0].table().equals(runs[1].table())
    assert runs[0].seeds.tolist() == list(range(5))


def test_finished_pairs_are_read_and_others_played(tmp_path: Path) -> None:
    policy = load_policy(AGENT).eval()
    pairs = [("red_line", "yellow_gem"), ("yellow_line", "yellow_line")]
    first = episodes_of({"a": policy}, pairs[:1], tmp_path, seeds=range(4))
    file = tmp_path / "a" / "red_line_yellow_gem.parquet"
    written = file.stat().st_mtime_ns
    both = episodes_of({"a": policy}, pairs, tmp_path, seeds=range(4))
    assert file.stat().st_mtime_ns == written
    assert set(both) == {("a", pair) for pair in pairs}
    assert both["a", pairs[0]].table().equals(first["a", pairs[0]].table())
    with pytest.raises(ValueError, match="holds 4 other levels than those asked for"):
        episodes_of({"a": policy}, pairs, tmp_path, seeds=range(5))
    with pytest.raises(ValueError, match="measured with background 'black', not 'textured'"):
        episodes_of({"a": policy}, pairs, tmp_path, seeds=range(4), background="textured")
    file.write_bytes(b"PAR1 broken")
    with pytest.raises(ValueError, match=r"cannot be read .* delete it, and it is measured again"):
        read_episodes(file)


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="has 1 object: give two"):
        checked_pair(["red_gem"])
    with pytest.raises(ValueError, match=r"\['red_gem'\] has 1 object"):
        checked_pair("red_gem")
    with pytest.raises(ValueError, match="no object 'gem'"):
        checked_pair(["gem", "red_gem"])
    with pytest.raises(ValueError, match="there are no seeds"):
        play_duels(None, ["red_gem", "red_line"], seeds=[])
