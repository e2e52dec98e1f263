"""The activation viewer of procgen-tools, with matplotlib instead of plotly, for migration.

In new code, use `widgets.activation_browser.ActivationBrowser`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Num

from procgen_tools.compat.pictures import expand_label, format_labels
from procgen_tools.compat.session import DEFAULT_LAYER, no_such_channel, num_channels
from procgen_tools.files import unfinished
from procgen_tools.plots import style

Channel = Num[np.ndarray, "row col"]


class HeatMap:
    """A heat map whose numbers can change. A notebook displays it as a picture."""

    def __init__(
        self, title: str = "", bounds: tuple[int | float, int | float] | None = None
    ) -> None:
        self.numbers: Channel = np.zeros((1, 1))
        self.title, self.bounds = title, bounds

    def show(self, numbers: Any) -> None:
        """Replace the numbers that are shown."""
        self.numbers = np.atleast_2d(np.asarray(numbers))

    def _repr_png_(self) -> bytes:
        import matplotlib.pyplot as plt

        figure, ax = plt.subplots(figsize=(5, 5), layout="constrained")
        limit = float(np.abs(self.numbers).max()) or 1.0
        low, high = self.bounds or (-limit, limit)
        picture = ax.imshow(self.numbers, cmap=style.DIVERGING, vmin=low, vmax=high)
        figure.colorbar(picture, ax=ax, shrink=0.8)
        ax.set_title(self.title)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        plt.close(figure)
        return buffer.getvalue()


def plot_activations(activations: Any, fig: HeatMap) -> None:
    """Show one channel on the figure of a plotter."""
    fig.show(activations)


def plot_nonzero_activations(activations: Any, fig: HeatMap) -> None:
    """Show where one channel is not 0."""
    fig.show((np.asarray(activations) != 0).astype(np.float32))


def plot_nonzero_diffs(activations: Any, fig: HeatMap) -> None:
    """Show where one channel of two observations differs."""
    plot_nonzero_activations(activations[0] - activations[1], fig)


def plot_patch(
    patch: dict[str, Callable[[Any], Any]],
    hook: Any,
    layer: str = DEFAULT_LAYER,
    channel: int = 0,
    fig: HeatMap | None = None,
    title: str | None = None,
    bounds: tuple[int | float, int | float] | None = None,
    px_dims: Any = None,
) -> HeatMap:
    """One channel of an activation that the hook has seen, as a patch changes it.

    Args:
        patch: functions by label.
        hook: circrl's hook, after a run.
        layer: label of the activation; `patch` must contain it.
        channel: the channel.
        fig: where to show it. Defaults to a new figure.
        title: the title above it.
        bounds: the limits of the colour scale.
        px_dims: ignored; figures have one size.

    Raises:
        ValueError: a patch of another activation, or a channel that does not exist.
    """
    import torch

    if layer not in patch:
        raise ValueError(f"the patch is of {sorted(patch)}, not of {layer!r}: name one of these")
    values = np.asarray(patch[layer](torch.as_tensor(np.asarray(hook.values_by_label[layer]))))
    if not 0 <= channel < values.shape[1]:
        raise ValueError(no_such_channel(channel, values.shape[1], layer))
    fig = fig or HeatMap(title or "", bounds)
    fig.show(values[0, channel])
    return fig


class ActivationsPlotter:
    """A heat map with a layer menu, a channel slider and a save button.

    Args:
        labels: activations to choose from.
        plotter: called with `activations` (batch, row, col) of one channel, and `fig`.
        activ_gen: called with a label, the hook and `act_kwargs`, and with row and column before
            these if `coords_enabled`; returns the whole activation.
        hook: circrl's hook on the policy, after a run.
        coords_enabled: sliders for a pixel of the observation.
        defaults: initial values of `channel_slider` and `label_widget`.
        save_dir: folder for saved pictures.
        act_kwargs: keyword arguments for `activ_gen`.

    Raises:
        ModuleNotFoundError: ipywidgets is not installed.
    """

    def __init__(
        self,
        labels: Sequence[str],
        plotter: Callable[..., Any],
        activ_gen: Callable[..., Any],
        hook: Any,
        coords_enabled: bool = False,
        defaults: dict[str, Any] | None = None,
        save_dir: str = "experiments/visualizations",
        **act_kwargs: Any,
    ) -> None:
        import ipywidgets as widgets

        self.plotter, self.activ_gen, self.hook = plotter, activ_gen, hook
        self.act_kwargs, self.save_dir = act_kwargs, Path(save_dir)
        self.coords_enabled = coords_enabled
        self.fig = HeatMap()
        self.picture = widgets.Image(format="png")
        self.label_widget = widgets.Dropdown(options=format_labels(labels), description="Layer")
        self.channel_slider = widgets.IntSlider(max=127, description="Channel")
        self.row_slider, self.col_slider = (
            widgets.IntSlider(max=63, value=32, description=name) for name in ("Row", "Column")
        )
        self.filename_widget = widgets.Text(placeholder="Custom filename")
        self.button = widgets.Button(description="Save image")
        self.button.on_click(self.save_image)
        pixel = [self.row_slider, self.col_slider] if coords_enabled else []
        chosen = [self.label_widget, self.channel_slider, *pixel]
        for name, value in (defaults or {}).items():
            getattr(self, name).value = value
        self.update_plotter()
        for widget in chosen:
            widget.observe(self.update_plotter, names="value")
        save = widgets.HBox([self.filename_widget, self.button])
        self.widgets = [self.picture, *chosen, save]

    def display(self) -> None:
        """Show the plotter below the cell."""
        from IPython.display import display
        from ipywidgets import VBox

        display(VBox(self.widgets))

    def update_plotter(self, change: Any = None) -> None:
        """Compute and draw the current choice. `change` is ignored."""
        label = expand_label(self.label_widget.value)
        pixel = (self.row_slider.value, self.col_slider.value) if self.coords_enabled else ()
        values = as_channels(self.activ_gen(*pixel, label, self.hook, **self.act_kwargs))
        last = num_channels(self.hook, label) - 1
        channel = min(self.channel_slider.value, values.shape[1] - 1)
        # Otherwise the change of the slider would draw again.
        with self.channel_slider.hold_trait_notifications():
            self.channel_slider.max = max(last, 0)
        self.fig.title = f"{self.label_widget.value}, channel {channel}"
        self.plotter(activations=values[:, channel], fig=self.fig)
        self.picture.value = self.fig._repr_png_()

    def save_image(self, _: Any = None) -> None:
        """Save the picture under the name in the box, or under layer and channel."""
        name = (
            self.filename_widget.value or f"{self.label_widget.value}_{self.channel_slider.value}"
        )
        with unfinished(self.save_dir / f"{name}.png") as temporary:
            temporary.write_bytes(self.picture.value)
        self.filename_widget.value = ""


def as_channels(values: Any) -> Num[np.ndarray, "batch channel row col"]:
    """An activation with rows and columns: a layer's units as one square channel, or one row."""
    array = np.asarray(values)
    if array.ndim != 2:
        return array
    side = math.isqrt(array.shape[1])
    shape = (side, side) if side * side == array.shape[1] else (1, array.shape[1])
    return array.reshape(len(array), 1, *shape)
