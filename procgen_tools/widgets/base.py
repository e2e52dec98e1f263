"""The base of all widgets: an ipywidgets box if available, otherwise a picture."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any


class Browser(ABC):
    """A widget that displays itself as the last expression of a notebook cell."""

    @abstractmethod
    def current(self) -> bytes:
        """A PNG of the current choice."""

    @abstractmethod
    def widget(self, picture: bytes | None = None) -> Any:
        """The controls and the picture in an ipywidgets box. All calls return the same box.

        Args:
            picture: the first PNG to show. Defaults to a picture of the current choice.

        Raises:
            ImportError: ipywidgets is not installed.
        """

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The widget, and the picture for front ends that cannot display widgets."""
        picture = self.current()
        encoded = base64.b64encode(picture).decode()
        bundle: dict[str, Any] = {"image/png": encoded, "text/plain": repr(self)}
        with suppress(ImportError):  # without ipywidgets there is only the picture
            bundle |= self.widget(picture)._repr_mimebundle_()
        return bundle
