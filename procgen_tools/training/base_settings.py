"""What the settings of every trainer have in common: fields with a meaning and bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from procgen_tools.names import did_you_mean

LARGEST_SEED = 2**31 - 1
"""Streams of levels begin at twice the seed, modulo 2**32. Larger seeds would repeat levels."""


def setting(
    default: Any,
    meaning: str,
    *,
    low: int | float = -math.inf,
    high: int | float = math.inf,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field with its meaning, and the bounds [low, high] or choices of its value."""
    return field(
        default=default,
        metadata={"meaning": meaning, "low": low, "high": high, "choices": choices},
    )


class Timed(NamedTuple):
    """The network and batch that are timed to find the faster precision."""

    scale: int
    batch: int
    recurrent: bool


@dataclass(frozen=True)
class Settings:
    """The settings of a trainer. Subclasses add a `setting` for everything that decides a run.

    Raises:
        ValueError: a setting is out of its bounds.
    """

    def beside(self, recorded: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
        """Name, recorded value and own value of each setting.

        A setting that did not exist when others were recorded had what is its default now.

        Args:
            recorded: values by name.
        """
        for each in fields(self):
            yield each.name, recorded.get(each.name, each.default), getattr(self, each.name)

    @property
    def precision(self) -> str:
        """The precision that layers compute in. A trainer that offers a choice makes it a field."""
        return "float32"

    @property
    def timed(self) -> Timed | None:
        """What to time to choose between precisions; None if there is no choice."""
        return None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, bool) or value is None:
                continue
            choices = each.metadata["choices"]
            if choices:
                if value not in choices:
                    raise ValueError(
                        f"{each.name} is {value!r}: choose one of {', '.join(choices)}"
                        f"{did_you_mean(str(value), choices)}"
                    )
                continue
            if isinstance(value, str):  # the class checks it
                continue
            low, high = each.metadata["low"], each.metadata["high"]
            if not low <= value <= high:
                raise ValueError(
                    f"{each.name} is {value}: give a number from {low} to {high} "
                    f"({each.metadata['meaning']})"
                )
