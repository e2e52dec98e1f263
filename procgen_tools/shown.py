"""Representations of results: a few lines at a prompt, a picture in a notebook::

    @dataclass(frozen=True, eq=False)
    class Result:
        numbers: np.ndarray

        __repr__ = brief

`brief` and `summary` make the lines, and `drawn_png` the picture.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
from jaxtyping import UInt8

from procgen_tools.files import unfinished

WIDTH = 100
"""Characters per line."""
LONGEST = 70
"""Characters per attribute."""
FEW = 6
"""Largest number of values that are written out."""


def brief(result: Any) -> str:
    """The `__repr__` of a dataclass with arrays: their dtype, shape, and range or mean.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Result:
        ...     chances: np.ndarray
        ...     __repr__ = brief
        >>> Result(np.linspace(0, 1, 11))
        Result(chances=float64 (11,) mean 0.5)
    """
    parts = [f"{each.name}={_value(getattr(result, each.name))}" for each in fields(result)]
    return summary(result, *parts)


def summary(result: Any, *parts: str) -> str:
    """The class name of a result and the given parts, in lines of 100 characters.

    Example:
        >>> summary(1.5, "a number", "", "not an integer")
        'float(a number, not an integer)'
    """
    kept = [part for part in parts if part]
    lines = [f"{type(result).__name__}("]
    for part in [*(f"{part}, " for part in kept[:-1]), *(f"{part})" for part in kept[-1:])]:
        if len(lines[-1]) + len(part.rstrip()) > WIDTH:
            lines.append("    ")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def _value(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype") and hasattr(value, "ndim"):
        return _array(value)
    if hasattr(value, "shape"):  # a DataFrame
        return " x ".join(
            f"{count:,} {name}"
            for count, name in zip(value.shape, ("rows", "columns"), strict=False)
        )
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return shorten(
            f"{{{len(value)}: {', '.join(map(str, value))}}}", LONGEST, placeholder=" …}"
        )
    if isinstance(value, list | tuple):
        return _sequence(value)
    if isinstance(value, str | int | None):
        return shorten(repr(value), LONGEST, placeholder="…")
    if is_dataclass(value) and not isinstance(value, type):
        text = repr(value)
        return text if len(text) <= LONGEST else f"{type(value).__name__}(…)"
    text = str(value)
    return text if len(text) <= LONGEST and "\n" not in text else type(value).__name__


def _sequence(values: list[Any] | tuple[Any, ...]) -> str:
    text = ", ".join(_value(value) for value in values[:FEW])
    if len(values) <= FEW and len(text) <= LONGEST:
        return f"({text})"
    return f"{len(values):,} x {type(values[0]).__name__}"


def _array(array: Any) -> str:
    """Dtype and shape; for a NumPy array with one axis, its values, range or mean."""
    kind = str(array.dtype).removeprefix("torch.")
    text = f"{kind} {tuple(array.shape)}"
    if not isinstance(array, np.ndarray) or array.ndim != 1 or not array.size:
        return text
    if array.size <= FEW and array.dtype.kind in "biuf":
        return "[" + ", ".join(f"{number:.4g}" for number in array.tolist()) + "]"
    if array.dtype.kind in "iu":
        return f"{text} {array.min()} to {array.max()}"
    if array.dtype.kind in "bf" and np.isfinite(array).any():
        return f"{text} mean {array[np.isfinite(array)].mean():.4g}"
    return text


def drawn_png(by: str, *arguments: Any) -> bytes:
    """The picture of a result as a PNG, for a notebook.

    Args:
        by: the function that makes the figure, as "module:name" in `procgen_tools`. It is named
            and not imported, because its module may import the result's.
        arguments: the arguments of the function.
    """
    module, _, name = by.partition(":")
    return figure_png(getattr(import_module(f"procgen_tools.{module}"), name)(*arguments))


def figure_png(figure: Any, dpi: int = 80) -> bytes:
    """A matplotlib figure as a PNG. A pyplot figure is closed, so that it is not shown again."""
    return _saved(figure, "png", dpi)


def figure_webp(figure: Any, dpi: int = 80) -> bytes:
    """A matplotlib figure as a lossless WebP: the pixels of the PNG in about half its size.

    Browsers show it; programs that edit pictures may not. A pyplot figure is closed.
    """
    return _saved(figure, "webp", dpi, pil_kwargs={"lossless": True})


def save_figure(
    figure: Any, path: str | os.PathLike[str], dpi: float | int, **options: Any
) -> None:
    """Write a matplotlib figure to a file, whole or not at all. Its ending names the format."""
    with unfinished(path) as temporary:
        figure.savefig(temporary, format=Path(path).suffix.removeprefix("."), dpi=dpi, **options)


def _saved(figure: Any, form: str, dpi: int, **options: Any) -> bytes:
    written = BytesIO()
    figure.savefig(written, format=form, dpi=dpi, **options)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
    return written.getvalue()


def pixels_png(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """A picture as a PNG."""
    from PIL import Image

    written = BytesIO()
    Image.fromarray(pixels).save(written, format="PNG")
    return written.getvalue()
