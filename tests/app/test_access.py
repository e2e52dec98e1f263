"""Access: who is let in, and who is told why not."""

from __future__ import annotations

import pytest

from procgen_tools.app.access import HEADERS, Access, address, is_loopback

HERE = Access("127.0.0.1", 8000)
THERE = Access("0.0.0.0", 8000, token="secret")
KNOWN = {"cookie": f"{THERE.cookie}=secret"}


@pytest.mark.parametrize("name", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_its_own_page_is_let_in(name: str) -> None:
    headers = {"host": name, "origin": f"http://{name}"}
    assert HERE.refusal(headers, origin_needed=True) is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://127.0.0.1:8001",
        "http://localhost:8000",  # another name, so another page
        "https://127.0.0.1:8000.evil.example",
        "null",
        "",
    ],
)
def test_foreign_pages_are_refused(origin: str) -> None:
    headers = {"host": "127.0.0.1:8000", "origin": origin}
    for needed in (True, False):
        assert "cannot use this app" in (HERE.refusal(headers, origin_needed=needed) or "")


def test_without_an_origin_only_reading_is_allowed() -> None:
    headers = {"host": "127.0.0.1:8000"}
    assert HERE.refusal(headers, origin_needed=False) is None
    assert "no Origin" in (HERE.refusal(headers, origin_needed=True) or "")


@pytest.mark.parametrize("name", ["evil.example:8000", "evil.example", "127.0.0.1:8001", ""])
def test_a_loopback_app_has_loopback_names(name: str) -> None:
    """A name that was made to point to this machine is none of its names."""
    headers = {"host": name, "origin": f"http://{name}"}
    assert "not called" in (HERE.refusal(headers, origin_needed=True) or "")


def test_elsewhere_a_token_is_needed() -> None:
    headers = {"host": "maze.example:8000", "origin": "http://maze.example:8000"}
    assert THERE.refusal(headers | KNOWN, origin_needed=True) is None
    for cookie in ("", "other=secret", f"{THERE.cookie}=Secret", f"{THERE.cookie}=", "\x00=;;"):
        refused = THERE.refusal(headers | {"cookie": cookie}, origin_needed=False)
        assert "token is missing" in (refused or "")
    foreign = headers | KNOWN | {"origin": "http://evil.example"}
    assert "cannot use this app" in (THERE.refusal(foreign, origin_needed=True) or "")


def test_tokens_in_addresses() -> None:
    assert THERE.is_token(b"token=secret")
    for query in (b"", b"token=", b"token=Secret", b"token=secret&token=x", b"token=%ff\xff"):
        assert not THERE.is_token(query)
    assert not HERE.is_token(b"token=None")
    assert not HERE.is_token(b"token=")


def test_addresses() -> None:
    loopback = ["127.0.0.1", "127.1.2.3", "::1", "localhost"]
    assert all(map(is_loopback, loopback))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.168.1.5", "maze.example", ""]))
    assert address("::1", 80) == "[::1]:80"


def test_the_page_runs_no_code_but_its_own() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_an_origin_that_is_no_address_is_refused() -> None:
    access = Access("127.0.0.1", 8000, None)
    headers = {"host": "127.0.0.1:8000", "origin": "http://["}
    assert "cannot use this app" in str(access.refusal(headers, origin_needed=True))
