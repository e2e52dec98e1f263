"""Episodes for visitors: in every world, by agents with and without a memory, and never long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("anywidget")

from procgen_tools import keys_and_chests, maze, two_objects
from procgen_tools.app.played import LAST_SEED, MOST_STEPS, SAMPLED, episode
from procgen_tools.app.views import FIRST_LEVELS, agent_of
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.web.scenes import WORLDS
from procgen_tools.web.tracks import track_of

LEVEL = maze.parse("..C\n.##\nM..")


@pytest.mark.parametrize("world", WORLDS)
def test_the_seed_decides_an_episode(world: str) -> None:
    """Where actions are sampled, and only there."""
    level = LEVEL if world == "maze" else FIRST_LEVELS[world]()
    agent = (
        ImpalaPolicy(seed=0).eval() if world in ("maze", "two_objects") else agent_of(world, None)
    )
    tracks = [track_of(episode(agent, level, seed)).squares.tolist() for seed in (0, 0, 1)]
    assert tracks[0] == tracks[1]
    assert (tracks[0] != tracks[2]) == (world in SAMPLED)


def test_an_agent_with_a_memory_plays_mazes_only() -> None:
    agent = RecurrentPolicy(seed=0).eval()
    assert 0 < episode(agent, LEVEL, 0).steps <= MOST_STEPS
    with pytest.raises(ValueError, match="has a memory"):
        episode(agent, two_objects.make_level(0))


def test_episodes_end() -> None:
    closed = maze.parse("..#.C\n..#..\n..###\n.....\nM....")
    agent = ImpalaPolicy(seed=0).eval()
    assert episode(agent, closed).steps == MOST_STEPS
    long = replace(keys_and_chests.make_level(0), max_ticks=10**9)
    with pytest.raises(ValueError, match="1,000,000,000 ticks: give one with at most 500"):
        episode(agent_of("keys_and_chests", None), long)


@pytest.mark.parametrize(
    "seed", [-1, LAST_SEED + 1, 10**400, 1.0, True, None, "1", [1], float("nan")]
)
def test_what_is_no_seed(seed: Any) -> None:
    with pytest.raises(ValueError, match=r"give a whole number in 0\.\.2147483647"):
        episode(ImpalaPolicy(seed=0), LEVEL, seed)
