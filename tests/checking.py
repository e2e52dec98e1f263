"""How annotations are checked while testing: shapes by jaxtyping, everything else by beartype.

`jaxtyping.install_import_hook` decorates every function of a module with `jaxtyping.jaxtyped`,
which builds two more functions for each one at import and binds the arguments of each call anew.
That took a third of the time of all tests. `quickly_checked` takes its place: the same checks, with
axes that are consistent among arguments and result, but built at the first call, and made in the
first CALLS calls of each test.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from typing import Any

import beartype
import jaxtyping

_jaxtyped = jaxtyping.jaxtyped

CHECK = beartype.beartype(conf=beartype.BeartypeConf(violation_type=TypeError))
CALLS = 20
"""Calls of each function that are checked in each test. A loop rarely changes types after these."""


@dataclass
class Progress:
    """How many tests have begun in this process."""

    tests: int = 0


PROGRESS = Progress()


def quickly_checked(**options: Any) -> Callable[[Any], Any]:
    """Decorates functions and data classes as `jaxtyping.jaxtyped(typechecker=beartype)` does."""

    def decorate(thing: Any) -> Any:
        if inspect.isfunction(thing):
            return _checked(thing)
        if is_dataclass(thing) and not hasattr(thing.__init__, "__wrapped__"):
            thing.__init__ = _checked(thing.__init__)
        return thing

    return decorate


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    check: Callable[..., Any] | None = None
    test, calls = 0, 0

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal check, test, calls
        if test != PROGRESS.tests:
            test, calls = PROGRESS.tests, 0
        calls += 1
        if calls > CALLS or jaxtyping.config.jaxtyping_disable:
            return function(*args, **kwargs)
        if check is None:
            check = CHECK(_with_types(function))
        with _jaxtyped("context"):  # the sizes of axes that this call has seen
            return check(*args, **kwargs)

    return wrapper


def _with_types(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy whose annotations are types."""
    copy = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    functools.update_wrapper(copy, function)
    del copy.__wrapped__  # type: ignore[attr-defined]
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__annotations__ = resolved_types(function)
    return copy


def resolved_types(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function as types; Any for what is imported for type checkers alone.

    Raises:
        Exception: an annotation that is no type, such as `Float[np.ndarray, 2]`.
    """
    return {
        name: _resolved(annotation, function.__globals__)
        for name, annotation in function.__annotations__.items()
    }


def _resolved(annotation: Any, names: dict[str, Any]) -> Any:
    try:
        return typing.get_type_hints(
            types.SimpleNamespace(__annotations__={"value": annotation}), names, include_extras=True
        )["value"]
    except NameError:
        return Any


def install(modules: Sequence[str]) -> None:
    """Check the annotations of modules, from their next import on."""
    # The hook writes this name before every function and class.
    jaxtyping.jaxtyped = quickly_checked  # type: ignore[assignment]
    jaxtyping.install_import_hook(list(modules), "beartype.beartype")


@contextmanager
def without_type_checks() -> Iterator[None]:
    """As outside of tests, where nothing checks annotations."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
