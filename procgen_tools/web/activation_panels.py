"""Activations as plain JSON for the browser, and as a figure.

What `panel_of` returns has these entries. Edges are [left, right, bottom, top] in columns and rows
of the maze, in which a square (row, col) reaches from col - .5 to col + .5::

    {
      "title": "Channel 7 of 32 of block2.res1.resadd_out",
      "maps": [{"name": "this maze", "scene": 0, "caption": "...", "numbers": [...]}],
      "squares": [[0, 0], ...] or null,     what the numbers belong to; null for cells
      "edges": [[...], ...] or null,        of the whole activation, one per scene
      "scale": {"limits": [-2, 2], "map": "diverging", "label": "activation (white is 0)"},
      "seen": {"numbers": [[...]], "edges": [...], "limits": [0, 1], "map": "amounts",
               "label": "...", "boxes": [{"name": "...", "edges": [...]}]} or null,
      "clamped": [[7, 9], ...],             clamped cells of the channel
      "value": 1.25 or null,                of the chosen cell
      "span": [-10, 10],                    of the slider of clamps
      "complete": true
    }

Numbers of cells are one list per row, the top row first. Those of squares are one list.
"""

from __future__ import annotations

from math import ceil, log10
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from procgen_tools.hooks import canonical
from procgen_tools.plots.activations import activation_extent
from procgen_tools.web.activations import (
    CHANGE,
    COMPARED,
    DIFFERENCE,
    SHARE,
    THIS,
    ActivationPicture,
    Choice,
    SeenBox,
)
from procgen_tools.worlds.maze.grid import FRAME_SIZE, Maze
from procgen_tools.worlds.maze.grid_level import GridLevel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORDER = (THIS, COMPARED, DIFFERENCE, CHANGE)
TITLES = {
    THIS: "This maze",
    COMPARED: "Other maze",
    DIFFERENCE: "Difference: this maze − other maze",
    CHANGE: "Change by the clamps",
}
_MOST = f"{SHARE:.0%} of the gradient"
_POSSIBLE = "what the kernels allow"
_SEEN = "|change of the activation| per step of a pixel from black to white"


def short(layer: str) -> str:
    """The name of an activation without what all of them share.

    Example:
        >>> short("embedder.block2.res1.resadd")
        'block2.res1.resadd_out'
    """
    return canonical(layer).removeprefix("embedder.")


def title_of(picture: ActivationPicture, channels: int) -> str:
    """The channel or unit of a picture, in words."""
    kind = "Channel" if picture.has_positions else "Unit"
    return f"{kind} {picture.choice.channel} of {channels} of {short(picture.choice.layer)}"


def looking_of(choice: Choice) -> dict[str, Any]:
    """What is chosen, as JSON: layer, channel, cell, clamps, and what can be compared.

    Example:
        >>> from procgen_tools import maze
        >>> looking_of(Choice(maze.make_level(3), "embedder.fc", 7))["layer"]
        'embedder.fc_out'
    """
    return {
        "layer": canonical(choice.layer),
        "channel": choice.channel,
        "cell": None if choice.cell is None else list(choice.cell),
        "compares": choice.other is not None,
        "cheese": isinstance(choice.level, Maze) and choice.level.cheese is not None,
        "clamps": [
            {
                "layer": each.target,
                "short": short(each.target),
                "channels": None if each.channels is None else list(each.channels),
                "cell": None if each.cell is None else list(each.cell),
                "value": each.value,
            }
            for each in choice.clamps
        ],
    }


def panel_of(picture: ActivationPicture, channels: int) -> dict[str, Any]:
    """A picture as JSON; see the top of this module.

    Args:
        picture: one with maps.
        channels: the number of channels of its activation.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.web.activations import ActivationReader, Choice
        >>> level = maze.make_level(3)
        >>> *_, last = ActivationReader(models.ImpalaPolicy()).steps(Choice(level, "embedder.fc"))
        >>> panel_of(last, 256)["title"]
        'Unit 0 of 256 of fc_out'
    """
    choice = picture.choice
    levels = [choice.level] if choice.other is None else [choice.level, choice.other]
    limit = picture.limit
    words = "activation" if picture.has_positions else "activation with the mouse at a square"
    return {
        "title": title_of(picture, channels),
        "maps": [
            {
                "name": name,
                "scene": int(name == COMPARED),
                "title": TITLES[name],
                "caption": choice.other.caption()
                if name == COMPARED and choice.other is not None
                else choice.level.caption(),
                "numbers": _rounded(picture.maps[name]),
            }
            for name in ORDER
            if name in picture.maps
        ],
        "squares": None
        if picture.has_positions
        else [[list(square) for square in each.open_squares()] for each in levels],
        "edges": [list(activation_extent(each, picture.maps[THIS].shape[0])) for each in levels]
        if picture.has_positions
        else None,
        "scale": {
            "limits": [-limit, limit],
            "map": "diverging",
            "label": f"{words} (no unit; white is 0)",
        },
        "seen": _seen(picture),
        "clamped": [list(cell) for cell in picture.clamped],
        "value": picture.value,
        "span": [-span_of(picture), span_of(picture)],
        "complete": picture.complete,
    }


def span_of(picture: ActivationPicture) -> float:
    """The largest value of the slider: a round number of at least twice the largest activation.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.web.activations import Choice
        >>> level = maze.make_level(3)
        >>> span_of(ActivationPicture(Choice(level, "x"), {"this maze": np.full((2, 2), 3.1)}))
        10.0
    """
    least = max(2 * picture.limit, 1.0)
    power = 10.0 ** ceil(log10(least) - 1)
    return next(round(n * power, 6) for n in (1, 2, 5, 10) if n * power >= least)


def _seen(picture: ActivationPicture) -> dict[str, Any] | None:
    if picture.seen is None:
        return None
    level = picture.choice.level
    boxes = [(_MOST, picture.most), (_POSSIBLE, picture.possible)]
    return {
        "numbers": [[float(f"{n:.3g}") for n in row] for row in picture.seen.tolist()],
        "edges": list(edges_of(level, SeenBox((0, 0), (FRAME_SIZE - 1, FRAME_SIZE - 1)))),
        "limits": [0.0, float(picture.seen.max()) or 1.0],
        "map": "amounts",
        "label": _SEEN,
        "boxes": [
            {"name": name, "edges": list(edges_of(level, box))} for name, box in boxes if box
        ],
    }


def edges_of(level: GridLevel, box: SeenBox) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of pixels of the frame, in columns and rows of the maze.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.parse("..C\\n.##\\nM..")  # in the middle of a world of 25 x 25
        >>> edges_of(level, SeenBox((0, 0), (63, 63)))
        (-11.5, 13.5, -11.5, 13.5)
    """
    squares = level.world_size / FRAME_SIZE
    left = box.first[1] * squares - level.padding - 0.5
    right = (box.last[1] + 1) * squares - level.padding - 0.5
    top = level.world_size - box.first[0] * squares - level.padding - 0.5
    bottom = level.world_size - (box.last[0] + 1) * squares - level.padding - 0.5
    return left, right, bottom, top


def figure_of(picture: ActivationPicture, channels: int) -> Figure:
    """The maps of a picture beside each other, all with the same colours for the same number.

    Args:
        picture: a complete picture.
        channels: the number of channels of its activation.
    """
    from matplotlib.figure import Figure

    from procgen_tools.plots.marks import colour_bar
    from procgen_tools.plots.style import headline

    names = [name for name in ORDER if name in picture.maps]
    figure = Figure(figsize=(3.2 * len(names) + 1.9, 4.9), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for ax, name in zip(axes, names, strict=True):
        _draw(picture, name, ax)
    beyond = "both" if picture.clamped else "neither"
    colour_bar(figure, axes[0].images[0], list(axes), "activation", aspect=30, extend=beyond)
    handles, labels = axes[0].get_legend_handles_labels()
    how: dict[str, Any] = {"loc": "outside lower center", "frameon": False, "fontsize": 9}
    figure.legend(handles, labels, ncols=min(len(labels), 2 * len(names)), **how)
    last = [name for name in names if name != CHANGE][-1]
    furthest = f"{picture.furthest(last):+.2f}".replace("-", "−")
    kind = "Channel" if picture.has_positions else "Unit"
    said = f"{kind} {picture.choice.channel} is furthest from zero at {furthest}"
    more = f" ({TITLES[last].partition(':')[0].lower()})" if len(names) > 1 else ""
    clamps = "; ".join(str(each) for each in picture.choice.clamps)
    what = f"Activation {canonical(picture.choice.layer)}"
    if not picture.has_positions:
        what += ", with the mouse at each square"
    headline(figure, f"{said}{more}", f"{what}; {clamps}" if clamps else what)
    return figure


def _draw(picture: ActivationPicture, name: str, ax: Any) -> None:
    from matplotlib.patches import Rectangle

    from procgen_tools.plots import style
    from procgen_tools.plots.activations import draw_walls, plot_activation
    from procgen_tools.plots.mazes import ring_squares

    level, other = picture.choice.level, picture.choice.other
    if name == COMPARED and other is not None:
        level = other
    numbers, limit = picture.maps[name], picture.limit
    if picture.has_positions:
        plot_activation(numbers, level, ax, title=TITLES[name], limit=limit, cells=False)
        left, right, _, top = activation_extent(level, len(numbers))
        side = (right - left) / len(numbers)
        for number, place in enumerate(picture.clamped):
            corner = (left + place[1] * side, top - (place[0] + 1) * side)
            label = "clamped cell" if number == 0 else None
            frame = Rectangle(corner, side, side, fill=False, zorder=4, label=label)
            frame.set(edgecolor=style.PICKED.colour, linewidth=2)
            ax.add_patch(frame)
        return
    grid = np.full(level.walls.shape, np.nan)
    grid[tuple(np.transpose(level.open_squares()))] = numbers
    ax.imshow(
        grid, cmap=style.DIVERGING, vmin=-limit, vmax=limit, origin="lower", interpolation="nearest"
    )
    ax.set_facecolor(style.REFERENCE)
    draw_walls(ax, level)
    ring_squares(ax, level)
    ax.set(xticks=[], yticks=[])
    ax.set_title(TITLES[name], fontsize=10)


def _rounded(numbers: Float[np.ndarray, " ..."]) -> Any:
    return np.round(numbers, 4).tolist()
