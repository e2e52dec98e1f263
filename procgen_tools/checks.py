"""Checks of arguments: what was given, what is allowed, and what to give instead."""

from __future__ import annotations

import os
from operator import index
from typing import Any


def whole_number(
    name: str, value: Any, low: int | None = None, high: int | None = None, *, hint: str = ""
) -> int:
    """`value` as an int, if it is a whole number in range.

    Integers of Python, numpy and torch count; booleans and floats do not, not even 2.0.

    Args:
        name: of the argument, for the message.
        value: what was given.
        low: the smallest value allowed; None for no limit.
        high: the largest value allowed; None for no limit.
        hint: what to do, at the end of the message.

    Raises:
        TypeError: no whole number.
        ValueError: out of range.

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
    # Python, numpy and torch would all take True for 1.
    if "bool" in str(getattr(value, "dtype", type(value))):
        return None
    try:
        return index(value)
    except TypeError:
        return None


def of_kind(name: str, value: Any, kind: type | tuple[type, ...], remedy: str) -> None:
    """Check that `value` is a `kind`.

    Args:
        name: what it is, for the message.
        value: what was given.
        kind: what it should be, or several types of which it should be one.
        remedy: what to give instead, such as "give a Maze".

    Raises:
        TypeError: anything else.
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} is of type {type(value).__name__}: {remedy}")


def true_or_false(name: str, value: Any) -> bool:
    """`value` as a bool, if it is one, Python's or numpy's.

    Raises:
        TypeError: anything else, numbers and texts included.
    """
    if type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{name} is {value!r:.60}, of type {type(value).__name__}: give True or "
                        "False")  # fmt: skip
    return bool(value)


def check_memory(what: str, count: int, bytes_each: int) -> None:
    """Check that so many of something fit into this machine's memory, before making them.

    Args:
        what: the name of the argument that holds `count`.
        count: how many.
        bytes_each: what one of them takes.

    Raises:
        ValueError: they take more than all the memory there is.
    """
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # a system that does not tell
        return
    if count * bytes_each > memory:
        raise ValueError(
            f"{what} is {count}: they would take {count * bytes_each / 1e9:.1f} GB, and this "
            f"machine has {memory / 1e9:.1f} GB; give at most {memory // bytes_each}"
        )
