"""A widget without Jupyter: its changes and messages as JSON, through a comm of our own."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

try:
    import anywidget
    from comm.base_comm import BaseComm
except ImportError as error:
    raise ModuleNotFoundError(
        "the app needs the libraries of an extra: install them with pip install '.[app]'"
    ) from error

Message = dict[str, Any]

_JUPYTER_ONLY = frozenset(anywidget.AnyWidget.class_trait_names(sync=True)) | {
    "_esm",
    "_css",
    "_anywidget_id",
}


class Channel:
    """A widget that talks to one visitor.

    Args:
        widget: any widget of anywidget.
        publish: gets each message for the visitor, in the thread that changed the widget.

    Attributes:
        widget: the widget.
    """

    def __init__(self, widget: Any, publish: Callable[[Message], None]) -> None:
        self.widget = widget
        widget.layout.close()
        widget.close()  # of the comm that it made, which leads nowhere
        self._comm = _Comm(publish)
        widget.comm = self._comm

    def state(self) -> Message:
        """All that the front end of the widget reads."""
        names = [name for name in self.widget.keys if name not in _JUPYTER_ONLY]
        state: Message = self.widget.get_state(names)
        return state

    def hear(self, content: Mapping[str, Any]) -> None:
        """Give a custom message of the visitor to the widget."""
        data = {"method": "custom", "content": content}
        self._comm.handle_msg({"content": {"data": data}, "buffers": []})

    def close(self) -> None:
        """End the talk, and forget the widget."""
        self.widget.close()


class _Comm(BaseComm):
    """What ipywidgets sends its messages through."""

    def __init__(self, publish: Callable[[Message], None]) -> None:
        self._publish = publish
        super().__init__(target_name="procgen-tools app", primary=False)

    def publish_msg(
        self,
        msg_type: str,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[bytes] | None = None,
        **keys: Any,
    ) -> None:
        if msg_type != "comm_msg" or data is None:
            return
        packed = [base64.b64encode(each).decode() for each in buffers or []]
        if data["method"] == "update":
            paths = data.get("buffer_paths", [])
            message = {"type": "update", "state": data["state"], "paths": paths, "buffers": packed}
            self._publish(message)
        elif data["method"] == "custom":
            self._publish({"type": "custom", "content": data["content"], "buffers": packed})

    def close(self, *_: Any, **__: Any) -> None:
        self._closed = True  # no manager knows it, so there is nothing to take it out of
