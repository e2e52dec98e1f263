"""The player of episodes: its clock in Python and in a browser, and what it shows at each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from procgen_tools import keys_and_chests, maze, two_objects
from procgen_tools.episodes import keys
from procgen_tools.episodes.rollouts import play
from procgen_tools.episodes.walks import sample_walk
from procgen_tools.interventions import Scale
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.keys_and_chests.players import key_only
from tests.browser import Hosted

pytest.importorskip("anywidget")

from procgen_tools.widgets.rollout_player import RolloutPlayer

POLICY = ImpalaPolicy(seed=0).eval()
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
FIRST, SECOND = (play(POLICY, LEVEL, seed=seed, step_limit=60)[0] for seed in (0, 3))
Host = Callable[..., Hosted]


@pytest.fixture
def player() -> RolloutPlayer:
    return RolloutPlayer({"first": FIRST, "second": SECOND}, POLICY)


def test_the_clock(player: RolloutPlayer) -> None:
    assert player.last == max(FIRST.steps, SECOND.steps)
    parting = player.parting
    assert parting is not None
    assert (FIRST.squares[:parting] == SECOND.squares[:parting]).all()
    assert (FIRST.squares[parting] != SECOND.squares[parting]).any()
    player.time = player.last
    for name, value, message in (
        ("time", player.last + 1, rf"choose one of 0\.\.{player.last}"),
        ("time", -1, "time -1 is not"),
        ("speed", 0.0, "speed is 0: give 0.1 to 50"),
    ):
        with pytest.raises(ValueError, match=message):
            setattr(player, name, value)
    assert (player.time, player.speed) == (player.last, 5.0)
    assert repr(player) == f"RolloutPlayer(first and second, step {player.last} of {player.last})"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({},), "there are 0 episodes: give one or two"),
        (({"a": FIRST, "b": FIRST, "c": FIRST},), "there are 3 episodes"),
        (({"a": FIRST}, {"b": POLICY}), "no episode 'b': name one of 'a'"),
        (({"a": FIRST}, POLICY, {"b": Scale("embedder.fc", 0.0)}), "no episode 'b'"),
    ],
)
def test_what_cannot_be_played(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RolloutPlayer(*arguments)


def test_episodes_of_different_levels() -> None:
    other = play(POLICY, maze.remove_cheese(LEVEL), seed=0, step_limit=3)[0]
    with pytest.raises(ValueError, match="different levels: give two of one level"):
        RolloutPlayer({"a": FIRST, "b": other})


def test_a_picture_of_the_current_step(player: RolloutPlayer) -> None:
    first = player.picture()
    player.time = player.last
    assert first[:4] == b"\x89PNG"
    assert first != player.picture()
    data, *_ = player._repr_mimebundle_()
    assert data["image/png"].startswith("iVBOR")


# --- in a browser


def test_steps_and_keys(hosted: Host, player: RolloutPlayer) -> None:
    host = hosted(player)
    host.page.get_by_role("button", name="One step on").click()
    host.until(lambda: player.time == 1)
    host.page.get_by_role("group", name="episodes").focus()
    for key, time in (
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("Shift+ArrowRight", 11),
        ("Home", 0),
        ("ArrowLeft", 0),
        ("End", player.last),
    ):
        host.page.keyboard.press(key)
        host.until(lambda time=time: player.time == time)  # type: ignore[misc]
        assert host.text(".pt-step") == f"step {time} of {player.last}"
    assert f"step {player.last}; first: after {FIRST.steps} steps" in host.text(".pt-spoken")
    host.page.get_by_role("button", name=f"They part at step {player.parting}").click()
    host.until(lambda: player.time == player.parting)
    host.page.get_by_role("slider", name="step").fill("3")
    host.until(lambda: player.time == 3)


def test_playing(hosted: Host, player: RolloutPlayer) -> None:
    host = hosted(player)
    host.page.get_by_role("combobox", name="steps").select_option("50 per second")
    host.until(lambda: player.speed == 50)
    host.page.get_by_role("group", name="episodes").focus()
    host.page.keyboard.press("Space")
    host.until(lambda: player.playing)
    host.until(lambda: player.time > 2)
    host.page.keyboard.press("Space")
    host.until(lambda: not player.playing)
    shown = host.text(".pt-step")
    assert shown == f"step {player.time} of {player.last}"
    host.talk(0.2)
    assert host.text(".pt-step") == shown
    player.playing = True  # from Python
    host.until(lambda: player.time == player.last)
    host.until(lambda: not player.playing)
    assert host.page.get_by_role("button", name="Play").count() == 1


def test_what_is_shown_at_each_step(hosted: Host, player: RolloutPlayer) -> None:
    host = hosted(player)
    track = player.tracks["first"]
    assert track.chances is not None
    assert track.values is not None
    for time in (0, 4, track.steps - 1):
        player.time = time
        host.until(lambda time=time: host.text(".pt-step").startswith(f"step {time} "))  # type: ignore[misc]
        numbers = host.page.locator(".pt-moves").first.locator(".pt-bar-number").all_text_contents()
        for text, chance in zip(numbers[:5], track.chances[time], strict=True):
            assert float(text.strip("%<> ")) == pytest.approx(100 * chance, abs=0.11)
        assert float(numbers[5].replace("−", "-")) == pytest.approx(track.values[time], abs=0.01)
        taken = host.page.locator(".pt-moves").first.locator(".pt-strong").all_text_contents()
        assert taken == [f"{track.moves[track.taken[time]].lower()} ◂ taken"]


def test_the_mouse_moves_and_leaves_a_trail(hosted: Host) -> None:
    level = two_objects.make_level(100_000)
    walk = sample_walk(POLICY, level, seed=0, step_limit=30)
    player = RolloutPlayer({"walk": walk})
    host = hosted(player)
    host.talk(0.3)
    before = host.page.locator(".pt-board").screenshot()
    player.time = player.last
    host.until(lambda: f"after {walk.steps} steps" in host.text(".pt-state"))
    host.talk(0.2)
    assert host.page.locator(".pt-board").screenshot() != before
    assert host.page.locator(".pt-bar").count() == 0  # no policy was given


def test_nonsense_from_the_browser_changes_nothing(player: RolloutPlayer) -> None:
    for content in (
        {"type": "time", "time": 10_000},
        {"type": "time", "time": "soon"},
        {"type": "speed", "speed": -1},
        {"type": "nothing"},
        {"type": "time"},
    ):
        player._handle_custom_msg({"by": "page", **content}, [])
        assert (player.time, player.speed, player.playing) == (0, 5.0, False)
    assert player._now["by"] == ""


def test_hidden_chests_are_in_the_legend(hosted: Host) -> None:
    level = keys_and_chests.parse("#####/#@.k#/#.#.#/#h.c#/#####")
    host = hosted(RolloutPlayer({"walk": keys.play(key_only(seed=0), [level])[0]}))
    host.until(lambda: "hidden chest" in host.text(".pt-legend"))
