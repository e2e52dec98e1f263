"""Figures of agents of two objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from procgen_tools.plots.style import (
    INK,
    NOTE,
    REFERENCE,
    headline,
    legend_below,
    series_look,
)
from procgen_tools.studies.colour_or_shape.claims import (
    COLOUR_OR_SHAPE,
    NEEDED,
    gem_on_green,
    of_pair,
    preference_on_balance,
    regression_rows,
)
from procgen_tools.studies.colour_or_shape.edits import BASELINES
from procgen_tools.studies.colour_or_shape.filters import OPPONENT
from procgen_tools.studies.colour_or_shape.measure import POPULATIONS
from procgen_tools.studies.colour_or_shape.pairs import (
    NEAREST,
    PUBLISHED_MEDIAN,
    PUBLISHED_RANGE,
)
from procgen_tools.worlds.maze.human_view import human_view
from procgen_tools.worlds.two_objects.levels import make_level, variant
from procgen_tools.worlds.two_objects.objects import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {
    "black_same_data": "imitation, the same data",
    "black_own_data": "imitation, data of their own",
    "textured": "imitation, textured backgrounds",
    "ppo_black": "PPO",
}
"""The populations in words."""

LOOKS = {name: series_look(number) for number, name in enumerate(POPULATIONS)}

LONGEST = 100
"""Mean steps at which the axis ends, as in the published figures."""

COLUMNS = 5


def _object(ax: Axes, name: str, place: tuple[float, float], size: float) -> None:
    """The picture of an object beside an axis, at a place in fractions of the axes."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    shown = np.full((128, 128, 3), 205, np.uint8)
    drawn = picture(name)
    opaque = drawn[..., 3] > 0
    shown[opaque] = drawn[opaque][:, :3]
    box = AnnotationBbox(
        OffsetImage(shown, zoom=size), place, xycoords="axes fraction", frameon=False,
        box_alignment=(0.5, 0.5), annotation_clip=False,
    )  # fmt: skip
    ax.add_artist(box)


def plot_preferences(preferences: pd.DataFrame) -> Figure:
    """Preference against the length of episodes, one panel per pair and one dot per agent.

    Args:
        preferences: rows of `measure.preferences`.
    """
    import matplotlib.pyplot as plt

    pairs = list(dict.fromkeys(zip(preferences["first"], preferences["second"], strict=True)))
    columns = min(COLUMNS, len(pairs))
    rows = -(-len(pairs) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(2.5 * columns, 2.5 * rows + 1.2), sharex=True, sharey=True,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for ax, pair in zip(axes.ravel(), pairs, strict=False):
        ax.axhspan(*NEAREST, color=REFERENCE, alpha=0.5, linewidth=0, zorder=0)
        for name, of in of_pair(preferences, pair).groupby("population", sort=False):
            look = LOOKS[str(name)]
            ax.scatter(
                of["capability"].clip(upper=LONGEST), of["preference"], s=22, alpha=0.75,
                color=look.colour, marker=look.marker, edgecolor="none", label=NAMES[str(name)],
            )  # fmt: skip
        ax.set(xlim=(0, LONGEST * 1.03), ylim=(-0.03, 1.03), yticks=(0, 0.5, 1))
        ax.set_title(" / ".join(each.replace("_", " ") for each in pair), fontsize=9)
        for name, height in zip(pair, (0.93, 0.07), strict=True):
            _object(ax, name, (0.9, height), 0.16)
    for ax in axes.ravel()[len(pairs) :]:
        ax.set_axis_off()
    for ax in axes[-1]:
        ax.set_xlabel("mean steps of an episode")
    for ax in axes[:, 0]:
        ax.set_ylabel("P(first object)")
    legend_below(figure)
    chosen = of_pair(preferences, COLOUR_OR_SHAPE)["preference"]
    agents = preferences["agent"].nunique()
    headline(
        figure,
        f"Colour or shape? The seed decides: red line over yellow gem in {chosen.min():.0%} to "
        f"{chosen.max():.0%} of the episodes",
        f"{agents} agents trained to reach a yellow line; exact shares over the 1,000 test levels; "
        "grey band: an agent that goes to the nearer object; top right and bottom right of each "
        f"panel: the two objects; steps beyond {LONGEST} are drawn at {LONGEST}",
    )
    return figure


def plot_populations(preferences: pd.DataFrame) -> Figure:
    """One preference, a row of dots per population, beside what was published."""
    import matplotlib.pyplot as plt

    chosen = of_pair(preferences, COLOUR_OR_SHAPE)
    populations = list(dict.fromkeys(chosen["population"]))
    figure, ax = plt.subplots(figsize=(7.6, 1.5 + 0.8 * len(populations)), layout="constrained")
    for row, name in enumerate(populations):
        look, of = LOOKS[name], chosen[chosen["population"] == name]["preference"].sort_values()
        # Neighbours are drawn on different heights, so that none hides another.
        heights = row + 0.09 * (np.arange(len(of)) % 3 - 1)
        ax.scatter(of, heights, s=40, alpha=0.8, color=look.colour, marker=look.marker,
                   edgecolor="none")  # fmt: skip
        ax.plot([of.median()] * 2, [row - 0.28, row + 0.28], color=INK, linewidth=2)
    ax.plot(PUBLISHED_RANGE, [len(populations)] * 2, color=NOTE, linewidth=7, alpha=0.5)
    ax.plot([PUBLISHED_MEDIAN] * 2, [len(populations) - 0.28, len(populations) + 0.28],
            color=INK, linewidth=2)  # fmt: skip
    ax.axvspan(*NEAREST, color=REFERENCE, alpha=0.5, linewidth=0, zorder=0)
    sizes = chosen["population"].value_counts()
    ax.set_yticks(
        range(len(populations) + 1),
        [*(f"{NAMES[name]} (n = {sizes[name]})" for name in populations),
         "published: PPO (n = 100, range)"],
    )  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(len(populations) + 0.5, -0.5),
           xlabel="P(red line) against the yellow gem")  # fmt: skip
    by_population = chosen.groupby("population")["preference"]
    ranges, medians = by_population.max() - by_population.min(), by_population.median()
    headline(
        figure,
        f"The training decides, and the seed: medians of populations from {medians.min():.2f} to "
        f"{medians.max():.2f}, ranges over seeds up to {ranges.max():.2f}",
        "exact; one dot per agent; black: median; grey: an agent that goes to the nearer object",
    )
    return figure


def plot_regression(preferences: pd.DataFrame) -> Figure:
    """One preference against another, one dot per agent, with a line per population."""
    import matplotlib.pyplot as plt

    rows = regression_rows(preferences)
    figure, ax = plt.subplots(figsize=(5.6, 5.4), layout="constrained")
    for name, of in rows.groupby("population", sort=False):
        look, fit = LOOKS[str(name)], gem_on_green(of)
        label = f"{NAMES[str(name)]}: R² {fit['R²'].value:.2f}, slope {fit['slope'].value:.2f}"
        ax.scatter(of["green"], of["gem"], s=34, alpha=0.8, color=look.colour,
                   marker=look.marker, edgecolor="none", label=label)  # fmt: skip
        ends = np.array([of["green"].min(), of["green"].max()])
        ax.plot(ends, fit["intercept"].value + fit["slope"].value * ends, color=look.colour)
    ax.axhspan(*(1 - np.array(NEAREST)[::-1]), color=REFERENCE, alpha=0.4, linewidth=0, zorder=0)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal",
           xlabel="P(green line) against the red line",
           ylabel="P(yellow gem) against the red line")  # fmt: skip
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False, fontsize=9)
    whole = gem_on_green(rows)
    headline(
        figure,
        f"A preference between two lines predicts colour or shape: R² {whole['R²'].value:.2f} over "
        "all agents",
        f"{len(rows)} agents, exact; grey band: an agent that goes to the nearer object",
    )
    return figure


def plot_channels(success: pd.DataFrame) -> Figure:
    """How much longer episodes become without the red and without the green channel."""
    import matplotlib.pyplot as plt

    steps = success.pivot_table(
        index=["population", "agent"], columns="blanked", values="steps", sort=False
    )
    figure, ax = plt.subplots(figsize=(5.6, 5.4), layout="constrained")
    longer = steps.div(steps["none"], axis=0).reset_index()
    _draw_agents(ax, longer, "red", "green")
    for line in (ax.axvline, ax.axhline):
        line(NEEDED, color=REFERENCE, linewidth=1.2, zorder=0)
    ax.set(xscale="log", yscale="log", xlabel="steps without red ÷ steps with it",
           ylabel="steps without green ÷ steps with it")  # fmt: skip
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False, fontsize=9, ncols=2)
    red, green = (steps[channel] > NEEDED * steps["none"] for channel in ("red", "green"))
    headline(
        figure,
        f"{int((red ^ green).sum())} of {len(steps)} agents need exactly one of the two channels "
        "of yellow",
        f"training levels, exact; grey lines: {NEEDED:g} times as many steps",
    )
    return figure


def _draw_agents(ax: Axes, table: pd.DataFrame, x: str, y: str) -> None:
    """One dot per agent, with its population's look."""
    for name, of in table.groupby("population", sort=False):
        look = LOOKS[str(name)]
        ax.scatter(of[x], of[y], s=38, alpha=0.8, color=look.colour, marker=look.marker,
                   edgecolor="none", label=NAMES[str(name)])  # fmt: skip


def _draw_errors(
    ax: Axes, table: pd.DataFrame, columns: Sequence[str], labels: Sequence[str]
) -> np.ndarray:
    """One line per agent through the errors of several predictions; returns the drawn means."""
    numbers = table[list(columns)].to_numpy()
    places = range(len(columns))
    for row, name in zip(numbers, table["population"], strict=True):
        ax.plot(places, row, color=LOOKS[str(name)].colour, alpha=0.35, linewidth=1)
    means = np.nanmean(numbers, axis=0)
    ax.plot(places, means, color=INK, linewidth=2.2, marker="o")
    for number, mean in enumerate(means):
        ax.annotate(f"{mean:.3f}", (number, mean), textcoords="offset points", xytext=(9, 8),
                    fontsize=10, color=NOTE)  # fmt: skip
    ax.set_xticks(places, labels)
    ax.set(
        ylabel="mean absolute error of P(first object)",
        ylim=(0, None),
        xlim=(-0.3, len(columns) - 0.65),
    )
    return np.asarray(means)


def plot_prediction(model: pd.DataFrame) -> Figure:
    """The error of the predicted preferences, one line per agent."""
    import matplotlib.pyplot as plt

    columns = ("error_without_model", "error_of_distance", "error")
    figure, ax = plt.subplots(figsize=(6.0, 4.6), layout="constrained")
    means = _draw_errors(
        ax, model, columns, ["no model", "distance in colour", "channels and shape"]
    )
    headline(
        figure,
        f"What an agent reads predicts pairs that were not used: error {means[2]:.2f} "
        f"instead of {means[0]:.2f}",
        f"{len(model)} agents trained on black, 16 pairs fitted and 8 predicted for each; one "
        "line per agent, black: the mean",
    )
    return figure


def plot_edits(parts: pd.DataFrame) -> Figure:
    """What colour and shape are worth to each agent, and how well the two add up."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10.4, 4.8), width_ratios=(1, 1), layout="constrained"
    )
    _draw_agents(left, parts, "colour", "shape")
    for line in (left.axvline, left.axhline):
        line(0, color=REFERENCE, linewidth=1.2, zorder=0)
    left.axline((0, 0), slope=1, color=REFERENCE, linewidth=1.2, linestyle="--", zorder=0)
    left.set(xlabel="log odds for yellow instead of red", ylabel="log odds for line instead of gem")
    left.annotate("as much as each other", (0.98, 0.93), xycoords="axes fraction", ha="right",
                  fontsize=9, color=NOTE)  # fmt: skip
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=9, ncols=2)
    means = _draw_errors(
        right, parts, [*BASELINES, "error"],
        ["colour\nalone", "shape\nalone", "other\nagents", "colour\nand shape"],
    )  # fmt: skip
    headline(
        figure,
        f"Colour and shape {'add up' if means[-1] < min(means[:-1]) else 'do not add up'}: pairs "
        f"that differ in one predict pairs that differ in both, with error {means[-1]:.2f}",
        f"{len(parts)} agents trained on black, exact; the baselines use one part alone, or the "
        "parts of the other agents of the population",
    )
    return figure


def plot_filters(layers: pd.DataFrame) -> Figure:
    """What the first layer has to do with the choice between green and red."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4.8), layout="constrained")
    _draw_agents(left, layers, "change_random", "change")
    _draw_agents(right, layers, "balance", "preference")
    most = 1.08 * float(layers[["change", "change_random"]].to_numpy().max())
    left.axline((0, 0), slope=1, color=REFERENCE, linewidth=1.2, zorder=0)
    left.set(xlim=(0, most), ylim=(0, most), aspect="equal",
             xlabel=f"without {OPPONENT} random filters (mean of draws)",
             ylabel=f"without the {OPPONENT} most opponent filters",
             title="Change of P(green line)")  # fmt: skip
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=9)
    found = preference_on_balance(layers, "balance")
    before = preference_on_balance(layers, "initial_balance")
    right.axvline(0, color=REFERENCE, linewidth=1.2, zorder=0)
    right.set(ylim=(0, 1), xlabel="balance of the first layer: red −1, green 1",
              ylabel="P(green line) against the red line",
              title=f"R² {found['R²'].value:.2f}; before training "
              f"{before['R²'].value:.2f}")  # fmt: skip
    above = int((layers["change"] > layers["change_random"]).sum())
    headline(
        figure,
        "Without the most opponent filters, the choice between green and red changes more than "
        f"without random ones in {above} of {len(layers)} agents",
        f"{len(layers)} agents trained on black, exact; grey: equal changes, no balance",
    )
    return figure


def plot_levels() -> Figure:
    """A training level and a test level, on black and textured backgrounds."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 4, figsize=(10.4, 3.2), layout="constrained")
    shown = [
        (what, of, background)
        for background in ("black", "textured")
        for what, of in (("training", variant("maze_pure_yellowline")), ("test", variant()))
    ]
    for ax, (what, of, background) in zip(axes, shown, strict=True):
        ax.imshow(human_view(make_level(100_002, of, background=background), square_pixels=40))
        ax.set_title(f"{what}, {background}", fontsize=10)
        ax.set_axis_off()
    low, high = PUBLISHED_RANGE
    headline(
        figure,
        "Trained to reach a yellow line, shown a red line and a yellow gem",
        f"level 100002; 100 published agents chose the red line in {low:.0%} to {high:.0%}",
    )
    return figure
