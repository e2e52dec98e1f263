"""Look up the equivalent of a name of procgen-tools."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from procgen_tools.compat.names import NAMES
from procgen_tools.compat.star_names import PARENTS, STAR_NAMES
from procgen_tools.names import did_you_mean

PACKAGE = "procgen_tools"


class NotHere(ImportError):
    """A name of procgen-tools without an equivalent here. The message says what to call instead.

    It is an ImportError because `from module import name` hides the message of an
    AttributeError.
    """


def find(module: str, name: str) -> Any:
    """The object that is equivalent to a name in one of procgen-tools' modules.

    Args:
        module: procgen-tools' module, without the package, such as "visualization".
        name: the name in it.

    Raises:
        NotHere: procgen-tools has the name, but there is no equivalent here.
        AttributeError: the module of procgen-tools has no such name either. If another of its
            modules has it, the message names that module.
    """
    for home in (module, *PARENTS.get(module, ())):
        entry = NAMES[home].get(name)
        if entry is not None:
            if entry.target is None:
                raise NotHere(f"{PACKAGE}.{module} has no {name}: {entry.instead}")
            return load(entry.target)
    if name in STAR_NAMES.get(module, {}):
        return load_package_name(module, name)
    known = {other for home in (module, *PARENTS.get(module, ())) for other in NAMES[home]}
    hint = ""
    if not name.startswith("_"):
        hint = _elsewhere(name) or did_you_mean(name, known)
    raise AttributeError(f"module '{PACKAGE}.{module}' has no attribute {name!r}{hint}")


def _elsewhere(name: str) -> str:
    """A hint for a name that older versions of another module re-exported."""
    homes = [home for home, names in NAMES.items() if name in names and names[name].target]
    return f": call {PACKAGE}.{homes[0]}.{name}" if homes else ""


def load(target: str) -> Any:
    """The object that "package.module:name" names; "package.module" is the module itself."""
    module, _, name = target.partition(":")
    found = importlib.import_module(f"{PACKAGE}.{module}")
    return getattr(found, name) if name else found


def load_package_name(module: str, name: str) -> Any:
    """A name that a module of procgen-tools re-exports from another package, such as `np`."""
    target = STAR_NAMES[module][name]
    package, _, inside = target.partition(":")
    try:
        found = importlib.import_module(package)
    except ModuleNotFoundError as error:
        return Missing(name, str(error.name).partition(".")[0])
    return getattr(found, inside) if inside else found


class Missing:
    """A placeholder for a name from a missing package. Using it raises an error that names the
    package."""

    def __init__(self, name: str, package: str) -> None:
        self._message = (
            f"{name} needs the package {package}, which is not installed: pip install {package}"
        )

    def __getattr__(self, name: str) -> Any:
        raise ModuleNotFoundError(self._message)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        raise ModuleNotFoundError(self._message)


def face(module: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a module that has procgen-tools' names.

    `from module import *` gives all of them, as it does there.
    """

    def public() -> list[str]:
        homes = (module, *PARENTS.get(module, ()))
        here = [name for home in homes for name, each in NAMES[home].items() if each.target]
        names = dict.fromkeys([*here, *STAR_NAMES.get(module, {})])
        return [name for name in names if not name.startswith("_")]

    def find_name(name: str) -> Any:
        return public() if name == "__all__" else find(module, name)

    return find_name, public
