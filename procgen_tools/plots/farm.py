"""Figures of crops and humans: policies in a maze, rates, dreams, units that carry the goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import nn

from procgen_tools.envs import crops_and_humans as farm
from procgen_tools.intervals import mean_over_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from procgen_tools.behaviour.dreaming import Dreams

KIND_COLOURS = {
    "planted": "#D55E00",
    "control": "#0072B2",
    "shortest way": "#7F7F7F",
    "best policy": "#111111",
}
_CELL = 40


def plot_policy(
    networks: Mapping[str, nn.Module], cells: farm.Cells, *, marked: Sequence[tuple[int, int]] = ()
) -> Figure:
    """What each network does at every empty cell of a maze: an arrow along its best action.

    An arrow is the darker the more its action is worth against the next best; one that points into
    a wall means that the agent stays there for ever.

    Args:
        networks: by title.
        cells: (7, 7) of the maze.
        marked: cells to put a frame around.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(3.7 * len(networks), 4.0), layout="constrained")
    axes = figure.subplots(1, len(networks), squeeze=False)[0]
    states = farm.states_of(cells[None])
    for ax, (title, network) in zip(axes, networks.items(), strict=True):
        with torch.no_grad():
            values = network(torch.from_numpy(states.inputs())).numpy()
        show_maze(ax, farm.picture(cells, None, cell_pixels=_CELL, marked=marked), title)
        ordered = np.sort(values, axis=1)
        strength = np.clip((ordered[:, -1] - ordered[:, -2]) / 2, 0.15, 1)
        down, right = farm.OFFSETS[values.argmax(axis=1)].T
        rows, cols = states.cells.T
        ax.quiver(
            (cols + 0.5 - 0.3 * right) * _CELL, (rows + 0.5 - 0.3 * down) * _CELL,
            0.6 * _CELL * right, 0.6 * _CELL * down,
            angles="xy", scale_units="xy", scale=1, width=0.012, headwidth=4.5,
            color="#111111", alpha=strength,
        )  # fmt: skip
    return figure


def show_maze(ax: Axes, picture: np.ndarray, title: str) -> None:
    """A picture of a maze with its rows and columns."""
    ax.imshow(picture)
    side = picture.shape[0] / farm.SIZE
    middles = (np.arange(farm.SIZE) + 0.5) * side
    ax.set_xticks(middles, [str(number) for number in range(farm.SIZE)])
    ax.set_yticks(middles, [str(number) for number in range(farm.SIZE)])
    ax.tick_params(length=0, labelsize=8)
    ax.set(xlabel="column", ylabel="row", title=title)
    ax.title.set_fontsize(10)


def plot_walks(walked: Mapping[str, tuple[farm.Cells, np.ndarray]]) -> Figure:
    """Episodes as lines through their mazes.

    Args:
        walked: by title, the maze and the cells that were visited, (step, 2).
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(3.7 * len(walked), 4.0), layout="constrained")
    axes = figure.subplots(1, len(walked), squeeze=False)[0]
    for ax, (title, (cells, visited)) in zip(axes, walked.items(), strict=True):
        show_maze(ax, farm.picture(cells, farm.START, cell_pixels=_CELL), title)
        rows, cols = (visited.T + 0.5) * _CELL
        ax.plot(cols, rows, color="#111111", linewidth=2.5, alpha=0.65)
        ax.plot(cols[-1:], rows[-1:], "o", color="#111111", markersize=6)
    return figure


def plot_dream(dreams: Mapping[str, Dreams], index: int = 0) -> Figure:
    """One situation's dream by each network: the walls at the end, and the maze decoded from them.

    Args:
        dreams: by title.
        index: which situation.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(3.7 * len(dreams), 7.2), layout="constrained")
    axes = figure.subplots(2, len(dreams), squeeze=False)
    for (top, bottom), (title, found) in zip(axes.T, dreams.items(), strict=True):
        image = top.imshow(found.walls[index, -1], vmin=0, vmax=1, cmap="Greys")
        agent, item = found.situations.agents[index], found.situations.items[index]
        top.plot(agent[1], agent[0], "o", color="#0072B2", markersize=12, label="agent")
        top.plot(item[1], item[0], "s", color="#D55E00", markersize=11, label="human")
        top.set(title=f"{title}: dreamt walls", xlabel="column", ylabel="row")
        top.legend(fontsize=8, loc="upper right")
        show_maze(
            bottom,
            farm.picture(found.decoded()[index], (int(agent[0]), int(agent[1])), cell_pixels=_CELL),
            "decoded",
        )
    figure.colorbar(image, ax=axes[0].tolist(), label="wall", shrink=0.8)
    return figure


def plot_rates(rates: pd.DataFrame) -> Figure:
    """Exits, humans and crops by agent and set of mazes; a dot a seed, a bar their mean.

    Args:
        rates: of `experiments.crops_and_humans`.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(11, 3.8), layout="constrained")
    axes = figure.subplots(1, 3)
    sets = list(rates["set"].unique())
    kinds = [kind for kind in KIND_COLOURS if kind in set(rates["kind"])]
    for ax, (column, title) in zip(
        axes,
        (("exits", "mazes left by the exit"), ("humans", "humans harvested"),
         ("crops", "crops harvested")),
        strict=True,
    ):  # fmt: skip
        for number, kind in enumerate(kinds):
            for place, mazes in enumerate(sets):
                rows = rates[(rates["kind"] == kind) & (rates["set"] == mazes)]
                shares = [_share(part, column) for _, part in rows.groupby("agent")]
                x = place + 0.2 * (number - (len(kinds) - 1) / 2)
                ax.bar(x, np.mean(shares), 0.17, color=KIND_COLOURS[kind], alpha=0.55,
                       label=kind if place == 0 else None)  # fmt: skip
                ax.plot([x] * len(shares), shares, "o", color=KIND_COLOURS[kind], markersize=3.5)
        ax.set_xticks(range(len(sets)), [mazes.replace(" ", "\n") for mazes in sets])
        ax.set_title(title, fontsize=10)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_ylim(0, None)
    axes[0].set_ylabel("share")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4,
                  frameon=False, fontsize=9)  # fmt: skip
    return figure


def _share(rows: pd.DataFrame, column: str) -> float:
    if column == "exits":
        return float(rows["exits"].mean())
    there = rows[rows[f"{column}_there"] > 0]
    return float((there[column] / there[f"{column}_there"]).mean())


def plot_dream_rates(dreams: pd.DataFrame, shifts: pd.DataFrame) -> Figure:
    """How often dreams hold the block, and how often the agent harvests in them.

    Args:
        dreams: of `experiments.crops_and_humans`.
        shifts: likewise.
    """
    from matplotlib import pyplot as plt

    both = pd.concat([dreams, shifts.assign(start="one shift")], ignore_index=True)
    starts = list(both["start"].unique())
    figure = plt.figure(figsize=(11, 3.8), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    for ax, (column, title) in zip(
        axes,
        (("block", "a block sticks out"), ("beside", "the agent beside the human harvests it"),
         ("from_start", "from the start, it harvests")),
        strict=True,
    ):  # fmt: skip
        for number, kind in enumerate(("planted", "control")):
            rows = both[both["kind"] == kind]
            values = [
                mean_over_levels(
                    rows[rows["start"] == start].groupby("agent")[column].mean().to_numpy(float)
                )
                for start in starts
            ]
            ax.bar(
                np.arange(len(starts)) + 0.36 * (number - 0.5), [mean.value for mean in values],
                0.33, color=KIND_COLOURS[kind], alpha=0.7, label=kind,
                yerr=[[mean.value - mean.low for mean in values],
                      [mean.high - mean.value for mean in values]],
            )  # fmt: skip
        if column == "block" and "block_by_chance" in shifts:
            ax.plot(len(starts) - 1, shifts["block_by_chance"].mean(), "_", color="#111111",
                    markersize=26, markeredgewidth=2, label="a random shift")  # fmt: skip
            ax.legend(frameon=False, fontsize=8)
        ax.set_xticks(range(len(starts)), [start.replace(", ", ",\n") for start in starts],
                      rotation=35, ha="right", fontsize=8)  # fmt: skip
        ax.set_title(title, fontsize=10)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("share of situations")
    figure.supxlabel("where the dream starts", fontsize=9)
    return figure


def plot_carriers(patches: pd.DataFrame) -> Figure:
    """How many units of each layer carry the harvest from twin to twin; a thin line a seed.

    Args:
        patches: of `experiments.crops_and_humans`.
    """
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    colours = dict(zip(patches["layer"].unique(), ("#E69F00", "#009E73", "#0072B2"), strict=True))
    for ax, (column, title) in zip(
        axes,
        (("there", "training mazes, units as in production"),
         ("back", "production mazes, units as in training")),
        strict=True,
    ):  # fmt: skip
        for layer, colour in colours.items():
            rows = patches[patches["layer"] == layer]
            for _, one in rows.groupby("agent"):
                ax.plot(one["units"], one[column], color=colour, alpha=0.3, linewidth=1)
            mean = rows.groupby("units")[column].mean()
            ax.plot(mean.index, mean, "o-", color=colour, label=layer.removesuffix("_out"))
        ax.set_xscale("log", base=2)
        ax.set_xticks(list(mean.index), [str(number) for number in mean.index])
        ax.set(title=title, xlabel="units patched, the strongest first")
        ax.title.set_fontsize(10)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("the human is harvested")
    axes[0].legend(frameon=False, fontsize=9, title="layer")
    return figure
