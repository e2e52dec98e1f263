"""A slider over the channels of an activation, or a picture outside of a live notebook."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import Tensor

from procgen_tools.hooks import canonical
from procgen_tools.interventions import activation_shape, activations_of
from procgen_tools.models import Policy
from procgen_tools.plots.activations import plot_activation
from procgen_tools.plots.style import headline
from procgen_tools.shown import figure_png
from procgen_tools.widgets.base import Browser
from procgen_tools.worlds.maze.grid import Maze


class ChannelBrowser(Browser):
    """Browse the channels of one activation in a maze.

    With a second maze, the browser also shows the activation there and the difference.

    As the last expression of a cell, it displays a slider in a live notebook. In a saved notebook,
    on a web page, or without ipywidgets, it displays its first picture.

    Args:
        policy: see `models.Policy`.
        maze: the maze whose observation the policy gets.
        layer: an activation with positions.
        other: a maze to compare with, such as the same maze without cheese.
        channel: the channel to start with. Defaults to the channel with the largest absolute
            value (of the difference, if there is another maze).

    Raises:
        ValueError: the activation has no positions, or does not have this channel.

    Example:
        >>> from procgen_tools import maze, models
        >>> policy = models.load_policy("rand_region_5")
        >>> level = maze.make_level(0)
        >>> layer = "embedder.block2.res1.resadd"
        >>> ChannelBrowser(policy, level, layer, other=maze.remove_cheese(level), channel=3)
        channel 3 of 32 of embedder.block2.res1.resadd_out
    """

    def __init__(
        self,
        policy: Policy,
        maze: Maze,
        layer: str,
        *,
        other: Maze | None = None,
        channel: int | None = None,
    ) -> None:
        shape = activation_shape(policy, layer)
        if len(shape) != 3:
            raise ValueError(f"{canonical(layer)} has no positions to draw: choose another")
        if channel is not None and not 0 <= channel < shape[0]:
            raise ValueError(f"{canonical(layer)} has no channel {channel}: give 0..{shape[0] - 1}")
        self.layer, self.maze, self.other = canonical(layer), maze, other
        seen = activations_of(policy, [maze] if other is None else [maze, other], layer)
        self.panels: dict[str, Tensor] = {"this maze": seen[0]}
        if other is not None:
            self.panels |= {"other maze": seen[1], "difference": seen[0] - seen[1]}
        strongest = list(self.panels.values())[-1].abs().amax(dim=(1, 2)).argmax()
        self.channel = int(strongest) if channel is None else channel
        self._live: Any = None

    @property
    def channels(self) -> int:
        """The number of channels."""
        return len(self.panels["this maze"])

    def picture(self, channel: int) -> bytes:
        """A PNG of one channel: every panel with the same colours for the same number."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(3.2 * len(self.panels) + 1.6, 4.9), layout="constrained")
        axes = figure.subplots(1, len(self.panels), squeeze=False)[0]
        limit = max(float(each.abs().max()) for each in self.panels.values()) or 1.0
        for ax, (name, activation) in zip(axes, self.panels.items(), strict=True):
            shown = self.other if name == "other maze" and self.other is not None else self.maze
            plot_activation(activation[channel], shown, ax, title=name, limit=limit, cells=True)
        bar = figure.colorbar(axes[0].images[0], ax=list(axes), shrink=0.8, aspect=30)
        bar.set_label("activation")
        bar.outline.set_visible(False)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9
        )
        *_, (name, last) = self.panels.items()
        furthest = float(last[channel].flatten()[last[channel].abs().argmax()])
        headline(
            figure,
            f"Channel {channel} is furthest from zero at {furthest:+.2f} ({name})",
            f"Activation {self.layer}; dotted: the cell that belongs to a square",
        )
        return figure_png(figure, dpi=100)

    def current(self) -> bytes:
        return self.picture(self.channel)

    def widget(self, picture: bytes | None = None) -> Any:
        """A slider and the picture of its channel; see `Browser.widget`."""
        if self._live is None:
            ipywidgets: Any = import_module("ipywidgets")
            slider = ipywidgets.IntSlider(
                self.channel, 0, self.channels - 1, description="channel", continuous_update=False
            )
            image = ipywidgets.Image(value=picture or self.current(), format="png")

            def show(change: dict[str, Any]) -> None:
                image.value = self.picture(change["new"])

            slider.observe(show, names="value")
            self._live = ipywidgets.VBox([slider, image])
        return self._live

    def __repr__(self) -> str:
        return f"channel {self.channel} of {self.channels} of {self.layer}"
