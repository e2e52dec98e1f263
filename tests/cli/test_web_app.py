"""`procgen-tools app`: its options reach the server."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

pytest.importorskip("starlette")
pytest.importorskip("anywidget")

from procgen_tools.app import server
from procgen_tools.app.limits import Limits
from procgen_tools.cli import app


def test_options(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def serve(host: str, port: int, limits: Limits, ready: object) -> None:
        asked.append((host, port, limits.visitors, limits.seconds))
        ready("http://here:1/")  # type: ignore[operator]

    monkeypatch.setattr(server, "serve", serve)
    result = CliRunner().invoke(app, ["app", "--port", "1", "--visitors", "3", "--seconds", "2.5"])
    assert asked == [("127.0.0.1", 1, 3, 2.5)], result.output
    assert "The app is at http://here:1/" in result.output
    assert CliRunner().invoke(app, ["app", "--visitors", "0"]).exit_code == 2


def test_a_port_in_use_is_an_error_with_a_remedy() -> None:
    with server.listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["app", "--port", str(port)])
        assert isinstance(result.exception, ValueError)
        assert f"cannot listen at 127.0.0.1:{port}" in str(result.exception)
        assert "choose another --port" in str(result.exception)
