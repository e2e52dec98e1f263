"""Play with keys: only moves take steps, in every world."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from procgen_tools import keys_and_chests
from procgen_tools.worlds import WORLDS
from procgen_tools.worlds.keyboard import PlayedEpisode, View, coloured_text, play

MOVES = WORLDS["procgen_tools/KeysAndChests-v0"].moves
ROOM = keys_and_chests.parse("######/#@kc.#/#....#/#....#/######", max_ticks=4)


def play_room(*keys: str, **options: int) -> tuple[list[PlayedEpisode], list[View]]:
    env = keys_and_chests.KeysAndChestsEnv(levels=[ROOM], render_mode="rgb_array")
    views: list[View] = []
    return play(env, MOVES, keys, views.append, seed=0, **options), views


def test_an_episode() -> None:
    played, views = play_room("RIGHT", "d", "s", "LEFT")
    assert [view.steps for view in views] == [0, 1, 2, 3, 0]
    assert [view.episode_return for view in views] == [0, 0, 1, 1, 0]
    assert played[0].finished
    assert str(played[0]) == ("4 steps, return 1, level seed 0, hidden return 0, collected keys 1")
    assert [bool(view.message) for view in views] == [False] * 4 + [True]
    assert views[-1].message == f"last episode: {played[0]}"
    assert (views[0].picture == views[-1].picture).all(), "the level begins again"
    assert (views[0].picture != views[1].picture).any()


def test_only_moves_take_steps() -> None:
    played, views = play_room("x", "RIGHT", "?", "ENTER", "DOWN", "q", "UP")
    assert [view.steps for view in views] == [0, 1, 2], "other keys show nothing, either"
    assert (played[0].steps, played[0].finished) == (2, False)
    assert "not finished" in str(played[0])


def test_a_new_level_and_a_number_of_episodes() -> None:
    keys = ["n", "d", "n", *"ddddd", *"dddd", "d"]
    played, _ = play_room(*keys, episodes=2)
    assert [(episode.steps, episode.finished) for episode in played] == [
        (1, False),
        (4, True),
        (4, True),
    ]


@pytest.mark.parametrize("identifier", [name for name, world in WORLDS.items() if world.moves])
def test_moves_go_where_their_names_say(identifier: str) -> None:
    """Of two moves in a row, the second changes the picture further in their direction."""
    world = WORLDS[identifier]
    env = gymnasium.make(identifier, render_mode="rgb_array").unwrapped
    towards = {"UP": (-1, 0), "DOWN": (1, 0), "LEFT": (0, -1), "RIGHT": (0, 1)}
    assert set(world.moves) == set(towards)
    seen: set[str] = set()
    env.reset(seed=0)
    before = _picture(env)
    rng = np.random.default_rng(0)
    for _ in range(200):
        name, centre = str(rng.choice(list(towards))), None
        for _ in range(5):
            *_, terminated, truncated, _ = env.step(world.moves[name])
            if terminated or truncated:
                env.reset()
                centre = None
            after = _picture(env)
            changed = np.argwhere((before != after).any(axis=2))
            before = after
            if terminated or truncated or not len(changed):
                break
            high, wide = changed.max(axis=0) - changed.min(axis=0)
            if (high > wide) != (name in ("UP", "DOWN")):
                break  # the figure only turned
            last, centre = centre, (changed.max(axis=0) + changed.min(axis=0)) / 2
            if last is not None:
                gone = centre - last
                assert gone @ towards[name] == np.abs(gone).max(), (name, gone)
                seen.add(name)
        if seen == set(towards):
            break
    assert seen == set(towards)


def _picture(env: gymnasium.Env[Any, Any]) -> np.ndarray:
    picture = np.asarray(env.render())
    return picture[::4, ::4].astype(int)


def test_a_picture_as_text() -> None:
    picture = np.zeros((20, 40, 3), np.uint8)
    picture[:10, :20] = (200, 10, 30)
    lines = coloured_text(picture, columns=20, lines=50)
    assert len(lines) == 5
    assert all(line.count("▀") == 20 for line in lines)
    assert lines[0].startswith("\x1b[38;2;200;10;30;48;2;200;10;30m▀")
    assert lines[2].startswith("\x1b[38;2;200;10;30;48;2;0;0;0m▀")
    assert len(coloured_text(picture, columns=100, lines=4)) == 4
