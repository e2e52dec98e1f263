"""The patches of procgen-tools: functions of an activation by label, for circrl's hooks.

They exist for migration. In new code, use `procgen_tools.interventions`, whose edits are checked
before they run and do not copy the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor

from procgen_tools.compat import fields
from procgen_tools.compat.session import no_such_channel
from procgen_tools.compat.venvs import copy_venv, get_cheese_venv_pair, get_random_obs_opts
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.coded_grids import Step

Patch = dict[str, Callable[[Any], Any]]


def forward_func_policy(network: Any, inp: Tensor) -> Tensor:
    """The logits of a policy."""
    return network.fc_policy(network.embedder(inp))


def channel_patch_or_broadcast(
    layer_name: str, patch_fn: Callable[[Any], Any], channel: int = -1
) -> Patch:
    """A patch that replaces one channel, or all channels, by a function of it.

    Args:
        layer_name: label of the activation.
        patch_fn: takes one channel (batch, ...), or all channels (batch, channel, ...).
        channel: the channel to patch; -1 for all channels.

    Raises:
        ValueError: the activation does not have this channel; raised when the patch runs.
    """

    def patched(activation: Tensor) -> Tensor:
        if channel < 0:
            changed = _tensor(patch_fn(activation), activation)
            return changed.expand_as(activation).clone()
        _check_channel(activation, channel, layer_name)
        result = activation.clone()
        result[:, channel] = _tensor(patch_fn(activation[:, channel].clone()), activation)
        return result

    return {layer_name: patched}


def _check_channel(activation: Any, channel: int, layer_name: str) -> None:
    count = activation.shape[1]
    if channel >= count:
        raise ValueError(no_such_channel(channel, count, layer_name))


def _tensor(values: Any, like: Tensor) -> Tensor:
    return torch.as_tensor(values).to(like)


def compose_patches(*patches: Patch) -> Patch:
    """One patch that applies several in order, to the activations that all of them patch.

    Raises:
        ValueError: no patches.
    """
    if not patches:
        raise ValueError("there are no patches to compose: give one or more")
    shared = set.intersection(*(set(patch) for patch in patches))

    def composed(label: str) -> Callable[[Any], Any]:
        return lambda activation: reduce(
            lambda value, patch: patch[label](value), patches, activation
        )

    return {label: composed(label) for label in shared}


def get_values_diff_patch(values: Any, coeff: int | float, layer_name: str) -> Patch:
    """A patch that adds `coeff` times the first of two activations minus the second."""
    change = coeff * (values[0] - values[1])
    return {layer_name: lambda activation: activation + _tensor(change, activation)}


def get_zero_patch(layer_name: str, channel: int = -1) -> Patch:
    """A patch that sets one channel to 0, or all of them (-1)."""
    return channel_patch_or_broadcast(layer_name, torch.zeros_like, channel)


def get_mean_patch(
    layer_name: str, values: Any = None, channel: int = -1, num_samples: int = 50
) -> Patch:
    """A patch that sets an activation, or one channel of it, to its mean over a batch.

    Args:
        layer_name: label of the activation.
        values: (batch, channel, ...). Defaults to the session policy's activations on
            `num_samples` random observations.
        channel: the channel to patch; -1 for all channels.
        num_samples: number of random observations.
    """
    if values is None:
        from procgen_tools.compat.session import session

        values = _values(layer_name, session()[1], get_random_obs_opts(num_samples))
    _check_channel(values, channel, layer_name)
    mean = torch.as_tensor(values if channel < 0 else values[:, channel]).mean(dim=0)
    return channel_patch_or_broadcast(layer_name, lambda _: mean, channel)


def get_random_patch(
    layer_name: str,
    hook: Any,
    channel: int = -1,
    cheese_loc: Step | None = None,
    num_obs: int = 1,
) -> Patch:
    """A patch that takes an activation, or one channel of it, from a random observation.

    Each run chooses one of `num_obs` observations with numpy's global state. With `cheese_loc`,
    an outer square, their cheese is there.

    Raises:
        ValueError: `num_obs` is below 1, or no level is open at `cheese_loc`.
    """
    if num_obs < 1:
        raise ValueError(f"num_obs is {num_obs}: resample from one observation or more")
    values = torch.as_tensor(
        _values(layer_name, hook, get_random_obs_opts(num_obs, cheese_pos_outer=cheese_loc))
    )
    _check_channel(values, channel, layer_name)
    chosen = values if channel < 0 else values[:, channel]
    return channel_patch_or_broadcast(
        layer_name,
        lambda _: chosen[np.random.randint(num_obs)],  # noqa: NPY002 (notebooks seed numpy itself)
        channel,
    )


def get_channel_pixel_patch(
    layer_name: str,
    channel: int,
    value: int | float = 1,
    coord: Step = (0, 0),
    default: int | float | None = None,
) -> Patch:
    """A patch that sets one pixel of one channel.

    Args:
        layer_name: label of a convolutional activation.
        channel: the channel to patch.
        value: the value of the pixel.
        coord: row (from the top) and column in the activation.
        default: value of all other pixels. None leaves them unchanged in each observation.

    Raises:
        ValueError: a negative channel, or, when the patch runs, a pixel outside the activation.
    """
    if channel < 0:
        raise ValueError(
            f"channel {channel} is negative: give one channel, or call combined_pixel_patch"
        )

    def stamped(pixels: Tensor) -> Tensor:
        row, col = coord
        if not (0 <= row < pixels.shape[-2] and 0 <= col < pixels.shape[-1]):
            raise ValueError(
                f"the pixel {tuple(coord)} is outside {layer_name}, whose channels are "
                f"{tuple(pixels.shape[-2:])}"
            )
        if default is not None:
            pixels = torch.full_like(pixels, default)
        pixels[..., row, col] = value
        return pixels

    return channel_patch_or_broadcast(layer_name, stamped, channel)


def combined_pixel_patch(
    layer_name: str,
    value: int | float,
    coord: Step,
    channels: Sequence[int],
    default: int | float | None = None,
) -> Patch:
    """A patch that sets the same pixel of several channels; see `get_channel_pixel_patch`."""
    return compose_patches(
        *(
            get_channel_pixel_patch(layer_name, channel, value, coord, default)
            for channel in channels
        )
    )


def get_multiply_patch(
    layer_name: str,
    channel: int = -1,
    pos_multiplier: int | float | None = None,
    neg_multiplier: int | float | None = None,
) -> Patch:
    """A patch that multiplies positive and negative numbers by separate factors."""

    def scaled(values: Tensor) -> Tensor:
        above = values * (1 if pos_multiplier is None else pos_multiplier)
        below = values * (1 if neg_multiplier is None else neg_multiplier)
        return torch.where(values > 0, above, below)

    return channel_patch_or_broadcast(layer_name, scaled, channel)


# --- activations of environments


def _values(layer_name: str, hook: Any, observations: np.ndarray) -> np.ndarray:
    hook.run_with_input(observations, func=forward_func_policy)
    return np.asarray(hook.get_value_by_label(layer_name))


def get_activations(obs: np.ndarray, hook: Any, layer_name: str) -> np.ndarray:
    """The activation for these observations, its first axis the batch."""
    hook.run_with_input(obs)
    return np.asarray(hook.get_value_by_label(layer_name))


def values_from_venv(layer_name: str, hook: Any, venv: Any) -> np.ndarray:
    """The activation in the present state of every environment of a venv."""
    return _values(layer_name, hook, venv.reset().astype(np.float32))


def patch_from_venv_pair(venv: Any, layer_name: str, hook: Any, coeff: int | float = 1.0) -> Patch:
    """A patch that adds `coeff` times the activation in the first of two environments minus the
    second.

    Raises:
        ValueError: not two environments.
    """
    if venv.num_envs != 2:
        raise ValueError(f"the venv has {venv.num_envs} environments: give one of two")
    return get_values_diff_patch(values_from_venv(layer_name, hook, venv), coeff, layer_name)


def cheese_diff_values(seed: int, layer_name: str, hook: Any) -> np.ndarray:
    """The activation of a level with its cheese, and without it."""
    return values_from_venv(layer_name, hook, get_cheese_venv_pair(seed))


# --- effects


def compare_patched_vfields(
    venv: Any,
    patches: Patch,
    hook: Any,
    render_padding: bool = False,
    ax_size: int = 4,
    reuse_first: bool = True,
    show_diff: bool = True,
    show_original: bool = True,
    show_components: bool = False,
) -> tuple[Any, Any, dict[str, Any]]:
    """Draw the field of a venv's maze without patches, with patches, and the difference.

    Args:
        venv: of one or two environments; with two and `reuse_first=False`, the patched field is
            the second's.
        patches: the patches for `hook`.
        hook: circrl's hook on the policy.
        render_padding, ax_size, show_diff, show_original, show_components: see `plot_vfs`.

    Returns:
        The figure, its axes, and a dictionary of the patches and the three fields.

    Raises:
        ValueError: more than two environments.
    """
    if not 1 <= venv.num_envs <= 2:
        raise ValueError(f"the venv has {venv.num_envs} environments: give one or two")
    second = 0 if venv.num_envs == 1 or reuse_first else 1
    original = vector_field(copy_venv(venv, 0), hook.network, both_facings=False)
    with hook.use_patches(patches):
        patched = vector_field(copy_venv(venv, second), hook.network, both_facings=False)
    figure, axes, change = fields.plot_vfs(
        original,
        patched,
        render_padding=render_padding,
        ax_size=ax_size,
        show_diff=show_diff,
        show_original=show_original,
        show_components=show_components,
    )
    return (
        figure,
        axes,
        {
            "patches": patches,
            "original_vfield": original,
            "patched_vfield": patched,
            "diff_vfield": change,
        },
    )


def plot_patched_vfields(
    seed: int,
    coeff: int | float,
    layer_name: str,
    hook: Any,
    values: Any = None,
    venv: Any = None,
    show_title: bool = False,
    title: str = "",
    render_padding: bool = False,
    ax_size: int = 5,
    show_components: bool = False,
) -> tuple[Any, Any, dict[str, Any]]:
    """Draw what adding `coeff` times a difference of activations does to a level's field.

    Args:
        seed: seed of the level, including its cheese. Also the seed of the difference if
            `values` is None.
        coeff: the factor.
        layer_name: label of the activation.
        hook: circrl's hook on the policy.
        values: two activations. Defaults to those with and without cheese.
        venv: environments, the first of which is drawn instead of the level.
        show_title, title: the title above the figure.
        render_padding, ax_size, show_components: see `plot_vfs`.
    """
    if values is None:
        values = cheese_diff_values(seed, layer_name, hook)
    shown = copy_venv(get_cheese_venv_pair(seed) if venv is None else venv, 0)
    figure, axes, found = compare_patched_vfields(
        shown,
        get_values_diff_patch(values, coeff, layer_name),
        hook,
        render_padding=render_padding,
        ax_size=ax_size,
        show_components=show_components,
    )
    found.update({"seed": seed, "coeff": coeff, "patch_layer_name": layer_name})
    if show_title:
        figure.suptitle(title or f"Level {seed} coeff {coeff} layer {layer_name}")
    return figure, axes, found


def vf_diff_magnitude_from_seed(seed: int, patches: Patch) -> float:
    """Half of `vf_diff_magnitude` of a level, patched minus not, by the session's policy."""
    from procgen_tools.compat.session import session
    from procgen_tools.worlds.maze.levels import make_level

    policy, hook, _ = session()
    level = make_level(seed)
    before = vector_field(level, policy, both_facings=False)
    with hook.use_patches(patches):
        after = vector_field(level, hook.network, both_facings=False)
    return fields.vf_diff_magnitude(fields.get_vf_diff(before, after)) / 2


def logits_to_action_plot(logits: Any, title: str = "") -> Any:
    """A heat map of the probabilities of the five moves over time, as a matplotlib Axes.

    Args:
        logits: (step, action=15), an array or xarray's DataArray.
        title: the title above the figure.
    """
    import matplotlib.pyplot as plt

    from procgen_tools.compat.actions import human_readable_actions

    numbers = torch.as_tensor(np.asarray(logits)).softmax(dim=-1).numpy()
    moves = human_readable_actions(numbers)
    _, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
    picture = ax.imshow(np.stack(list(moves.values())), aspect="auto", vmin=0, vmax=1)
    ax.set(title=title, xlabel="step", yticks=range(len(moves)))
    ax.set_yticklabels([name.title() for name in moves])
    ax.figure.colorbar(picture, ax=ax, label="probability")
    return ax
