"""A page in a frame: the document comes out as it went in, and nothing leaks."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from procgen_tools.models import QNetwork
from procgen_tools.page.crops_page import crops_document
from procgen_tools.page.frame import frame_of
from procgen_tools.worlds.crops_and_humans.levels import training_mazes


class Parsed(HTMLParser):
    """The tags of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_browser_reads_the_same_document() -> None:
    document = (
        '<p title="a" id=\'b\'>1 &lt; 2 &amp;amp; 3</p><script>if (1 < 2 && "</") {}</script>'
    )
    parsed = Parsed(frame_of(document, 'mazes "to try"', "<run>", height=300))
    assert [tag for tag, _ in parsed.tags] == ["div", "div", "iframe"]
    _, attributes = parsed.tags[-1]
    assert attributes["srcdoc"] == document
    assert attributes["title"] == 'mazes "to try"'
    assert "height: 300px" in (attributes["style"] or "")
    assert parsed.texts == ["<run>"]


DARK, LIGHT = "rgb(20, 24, 29)", "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    ("html", "body", "scheme", "ground"),
    [
        ("", "", "light", LIGHT),
        ("", "", "dark", DARK),
        ("", 'class="vscode-body vscode-dark"', "light", DARK),
        ('theme="light"', "", "dark", LIGHT),
        ("", 'data-jp-theme-light="false" class="light"', "light", DARK),
    ],
)
def test_a_page_is_as_high_as_its_content_and_as_dark_as_the_notebook(
    chromium: Any, html: str, body: str, scheme: str, ground: str
) -> None:
    """Notebooks of VS Code, Colab and Jupyter say in their own ways which theme they have."""
    document = crops_document({"mine": QNetwork(width=4)}, {"training": training_mazes()[:1]})
    page = chromium.new_page(viewport={"width": 900, "height": 600}, color_scheme=scheme)
    shown = frame_of(document, "mazes", "instead", height=100)
    page.set_content(f"<!doctype html><html {html}><body {body}>{shown}</body></html>")
    frame = page.frames[1]
    frame.locator("#values .pt-bar").first.wait_for()
    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    for width in (900, 420):
        page.set_viewport_size({"width": width, "height": 600})
        frame.evaluate("new Promise((after) => setTimeout(after, 100))")
        low, high = page.locator("iframe").evaluate(
            "({ clientHeight, contentDocument: { body } }) => [body.offsetHeight, clientHeight]"
        )
        assert 500 < low <= high < low + 2
    page.close()


def test_a_frame_that_is_moved_keeps_what_was_chosen_and_edited(chromium: Any) -> None:
    """Notebooks take cells out of the page, for example while they are not seen."""
    networks = {"one": QNetwork(width=4, seed=0), "two": QNetwork(width=4, seed=1)}
    mazes = {"few": training_mazes()[:1], "more": training_mazes()[5:8]}
    page = chromium.new_page()
    page.set_content(frame_of(crops_document(networks, mazes), "mazes", "instead"))
    frame = page.frame_locator("iframe")

    def shown() -> list[str | None]:
        frame.locator("#values .pt-bar").first.wait_for()
        return [
            *frame.locator("select").evaluate_all("all => all.map((each) => each.value)"),
            frame.locator("canvas").get_attribute("aria-label"),
            frame.locator("#values").inner_text(),
        ]

    first = shown()
    frame.get_by_label("mazes").select_option(label="more")
    frame.get_by_text("Another maze").click()
    frame.get_by_label("who walks").select_option(label="two")
    frame.locator("canvas").focus()
    frame.locator("canvas").press("Enter")  # closes or opens the cell at the bottom left
    frame.locator("canvas").blur()
    before = shown()
    assert all(one != other for one, other in zip(first, before, strict=True))
    page.evaluate("document.body.append(document.querySelector('iframe').parentElement)")
    frame.get_by_label("who walks").and_(frame.locator("select")).wait_for()
    assert shown() == before
    frame.get_by_text("Another maze").click()
    frame.get_by_text("Another maze").click()
    assert shown()[:2] == before[:2]
    assert shown()[2] != before[2]
    page.close()
