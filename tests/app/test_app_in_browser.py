"""The page of the app in a real browser, with its server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget")
pytest.importorskip("starlette")
pytest.importorskip("httpx")

from procgen_tools import maze
from procgen_tools.app.limits import Limits
from procgen_tools.app.played import episode
from procgen_tools.app.views import agent_of
from procgen_tools.web.scenes import level_of, scene_of, world_of
from tests.app.serving import LEVEL, Served, until
from tests.app.visits import Visit
from tests.browser import SHOTS


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    app = Served(Limits(beat_seconds=0.5))
    yield app
    app.stop()


@pytest.fixture
def visit(chromium: Any, served: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    until(lambda: not served.sessions)
    context = chromium.new_context(viewport={"width": 900, "height": 1000})
    page = context.new_page()
    visit = Visit(page, served)
    yield visit
    if getattr(request.node, "failed", False):
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{request.node.name}.png", full_page=True)
    context.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with LEVEL."""
    path = tmp_path / "level.json"
    maze.save_mazes(path, LEVEL)
    return path


def test_a_click_in_a_browser_changes_the_level_of_the_session(visit: Visit, file: Path) -> None:
    page = visit.page
    visit.go()
    visit.use("Maze editor")
    visit.upload("maze", file)
    page.get_by_text("The level of the file is open.").wait_for()
    visit.until(lambda: visit.level() == LEVEL and page.locator(".pt-board").count() == 1)
    assert not LEVEL.walls[2, 3]
    visit.click(2, 3)
    visit.until(lambda: visit.level().walls[2, 3])
    changed = visit.level()
    visit.until(visit.settled)
    # The server is lost, and the page says so and brings its level along.
    page.context.set_offline(True)
    visit.served.abort()
    page.get_by_text("The server was lost.").wait_for()
    assert page.locator("#widget").get_attribute("inert") is not None
    until(lambda: not visit.served.sessions)
    page.context.set_offline(False)
    page.locator("#lost").wait_for(state="hidden")
    visit.until(lambda: visit.level() == changed)
    assert level_of(scene_of(visit.level())) == changed
    assert not [each for each in visit.errors if "ERR_" not in each], visit.errors


def test_a_silent_server_is_lost(visit: Visit) -> None:
    """A network that swallows everything closes no socket."""
    silent = False
    refused: list[Any] = []

    def route(socket: Any) -> None:
        if silent:  # so that the page stays lost until the test has seen it
            refused.append(socket)
            socket.close()
            return
        server = socket.connect_to_server()
        server.on_message(lambda text: silent or socket.send(text))

    visit.page.route_web_socket(re.compile("/socket"), route)
    visit.go()
    visit.page.locator(".pt-board").first.wait_for()
    visit.page.wait_for_timeout(3000)  # longer than its patience
    assert visit.page.locator("#lost").is_hidden()
    silent = True
    visit.page.get_by_text("The server was lost.").wait_for()
    visit.until(lambda: refused)
    silent = False
    visit.page.locator("#lost").wait_for(state="hidden")
    assert not visit.errors


def test_what_was_asked_for_last_stays(visit: Visit, file: Path) -> None:
    """An upload does not overtake the messages before it, and late answers change no choice."""
    held: list[str] | None = []

    def route(socket: Any) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str) -> None:
            server.send(text) if held is None else held.append(text)

        def let_go() -> None:
            nonlocal held
            waiting, held = held or [], None
            for text in waiting:
                server.send(text)

        socket.on_message(pass_on)
        release.append(let_go)

    release: list[Callable[[], None]] = []
    visit.page.route_web_socket(re.compile("/socket"), route)
    visit.go()
    visit.use("Maze editor")
    visit.upload("maze", file)
    visit.page.get_by_text("The level of the file is open.").wait_for()
    assert visit.level() is None  # the server has heard of no view yet
    release[0]()
    visit.until(lambda: visit.level() == LEVEL and type(visit.widget()).__name__ == "MazeEditor")
    visit.until(lambda: visit.page.locator(".pt-board").count() == 1)
    assert visit.page.locator("nav button[aria-pressed=true]").text_content() == "Maze editor"
    assert not visit.errors


def test_an_answer_leaves_the_button_under_a_press(visit: Visit) -> None:
    """A click is lost if its button is replaced between press and release."""
    held: list[Any] = []

    def route(socket: Any) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str) -> None:
            held.append((socket, text)) if '"type": "widget"' in text else socket.send(text)

        server.on_message(pass_on)

    visit.page.route_web_socket(re.compile("/socket"), route)
    visit.go()
    visit.until(lambda: held)
    visit.page.get_by_role("button", name="Activations").hover()
    visit.page.mouse.down()
    for socket, text in held:
        socket.send(text)
    visit.page.locator("#widget[aria-busy=false]").wait_for()
    visit.page.mouse.up()
    visit.page.locator("nav button[aria-pressed=true]", has_text="Activations").wait_for()
    assert not visit.errors


def test_the_level_of_a_download_is_what_the_page_shows(visit: Visit, file: Path) -> None:
    visit.go()
    visit.use("Maze editor")
    visit.upload("maze", file)
    visit.until(lambda: visit.level() == LEVEL and visit.page.locator(".pt-board").count() == 1)
    visit.click(2, 3)
    visit.until(lambda: visit.level().walls[2, 3])
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Download the maze").click()
    assert download.value.suggested_filename == "maze.json"
    (read,) = maze.load_mazes(download.value.path())
    assert read == visit.level()
    assert not visit.errors


def test_an_upload_waits_for_the_server(visit: Visit, file: Path) -> None:
    """Also one that begins before the page has reached it, or while it is lost."""
    held: list[Any] = []

    def route(socket: Any) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: held.append((socket, text)) if quiet else socket.send(text))

    quiet = True
    visit.page.route_web_socket(re.compile("/socket"), route)
    visit.go()
    visit.upload("maze", file)
    visit.until(lambda: held)
    visit.page.wait_for_timeout(200)
    assert visit.level() is None
    assert visit.page.locator("#said").text_content() == ""
    quiet = False
    for socket, text in held:
        socket.send(text)
    visit.until(lambda: visit.level() == LEVEL and visit.page.locator(".pt-board").count() == 1)
    other = maze.make_level(1)
    maze.save_mazes(file, other)
    visit.served.abort()
    visit.upload("maze", file)
    visit.until(lambda: visit.level() == other)
    lost = re.compile(r"ERR_|410 \(Gone\)")  # which of them depends on when the page notices
    assert not [each for each in visit.errors if not lost.search(each)], visit.errors


@pytest.mark.parametrize("fails", ["the session is gone", "the upload is cut"])
def test_an_upload_is_lost_before_the_page_knows_it(visit: Visit, file: Path, fails: str) -> None:
    """The end of the websocket reaches the page later than the answer to the upload, if at all."""
    ends: list[Any] = []
    posted: list[Any] = []

    def route(socket: Any) -> None:
        server = socket.connect_to_server()
        server.on_close(lambda code, reason: ends.append(socket))

    def post(route: Any) -> None:
        posted.append(route)
        if fails == "the upload is cut" and len(posted) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    visit.page.route_web_socket(re.compile("/socket"), route)
    visit.page.route(re.compile("/upload"), post)
    visit.go()
    visit.until(lambda: visit.page.locator(".pt-board").count() == 1)
    visit.served.abort()
    visit.until(lambda: ends and not visit.served.sessions)
    visit.upload("maze", file)
    visit.until(lambda: posted)
    if fails == "the upload is cut":
        visit.page.wait_for_timeout(200)
        ends[0].close(code=1011)
    visit.until(lambda: visit.level() == LEVEL)
    visit.page.get_by_text("The level of the file is open.").wait_for()
    assert len(posted) == 2


def test_an_upload_to_servers_that_do_not_know_the_visitor(visit: Visit, file: Path) -> None:
    """As behind several processes that share an address: the page says so in the end."""
    posted: list[Any] = []

    def post(route: Any) -> None:
        posted.append(route)
        route.fulfill(status=410, json={"refused": "Nobody knows you."})

    visit.page.route(re.compile("/upload"), post)
    visit.go()
    visit.until(lambda: visit.page.locator(".pt-board").count() == 1)
    visit.upload("maze", file)
    visit.page.get_by_text("Nobody knows you.").wait_for()
    assert len(posted) == 4
    visit.page.wait_for_timeout(1500)  # longer than the page waits before it connects again
    assert visit.page.locator("#said").text_content() == "Nobody knows you."


def test_an_address_restores_level_agents_and_edit(visit: Visit, file: Path) -> None:
    """After a reload in the middle, and in the tab of somebody else."""
    page = visit.page
    visit.go()
    visit.upload("maze", file)
    visit.until(lambda: visit.level() == LEVEL)
    page.locator("#agent").select_option("rand_region_5_seed_1")
    page.locator("#other").select_option("rand_region_5_seed_2")
    page.get_by_role("heading", name="difference: rand_region_5_seed_2").wait_for()
    page.get_by_label("intervention").select_option("zero a channel")
    visit.click(2, 3)
    visit.until(lambda: visit.level().walls[2, 3])
    changed = visit.level()
    visit.until(lambda: visit.settled() and visit.edit().get("recipe") == "zero a channel")
    page.reload()
    visit.until(lambda: visit.level() == changed)
    page.get_by_role("heading", name="difference: rand_region_5_seed_2").wait_for()
    visit.until(lambda: visit.widget()._chosen["recipe"] == "zero a channel")
    assert page.locator("#agent").input_value() == "rand_region_5_seed_1"
    page.evaluate("location.hash = 'view=editor&world=crops_and_humans'")  # as a visitor may type
    visit.until(lambda: world_of(visit.level()) == "crops_and_humans")
    visit.use("Field explorer")
    assert page.locator("#world").input_value() == "crops_and_humans"
    assert not visit.errors


def test_activations_are_clamped_and_the_address_restores_them(visit: Visit, file: Path) -> None:
    page = visit.page
    visit.go()
    visit.use("Activations")
    visit.upload("maze", file)
    visit.until(lambda: visit.level() == LEVEL and page.locator("h3.pt-title").count() > 3)
    page.get_by_role("slider", name="channel").fill("7")
    visit.until(lambda: visit.widget().channel == 7)
    page.get_by_role("button", name="This maze without cheese").click()
    page.get_by_role("heading", name="Difference: this maze − other maze").wait_for()
    visit.click(2, 3)
    visit.until(lambda: len(visit.widget().clamps) == 1)
    page.get_by_role("heading", name="difference: with the clamps").wait_for()
    with page.expect_download() as picture:
        visit.until(lambda: visit.widget()._done.is_set())
        page.get_by_role("button", name="Save picture").click()
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")
    before, cell = visit.widget(), visit.widget().cell
    visit.until(lambda: all(visit.edit().get(each) for each in ("clamps", "other")))
    page.reload()
    visit.until(lambda: visit.widget() not in (None, before) and visit.widget().clamps)
    after = visit.widget()
    assert (after.maze, after.channel, after.cell) == (LEVEL, 7, cell)
    assert after.other == maze.remove_cheese(LEVEL)
    assert [str(each) for each in after.clamps] == [str(each) for each in before.clamps]
    assert page.locator("#other").is_hidden()
    assert not visit.errors


def test_episodes_are_played_and_the_address_restores_their_step(visit: Visit, file: Path) -> None:
    page = visit.page
    visit.go("#view=player&episode=3")
    visit.upload("maze", file)
    visit.until(lambda: visit.level() == LEVEL)
    page.locator("#other").select_option("anywhere")
    page.get_by_role("heading", name="anywhere").wait_for()
    played = visit.widget()
    assert list(played.tracks) == ["rand_region_5", "anywhere"]
    assert played.episodes["anywhere"].squares.tolist() == (
        episode(agent_of("maze", "anywhere"), LEVEL, 3).squares.tolist()
    )
    page.get_by_role("button", name="One step on").click()
    visit.until(lambda: played.time == 1)
    visit.until(lambda: visit.settled() and visit.edit() == {"time": 1})
    page.reload()
    page.get_by_text("step 1 of").wait_for()
    visit.until(lambda: visit.widget().time == 1)
    assert page.locator("#seed").input_value() == "3"
    before = visit.widget()
    page.get_by_role("button", name="Another episode").click()
    visit.until(lambda: visit.widget() is not before)
    page.get_by_text("step 0 of").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the maze").click()
    assert maze.load_mazes(download.value.path()) == [LEVEL]
    page.locator("#seed").fill("99999999999")
    page.keyboard.press("Tab")
    page.get_by_text("give a whole number in 0..2147483647").wait_for()
    assert page.locator("#seed").input_value() == "4"  # as it was
    page.locator("#world").select_option("crops_and_humans")
    visit.until(lambda: world_of(visit.level()) == "crops_and_humans")
    assert page.locator("#episodes").is_hidden()  # its agents are never at odds with themselves
    visit.use("Maze editor")
    assert not visit.errors


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("level=%%%", "The address is damaged"),
        ("edit={", "The address is damaged"),
        ("level=MTI", ""),  # the number 12
        ("level=eyJ3b3JsZCI6Im1hemUifQ", "'walls' is None"),
        ("level=" + "A" * 10**6, "The address is damaged"),
        ("view=mars&world=constructor&agent=../x&other=__proto__&edit=3", ""),
        ("view=activations&world=crops_and_humans", "that see the squares of a maze"),
        ("view=explorer&world=keys_and_chests", "have too many states for a field"),
    ],
)
def test_a_damaged_address_opens_the_first_level(visit: Visit, fragment: str, text: str) -> None:
    visit.go(f"#{fragment}")
    visit.until(lambda: visit.level() == maze.make_level(0))
    visit.until(lambda: text in visit.page.locator("#said").text_content())
    visit.page.locator(".pt-board").first.wait_for()
    assert not visit.errors


def test_two_tabs_have_levels_of_their_own(visit: Visit, file: Path) -> None:
    """Also in one browser with the same cookies."""
    visit.go()
    visit.upload("maze", file)
    visit.until(lambda: visit.level() == LEVEL)
    other = visit.page.context.new_page()
    other.goto(visit.page.url.split("#")[0] + "#view=editor&world=keys_and_chests")
    other.locator(".pt-board").wait_for()

    def worlds() -> list[str]:
        sessions = list(visit.served.sessions.values())
        levels = [each.opened.channel.widget.maze for each in sessions if each.opened]  # type: ignore[union-attr]
        return sorted(map(world_of, levels))

    visit.until(lambda: worlds() == ["keys_and_chests", "maze"])
    other.close()
    visit.until(lambda: worlds() == ["maze"])
    assert visit.level() == LEVEL
    assert not visit.errors
