"""Everything that is chosen in a browser of activations, as a page asks for it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from procgen_tools.checks import of_kind
from procgen_tools.hooks import canonical
from procgen_tools.interventions import ClampCell
from procgen_tools.interventions.base import activation_shape
from procgen_tools.interventions.seen_pixels import check_cell
from procgen_tools.models.interface import Policy
from procgen_tools.shown import brief
from procgen_tools.web.scenes import AnyLevel, level_of

MOST_CLAMPS = 100
"""The most clamps that a page can ask for. Python can set more."""


@dataclass(frozen=True, eq=False)
class Look:
    """What is looked at.

    Attributes:
        layer: the name of an activation.
        channel: the channel or unit.
        cell: the chosen cell (row, col), row 0 at the top, or None.
        clamps: the clamps.
        other: a level to compare with, or None.
    """

    layer: str
    channel: int
    cell: tuple[int, int] | None
    clamps: tuple[ClampCell, ...]
    other: AnyLevel | None

    __repr__ = brief


def look_of(content: Mapping[str, Any], policy: Policy) -> Look:
    """The look that a message names.

    Args:
        content: the message: the attributes of a look, with its level as a scene and each clamp as
            `activation_panels.looking_of` writes it.
        policy: the policy that is looked at.

    Raises:
        KeyError: something is missing.
        TypeError: something of another type.
        ValueError: an activation, channel, cell or level that does not exist, or too many clamps.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> clamp = {"layer": "embedder.fc", "channels": [7], "cell": None, "value": 5.5}
        >>> content = {"layer": "embedder.fc", "channel": 7, "cell": None, "clamps": [clamp]}
        >>> print(look_of({**content, "other": None}, ImpalaPolicy()).clamps[0])
        set channel 7 of embedder.fc_out to 5.5
    """
    layer, channel = content["layer"], checked_channel(policy, content["layer"], content["channel"])
    cell = _cell_of(content["cell"])
    if cell is not None:  # a layer with positions can be shown without a chosen cell
        check_cell(layer, activation_shape(policy, layer), cell)
    check_count(len(content["clamps"]))
    clamps = tuple(map(_clamp_of, content["clamps"]))
    for clamp in clamps:
        clamp.check(policy)
    other = None if content["other"] is None else level_of(content["other"])
    return Look(layer, channel, cell, clamps, other)


def checked_channel(policy: Policy, layer: str, channel: int) -> int:
    """The channel, after a check that the activation has it.

    Raises:
        ValueError: no such activation or channel.
    """
    of_kind("the layer", layer, str, "give the name of an activation")
    channels = int(activation_shape(policy, layer)[0])
    if type(channel) is not int or not 0 <= channel < channels:
        raise ValueError(
            f"{canonical(layer)} has no channel {channel!r:.60}: give 0..{channels - 1}"
        )
    return channel


def check_count(clamps: int) -> None:
    """Check the number of clamps that a page asks for.

    Raises:
        ValueError: more than MOST_CLAMPS.
    """
    if clamps > MOST_CLAMPS:
        raise ValueError(f"there would be {clamps} clamps: free some, so that {MOST_CLAMPS} remain")


def _clamp_of(content: Mapping[str, Any]) -> ClampCell:
    of_kind("the layer of a clamp", content["layer"], str, "give the name of an activation")
    value, cell = float(content["value"]), _cell_of(content["cell"])
    return ClampCell(content["layer"], value, cell, channels=content["channels"])


def _cell_of(cell: Any) -> Any:
    return None if cell is None else tuple(cell)
