"""Suggestions for unknown names, lazy names of modules, and older names of arguments."""

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
    """The end of a message about an unknown name: the closest known name, if any.

    Example:
        >>> did_you_mean("hrad", ["easy", "hard"])
        "; did you mean 'hard'?"
    """
    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def lazy(module: str, homes: Mapping[str, str], older: str | None = None) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose names load on first use.

    Only in this way may a module export names of modules that import it: nothing is imported until
    a name is used.

    Args:
        module: the name of the module, for messages.
        homes: the module in `procgen_tools` that defines each name.
        older: the module of procgen-tools whose names also work here (see `compat`).

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
    """Make a decorator by which a function accepts keywords of procgen-tools, for migration.

    Args:
        renamed: maps keywords of procgen-tools to ours.
        dropped: maps keywords without a meaning here to the value that describes the behaviour
            here. Other values are ignored with a warning. Ellipsis accepts any value.
        remark: maps the result of a call with a renamed keyword to the text of a warning, or None.

    Example:
        >>> @accepts_older(renamed={"idx": "index"})
        ... def item(values, index):
        ...     return values[index]
        >>> item("abc", idx=1)
        'b'
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
    """Make a decorator by which an older order of positional arguments works, with a warning.

    It is for functions whose second argument was the layer, a string. Now mazes come before it.
    The older order works for one release.

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
