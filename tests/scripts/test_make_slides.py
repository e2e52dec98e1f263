"""Slides of the course: decks are made, and slides that do not fit are refused."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
import typst

ROOT = Path(__file__).parents[2]

COURSE = ROOT / "experiments" / "crops_and_humans"

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
        assert 10 <= int(pages) <= 16
    assert capsys.readouterr().err == "", "a deck has warnings"


def test_without_typst_the_remedy_is_named(
    script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(SystemExit, match=r"typst is not installed: .*procgen-tools\[dev\]"):
        script["build"](tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_slide_that_does_not_fit_is_refused() -> None:
    full = b'#import "theme.typ": *\n#show: deck\n#slide[Long][#rect(height: 12cm)]'
    with pytest.raises(typst.TypstError, match="too much on the slide"):
        typst.Compiler(full, root=COURSE / "slides").compile(format="pdf")
