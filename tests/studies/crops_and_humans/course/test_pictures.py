"""The pictures of the course can be drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans import course


def test_pictures() -> None:
    mazes = crops_and_humans.training_mazes()[:5]
    draw: list[Callable[[], Any]] = [
        lambda: course.draw_mazes(mazes, titles=list("abcde"), marked=[[(0, 0)]] * 5),
        lambda: course.draw_mazes(mazes[:0]),
        lambda: course.draw_walls({"a": np.zeros((7, 7))}, agent=(1, 2), item=(1, 3)),
        lambda: course.draw_curve([1.0, 0.1], across="update", up="loss", logarithmic=True),
        lambda: course.draw_lines([1, 2], {"a": {"b": [0.0, 1.0]}}, labels=("n", "share")),
    ]
    for picture in draw:
        assert picture()._repr_png_().startswith(b"\x89PNG")


def test_outside_a_notebook_figures_are_saved_and_the_rest_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.chdir(tmp_path):
        course.show("curve", course.draw_curve([1.0, 0.5], across="update", up="loss"))
        course.show("number", 3)
        course.show("table", pd.DataFrame({f"column {number}": [number] for number in range(30)}))
    assert (tmp_path / "pictures/curve.png").read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    assert printed.split("\n")[:2] == ["picture: pictures/curve.png", "3"]
    assert all(f"column {number}" in printed for number in range(30))
