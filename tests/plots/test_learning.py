"""Learning curves: the lines are the logs, and an empty log is refused."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from procgen_tools.plots.learning import plot_learning_curves

LOG = pd.DataFrame(
    {"timesteps": [10, 20, 30, 40], "success": [0.0, np.nan, 0.5, 1.0], "empty": [np.nan] * 4}
)


def test_lines_are_the_logs() -> None:
    ax = plot_learning_curves({"a": LOG, "b": LOG.head(2)}, "success", label="solved", share=True)
    first, second = ax.get_lines()
    assert first.get_xydata().tolist() == [[10, 0], [30, 0.5], [40, 1]]
    assert second.get_xydata().tolist() == [[10, 0]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert first.get_color() != second.get_color()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("environment steps", "solved")
    assert ax.get_yticklabels()[-1].get_text() == "100%"
    plt.close(ax.figure)


def test_smoothing_is_a_running_mean_over_the_raw_line() -> None:
    ax = plot_learning_curves({"a": LOG}, "success", label="solved", smoothing=2)
    raw, smooth = ax.get_lines()
    assert raw.get_ydata().tolist() == [0, 0.5, 1]
    assert smooth.get_ydata().tolist() == [0, 0.25, 0.75]
    assert ax.get_legend() is None
    plt.close(ax.figure)


@pytest.mark.parametrize("column", ["empty", "missing"])
def test_a_log_without_figures_is_refused(column: str) -> None:
    with pytest.raises(ValueError, match=rf"the log of 'a' has no numbers in \['{column}'\]"):
        plot_learning_curves({"a": LOG}, column, label="solved")
    assert not plt.get_fignums()
