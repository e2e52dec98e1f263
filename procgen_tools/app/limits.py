"""What visitors of the app may use: size, time and number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of an app.

    Attributes:
        visitors: connections at the same time.
        seconds: time of one computation.
        idle_seconds: time without a message after which a visitor is disconnected.
        beat_seconds: time between two signs of life of the server. A page that misses five of them
            tells its visitor that the server was lost.
        message_bytes: size of one message of a visitor.
        maze_bytes: size of an uploaded file of mazes.
        checkpoint_bytes: size of an uploaded checkpoint.

    Raises:
        ValueError: a limit that is not positive.

    Example:
        >>> Limits(visitors=4).seconds
        20.0
    """

    visitors: int = 16
    seconds: int | float = 20.0
    idle_seconds: int | float = 1800.0
    beat_seconds: int | float = 2.0
    message_bytes: int = 2**18
    maze_bytes: int = 2**18
    checkpoint_bytes: int = 2**25

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"{name} is {value}: give a number above 0")
