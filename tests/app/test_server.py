"""The server: many visitors at once, and hostile ones."""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget")
pytest.importorskip("starlette")
pytest.importorskip("httpx")

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus

from procgen_tools import maze
from procgen_tools.app.limits import Limits
from procgen_tools.app.server import Visitors, as_json
from procgen_tools.app.sessions import Threads
from procgen_tools.app.work import Workers
from procgen_tools.web import looks
from procgen_tools.web.scenes import scene_of
from tests.app import apart
from tests.app.serving import LEVEL, Served, until
from tests.app.test_uploads import Hostile, archive

VISITORS = 10
EXPLORING = (0, 4, 8)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    app = Served(Limits(visitors=VISITORS, message_bytes=2**16, beat_seconds=0.5))
    yield app
    app.stop()


class Visitor:
    """A visitor without a browser."""

    def __init__(self, served: Served, view: str = "editor") -> None:
        self.socket = served.connect()
        self.session = self.hear("hello")["session"]
        self.say({"type": "open", "view": view, "world": "maze", "scene": scene_of(LEVEL)})
        self.number = self.hear("widget")["widget"]

    def say(self, message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hear(self, kind: str) -> dict[str, Any]:
        """The next message of a kind; those before it are dropped. It comes within a while."""
        end = time.monotonic() + 30
        while True:
            assert time.monotonic() < end, f"there is no message {kind!r}"
            message: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
            if message["type"] == kind:
                return message

    def propose(self, level: maze.Maze) -> tuple[dict[str, Any], float]:
        """The answer to an edit, and the seconds until it came."""
        started = time.perf_counter()
        content = {"type": "propose", "by": "one", "scene": scene_of(level)}
        self.say({"type": "custom", "widget": self.number, "content": content})
        answer: dict[str, Any] = self.hear("custom")["content"]
        return answer, time.perf_counter() - started


def test_ten_visitors_have_levels_of_their_own(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """All edit and some explore at once, and none waits longer than `hear` does."""
    squares = LEVEL.open_squares()[1 : VISITORS + 1]
    together = threading.Barrier(VISITORS)

    def stay(number: int) -> tuple[list[float], Visitor]:
        visitor = Visitor(served, "explorer" if number in EXPLORING else "editor")
        together.wait(20)
        times = []
        for turn in range(5):
            square = squares[(number + turn + 3) % VISITORS]
            answer, seconds = visitor.propose(maze.move_cheese(LEVEL, square))
            assert answer["refused"] is None
            times.append(seconds)
        times.append(visitor.propose(maze.move_cheese(LEVEL, squares[number]))[1])
        return times, visitor

    with ThreadPoolExecutor(VISITORS) as pool:
        stays = list(pool.map(stay, range(VISITORS)))
    shown = {name: session.opened for name, session in served.sessions.items()}
    for number, (_, visitor) in enumerate(stays):
        opened = shown[visitor.session]
        assert opened is not None
        assert opened.channel is not None
        assert opened.channel.widget.maze == maze.move_cheese(LEVEL, squares[number])
    late = served.connect()
    first = json.loads(late.recv(timeout=20))
    assert first["type"] == "ended"
    assert f"already has {VISITORS} visitors" in first["text"]
    for number, (_, visitor) in enumerate(stays):
        while number in EXPLORING:
            answer = visitor.hear("update")["state"].get("_answer_of")
            if answer and answer["complete"]:
                break
        visitor.socket.close()
    times = sorted(seconds for each, _ in stays for seconds in each)
    with capsys.disabled():
        print(
            f"\n{VISITORS} visitors, {len(EXPLORING)} of them with fields, {len(times)} edits: "
            f"median {1000 * times[len(times) // 2]:.0f} ms, largest {1000 * times[-1]:.0f} ms"
        )
    until(lambda: not served.sessions)


@pytest.mark.parametrize(
    "options",
    [
        {"origin": "http://evil.example"},
        {"origin": None},
        {"origin": "null"},
    ],
)
def test_foreign_pages_get_no_socket(served: Served, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        served.connect(**options)
    assert refused.value.response.status_code == 403
    assert not served.sessions


def test_another_name_for_this_machine_gets_nothing(served: Served) -> None:
    """A page whose name was made to point to this machine has the same origin as its requests."""
    name = f"evil.example:{served.port}"
    direct = socket.create_connection(("127.0.0.1", served.port))
    with pytest.raises(InvalidStatus) as refused:
        served.connect(url=f"ws://{name}/socket", origin=f"http://{name}", sock=direct)
    assert refused.value.response.status_code == 403
    answer = httpx.get(served.url, headers={"Host": name})
    assert answer.status_code == 403
    assert f"This app is not called '{name}': open {served.url}" in answer.text


def test_foreign_pages_cannot_upload(served: Served) -> None:
    visitor = Visitor(served)
    for origin in ("http://evil.example", "null"):
        answer = served.post("/upload/maze", b"{}", origin=origin, **{"x-session": visitor.session})
        assert answer.status_code == 403
    for name in ("", "guess"):
        answer = served.post("/upload/maze", b"{}", **{"x-session": name})
        assert answer.status_code == 410
        assert answer.json()["refused"] == "The upload belongs to no visitor: reload the page."
    visitor.socket.close()


def test_pages_have_a_strict_policy_and_folders_no_lists(served: Served) -> None:
    for path in ("/", "/app.js", "/app.css", "/views/player.js", "/views/activations.css"):
        answer = httpx.get(served.url + path)
        assert answer.status_code == 200, path
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    for path in ("/views", "/views/", "/views/../app.py", "/upload/maze", "/%2e%2e/etc/passwd"):
        answer = httpx.get(served.url + path)
        assert answer.status_code in (404, 405), path
        assert "content-security-policy" in answer.headers


def test_hostile_uploads_are_refused_and_nothing_runs(served: Served, tmp_path: Path) -> None:
    visitor = Visitor(served)
    mark = tmp_path / "ran"
    pickled = pickle.dumps({"model_state_dict": Hostile(mark)})
    folder = {each.name for each in Path.cwd().iterdir()}
    cases = [
        ("checkpoint", pickled, 400, "cannot be read|can be read safely"),
        ("checkpoint", archive(pickled), 400, "can be read safely"),
        ("checkpoint", archive(bytes(10**7), 8), 400, "records are compressed"),
        ("checkpoint", bytes(Limits().checkpoint_bytes + 1), 413, "more than 33,554,432 bytes"),
        ("maze", b'{"mazes": [' + b"0," * 200_000, 413, "more than 262,144 bytes"),
        ("maze", b"[" * 200_000, 400, "not JSON"),
        ("maze", pickled, 400, "not JSON"),
        ("..%2f..%2fx", b"1", 404, ""),
        ("program", b"1", 413, "more than 0 bytes"),
    ]
    for kind, content, status, message in cases:
        answer = served.post(
            f"/upload/{kind}",
            content,
            **{"x-session": visitor.session, "x-world": "maze", "x-filename": "../../x.pth"},
        )
        assert answer.status_code == status, (kind, answer.text)
        if message:
            assert re.search(message, answer.json()["refused"]), answer.text
            assert "Traceback" not in answer.text
    answer = served.post(
        "/upload/checkpoint", b"1", **{"x-session": visitor.session, "x-world": ".."}
    )
    assert "upload a maze or a checkpoint" in answer.json()["refused"]
    assert not mark.exists()
    assert {each.name for each in Path.cwd().iterdir()} == folder
    assert visitor.propose(maze.move_cheese(LEVEL, (0, 2)))[0]["refused"] is None
    visitor.socket.close()


def test_odd_messages_are_answered_and_the_visit_goes_on(served: Served) -> None:
    """Text that is no JSON for browsers or no Unicode, numbers without end, scenes of all types."""
    visitor = Visitor(served, "explorer")
    scene = scene_of(LEVEL)
    edit = {"recipe": "scale a channel", "coefficient": 2, "channel": 0}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"type": "propose", "scene": None}, "The scene is None: give an object"),
        ({"type": "propose", "scene": {"world": []}}, "There is no world []"),
        (
            {"type": "propose", "scene": scene | {"walls": ["." * 200] * 200}},
            "does not fit a world",
        ),
        ({"type": "propose", "scene": scene | {"settings": {"world_size": 10**30}}}, "not one of"),
        ({"type": "create"}, "The message 'create' has no 'seed'"),
        ({"type": "create", "seed": 10**400}, "whole numbers"),
        ({"type": "create", "seed": 1, "size": 10**6}, "is not one of the controls: choose 3, 5"),
        ({"type": "load", "name": "../x"}, "has no folder"),
        ({"type": "choose", "edit": 5}, "The edit is 5: give some of"),
        ({"type": "choose", "edit": edit | {"recipe": []}}, "Recipe is of type list"),
        ({"type": "choose", "edit": edit | {"self": 1}}, "give some of"),
        ({"type": "choose", "edit": edit | {"coefficient": 10**400}}, "give a finite number"),
        ({"type": "choose", "edit": edit | {"channel": -1}}, "Channel is -1"),
        ({"type": "choose", "edit": edit | {"channel": 1.5}}, ""),
        ({"type": "choose", "edit": edit | {"layer": ["a"]}}, ""),
        ({"type": "seen", "number": 1, "milliseconds": []}, "float()"),
    ]
    for content, text in cases:
        visitor.say({"type": "custom", "widget": visitor.number, "content": content})
        answer = visitor.hear("custom")["content"]
        assert text in (answer["refused"] if answer["type"] == "answer" else answer["text"]), text
    for text in ("NaN", '{"type": Infinity}', '{"type": 1e999}'):
        visitor.socket.send(text)
        assert "The message is not an object" in visitor.hear("refused")["text"]
    content = {"type": "propose", "by": "\ud800", "scene": scene}  # half a character
    visitor.say({"type": "custom", "widget": visitor.number, "content": content})
    assert visitor.hear("custom")["content"] == {"type": "answer", "by": "\ud800", "refused": None}
    for content in ({}, {"type": ["x"]}):
        visitor.say({"type": "custom", "widget": visitor.number, "content": content})
    assert visitor.propose(maze.move_cheese(LEVEL, (0, 2)))[0]["refused"] is None
    visitor.socket.close()


def test_odd_messages_about_activations_are_declined(served: Served) -> None:
    """What does not exist, and what is not finite or has no end."""
    visitor = Visitor(served, "activations")
    layer = "embedder.block2.res1.resadd_out"
    clamp = {"layer": layer, "channels": [0], "cell": [7, 7], "value": 1}
    look = {"type": "look", "layer": layer, "channel": 3, "cell": None, "clamps": [], "other": None}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"type": "layer", "layer": []}, "expected a unicode string"),
        ({"type": "layer", "layer": "embedder.block9"}, "no activation 'embedder.block9'"),
        ({"type": "layer"}, "The message has no 'layer'"),
        ({"type": "channel", "channel": 10**400}, "has no channel 1000"),
        ({"type": "channel", "channel": {}}, "int() argument"),
        ({"type": "cell", "cell": "ab"}, ""),
        ({"type": "cell", "cell": [1.5, 2]}, ""),
        ({"type": "cell", "cell": 5}, "not iterable"),
        ({"type": "square", "square": [10**30, 0]}, "The mouse cannot be at"),
        ({"type": "square", "square": None}, "not iterable"),
        ({"type": "clamp", "cell": [7, 7], "value": "nan"}, "The value of a clamp is nan"),
        ({"type": "clamp", "cell": [7, 7], "value": 1e39}, "give a finite number, up to 3.4e+38"),
        ({"type": "clamp", "cell": [7, 7], "value": 10**400}, "too large"),
        ({"type": "clamp", "cell": [7, 16], "value": 1}, "no cell (7, 16)"),
        ({"type": "unclamp", "clamp": -1}, "There is no clamp -1: choose one of the list"),
        ({"type": "unclamp", "clamp": [0]}, ""),
        ({"type": "compare", "with": "x"}, "There is no comparison 'x'"),
        (look | {"layer": 5}, ""),
        (look | {"channel": True}, "no channel True"),
        (look | {"cell": [99, 0]}, "no cell (99, 0)"),
        (look | {"other": {"world": "maze"}}, "'walls' is None"),
        (look | {"clamps": 5}, "has no len()"),
        (look | {"clamps": [5]}, ""),
        (look | {"clamps": [clamp] * 101}, "There would be 101 clamps: free some"),
        (look | {"clamps": [clamp | {"channels": [10**6]}]}, "no channel 1000000"),
        (look | {"clamps": [clamp | {"value": None}]}, "float() argument"),
        ({"type": "look"}, "The message has no 'layer'"),
    ]
    for content, text in cases:
        visitor.say({"type": "custom", "widget": visitor.number, "content": content})
        answer = visitor.hear("custom")["content"]
        assert answer["type"] == "declined", (content, answer)
        assert text in answer["text"], (content, answer)
    widget = served.sessions[visitor.session].opened.channel.widget  # type: ignore[union-attr]
    assert widget.clamps == ()
    # Numbers that a network cannot bear are answered with a message, and the next map is right.
    large = [clamp | {"channels": None, "cell": [row, 7], "value": 3e38} for row in range(5, 10)]
    hostile = look | {"layer": "embedder.fc_out", "clamps": large}
    for content, error in ((hostile, "is not finite in channel 3"), (look, "")):
        visitor.say({"type": "custom", "widget": visitor.number, "content": content})
        shown: dict[str, Any] = {}
        while not shown.get("complete") or error not in shown["error"]:
            shown = visitor.hear("update")["state"].get("_map", {})
        assert bool(shown["error"]) == bool(error)
    visitor.say({"type": "custom", "widget": visitor.number, "content": {"type": "picture"}})
    assert visitor.hear("custom")["content"]["type"] in ("picture", "declined")
    assert visitor.propose(maze.move_cheese(LEVEL, (0, 2)))[0]["refused"] is None
    visitor.socket.close()


def test_clamps_by_the_thousand_are_declined(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "MOST_CLAMPS", 3)
    visitor = Visitor(served, "activations")
    for col in range(4):
        content = {"type": "clamp", "cell": [7, col], "value": 1.0}
        visitor.say({"type": "custom", "widget": visitor.number, "content": content})
    assert "There would be 4 clamps" in visitor.hear("custom")["content"]["text"]
    visitor.socket.close()


def test_odd_messages_to_a_player_are_refused(served: Served) -> None:
    visitor = Visitor(served, "player")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"type": "time", "time": 10**400}, "is not in these episodes: choose one of 0.."),
        ({"type": "time", "time": -1}, "Time -1 is not in these episodes"),
        ({"type": "time", "time": []}, "int() argument"),
        ({"type": "speed", "speed": "nan"}, "speed is nan: give 0.1 to 50"),
        ({"type": "speed", "speed": 10**400}, "too large"),
    ]
    for content, text in cases:
        visitor.say({"type": "custom", "widget": visitor.number, "content": content})
        answer = visitor.hear("custom")["content"]
        assert answer["type"] == "refused"
        assert text.lower() in answer["text"].lower(), (content, answer)
    for content in ({}, {"type": ["time"]}, {"type": "time"}, {"type": "picture"}):
        visitor.say({"type": "custom", "widget": visitor.number, "content": content})
    visitor.say(
        {"type": "custom", "widget": visitor.number, "content": {"type": "time", "time": 1}}
    )
    while visitor.hear("update")["state"]["_now"]["time"] != 1:
        pass
    assert not visitor.socket.close()


@pytest.mark.parametrize("odd", [float("nan"), [float("inf")], "deep"])
def test_what_is_no_json_is_never_sent(odd: Any) -> None:
    if odd == "deep":
        odd = []
        for _ in range(10**5):
            odd = [odd]
    said = json.loads(as_json({"type": "update", "state": odd}))
    assert said["type"] == "refused"
    assert "not finite" in said["text"]


def test_one_upload_at_a_time(served: Served) -> None:
    visitor = Visitor(served)
    begun = threading.Event()
    finish = threading.Event()

    def slow() -> Iterator[bytes]:
        yield b"{"
        begun.set()
        finish.wait(20)
        yield b"}"

    def post(content: Any) -> Any:
        return served.post("/upload/maze", content, **{"x-session": visitor.session})

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, slow())
        begun.wait(20)
        until(lambda: served.sessions[visitor.session].uploading)
        second = post(b"{}")
        assert second.status_code == 429
        assert "Another file is on its way" in second.json()["refused"]
        finish.set()
        assert first.result(20).status_code == 400  # it is read, and has no level
    assert not served.sessions[visitor.session].uploading
    visitor.socket.close()


class Stuck:
    """The socket of a visitor who sends without end and reads nothing."""

    def __init__(self) -> None:
        self.received = 0

    async def accept(self) -> None:
        pass

    async def receive_text(self) -> str:
        self.received += 1
        return json.dumps({"type": "download"})

    async def send_text(self, text: str) -> None:
        await asyncio.sleep(60)


def test_a_visitor_who_does_not_read_is_not_served() -> None:
    stuck = Stuck()

    async def stay() -> None:
        threads = Threads(Workers(1), Workers(1))
        visitors = Visitors(threads, Limits(beat_seconds=0.01))
        visit = asyncio.create_task(visitors.visit(stuck))  # type: ignore[arg-type]
        await asyncio.sleep(0.5)
        assert len(visitors.sessions) == 1
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
        assert not visitors.sessions
        threads.close()

    apart.run(stay())
    assert stuck.received == 1


def test_hostile_messages_end_nobody_elses_visit(served: Served) -> None:
    other = Visitor(served)
    visitor = Visitor(served)
    for text in ("", "[" * 50_000, "null", '"text"', "\x00"):
        visitor.socket.send(text)
        assert "The message is not an object" in visitor.hear("refused")["text"]
    visitor.socket.send("x" * 2**16 + "x")
    with pytest.raises(ConnectionClosed) as closed:
        visitor.hear("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    assert other.propose(maze.move_cheese(LEVEL, (0, 2)))[0]["refused"] is None
    other.socket.close()


def test_a_token_is_asked_for_once() -> None:
    app = Served(Limits(idle_seconds=0.3), token="secret")
    try:
        for path in ("/", "/?token=", "/?token=Secret", "/app.js"):
            answer = httpx.get(app.url + path)
            assert answer.status_code == 403
            assert "The token is missing" in answer.text
        with pytest.raises(InvalidStatus):
            app.connect()
        with httpx.Client(base_url=app.url) as client:
            answer = client.get("/?token=secret")
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            cookie = answer.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
            assert client.get("/").status_code == 200
        visit = app.connect(additional_headers={"Cookie": cookie.split(";")[0]})
        assert json.loads(visit.recv(timeout=20))["type"] == "hello"
        ended = json.loads(visit.recv(timeout=20))  # and without a word it lets go
        assert "Nothing happened for 0.005 minutes" in ended["text"]
    finally:
        app.stop()
