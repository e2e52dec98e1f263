"""One name of procgen-tools: its equivalent here, and what to call in new code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """The fate of one name.

    Attributes:
        target: "module:name" within `procgen_tools` that is equivalent; None if there is none.
        ours: what to call in new code, as "module:name" or "module:Class.attribute".
        note: how the meaning differs, or why there is no equivalent.
    """

    target: str | None
    ours: str
    note: str = ""

    @property
    def call(self) -> str:
        """What to call in new code, with dots."""
        return self.ours.replace(":", ".")

    @property
    def instead(self) -> str:
        """The end of an error message about a name without an equivalent."""
        return f"call procgen_tools.{self.call}" + (f" ({self.note})" if self.note else "")


def same(target: str, note: str = "") -> Name:
    """A name that new code uses as well."""
    return Name(target, target, note)


def faces(home: str, ours: Mapping[str, str | tuple[str, str]]) -> dict[str, Name]:
    """The names that a compat module defines, with what to call in new code and a note."""
    pairs = {name: (each, "") if isinstance(each, str) else each for name, each in ours.items()}
    return {name: Name(f"{home}:{name}", call, note) for name, (call, note) in pairs.items()}


def gone(names: str, ours: str, note: str = "") -> dict[str, Name]:
    """Names without an equivalent, separated by spaces, with what to call instead and a note."""
    return {name: Name(None, ours, note) for name in names.split()}


OUTER = "squares are in outer coordinates"
AXES = "axes count squares, with row 0 at the bottom, not pixels"
PLOTLY = "returns matplotlib figures, not plotly figures"
PIXELS = "pixels of a picture that does not exist here: axes count squares"
