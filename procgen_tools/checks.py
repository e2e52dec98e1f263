"""Checks of arguments. Messages name the value, the rule and the remedy."""

from __future__ import annotations

import os
from operator import index
from typing import Any


def whole_number(
    name: str, value: Any, low: int | None = None, high: int | None = None, *, hint: str = ""
) -> int:
    """`value` as an int, after a check that it is a whole number in range.

    Integers of Python, NumPy and torch are whole numbers. Booleans and floats are not, not even
    2.0.

    Args:
        name: name of the argument, for the message.
        value: the value to check.
        low: the smallest allowed value, or None for no limit.
        high: the largest allowed value, or None for no limit.
        hint: the remedy, at the end of the message.

    Raises:
        TypeError: `value` is not a whole number.
        ValueError: `value` is out of range.

    Example:
        >>> whole_number("num", 0, 1, hint="a batch has one environment or more")
        Traceback (most recent call last):
        ValueError: num is 0: give a whole number from 1 up; a batch has one environment or more
    """
    number: int | None = value if type(value) is int else _as_integer(value)
    if number is not None and (low is None or number >= low) and (high is None or number <= high):
        return number
    bounds = {
        (False, False): "",
        (True, False): f" from {low} up",
        (False, True): f" up to {high}",
        (True, True): f" in {low}..{high}",
    }[low is not None, high is not None]
    rule = f"give a whole number{bounds}{hint and '; '}{hint}"
    if number is None:
        raise TypeError(f"{name} is {value!r:.60}, of type {type(value).__name__}: {rule}")
    raise ValueError(f"{name} is {number}: {rule}")


def _as_integer(value: Any) -> int | None:
    # Python, NumPy and torch would all convert True to 1.
    if "bool" in str(getattr(value, "dtype", type(value))):
        return None
    try:
        return index(value)
    except TypeError:
        return None


def of_kind(name: str, value: Any, kind: type | tuple[type, ...], remedy: str) -> None:
    """Check that `value` is an instance of `kind`.

    Args:
        name: name of the argument, for the message.
        value: the value to check.
        kind: the type, or a tuple of allowed types.
        remedy: the end of the message, such as "give a Maze".

    Raises:
        TypeError: `value` has another type.

    Example:
        >>> of_kind("the maze", "M.C", tuple, "give a Maze")
        Traceback (most recent call last):
        TypeError: the maze is of type str: give a Maze
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} is of type {type(value).__name__}: {remedy}")


def true_or_false(name: str, value: Any) -> bool:
    """`value` as a bool, after a check that it is a bool of Python or NumPy.

    Raises:
        TypeError: `value` has another type, such as a number or a string.

    Example:
        >>> true_or_false("use_backgrounds", 1)
        Traceback (most recent call last):
        TypeError: use_backgrounds is 1, of type int: give True or False
    """
    if type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(
            f"{name} is {value!r:.60}, of type {type(value).__name__}: give True or False"
        )
    return bool(value)


def check_finite(what: str, numbers: Any) -> None:
    """Check that an array or a tensor has neither NaN nor infinite numbers.

    Args:
        what: what the numbers are, in the plural, for the message.
        numbers: the array, or the tensor on any device.

    Raises:
        ValueError: a number that is not finite.

    Example:
        >>> import numpy as np
        >>> check_finite("the logits", np.array([0.0, np.nan]))
        Traceback (most recent call last):
        ValueError: the logits contain nan: all must be finite; check the policy's weights and edits
    """
    import numpy as np

    finite = np.isfinite(numbers) if isinstance(numbers, np.ndarray) else numbers.isfinite()
    if not finite.all():
        wrong = float(numbers[~finite][0])
        raise ValueError(
            f"{what} contain {wrong}: all must be finite; check the policy's weights and edits"
        )


def check_memory(what: str, count: int, bytes_each: int) -> None:
    """Check that `count` objects fit into the memory of this machine, before they are created.

    Args:
        what: the name of the argument with the count.
        count: number of objects.
        bytes_each: bytes per object.

    Raises:
        ValueError: the objects take more than the whole memory.
    """
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # a system that does not report it
        return
    if count * bytes_each > memory:
        raise ValueError(
            f"{what} is {count}: they would take {count * bytes_each / 1e9:.1f} GB, and this "
            f"machine has {memory / 1e9:.1f} GB; give at most {memory // bytes_each}"
        )
