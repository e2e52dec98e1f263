"""Names that were not found, the known ones that may have been meant, and names from before."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known one that is close to it, if any."""
    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def lazy(module: str, homes: Mapping[str, str], older: str | None = None) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose names load when they are first used.

    It is the one way in which a module may pass on names of rooms above its own: nothing is
    imported until somebody asks for the name.

    Args:
        module: the module's own name, for messages.
        homes: the names, and the module within `procgen_tools` that defines each.
        older: procgen-tools' module whose names are found here, too (see `compat`).

    Example:
        >>> find = lazy("example", {"plot_vf": "plots.fields"})
        >>> find("plot_vf").__name__
        'plot_vf'
    """

    def find(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"procgen_tools.{homes[name]}"), name)
        if older is not None:
            return import_module("procgen_tools.compat.resolve").face(older)[0](name)
        raise AttributeError(
            f"module {module!r} has no attribute {name!r}{did_you_mean(name, homes)}"
        )

    return find


def accepts_older(
    renamed: dict[str, str] | None = None,
    dropped: dict[str, object] | None = None,
    remark: Callable[[Any], str | None] | None = None,
) -> Callable[[Function], Function]:
    """A decorator: the function takes keywords that procgen-tools has, for migration.

    Args:
        renamed: procgen-tools' keyword, and ours.
        dropped: a keyword that has no meaning here, and the value that means what is done here;
            another value is ignored with a warning. Ellipsis for any value.
        remark: gets what the function returned after a renamed keyword was used; the text that
            it returns becomes a warning.
    """
    renamed, dropped = renamed or {}, dropped or {}

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def with_older(*arguments: Any, **keywords: Any) -> Any:
            is_older = any(old in keywords for old in renamed)
            for old, new in renamed.items():
                if old in keywords:
                    if new in keywords:
                        raise TypeError(f"{function.__name__}: {old} and {new} are the same")
                    keywords[new] = keywords.pop(old)
            for old, usual in dropped.items():
                value = keywords.pop(old, usual)
                if usual is not ... and value != usual:
                    warnings.warn(
                        f"{function.__name__} has no {old} and ignores {old}={value!r}",
                        UserWarning,
                        stacklevel=2,
                    )
            returned = function(*arguments, **keywords)
            text = remark(returned) if remark and is_older else None
            if text:
                warnings.warn(text, UserWarning, stacklevel=2)
            return returned

        return with_older  # type: ignore[return-value]

    return decorate


def reordered(*older: str) -> Callable[[Function], Function]:
    """A decorator: an older order of positional arguments works for one release, with a warning.

    For functions that took the layer, a string, in second place; now mazes come before it.

    Args:
        older: the names of the arguments in the older order.
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def in_either_order(*arguments: Any, **keywords: Any) -> Any:
            if len(arguments) > 1 and isinstance(arguments[1], str):
                order = ", ".join(inspect.signature(function).parameters)
                warnings.warn(
                    f"{function.__name__} takes ({order}); the older order works for one release",
                    FutureWarning,
                    stacklevel=2,
                )
                keywords |= dict(zip(older, arguments, strict=False))
                arguments = ()
            return function(*arguments, **keywords)

        return in_either_order  # type: ignore[return-value]

    return decorate
