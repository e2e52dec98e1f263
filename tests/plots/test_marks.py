"""Marks that figures share: series of agents, dots, lines at zero, colour bars."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from procgen_tools.plots import marks, style
from procgen_tools.statistics.intervals import Estimate


def test_every_agent_has_a_series_in_its_own_look() -> None:
    rows = pd.DataFrame({"agent": ["anywhere", "mine", "anywhere"], "share": [0.0, 1.0, 1.0]})
    series = marks.agent_series(rows, lambda part: [Estimate.exact(part["share"].mean())])
    assert list(series) == ["anywhere", "mine"]
    assert series["anywhere"] == (style.AGENTS["anywhere"], [Estimate.exact(0.5)])
    assert series["mine"] == (style.agent_look("mine", 1), [Estimate.exact(1.0)])


def test_lines_at_zero_are_upright_or_level() -> None:
    _, ((ax,),) = style.panels(1, 1, (3, 3))
    marks.zero_line(ax, "x")
    marks.zero_line(ax, "y")
    upright, level = ax.get_lines()
    assert set(upright.get_xdata()) == set(level.get_ydata()) == {0}


def test_dots_and_small_marks_are_where_they_belong() -> None:
    _, ((ax,),) = style.panels(1, 1, (3, 3))
    marks.draw_dots(ax, [1, 2], [3, 4], style.CHEESE, "mazes", size=14)
    marks.draw_small_marks(ax, [5], [6], style.CORNER)
    assert ax.collections[0].get_offsets().tolist() == [[1, 3], [2, 4]]
    assert ax.get_lines()[0].get_xydata().tolist() == [[5, 6]]
    assert ax.get_legend_handles_labels()[1] == ["mazes"]


def test_numbers_that_double_are_equally_far() -> None:
    _, ((ax,),) = style.panels(1, 1, (3, 3))
    marks.doubling(ax, [1, 2, 4])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "4"]
    places = ax.transData.transform([(number, 0) for number in (1, 2, 4)])[:, 0]
    assert np.allclose(np.diff(places), places[1] - places[0])


def test_texts_stand_above_their_place() -> None:
    figure, ((ax,),) = style.panels(1, 1, (3, 3))
    marks.write_above(ax, "0.7", (0.5, 0.5))
    figure.canvas.draw()
    (text,) = ax.texts
    box, place = text.get_window_extent(), ax.transData.transform((0.5, 0.5))
    assert box.y0 > place[1]
    assert abs((box.x0 + box.x1) / 2 - place[0]) < 2


def test_a_colour_bar_has_its_label() -> None:
    figure, ((ax,),) = style.panels(1, 1, (3, 3), framed=True)
    bar = marks.colour_bar(figure, ax.imshow(np.eye(2)), ax, "change", shrink=0.5)
    assert bar.ax.get_ylabel() == "change"
    plt.close(figure)
