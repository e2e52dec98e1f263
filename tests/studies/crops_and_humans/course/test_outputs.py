"""What the exercises show outside a notebook."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans import course


def test_figures_and_pages_are_saved_and_the_rest_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    page = course.try_mazes(QNetwork(width=8))
    course.show("curve", course.draw_curve([1.0, 0.5], across="update", up="loss"))
    course.show("mazes", page)
    course.show("number", 3)
    course.show("table", pd.DataFrame({f"column {number}": [number] for number in range(30)}))
    pictures = tmp_path / "pictures"
    assert (pictures / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert (pictures / "mazes.html").read_text(encoding="utf-8") == page.document
    printed = capsys.readouterr().out
    assert printed.split("\n")[:3] == [
        "picture: pictures/curve.png",
        "page: pictures/mazes.html; open it in a browser",
        "3",
    ]
    assert all(f"column {number}" in printed for number in range(30))
