"""Markdown: rows keep their cells, and paragraphs their words."""

from __future__ import annotations

from procgen_tools.markdown import paragraph, row


def test_a_row_has_its_cells() -> None:
    assert row(["a", "b|c", ""]) == "| a | b\\|c |  |"


def test_a_paragraph_has_lines_of_a_width_and_whole_words() -> None:
    text = "the agent goes to the top-right corner " * 5
    lines = paragraph(text, width=20).splitlines()
    assert max(map(len, lines)) <= 20
    assert " ".join(lines).split() == text.split()
    assert paragraph(text, width=20).endswith("corner\n")
    assert paragraph("a " * 60).splitlines()[0] == " ".join("a" * 50)
