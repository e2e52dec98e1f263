"""Sessions: one visitor with a widget and agents of their own.

Sessions share only the worker threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from procgen_tools.app.channels import Channel, Message
from procgen_tools.app.limits import Limits
from procgen_tools.app.uploads import level_from, policy_from
from procgen_tools.app.views import (
    FIRST_LEVELS,
    UPLOADED,
    VIEWS,
    Wish,
    agent_of,
    first_agent,
)
from procgen_tools.app.work import Job, Stopped, Workers
from procgen_tools.names import did_you_mean
from procgen_tools.web.scenes import WORLDS, AnyLevel, level_of, scene_of, world_of
from procgen_tools.web.stored import text_of
from procgen_tools.widgets.live import sentence

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Threads:
    """The threads of an app.

    Attributes:
        talk: for messages, which take milliseconds.
        compute: for fields and episodes, which can take seconds.
    """

    talk: Workers
    compute: Workers

    def close(self) -> None:
        """End all threads once they are idle."""
        self.talk.close()
        self.compute.close()


class Opened:
    """A widget that a visitor has opened.

    Args:
        number: its number, which messages from and to it have.
        send: gets each message for the visitor.

    Attributes:
        channel: the talk with the widget, once it is made.
        jobs: its computations.
        closed: whether the visitor has left it.
    """

    def __init__(self, number: int, send: Callable[[Message], None]) -> None:
        self.number = number
        self.channel: Channel | None = None
        self.jobs: set[Job[None]] = set()
        self.closed = False
        self._send = send
        self._lock = threading.Lock()
        self._waiting: list[Message] | None = []  # what it says before the visitor knows it

    def say(self, message: Message) -> None:
        """Tell the visitor what the widget says. Called in any thread."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.append(message)
            elif not self.closed:
                self._send({**message, "widget": self.number})

    def begin(self) -> None:
        """The visitor knows the widget."""
        with self._lock:
            waiting, self._waiting = self._waiting or [], None
        for message in waiting:
            self.say(message)

    def close(self) -> None:
        """Stop the computations of the widget, and forget it."""
        self.closed = True
        for job in self.jobs:
            job.stop()
        if self.channel is not None:
            self.channel.close()


class Session:
    """One visitor of the app.

    A visitor opens a view, which makes a widget for them, and talks to it. Messages are handled one
    after the other. What the widget computes meanwhile is one computation, which a newer one
    replaces.

    Args:
        send: gets each message for the visitor. It is called from any thread.
        threads: where messages are handled and widgets compute.
        limits: time limits, and sizes of uploads.

    Attributes:
        name: a secret name, which uploads of this visitor state.
        opened: the widget that is open, or None.
        limits: what holds from the next message on.
        uploading: whether an upload is on its way. There is one at a time.
    """

    def __init__(self, send: Callable[[Message], None], threads: Threads, limits: Limits) -> None:
        self.name = secrets.token_urlsafe(16)
        self.opened: Opened | None = None
        self.limits = limits
        self.uploading = False
        self._send, self._threads = send, threads
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()  # one message at a time
        self._uploaded: dict[str, Any] = {}  # agents by world
        self._number = 0

    async def handle(self, message: Any) -> None:
        """Do what the visitor asks. What cannot be done is answered with a message."""
        asked = message.get("asked") if isinstance(message, Mapping) else None
        asked = asked if isinstance(asked, int) else None
        async with self._turn:
            try:
                await self._do(message, asked)
            except ValueError as error:
                self._refuse(sentence(error), asked)
            except Stopped:
                pass  # the visitor has left
            except Exception as error:  # a mistake of ours must not end the session
                await self._restart(error, asked)

    async def upload(self, kind: str, content: bytes, world: str = "maze") -> Message:
        """Read an upload. The page then opens it with a message, so that all that a visitor opens
        is opened in the order in which they asked for it.

        Args:
            kind: "maze" or "checkpoint".
            content: the file.
            world: the world of a checkpoint.

        Returns:
            A sentence, `text`, and for a maze its `scene`.

        Raises:
            ValueError: an upload that is refused.
            TimeoutError: it took too long to read.
        """
        async with self._turn:
            if kind == "maze":
                scene = await self._run(lambda: scene_of(level_from(content)))
                return {"text": "The level of the file is open.", "scene": scene}
            if kind != "checkpoint" or world not in WORLDS:
                raise ValueError(f"there is no upload {kind!r:.60}: upload a maze or a checkpoint")
            agent = await self._run(lambda: policy_from(content, world))
            self._uploaded = {world: agent}
            return {"text": "The checkpoint is read."}

    def close(self) -> None:
        """End the session: stop its computations, and forget its widget."""
        if self.opened is not None:
            self.opened.close()
            self.opened = None

    # --- messages

    async def _do(self, message: Any, asked: int | None) -> None:
        if not isinstance(message, Mapping):
            raise ValueError("the message is not an object: use the page of this app")
        kind = message.get("type")
        if kind == "open":
            view, world, scene = (message.get(each) for each in ("view", "world", "scene"))
            view, level = await self._run(lambda: _chosen(view, world, scene))
            names = [message.get(each) for each in ("agent", "other")]
            seed = message.get("seed")
            await self._open(view, level, names, 0 if seed is None else seed, asked)
        elif kind == "download":
            if self.opened is None or self.opened.channel is None:
                raise ValueError("no level is open: open one first")
            level = self.opened.channel.widget.maze
            text = await self._run(lambda: text_of(level))
            self._send({"type": "file", "name": f"{world_of(level)}.json", "text": text})
        elif kind == "custom":
            await self._hear(message)
        else:
            raise ValueError(f"there is no message {kind!r:.60}: use the page of this app")

    async def _hear(self, message: Mapping[str, Any]) -> None:
        content, opened = message.get("content"), self.opened
        if not isinstance(content, Mapping):
            raise ValueError("the message has no content: use the page of this app")
        if opened is None or message.get("widget") != opened.number:
            return  # to a widget that the visitor has left
        channel = opened.channel
        if channel is not None:
            await self._run(lambda: channel.hear(content))

    async def _open(
        self,
        view: str,
        level: AnyLevel,
        names: list[object],
        seed: object = 0,
        asked: int | None = None,
    ) -> None:
        """Show a level in a new widget, which replaces the one that is open.

        Args:
            view: a name in VIEWS.
            level: the level.
            names: of the agent (None for the first) and of another one to compare it with (None for
                none), of which the view takes as many as it shows.
            seed: the episode, if the view shows one.
            asked: the number of the visitor's wish that this fulfils, which they hear again.
        """
        self._number += 1
        opened, world = Opened(self._number, self._send), world_of(level)

        def compute(work: Callable[[], None]) -> None:
            asyncio.run_coroutine_threadsafe(self._compute(work, opened), self._loop)

        def made() -> Channel:
            agents = self._agents(world, names[: VIEWS[view].agents])
            wish = Wish(level, agents, seed, compute, self.limits.seconds)
            return Channel(VIEWS[view].make(wish), opened.say)

        threads = self._threads.compute if VIEWS[view].slow else self._threads.talk
        try:
            opened.channel = await threads.run(made, self.limits.seconds)
        except BaseException:
            opened.close()
            raise
        self.close()
        self.opened = opened
        shown = {"view": view, "world": world, "asked": asked}
        state = opened.channel.state()
        self._send({"type": "widget", "widget": opened.number, **shown, "state": state})
        opened.begin()

    def _agents(self, world: str, names: list[object]) -> dict[str, Any]:
        """Agents by name. The first name may be None, and None after it stands for no agent.

        Raises:
            ValueError: an agent that does not exist, or that is compared with itself.
        """
        names = [first_agent(world) if each is None else each for each in names[:1]] + [
            each for each in names[1:] if each is not None
        ]
        if names[1:] == names[:1] and names:
            raise ValueError(f"{names[0]!r:.60} is compared with itself: choose another agent")
        agents = {}
        for name in names:
            own = self._uploaded.get(world) if name == UPLOADED else None
            agents[str(name)] = own if own is not None else agent_of(world, name)
        return agents

    async def _restart(self, error: Exception, asked: int | None = None) -> None:
        """An editor with the level of the widget that was stopped halfway."""
        if isinstance(error, TimeoutError):
            self._refuse(
                f"This took longer than {self.limits.seconds:g} seconds and was stopped. Choose a "
                "smaller level or another agent, or start the app with a larger --seconds.",
                asked,
            )
        else:
            log.error("a mistake of the app", exc_info=error)
            self._refuse("The app made a mistake. Its terminal shows which.", asked)
        if self.opened is not None and self.opened.channel is not None:
            level = self.opened.channel.widget.maze
            self.close()
            with contextlib.suppress(Stopped, TimeoutError):
                await self._open("editor", level, [], asked=asked)

    # --- threads

    async def _run(self, function: Callable[[], Any]) -> Any:
        return await self._threads.talk.run(function, self.limits.seconds)

    async def _compute(self, work: Callable[[], None], opened: Opened) -> None:
        """Run a computation of a widget. Its own time limit comes first; this one is the last."""
        if opened.closed:
            return
        jobs: list[Job[None]] = []

        def started(job: Job[None]) -> None:
            jobs.append(job)
            opened.jobs.add(job)

        try:
            await self._threads.compute.run(work, 2 * self.limits.seconds, started)
        except Stopped:
            pass  # the visitor has left
        except Exception as error:
            async with self._turn:
                if opened is self.opened:
                    await self._restart(error)
        finally:
            opened.jobs.difference_update(jobs)

    def _refuse(self, text: str, asked: int | None = None) -> None:
        self._send({"type": "refused", "text": text, "asked": asked})


def _chosen(view: object, world: object, scene: object) -> tuple[str, AnyLevel]:
    """The view and the level that a visitor asks for.

    Raises:
        ValueError: a view or a world that does not exist, or a scene that is no level.
    """
    if not isinstance(view, str) or view not in VIEWS:
        raise ValueError(
            f"there is no view {view!r:.60}: choose one of {', '.join(VIEWS)}"
            f"{did_you_mean(str(view)[:60], VIEWS)}"
        )
    worlds = VIEWS[view].worlds
    if not isinstance(world, str) or world not in worlds:
        raise ValueError(
            f"the view {view} has no world {world!r:.60}: choose one of {', '.join(worlds)}"
            f"{did_you_mean(str(world)[:60], worlds)}"
        )
    if scene is None:
        return view, FIRST_LEVELS[world]()
    if not isinstance(scene, Mapping) or scene.get("world") != world:
        raise ValueError(f"the scene is not one of {world}: leave it out")
    return view, level_of(scene)
