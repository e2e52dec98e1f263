"""The pictures of the course can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

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
