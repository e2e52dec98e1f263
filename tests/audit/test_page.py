"""The page: whole, in one file, and safe."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from procgen_tools.audit.page import document, page_of, table
from tests.audits import small_audit


class Links(HTMLParser):
    """The addresses and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.targets.append(value)
            if name == "id" and value is not None:
                self.ids.add(value)


def test_it_needs_nothing_from_elsewhere_and_its_links_lead_somewhere() -> None:
    plain = small_audit()
    found = replace(plain, agent=replace(plain.agent, name="<script>"))
    page = page_of(found)
    assert "<script" not in page
    links = Links()
    links.feed(page)
    assert all(target.startswith(("#", "data:image/webp;base64,")) for target in links.targets)
    assert {target[1:] for target in links.targets if target[0] == "#"} <= links.ids
    for answer in found.answers:
        assert answer.question.replace('"', "&quot;") in page
    assert len(re.findall("<img ", page)) == len(found.answers)
    assert "What would make us doubt all this?" in page


def test_names_cannot_carry_markup() -> None:
    page = document("<script>alert(1)</script>", "")
    assert "<script" not in page
    assert "&lt;script&gt;" in table([{"<script>": "<b>"}])
