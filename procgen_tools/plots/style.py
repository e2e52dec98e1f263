"""The style of all figures: each thing has the same colour and marker everywhere.

The colours of things are those of Okabe and Ito (2008, "Color Universal Design",
https://jfly.uni-koeln.de/color/). Agents have the colours of Paul Tol's "muted" scheme, and other
lines those of his "bright" scheme (2021, "Colour Schemes", SRON/EPS/TN/09-002,
https://personal.sron.nl/~pault/). All three schemes suit readers with any colour vision. Each
colour also has its own marker, so no figure depends on colour alone.

A function of this package that draws one panel takes an optional `ax` and returns it. A function
that draws a whole figure creates it with pyplot, so `plt.savefig` saves it, and returns it. End its
line in a notebook with `;`, otherwise the notebook shows the figure twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from jaxtyping import Shaped

from procgen_tools.checks import whole_number
from procgen_tools.statistics.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Look:
    """The colour and the marker of one thing."""

    colour: str
    marker: str


CHEESE = Look("#E69F00", "^")
CORNER = Look("#0072B2", "s")
"""The top-right corner, and moves towards the top right."""
MOUSE = Look("#009E73", "o")
"""The mouse, and the square where it starts."""
DECISION_SQUARE = Look("#CC79A7", "D")
PICKED = Look("#D55E00", "*")
"""What a figure highlights: a target, the chosen edit, the channels that were found."""
RANDOM = Look("#7F7F7F", "x")
"""Random controls."""
OTHER = Look("#A6A6A6", "v")
"""Neither the cheese nor the top right."""

SQUARES = {
    "top-right corner": CORNER,
    "mouse": MOUSE,
    "cheese": CHEESE,
    "decision square": DECISION_SQUARE,
    "target": PICKED,
}
"""The looks of marked squares, by their label in legends."""

GOALS = {"cheese": CHEESE, "top_right": CORNER, "other": OTHER}
"""The looks of the destinations of moves, by the column of their probability."""

INK = "#111111"
"""Mean moves, means, and published numbers."""
SINGLE_MOVES = "#56B4E9"
REFERENCE = "#BBBBBB"
"""Lines of no effect, and of equality."""
NOTE = "#555555"

AGENTS = {
    "rand_region_5": Look("#332288", "o"),
    "rand_region_5_seed_1": Look("#44AA99", "s"),
    "rand_region_5_seed_2": Look("#CC6677", "^"),
    "rand_region_5_seed_1_ppo": Look("#999933", "D"),
    "rand_region_15": Look("#88CCEE", "v"),
    "anywhere": Look("#AA4499", "P"),
}
"""The shipped agents."""
_MORE_AGENTS = (Look("#882255", "X"), Look("#117733", "<"), Look("#DDCC77", ">"))

SERIES = (
    Look("#4477AA", "o"),
    Look("#EE6677", "s"),
    Look("#228833", "^"),
    Look("#AA3377", "D"),
    Look("#CCBB44", "v"),
    Look("#66CCEE", "P"),
)
"""The looks of lines and dots that have no meaning beyond their figure, in order of use."""

_FURTHER_MARKERS = ("p", "h", "d", "H", "8", "*")
"""Markers of looks whose colour is used again."""

DIVERGING = "RdBu_r"
"""Activations and changes: red above zero, white at zero, blue below."""
SEQUENTIAL = "viridis"
"""Values and probabilities."""
AMOUNTS = "amounts"
"""Sizes of changes, white at zero, and light enough for black arrows. See `colour_map`."""

LEVELS_INTERVAL = "95% intervals over mazes"


def agent_look(name: str, number: int = 0) -> Look:
    """The look of an agent.

    Args:
        name: the name of the agent or of its file. Shipped agents look the same in every figure.
        number: the index of the agent in the figure, which decides the look of other agents.

    >>> agent_look("anywhere").colour, agent_look("model_anywhere").colour
    ('#AA4499', '#AA4499')
    >>> agent_look("mine") == agent_look("yours", 1)
    False
    """
    return AGENTS.get(name.removeprefix("model_"), _nth(_MORE_AGENTS, number))


def series_look(number: int) -> Look:
    """The look of the line with this index."""
    return _nth(SERIES, number)


def _nth(looks: Sequence[Look], number: int) -> Look:
    """One of some looks; beyond the last, their colours again, with other markers."""
    again, place = divmod(number, len(looks))
    if not again:
        return looks[place]
    return Look(looks[place].colour, _FURTHER_MARKERS[(again - 1) % len(_FURTHER_MARKERS)])


def square_look(name: str, number: int) -> Look:
    """The look of a landmark; those of worlds without a colour of their own are series."""
    return SQUARES.get(name, series_look(number))


def look_colours() -> tuple[str, ...]:
    """All colours that the legends of these figures can contain."""
    looks = (*SQUARES.values(), *GOALS.values(), RANDOM, *AGENTS.values(), *_MORE_AGENTS, *SERIES)
    return tuple({*(look.colour for look in looks), INK, SINGLE_MOVES, REFERENCE, NOTE})


def colour_map(name: str) -> Colormap:
    """A colour map by its name: one of matplotlib's, or `AMOUNTS`."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    if name != AMOUNTS:
        return colormaps[name]
    return ListedColormap(colormaps["BuPu"](np.linspace(0, 0.75, 256)), name=name)


def set_aside(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    """Remove figures from pyplot, so that a notebook shows each only where it is named."""
    from matplotlib import pyplot as plt

    for figure in figures.values():
        plt.close(figure)
    return dict(figures)


def count(number: int, noun: str) -> str:
    """A number of things, in words.

    >>> count(100, "maze"), count(1, "agent"), count(1336, "maze")
    ('n = 100 mazes', 'n = 1 agent', 'n = 1,336 mazes')
    """
    return f"n = {some(number, noun)}"


def some(number: int, noun: str) -> str:
    """A number of things.

    >>> some(1, "agent"), some(1336, "maze")
    ('1 agent', '1,336 mazes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def count_mazes(rows: pd.DataFrame) -> str:
    """The number of mazes in a table, in words: the distinct numbers in its column `level`.

    If agents have different numbers of mazes, the smallest and the largest number.
    """
    if "agent" not in rows:
        return count(rows["level"].nunique(), "maze")
    numbers = sorted({int(n) for n in rows.groupby("agent")["level"].nunique()})
    if len(numbers) == 1:
        return count(numbers[0], "maze")
    return f"n = {numbers[0]:,} to {numbers[-1]:,} mazes"


def sample(rows: pd.DataFrame) -> str:
    """The number of mazes and agents in a table, in words.

    Args:
        rows: a table with the columns agent and level.

    >>> sample(pd.DataFrame({"agent": ["a", "a", "b", "b"], "level": [0, 1, 0, 1]}))
    'n = 2 mazes, 2 agents'
    """
    return f"{count_mazes(rows)}, {who(rows)}"


def who(rows: pd.DataFrame) -> str:
    """The agents in a table, in words: the name of a single one, or their number."""
    agents = list(rows["agent"].unique())
    return f"agent {agents[0]}" if len(agents) == 1 else f"{len(agents)} agents"


def headline(figure: Figure, finding: str, note: str = "", *, legend: int = 0) -> None:
    """Write the finding of a figure above it, and a grey note below the finding.

    Both are wrapped to the width of the figure.

    Args:
        figure: a figure with constrained layout.
        finding: what the numbers show, computed from them.
        note: the number of mazes, and the meaning of bands and bars.
        legend: the number of columns of a legend below the figure (see `legend_below`), 0 for none.
    """
    from matplotlib.text import Annotation

    if legend:
        legend_below(figure, legend)
    width = 72 * figure.get_figwidth() - 12
    above, below = _in_lines(finding, 11.5, width), _in_lines(note, 9.0, width)
    # The title reserves the lines of the note, which needs a colour of its own.
    title = figure.suptitle("\n".join(above) + "\n" * len(below), fontsize=11.5)
    if note:
        where: dict[str, Any] = {"xy": (0.5, 0), "xycoords": title, "ha": "center", "va": "bottom"}
        lines = Annotation("\n".join(below), **where, fontsize=9, color=NOTE)
        lines.set_annotation_clip(False)
        lines.set_in_layout(False)
        figure.add_artist(lines)


def _in_lines(text: str, size: float, width: int | float) -> list[str]:
    """Wrap a text into lines that are at most `width` points wide, unless one word is wider.

    >>> _in_lines("one two three", 10.0, 45)
    ['one two', 'three']
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    measure, letters = TextToPath(), FontProperties(size=size * 1.06)  # on screens a bit wider
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        fits = measure.get_text_width_height_descent(longer, letters, ismath=False)[0] <= width
        lines[-1:] = [longer] if fits or not lines else [lines[-1], word]
    return lines


def legend_below(
    figure: Figure, ncols: int = 4, *, order: Callable[[str], Any] | None = None, **options: Any
) -> None:
    """Draw one legend for all panels of a figure, with each label once.

    Args:
        figure: the figure.
        ncols: the number of columns.
        order: a sort key for the labels. Defaults to the order in which they were drawn.
        options: passed to `figure.legend`.
    """
    labelled = {
        label: handle
        for ax in figure.axes
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    labels = sorted(labelled, key=order) if order else list(labelled)
    how = {"loc": "outside lower center", "frameon": False, "fontsize": 9, **options}
    figure.legend([labelled[label] for label in labels], labels, ncols=ncols, **how)


def panels(
    rows: int,
    columns: int,
    size: tuple[int | float, int | float],
    *,
    titles: Iterable[str] = (),
    framed: bool = False,
    **options: Any,
) -> tuple[Figure, Shaped[np.ndarray, "row column"]]:
    """A new figure with constrained layout, and its panels.

    Args:
        rows: the number of rows of panels.
        columns: the number of columns of panels.
        size: the width and height of the figure, in inches.
        titles: the titles of the panels, row by row.
        framed: whether panels have a frame, as pictures do. Others have a left and a lower edge.
        options: passed to `plt.subplots`, such as `sharey`.

    Returns:
        The figure, and the panels as an array (row, column).
    """
    import matplotlib.pyplot as plt

    shape = {"squeeze": False, "layout": "constrained", **options}
    figure, axes = plt.subplots(rows, columns, figsize=size, **shape)
    for ax in axes.flat:
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(framed)
    for ax, title in zip(axes.flat, titles, strict=False):
        ax.set_title(title, fontsize=10)
    return figure, axes


def panel_grid(
    count: int,
    columns: int,
    cell: tuple[int | float, int | float],
    margin: tuple[int | float, int | float],
    *,
    least: int | float = 0.0,
    **options: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure with some panels, from left to right in as many rows as they need.

    Args:
        count: the number of panels.
        columns: the largest number of panels in a row.
        cell: the width and height that a panel adds to the figure, in inches.
        margin: the width and height of everything else, in inches.
        least: the smallest width of all panels together, in inches.
        options: passed to `panels`.
    """
    columns = min(whole_number("columns", columns, 1), count)
    rows = -(-count // columns)
    width, height = max(cell[0] * columns, least) + margin[0], cell[1] * rows + margin[1]
    figure, axes = panels(rows, columns, (width, height), **options)
    for ax in axes.flat[count:]:
        ax.axis("off")
    return figure, list(axes.flat[:count])


def agent_panels(
    table: pd.DataFrame,
    *,
    width: float = 3.9,
    extra: int | float = 1.4,
    height: float = 4.8,
    least: float = 0.0,
    **options: Any,
) -> tuple[Figure, list[tuple[Axes, str, pd.DataFrame]]]:
    """A figure with one panel per agent, side by side, with a common y axis.

    Args:
        table: a table with a column `agent`.
        width: the width of a panel, in inches.
        extra: the width of everything else, in inches.
        height: the height of the figure, in inches.
        least: the smallest width of the figure, in inches.
        options: passed to `plt.subplots`.

    Returns:
        The figure, and the panel, name and rows of each agent.
    """
    tables = {str(agent): rows for agent, rows in table.groupby("agent", sort=False)}
    size = (max(width * len(tables) + extra, least), height)
    figure, axes = panels(1, len(tables), size, titles=tables, **{"sharey": True, **options})
    return figure, [
        (ax, agent, rows) for ax, (agent, rows) in zip(axes[0], tables.items(), strict=True)
    ]


def draw_estimates(
    ax: Axes,
    series: Mapping[str, tuple[Look, Sequence[Estimate]]],
    names: Sequence[str],
    *,
    step: float = 0.2,
    upright: bool = False,
) -> None:
    """Draw several series of estimates side by side: markers for values, bars for intervals.

    Args:
        ax: where to draw. The names become the ticks of its axis.
        series: the look of each series and its estimates, one per name, by label.
        names: the names of the estimates, from top to bottom; from left to right if upright.
        step: the distance between neighbouring series.
        upright: whether the estimates are on the vertical axis.
    """
    for number, (label, (look, estimates)) in enumerate(series.items()):
        places = np.arange(len(names)) + step * (number - (len(series) - 1) / 2)
        values, low, high = (
            [getattr(each, part) for each in estimates] for part in ("value", "low", "high")
        )
        bars = ax.vlines if upright else ax.hlines
        bars(places, low, high, color=look.colour, linewidth=2)
        points = (places, values) if upright else (values, places)
        ax.plot(*points, look.marker, color=look.colour, markersize=6, label=label)
    if upright:
        ax.set_xticks(range(len(names)), names)
        ax.set_xlim(-0.5, len(names) - 0.5)
    else:
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(axis="y", color="#EEEEEE")


def short_name(layer: str) -> str:
    """The name of an activation without the parts that all names share.

    >>> short_name("embedder.block2.res1.resadd_out")
    'block2.res1.resadd'
    """
    return layer.removeprefix("embedder.").removesuffix("_out")


def draw_band(
    ax: Axes,
    places: Sequence[int | float],
    means: Sequence[Estimate],
    look: Look,
    label: str,
    *,
    line: str = "-",
) -> None:
    """Draw means as a line, and their intervals as a band."""
    ends = [mean.low for mean in means], [mean.high for mean in means]
    ax.fill_between(places, *ends, color=look.colour, alpha=0.18, linewidth=0)
    how: dict[str, Any] = {
        "marker": look.marker,
        "markersize": 4.5,
        "linewidth": 1.6,
        "linestyle": line,
    }
    ax.plot(places, [mean.value for mean in means], color=look.colour, label=label, **how)
