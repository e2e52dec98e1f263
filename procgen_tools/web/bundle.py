"""One ES module from several: what anywidget loads, and what a page without a server can inline.

The modules in `modules/` import each other by name, so a browser can also load them as they are.
"""

from __future__ import annotations

import re
from pathlib import Path

from procgen_tools.names import did_you_mean

MODULES = Path(__file__).with_name("modules")

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
_NAME = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


def bundle(entry: str) -> str:
    """A module and all that it imports, as one module without imports.

    Each module follows those that it imports, without its `import` lines and without the word
    `export`. Only `export default` of the entry remains.

    Args:
        entry: the name of a module in `modules/`, without its suffix.

    Raises:
        ValueError: an unknown module, modules that import each other in a circle, or two modules
            that define the same name.

    Example:
        >>> bundle("canvas").count("import {")
        0
    """
    parts: list[str] = []
    homes: dict[str, str] = {}
    for name in in_order(entry):
        text = _EXPORT.sub("", _IMPORT.sub("", source(name)))
        for defined in _NAME.findall(text):
            if defined in homes:
                raise ValueError(
                    f"{homes[defined]}.js and {name}.js both define {defined!r}, and a bundle has "
                    "one scope: rename one of them"
                )
            homes[defined] = name
        parts.append(f"// {name}.js\n{text}")
    return "\n".join(parts)


def in_order(entry: str, above: tuple[str, ...] = ()) -> list[str]:
    """The names of the modules that a module needs, each once and after all that it imports.

    Args:
        entry: the name of a module.
        above: the modules that led here.

    Raises:
        ValueError: an unknown module, or modules that import each other in a circle.

    Example:
        >>> in_order("canvas")
        ['scene', 'dom', 'marks', 'canvas']
    """
    if entry in above:
        raise ValueError(
            f"modules import each other in a circle: {' -> '.join((*above, entry))}; move what "
            "both need into a module of its own"
        )
    ordered: list[str] = []
    for needed in _IMPORT.findall(source(entry)):
        ordered += [name for name in in_order(needed, (*above, entry)) if name not in ordered]
    return [*ordered, entry]


def source(name: str) -> str:
    """The text of a module; ValueError if there is none of this name."""
    path = MODULES / f"{name}.js"
    if not path.is_file():
        known = sorted(each.stem for each in MODULES.glob("*.js"))
        raise ValueError(
            f"there is no module {name!r}: choose one of {', '.join(known)}"
            f"{did_you_mean(name, known)}"
        )
    return path.read_text(encoding="utf-8")


def theme() -> str:
    """The style sheet of all widgets and pages."""
    return (MODULES / "theme.css").read_text(encoding="utf-8")
