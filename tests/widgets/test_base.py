"""All widgets have a picture, and a box if ipywidgets is installed."""

from __future__ import annotations

import base64

from procgen_tools.widgets.base import Browser


class Box:
    """A stand-in for an ipywidgets box."""

    def _repr_mimebundle_(self) -> dict[str, str]:
        return {"application/widget": "box", "text/plain": "a box"}


class Fixed(Browser):
    """A browser with one picture."""

    def __init__(self, installed: bool) -> None:
        self.installed = installed
        self.given: list[bytes | None] = []

    def __repr__(self) -> str:
        return "fixed"

    def current(self) -> bytes:
        return b"picture"

    def widget(self, picture: bytes | None = None) -> Box:
        self.given.append(picture)
        if not self.installed:
            raise ImportError("no ipywidgets")
        return Box()


def test_the_widget_is_added_to_the_picture() -> None:
    browser = Fixed(installed=True)
    bundle = browser._repr_mimebundle_()
    assert base64.b64decode(bundle.pop("image/png")) == b"picture"
    assert bundle == {"application/widget": "box", "text/plain": "a box"}
    assert browser.given == [b"picture"]  # drawn once


def test_without_ipywidgets_the_picture_is_alone() -> None:
    bundle = Fixed(installed=False)._repr_mimebundle_()
    assert base64.b64decode(bundle.pop("image/png")) == b"picture"
    assert bundle == {"text/plain": "fixed"}
