"""Sessions: what visitors ask is done, or answered with a message, and nothing is shared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("anywidget")

from ipywidgets.widgets.widget import _instances

from procgen_tools import maze
from procgen_tools.app.limits import Limits
from procgen_tools.app.sessions import Session, Threads
from procgen_tools.app.views import VIEWS
from procgen_tools.app.work import Workers
from procgen_tools.episodes import rollouts
from procgen_tools.models import ImpalaPolicy, save_policy
from procgen_tools.web.scenes import WORLDS, scene_of
from procgen_tools.worlds.maze.storage import mazes_to_text
from tests.app import apart

LEVEL = maze.parse("..C\n.##\nM..")
OPEN = {"type": "open", "view": "editor", "world": "maze", "scene": scene_of(LEVEL)}
EXPLORE = OPEN | {"view": "explorer"}
LOOK = OPEN | {"view": "activations"}
PLAY = OPEN | {"view": "player"}

Talk = Callable[[Session, list[dict[str, Any]]], Awaitable[None]]


def visit(talk: Talk) -> list[dict[str, Any]]:
    """What a session says during a talk. Afterwards, nothing of it is left."""
    said: list[dict[str, Any]] = []

    async def run() -> None:
        threads = Threads(Workers(1), Workers(1))
        session = Session(said.append, threads, Limits())
        before = len(_instances)
        await talk(session, said)
        session.close()
        threads.close()
        assert len(_instances) == before

    apart.run(run())
    return said


def texts(said: list[dict[str, Any]]) -> list[str]:
    return [each["text"] for each in said if each["type"] == "refused"]


async def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.005)


def propose(number: int, level: maze.Maze) -> dict[str, Any]:
    content = {"type": "propose", "by": "one", "scene": scene_of(level)}
    return {"type": "custom", "widget": number, "content": content}


def level_in(session: Session) -> Any:
    assert session.opened is not None
    assert session.opened.channel is not None
    return session.opened.channel.widget.maze


def test_an_edit_reaches_the_widget() -> None:
    moved = maze.move_cheese(LEVEL, (0, 2))

    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        await session.handle(OPEN)
        assert said[-1]["state"]["_scene"] == scene_of(LEVEL)
        await session.handle(propose(99, moved))  # of a widget that is not open
        assert level_in(session) == LEVEL
        await session.handle(propose(said[-1]["widget"], moved))
        assert level_in(session) == moved

    assert visit(talk)[-1]["content"]["refused"] is None


@pytest.mark.parametrize(
    ("view", "world"),
    [*(("editor", world) for world in WORLDS), *((view, "maze") for view in VIEWS)],
)
def test_the_level_can_be_downloaded(view: str, world: str) -> None:
    """The file is one that can be uploaded."""

    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        scene = scene_of(LEVEL) if world == "maze" else None
        await session.handle({"type": "open", "view": view, "world": world, "scene": scene})
        await session.handle({"type": "download"})
        (file,) = [each for each in said if each["type"] == "file"]
        assert file["name"] == f"{world}.json"
        read = await session.upload("maze", file["text"].encode())
        assert read["scene"] == scene_of(level_in(session))

    assert not texts(visit(talk))


def test_two_agents_side_by_side() -> None:
    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        names = {"agent": "rand_region_5_seed_1", "other": "rand_region_5_seed_2"}
        await session.handle(EXPLORE | names)

        def rows() -> list[str]:
            answers = [each.get("state", {}).get("_answer_of") for each in said]
            bars = answers[-1]["bars"] if answers[-1] and answers[-1]["complete"] else []
            return [row["label"] for row in bars[0]["rows"]] if bars else []

        await until(lambda: rows() == list(names.values()))

    assert not texts(visit(talk))


def test_one_agent_where_there_is_room_for_one() -> None:
    """An agent to compare with waits until a view shows two."""

    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        names = {"agent": "anywhere", "other": "rand_region_5"}
        await session.handle(LOOK | names)
        await session.handle(PLAY | names | {"seed": 3})
        titles = [each["title"] for each in said[-1]["state"]["_tracks"]["tracks"]]
        assert titles == list(names.values())

    assert not texts(visit(talk))


def test_an_episode_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor is told, and those whose messages are short do not wait for it."""
    monkeypatch.setattr(rollouts, "play", lambda *_, **__: _forever())

    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        await session.handle(OPEN)
        session.limits = replace(session.limits, seconds=0.3)
        playing = asyncio.ensure_future(session.handle(PLAY))
        await asyncio.sleep(0.05)
        other = Session(said.append, session._threads, Limits())  # there is one thread of a kind
        await other.handle(OPEN)
        assert not playing.done()
        other.close()
        await playing
        await until(lambda: bool(texts(said)))
        assert level_in(session) == LEVEL

    assert "This took longer than 0.3 seconds and was stopped" in texts(visit(talk))[0]


def test_a_field_follows_and_ends_with_its_widget() -> None:
    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        await session.handle(EXPLORE)

        def answers(number: int) -> list[dict[str, Any]]:
            states = [each["state"] for each in said if each.get("widget") == number]
            return [each["_answer_of"] for each in states if each.get("_answer_of")]

        await until(lambda: any(each["complete"] for each in answers(1)))
        assert [bar["name"] for bar in answers(1)[-1]["bars"]] == ["cheese", "corner", "neither"]
        await session.handle(EXPLORE | {"scene": scene_of(maze.make_level(0))})
        await session.handle(OPEN)  # while the field of the widget before is computed
        assert session.opened is not None
        assert not session.opened.jobs

    assert not texts(visit(talk))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (None, "The message is not an object"),
        ([], "The message is not an object"),
        ({}, "There is no message None"),
        ({"type": "custom", "content": 3}, "The message has no content"),
        (OPEN | {"view": "edtor"}, "no view 'edtor': choose one of explorer, activations, player"),
        (OPEN | {"view": {}}, "There is no view {}"),
        (OPEN | {"world": "mars"}, "The view editor has no world 'mars': choose one of maze"),
        (EXPLORE | {"world": "keys_and_chests"}, "no world 'keys_and_chests'"),
        (OPEN | {"scene": 3}, "The scene is not one of maze"),
        (OPEN | {"scene": {"world": "maze", "walls": ["#" * 300] * 300}}, "'things' is None"),
        (EXPLORE | {"agent": "../../agent"}, "Maze has no agent '../../agent': choose one of"),
        (EXPLORE | {"agent": "your checkpoint"}, "Maze has no agent 'your checkpoint'"),
        (EXPLORE | {"other": "rand_region_5"}, "'rand_region_5' is compared with itself"),
        (EXPLORE | {"other": ["anywhere"]}, "Maze has no agent ['anywhere']"),
        (EXPLORE | {"view": "player", "other": "rand_region_5"}, "compared with itself"),
        (LOOK | {"world": "crops_and_humans"}, "no world 'crops_and_humans'"),
        (LOOK | {"agent": 5}, "Maze has no agent 5: choose one of"),
        (PLAY | {"seed": -1}, "The episode is '-1': give a whole number in 0..2147483647"),
        (PLAY | {"seed": [0]}, "The episode is '[0]'"),
        (PLAY | {"seed": 10**4000}, "The episode is '1000"),
        ({"type": "download"}, "No level is open: open one first"),
    ],
)
def test_what_cannot_be_done_is_explained(message: object, text: str) -> None:
    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        await session.handle(message)

    (refused,) = texts(visit(talk))
    assert text in refused
    assert refused.endswith(".")


def test_a_computation_that_takes_too_long_is_stopped() -> None:
    """The explorer says so itself, and the visitor can go on."""
    large = scene_of(maze.make_level(17))  # 25 x 25: takes far longer than the limit

    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        await session.handle(OPEN)
        session.limits = replace(session.limits, seconds=0.1)
        await session.handle(EXPLORE | {"scene": large})
        await until(lambda: "takes longer than 0.1 seconds" in str(said) or bool(texts(said)))
        session.limits = Limits()
        await session.handle(OPEN)
        assert level_in(session) == LEVEL

    visit(talk)


def test_a_message_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor is told, and has an editor with the level as it was."""

    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        await session.handle(OPEN)
        assert session.opened is not None
        assert session.opened.channel is not None
        channel = session.opened.channel
        session.limits = replace(session.limits, seconds=0.1)
        monkeypatch.setattr(channel, "hear", lambda _: time.sleep(0.001) or _forever())
        await session.handle(propose(1, LEVEL))
        session.limits = Limits()
        await session.handle(propose(said[-1]["widget"], maze.move_cheese(LEVEL, (0, 2))))

    said = visit(talk)
    assert "This took longer than 0.1 seconds and was stopped" in texts(said)[0]


def _forever() -> None:
    while True:
        time.sleep(0.001)


def test_a_mistake_of_the_app_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        await session.handle(OPEN)
        assert session.opened is not None
        assert session.opened.channel is not None
        monkeypatch.setattr(session.opened.channel, "hear", lambda _: {}["secret"])
        await session.handle(propose(1, LEVEL))
        assert level_in(session) == LEVEL

    assert texts(visit(talk)) == ["The app made a mistake. Its terminal shows which."]
    assert "secret" in caplog.text


def test_uploads_belong_to_one_visitor(tmp_path: Any) -> None:
    save_policy(ImpalaPolicy(seed=1), tmp_path / "agent.pth")
    checkpoint = (tmp_path / "agent.pth").read_bytes()

    async def talk(session: Session, said: list[dict[str, Any]]) -> None:
        other = Session(said.append, session._threads, Limits())
        read = await session.upload("maze", mazes_to_text(LEVEL).encode())
        assert read == {"text": "The level of the file is open.", "scene": scene_of(LEVEL)}
        await session.upload("checkpoint", checkpoint, "maze")
        own = EXPLORE | {"agent": "your checkpoint"}
        await session.handle(own)
        assert not texts(said)
        await other.handle(own)
        assert "no agent 'your checkpoint'" in texts(said)[0]
        for wrong in ("program", "../maze"):
            with pytest.raises(ValueError, match="upload a maze or a checkpoint"):
                await session.upload(wrong, b"")
        with pytest.raises(ValueError, match="upload a maze or a checkpoint"):
            await session.upload("checkpoint", checkpoint, "mars")

    visit(talk)
