"""The figures of environments and activations of procgen-tools, for migration.

Axes count the squares of the maze, with row 0 at the bottom. In procgen-tools, they count
pixels. Place marks with `plot_dots` or by their squares, not by pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from procgen_tools.compat.fields import draw_codes, geometric_probability_path
from procgen_tools.compat.session import DEFAULT_LAYER
from procgen_tools.plots.mazes import plot_maze
from procgen_tools.shown import save_figure
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze import coded_grids
from procgen_tools.worlds.maze.coded_grids import WORLD_DIM, Step
from procgen_tools.worlds.maze.edit import whole_world

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

AGENT_OBS_WIDTH = 64
AGENT_PX_WIDTH = AGENT_OBS_WIDTH
AGENT_PX_PER_TILE = AGENT_PX_WIDTH / WORLD_DIM
PIXEL_SIZE = HUMAN_PX_WIDTH = 512
HUMAN_PX_PADDING = 6
REAL_PX_WIDTH = HUMAN_PX_WIDTH - 2 * HUMAN_PX_PADDING
HUMAN_PX_PER_TILE = REAL_PX_WIDTH / WORLD_DIM
CHANNEL_SIDE = 16
"""Rows and columns of `embedder.block2.res1.resadd_out`, the layer that dots refer to."""


# --- labels


def format_label(label: str) -> str:
    """A label without "embedder."."""
    return label.replace("embedder.", "")


def format_labels(labels: Sequence[str]) -> list[str]:
    """Labels without "embedder."."""
    return [format_label(label) for label in labels]


def expand_label(label: str) -> str:
    """The inverse of `format_label`."""
    return label if label.startswith(("fc_policy", "fc_value")) else f"embedder.{label}"


def get_impala_num(label: str) -> int:
    """The number of a label's block.

    Raises:
        ValueError: a label outside the blocks.
    """
    return int(_parts(label)[1][-1])


def get_residual_num(label: str) -> int:
    """The number of a label's residual block.

    Raises:
        ValueError: a label outside the residual blocks.
    """
    part = _parts(label)[2]
    if not part.startswith("res"):
        raise ValueError(f"{label!r} is in no residual block: give embedder.block<i>.res<j>...")
    return int(part[-1])


def _parts(label: str) -> list[str]:
    if not label.startswith("embedder.block"):
        raise ValueError(f"{label!r} is not in the IMPALA blocks: give embedder.block<i>...")
    return label.split(".")


def get_stride(label: str) -> int:
    """Pixels of the observation for each pixel of an activation.

    In procgen-tools, every `conv` counts as the one before the pooling. Here, only that of a
    block does.

    Raises:
        ValueError: a label outside the blocks.
    """
    number = get_impala_num(label)
    return 2 ** (number - 1 if _parts(label)[2] in ("conv_out", "conv") else number)


def get_channel_from_grid_pos(pos: Step, layer: str = DEFAULT_LAYER, flip_y: bool = False) -> Step:
    """The pixel of an activation that covers the centre of an outer square.

    Args:
        pos: the outer square.
        layer: label of the activation.
        flip_y: count the row of the pixel from the top, as in activations, not from the bottom.

    Raises:
        ValueError: a square outside the world, or a label outside the blocks.
    """
    row, col = pos
    if not (0 <= row < WORLD_DIM and 0 <= col < WORLD_DIM):
        raise ValueError(
            f"the outer square {tuple(pos)} is outside the world: rows and columns "
            f"are 0..{WORLD_DIM - 1}"
        )
    row = WORLD_DIM - 1 - row if flip_y else row
    across = AGENT_PX_PER_TILE / get_stride(layer)
    return int((row + 0.5) * across), int((col + 0.5) * across)


def get_pixel_loc(val: int, channel_size: int = CHANNEL_SIDE) -> int:
    """The pixel of the 512-pixel picture at the centre of a channel's row or column.

    Raises:
        ValueError: a row or column outside the channel.
    """
    if not 0 <= val < channel_size:
        raise ValueError(f"{val} is outside the channel: give 0..{channel_size - 1}")
    return int(PIXEL_SIZE / channel_size * (val + 0.5))


def get_pixel_coords(
    channel_pos: Step, channel_size: int = CHANNEL_SIDE, flip_y: bool = True
) -> Step:
    """The pixel (row, column) at the centre of a channel's pixel; `flip_y` mirrors the row.

    Raises:
        ValueError: a pixel outside the channel.
    """
    row, col = channel_pos
    row = channel_size - 1 - row if flip_y else row
    return get_pixel_loc(row, channel_size), get_pixel_loc(col, channel_size)


# --- pictures


def visualize_venv(
    venv: Any,
    idx: int = 0,
    mode: str = "human",
    ax: Axes | None = None,
    ax_size: int | float = 3,
    show_plot: bool = False,
    flip_numpy: bool = True,
    render_padding: bool = True,
    render_mouse: bool = True,
) -> np.ndarray:
    """Draw an environment, and return the picture.

    Args:
        venv: the environments.
        idx: index of the environment.
        mode: "human", "agent" (what the policy sees) or "numpy" (codes of the cells).
        ax: where to draw. Defaults to new axes of `ax_size` inches.
        show_plot: call `plt.show()`.
        flip_numpy: draw row 0 of the codes at the bottom, as everywhere here. False is refused.
        render_padding: show the walls around the maze.
        render_mouse: False draws the maze without its mouse, in mode "human".

    Raises:
        ValueError: an unknown mode, or options that do not go together.
    """
    import matplotlib.pyplot as plt

    if mode not in ("human", "agent", "numpy"):
        raise ValueError(f"unknown mode {mode!r}: use 'human', 'agent' or 'numpy'")
    if mode == "agent" and not render_padding:
        raise ValueError("mode 'agent' shows the whole world: leave render_padding True")
    if not (flip_numpy and (render_mouse or mode == "human")):
        raise ValueError("flip_numpy=False and a hidden mouse outside mode 'human' are not drawn")
    if ax is None:
        _, ax = plt.subplots(figsize=(ax_size, ax_size))
    maze = venv.maze(idx)
    shown = whole_world(maze) if render_padding else maze
    if mode == "agent":
        ax.imshow(venv.reset()[idx].transpose(1, 2, 0))
    elif mode == "human":
        plot_maze(shown, ax)
        if not render_mouse:
            _cover(ax, shown.mouse)
    else:
        draw_codes(shown, ax)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
    if show_plot:
        plt.show()
    return np.asarray(ax.images[-1].get_array())


def _cover(ax: Axes, square: Step) -> None:
    from matplotlib.patches import Rectangle

    row, col = square
    ax.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, color="#d9d9d6", zorder=1))


def plot_dots(
    axes: Any,
    coord: Step,
    color: str = "red",
    flip_y: bool = True,
    is_grid: bool = False,
    hidden_padding: int = 0,
) -> None:
    """Put a dot on axes that show a maze.

    Args:
        axes: one or several axes, drawn by `plot_vf` or `visualize_venv`.
        coord: (row, column) of a pixel of a 16 x 16 channel, or with `is_grid` an outer square.
        color: the colour of the dot.
        flip_y: count the rows of a channel from the top.
        is_grid: `coord` is an outer square, whose centre is marked.
        hidden_padding: number of rings of wall that the axes do not show.
    """
    row, col = (float(number) for number in coord)
    if not is_grid:
        across = WORLD_DIM / CHANNEL_SIDE
        row, col = ((number + 0.5) * across - 0.5 for number in (row, col))
        row = WORLD_DIM - 1 - row if flip_y else row
    row, col = row - hidden_padding, col - hidden_padding
    for ax in np.ravel(np.array(axes, dtype=object)):
        left, right = ax.get_xlim()
        if left <= col <= right and left <= row <= right:
            ax.scatter(col, row, c=color, s=50, zorder=5)


def plot_pixel_dot(
    ax: Axes,
    row: int,
    col: int,
    color: str = "r",
    size: int = 50,
    hidden_padding: int = 0,
    input_grid_coords: bool = True,
) -> None:
    """Put a dot on a pixel of a 16 x 16 channel; see `plot_dots`.

    Rows count from the bottom here, as in procgen-tools.

    Raises:
        ValueError: pixels of the picture (`input_grid_coords=False`).
    """
    if not input_grid_coords:
        raise ValueError("axes count squares here, not pixels: give a channel's row and column")
    plot_dots(ax, (row, col), color, flip_y=False, hidden_padding=hidden_padding)


def show_grid_heatmap(
    venv: Any,
    heatmap: Float[np.ndarray, "row col"],
    ax_size: int | float = 3,
    mode: str = "numpy",
    alpha: int | float = 0.7,
    size: int | float = 1.0,
) -> None:
    """Draw numbers in [0, 1] over the inner grid of the first environment, in shades of red.

    Raises:
        ValueError: an unknown mode, or a heat map of another shape than the maze.
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LinearSegmentedColormap

    maze = venv.maze(0)
    if mode not in ("human", "numpy"):
        raise ValueError(f"unknown mode {mode!r}: use 'human' or 'numpy'")
    if heatmap.shape != maze.walls.shape:
        raise ValueError(
            f"the heat map is {heatmap.shape}, the maze {maze.walls.shape}: give one "
            "number for each square"
        )
    _, ax = plt.subplots(figsize=(ax_size, ax_size))
    visualize_venv(venv, ax=ax, mode=mode, render_padding=False)
    reds = LinearSegmentedColormap.from_list("reds", [(1, 0, 0, 0), (1, 0, 0, alpha)])
    last = maze.size - 0.5
    shown: Any = np.ma.masked_array(heatmap, maze.walls)
    ax.imshow(
        shown, cmap=reds, vmin=0, vmax=1, origin="lower", extent=(-0.5, last, -0.5, last), zorder=2
    )


# --- how likely paths are


def vf_heatmap(venv: Any, hook: Any) -> Float[np.ndarray, "row col"]:
    """`geometric_probability_path` from (0, 0) to every square; 0 in walls.

    In new code call `chains.chances`, which is exact.
    """
    field = vector_field(venv, hook.network, both_facings=False)
    heat = np.zeros(field.maze.walls.shape, dtype=np.float32)
    entries = {name: field[name] for name in ("legal_mouse_positions", "probs", "grid")}
    for square in field.squares:
        heat[square] = geometric_probability_path((0, 0), (square.row, square.col), entries)
    return heat


def retarget_heatmap(
    venv: Any, hook: Any, retargeting_fn: Callable[..., float] | None, **retargeting_fn_kwargs: Any
) -> pd.DataFrame:
    """For each empty square, the probability of the path there if the policy is retargeted to it.

    In new code call `studies.retargeting.measure`.

    Args:
        venv: the environments, the first of which is used.
        hook: circrl's hook on the policy.
        retargeting_fn: called with venv and hook, `coord` (a pixel of the default layer, rows from
            the top), `inner_coord` (the square) and the rest; None for the unpatched policy.

    Returns:
        One row per square: row, col, filter_coord, maze_size, d_to_coord (squares on the path
        there) and probability.
    """
    import pandas as pd

    maze = venv.maze(0)
    grid = venv.state(0).inner_grid()
    heat = vf_heatmap(venv, hook) if retargeting_fn is None else None
    rows = []
    for square in coded_grids.get_legal_mouse_positions(grid):
        outer = square[0] + maze.padding, square[1] + maze.padding
        pixel = get_channel_from_grid_pos(outer, flip_y=True)
        if heat is not None:
            probability = float(heat[square])
        else:
            assert retargeting_fn is not None
            probability = retargeting_fn(
                venv, hook, coord=pixel, inner_coord=square, **retargeting_fn_kwargs
            )
        rows.append(
            {
                "row": square[0],
                "col": square[1],
                "filter_coord": pixel,
                "maze_size": maze.size,
                "d_to_coord": len(coded_grids.pathfind(grid, (0, 0), square)),
                "probability": probability,
            }
        )
    return pd.DataFrame(rows)


def img_from_fig(fig: Any, palette: Any = None, tight_layout: bool = True) -> Any:
    """A figure as a PIL image, in at most 254 colours, or in those of a palette."""
    from PIL import Image

    if tight_layout and fig.get_layout_engine() is None:
        fig.tight_layout()
    fig.canvas.draw()
    image = Image.fromarray(np.asarray(fig.canvas.buffer_rgba())[..., :3])
    return image.quantize(colors=254, method=Image.Quantize.MAXCOVERAGE, palette=palette)


def create_save_button(prefix: str, fig: Any, descriptors: dict[str, Any]) -> Any:
    """A button that saves a figure as PREFIX, then each descriptor's name and value, and ".png".

    Raises:
        ModuleNotFoundError: ipywidgets is not installed.
    """
    from ipywidgets import Button

    parts = "_".join(
        f"{name}_{str(value).replace('.', '_')}" for name, value in descriptors.items()
    )
    path = Path(f"{prefix}{parts}.png")

    def save(_: Any) -> None:
        save_figure(fig, path, fig.dpi)
        button.description = f"Saved {path.name}"

    button = Button(description="Save figure")
    button.on_click(save)
    return button


def plot_layer_stats(hook: Any, mode: str = "activations", fig: Any = None) -> Any:
    """Bars of how many activations, or parameters, each layer has, on matplotlib axes.

    Raises:
        ValueError: another mode.
    """
    import matplotlib.pyplot as plt

    if mode not in ("activations", "parameters"):
        raise ValueError(f"unknown mode {mode!r}: use 'activations' or 'parameters'")
    counts: dict[str, int] = {}
    if mode == "parameters":
        for name, parameter in hook.network.named_parameters():
            layer = format_label(name.rpartition(".")[0])
            counts[layer] = counts.get(layer, 0) + parameter.numel()
    else:
        counts = {
            format_label(label): int(np.prod(value.shape))
            for label, value in hook.values_by_label.items()
            if label.startswith("embedder") and label.endswith("_out")
        }
    _, ax = plt.subplots(figsize=(7, 0.22 * len(counts) + 1), layout="constrained")
    ax.barh(list(counts)[::-1], list(counts.values())[::-1])
    ax.set(xscale="log", xlabel=mode, title=f"{sum(counts.values()):,} {mode}")
    return ax
