"""Learning curves from the logs of runs, one line per run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from procgen_tools.plots.style import series_look

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_learning_curves(
    logs: Mapping[str, pd.DataFrame],
    column: str,
    *,
    label: str,
    x: str = "timesteps",
    x_label: str = "environment steps",
    smoothing: int = 1,
    share: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw one column of several logs against training time.

    Args:
        logs: the logs by their label in the legend; see `training.run_log.read_log`.
        column: the column to draw.
        label: the label of the vertical axis, with its unit.
        x: the column of the horizontal axis.
        x_label: the label of the horizontal axis.
        smoothing: the number of rows in a running mean. Above 1, the raw numbers are drawn as pale
            lines behind it.
        share: whether the column is a share, drawn from 0 to 100%.
        ax: where to draw; defaults to a new figure.

    Raises:
        ValueError: a log lacks the columns, or has no numbers in them.
    """
    import matplotlib.pyplot as plt

    for name, log in logs.items():
        missing = [each for each in (x, column) if each not in log or log[each].notna().sum() == 0]
        if missing:
            raise ValueError(
                f"the log of {name!r} has no numbers in {missing}: choose from {list(log)}"
            )
    if ax is None:
        ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")[1]
    for number, (name, log) in enumerate(logs.items()):
        shown = log[[x, column]].dropna()
        colour = series_look(number).colour
        if smoothing > 1:
            ax.plot(shown[x], shown[column], color=colour, alpha=0.25, linewidth=0.8)
            shown = shown.assign(**{column: shown[column].rolling(smoothing, 1).mean()})
        ax.plot(shown[x], shown[column], color=colour, linewidth=1.8, label=name)
    if share:
        ax.set_ylim(0, 1.02)
        ax.set_yticks(np.linspace(0, 1, 6), [f"{tick:.0%}" for tick in np.linspace(0, 1, 6)])
    ax.set_xlabel(x_label)
    ax.set_ylabel(label)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if len(logs) > 1:
        ax.legend(frameon=False)
    return ax
