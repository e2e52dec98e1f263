"""Figures of retargeting: gains on a linear axis, and edits without scores."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from procgen_tools import maze
from procgen_tools.plots import style
from procgen_tools.studies.retargeting import figures as retargeting


def note_of(figure: plt.Figure) -> str:
    (note,) = figure.artists
    return note.get_text()


def test_gains_are_drawn_on_a_linear_axis() -> None:
    tuning = pd.DataFrame(
        {"agent": "a", "level": level, "set": "one", "magnitude": magnitude, "log_ratio": ratio}
        for level in range(3)
        for magnitude, ratio in ((1.0, 0.0), (4.0, np.log(1.5)), (16.0, -5.0))
    )
    figure = retargeting.plot_magnitudes(tuning, ["one"])
    ax = figure.axes[0]
    assert (ax.get_yscale(), ax.get_ylim()[0]) == ("linear", 0)
    (line,) = (line for line in ax.get_lines() if line.get_label() == "one")
    assert np.allclose(line.get_ydata(), [1, 1.5, np.exp(-5)])
    assert figure.get_suptitle() == "Targets become most probable (1.50 times) with 'one' at 4\n"
    assert note_of(figure) == f"n = 3 mazes; bands: {style.LEVELS_INTERVAL}"


def test_an_edit_without_scores_is_refused() -> None:
    scores = pd.DataFrame({"edit": ["one"], "row": [0], "col": [0], "probability": [0.5]})
    with pytest.raises(ValueError, match="no scores of 'two'"):
        retargeting.plot_target_maps(maze.make_level(0), scores, {"one": "One", "two": "Two"})
