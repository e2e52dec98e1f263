"""Who may talk to the app: checks of the host, the origin and the token of every request."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""The Content-Security-Policy: nothing from elsewhere, and no code within the page."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer."""


@dataclass(frozen=True)
class Access:
    """The rules of an app that listens at one address.

    Browsers send the page's address with every websocket and upload. It must be the address of the
    app, so other pages cannot use an app on the visitor's machine. On a loopback address, the name
    of the app must also be a loopback name, so no other name can be made to point to it.

    Attributes:
        host: the address that the app listens at.
        port: its port.
        token: what a visitor must know, or None.

    Example:
        >>> access = Access("127.0.0.1", 8000)
        >>> access.refusal({"host": "localhost:8000"}, origin_needed=False) is None
        True
    """

    host: str
    port: int
    token: str | None = None

    @property
    def cookie(self) -> str:
        """The name of the cookie with the token. Ports share cookies, so it has the port."""
        return f"procgen_tools_{self.port}"

    def refusal(self, headers: Mapping[str, str], *, origin_needed: bool) -> str | None:
        """Why a request is refused, as a sentence; None if it is allowed.

        Args:
            headers: by lowercase name.
            origin_needed: whether the request can change something.
        """
        named = headers.get("host", "")
        if is_loopback(self.host) and named not in self._loopback_names():
            return (
                f"This app is not called {named!r:.80}: open http://{address(self.host, self.port)}"
            )
        origin = headers.get("origin")
        if origin is None and origin_needed:
            return "The request has no Origin: use the page of this app."
        if origin is not None and (not named or _host_of(origin) != named):
            return f"Pages of {origin!r:.80} cannot use this app: use its own page."
        if self.token is not None and not self._has_token(headers.get("cookie", "")):
            return "The token is missing: open the address that the app printed when it started."
        return None

    def is_token(self, query: bytes) -> bool:
        """Whether a query string has the token. The comparison takes the same time for any."""
        given = parse_qs(query.decode("latin-1")).get("token", [])
        return self.token is not None and len(given) == 1 and _equal(given[0], self.token)

    def _has_token(self, cookies: str) -> bool:
        try:
            kept = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return kept is not None and _equal(kept.value, self.token or "")

    def _loopback_names(self) -> set[str]:
        names = {address(name, self.port) for name in ("localhost", "127.0.0.1", "::1", self.host)}
        if self.port == 80:
            names |= {name.removesuffix(":80") for name in names}
        return names


def _host_of(origin: str) -> str | None:
    """The host and port of an address; None if it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    Example:
        >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
        (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address(host: str, port: int) -> str:
    """Host and port as in a URL.

    Example:
        >>> address("::1", 8000)
        '[::1]:8000'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
