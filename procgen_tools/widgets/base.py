"""What every widget is: an ipywidgets box where there is one, and a picture elsewhere."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any


class Browser(ABC):
    """Something to choose from that shows itself as the last expression of a notebook cell."""

    @abstractmethod
    def current(self) -> bytes:
        """A PNG of what is chosen."""

    @abstractmethod
    def widget(self, picture: bytes | None = None) -> Any:
        """The controls and the picture as an ipywidgets box; always the same one.

        Args:
            picture: a PNG to begin with; None draws what is chosen.

        Raises:
            ImportError: ipywidgets is not installed.
        """

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The widget for those who can show it, and the picture for all others."""
        picture = self.current()
        encoded = base64.b64encode(picture).decode()
        bundle: dict[str, Any] = {"image/png": encoded, "text/plain": repr(self)}
        with suppress(ImportError):  # then there is only a picture
            bundle |= self.widget(picture)._repr_mimebundle_()
        return bundle
