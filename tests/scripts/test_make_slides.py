"""Slides of the course: decks are made, and slides that do not fit are refused."""

from __future__ import annotations

import re
import runpy
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typst

ROOT = Path(__file__).parents[2]

COURSE = ROOT / "experiments" / "crops_and_humans"

TYPST = "0.15.0"
"""The version of typst that made the shipped slides."""

DECKS = ("1_reinforcement_learning", "2_dreaming", "3_alignment")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "make_slides.py"))


def test_three_decks_are_made(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = script["build"](tmp_path / "new")
    assert made == [tmp_path / "new" / f"{deck}.pdf" for deck in DECKS]
    assert sorted((tmp_path / "new").iterdir()) == made
    for path in made:
        pdf = path.read_bytes()
        assert pdf.startswith(b"%PDF-")
        (pages,) = re.findall(rb"/Count (\d+)", pdf)
        assert 10 <= int(pages) <= 20
    assert capsys.readouterr().err == "", "a deck has warnings"


@pytest.mark.parametrize("deck", DECKS)
def test_the_shipped_slides_are_those_of_the_sources(
    deck: str, script: dict[str, Any], tmp_path: Path
) -> None:
    """Typst writes the same bytes for the same sources; another version of it may write others."""
    if version("typst") != TYPST:
        pytest.skip(f"the shipped slides were made with typst {TYPST}")
    shipped = COURSE / "slides" / f"{deck}.pdf"
    made = {path.name: path for path in script["build"](tmp_path)}
    assert shipped.read_bytes() == made[shipped.name].read_bytes(), "run make slides"
    assert shipped.stat().st_size < 200_000


def test_without_typst_the_remedy_is_named(
    script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(SystemExit, match=r"typst is not installed: .*procgen-tools\[dev\]"):
        script["build"](tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_slide_that_does_not_fit_is_refused() -> None:
    full = b'#import "slides/theme.typ": *\n#show: deck\n#slide[Long][#rect(height: 12cm)]'
    with pytest.raises(typst.TypstError, match="too much on the slide"):
        typst.Compiler(full, root=COURSE).compile(format="pdf")
