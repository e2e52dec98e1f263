"""The server of the app: one page, one websocket per visitor, and uploads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import resources
from math import isfinite
from typing import Any

import torch

from procgen_tools.app.access import HEADERS, Access, address, is_loopback
from procgen_tools.app.limits import Limits
from procgen_tools.app.sessions import Session, Threads
from procgen_tools.app.views import VIEWS, catalogue, prepare
from procgen_tools.app.work import Workers
from procgen_tools.web.bundle import bundle, theme
from procgen_tools.widgets.live import sentence

try:
    import uvicorn
    import websockets  # noqa: F401  (uvicorn finds it by itself)
    from starlette.applications import Starlette
    from starlette.datastructures import Headers
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
    from starlette.routing import Route, WebSocketRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket, WebSocketDisconnect
except ImportError as error:
    raise ModuleNotFoundError(
        "the app needs the libraries of an extra: install them with pip install '.[app]'"
    ) from error

GOING_AWAY, REFUSED, FULL = 1001, 1008, 1013
"""Codes with which the server ends a connection."""

GONE = 410
"""The status of an upload whose visitor is not known any more."""


class Guard:
    """Refuses requests that the rules of access forbid, and adds headers to all answers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        reading = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        arriving = reading and self.access.is_token(scope["query_string"])
        access = replace(self.access, token=None) if arriving else self.access
        refused = access.refusal(dict(Headers(scope=scope)), origin_needed=not reading)
        if scope["type"] == "websocket":
            if refused is None:
                await self.app(scope, receive, send)
            else:
                await WebSocket(scope, receive, send).close(REFUSED, refused)
            return
        answer = self.app
        if refused is not None:
            answer = PlainTextResponse(refused + "\n", 403)
        elif arriving:
            answer = self._welcome()
        await answer(scope, receive, partial(_with_headers, send))

    def _welcome(self) -> Response:
        """The token becomes a cookie, and leaves the address."""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self.access.cookie, self.access.token or "", httponly=True, samesite="lax"
        )
        return answer


async def _with_headers(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        message = {**message, "headers": [*message.get("headers", []), *added]}
    await send(message)


class Visitors:
    """All visitors of an app.

    Args:
        threads: where their widgets compute.
        limits: see `Limits`.

    Attributes:
        sessions: by their secret names.
    """

    def __init__(self, threads: Threads, limits: Limits) -> None:
        self.threads, self.limits = threads, limits
        self.sessions: dict[str, Session] = {}

    async def visit(self, socket: WebSocket) -> None:
        """One visitor, from the first message to the last."""
        await socket.accept()
        if len(self.sessions) >= self.limits.visitors:
            text = (
                f"The app already has {self.limits.visitors} visitors. Try again later, or start "
                "it with a larger --visitors."
            )
            await _end(socket, FULL, text)
            return
        loop = asyncio.get_running_loop()
        outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        session = Session(
            lambda message: _from_thread(loop, outbox, message), self.threads, self.limits
        )
        self.sessions[session.name] = session
        beat = self.limits.beat_seconds
        tasks = [
            asyncio.create_task(_write(socket, outbox)),
            asyncio.create_task(_beat(outbox, beat)),
        ]
        outbox.put_nowait(
            {
                "type": "hello",
                "session": session.name,
                "beat": beat,
                "message_bytes": self.limits.message_bytes,
                **catalogue(),
            }
        )
        try:
            while True:
                said = await asyncio.wait_for(_heard(socket), self.limits.idle_seconds)
                if said is None:
                    return
                await session.handle(_parsed(said))
                await asyncio.sleep(0)  # for what threads have sent
                await outbox.join()  # a visitor who does not read is not served
        except TimeoutError:
            minutes = self.limits.idle_seconds / 60
            await _end(
                socket, GOING_AWAY, f"Nothing happened for {minutes:g} minutes, so the app let go."
            )
        finally:
            del self.sessions[session.name]
            for task in tasks:
                task.cancel()
            session.close()

    async def upload(self, request: Request) -> Response:
        """An upload of a visitor, who is known by the name of the session."""
        session = self.sessions.get(request.headers.get("x-session", ""))
        if session is None:
            return _answer(GONE, "The upload belongs to no visitor: reload the page.")
        kind, world = request.path_params["kind"], request.headers.get("x-world", "maze")
        limits = {"maze": self.limits.maze_bytes, "checkpoint": self.limits.checkpoint_bytes}
        limit = limits.get(kind, 0)
        if session.uploading:
            return _answer(429, "Another file is on its way: wait until it is read.")
        session.uploading = True
        content = bytearray()
        try:
            async with asyncio.timeout(self.limits.seconds):
                async for part in request.stream():
                    content += part
                    if len(content) > limit:
                        return _answer(
                            413, f"The file has more than {limit:,} bytes: upload a smaller one."
                        )
            return JSONResponse(await session.upload(kind, bytes(content), world))
        except ClientDisconnect:
            return Response(status_code=400)
        except ValueError as error:
            return _answer(400, sentence(error))
        except TimeoutError:
            return _answer(408, "Reading the file took too long: upload a smaller one.")
        finally:
            session.uploading = False


async def _heard(socket: WebSocket) -> str | None:
    """The next message; None once the visitor has left, or says something else than text."""
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, KeyError):
        return await socket.receive_text()
    return None


async def _beat(outbox: asyncio.Queue[dict[str, Any]], seconds: int | float) -> None:
    """Tell the page again and again that the server is there, without a queue for slow readers."""
    while True:
        await asyncio.sleep(seconds)
        if outbox.empty():
            outbox.put_nowait({"type": "beat"})


async def _write(socket: WebSocket, outbox: asyncio.Queue[dict[str, Any]]) -> None:
    while True:
        message = await outbox.get()
        try:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the visitor has left
                await socket.send_text(as_json(message))
        finally:
            outbox.task_done()


def as_json(message: Mapping[str, Any]) -> str:
    """A message as JSON that every browser reads, or a message that says why there is none."""
    try:
        return json.dumps(message, allow_nan=False)
    except (RecursionError, ValueError):
        text = "The answer has numbers that are not finite: choose another agent or a smaller edit."
        return json.dumps({"type": "refused", "text": text, "asked": None})


def _from_thread(
    loop: asyncio.AbstractEventLoop, outbox: asyncio.Queue[dict[str, Any]], message: dict[str, Any]
) -> None:
    with contextlib.suppress(RuntimeError):  # the server has stopped
        loop.call_soon_threadsafe(outbox.put_nowait, message)


async def _end(socket: WebSocket, code: int, text: str) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(as_json({"type": "ended", "text": text}))
        await socket.close(code)


def _parsed(text: str) -> Any:
    """The message in a text; None if it is not JSON, or has numbers that JSON does not have."""
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def _answer(status: int, text: str) -> JSONResponse:
    return JSONResponse({"refused": text}, status)


def make_app(access: Access, limits: Limits | None = None, workers: int | None = None) -> Starlette:
    """The app, for a server of ASGI.

    Args:
        access: who may use it.
        limits: what visitors may use. Defaults to `Limits()`.
        workers: the number of threads that compute. Defaults to one per core.

    Example:
        >>> app = make_app(Access("127.0.0.1", 8000))
        >>> [route.path for route in app.routes][:2]
        ['/', '/socket']
    """
    count = workers or os.cpu_count() or 1
    threads = Threads(Workers(count), Workers(count))
    visitors = Visitors(threads, limits or Limits())

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        threads.close()

    page = resources.files("procgen_tools.app")
    texts: dict[str, Callable[[], tuple[str, str]]] = {
        "/": lambda: ((page / "page.html").read_text("utf-8"), "text/html"),
        "/app.js": lambda: (bundle("app"), "text/javascript"),
        "/app.css": lambda: (theme() + (page / "page.css").read_text("utf-8"), "text/css"),
    }
    for name, view in VIEWS.items():
        texts[f"/views/{name}.js"] = lambda view=view: (view.widget._esm, "text/javascript")  # type: ignore[misc]
        texts[f"/views/{name}.css"] = lambda view=view: (view.widget._css, "text/css")  # type: ignore[misc]
    first, *others = [_text_route(path, *text()) for path, text in texts.items()]
    routes = [
        first,
        WebSocketRoute("/socket", visitors.visit),
        Route("/upload/{kind}", visitors.upload, methods=["POST"]),
        *others,
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.visitors = visitors
    app.add_middleware(Guard, access=access)
    return app


def _text_route(path: str, text: str, kind: str) -> Route:
    async def answer(request: Request) -> Response:
        return Response(text, media_type=kind)

    return Route(path, answer)


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    ready: Callable[[str], None] = print,
) -> None:
    """Serve the app until it is interrupted.

    Args:
        host: the address to listen at. Where other machines can reach it, visitors need a token.
        port: the port; 0 for any free one.
        limits: what visitors may use.
        ready: gets the address of the page, with the token if there is one.

    Raises:
        ValueError: an address that cannot be listened at. The message says what to change.
    """
    limits = limits or Limits()
    listening = listen(host, port)
    port = listening.getsockname()[1]
    token = None if is_loopback(host) else secrets.token_urlsafe(24)
    torch.set_num_threads(1)  # each worker is one thread
    prepare()
    name = socket.gethostname() if host in ("0.0.0.0", "::") else host
    ready(f"http://{address(name, port)}/{'' if token is None else f'?token={token}'}")
    server_of(Access(host, port, token), limits).run(sockets=[listening])


def server_of(access: Access, limits: Limits) -> uvicorn.Server:
    """The server of an app, with the limits that a server checks: sizes and connections."""
    config = uvicorn.Config(
        make_app(access, limits),
        ws_max_size=limits.message_bytes,
        ws_per_message_deflate=False,
        limit_concurrency=4 * limits.visitors + 16,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        access_log=False,  # it would show the token
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address.

    Raises:
        ValueError: the address does not exist on this machine, or the port is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ValueError(
            f"the app cannot listen at {address(host, port)} ({error.strerror or error}): choose "
            "another --port, or a --host of this machine"
        ) from None
    return listening
