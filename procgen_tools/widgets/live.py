"""The base of live widgets: one level that is edited in a browser and checked in Python.

The browser proposes scenes (see `web.scenes`), and the widget answers. It needs anywidget, which is
in the extra `lab`.
"""

from __future__ import annotations

import base64
import os
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from procgen_tools.shown import pixels_png
from procgen_tools.web.kits import kit_of
from procgen_tools.web.scenes import AnyLevel, level_of, make, scene_of, world_of
from procgen_tools.web.stored import Folder

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise ImportError(
        "this widget needs anywidget: install it with pip install 'procgen-tools[lab]'"
    ) from error


MOST_EDITS = 1000
"""The number of edits that can be undone."""


class PicturedWidget(anywidget.AnyWidget):
    """A widget that is a picture wherever widgets cannot be displayed."""

    @abstractmethod
    def picture(self) -> bytes:
        """A PNG of the widget, for saved notebooks and web pages."""

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, and a picture for front ends that cannot display widgets."""
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, *rest = bundle if isinstance(bundle, tuple) else (bundle,)
        data["image/png"] = base64.b64encode(self.picture()).decode()
        return (data, *rest) if isinstance(bundle, tuple) else data


class LevelWidget(PicturedWidget):
    """A widget with a level that can be edited, saved and undone.

    Attributes:
        maze: the level, a frozen value of any world. It can be set and observed.

    Raises:
        TypeError: not a level.
    """

    maze = traitlets.Any()
    _kit = traitlets.Dict().tag(sync=True)
    _scene = traitlets.Dict().tag(sync=True)
    _history = traitlets.Dict().tag(sync=True)
    _made = traitlets.Dict().tag(sync=True)
    _names: traitlets.List[str] = traitlets.List().tag(sync=True)
    _saves = traitlets.Bool().tag(sync=True)

    def __init__(
        self, level: AnyLevel, *, folder: str | os.PathLike[str] | None = None, **traits: Any
    ) -> None:
        self._world = world_of(level)
        self._folder = None if folder is None else Folder(Path(folder))
        self._past: deque[AnyLevel] = deque(maxlen=MOST_EDITS)
        self._future: list[AnyLevel] = []
        self._from_seeds: deque[tuple[AnyLevel, int, int | None]] = deque(maxlen=MOST_EDITS)
        self._stroke: object = None
        self._in_history = False
        super().__init__(
            maze=level,
            _kit=kit_of(level),
            _scene=scene_of(level),
            _history={"undo": False, "redo": False},
            _made={},
            _names=[] if self._folder is None else self._folder.names(),
            _saves=self._folder is not None,
            **traits,
        )
        self.observe(self._level_changed, "maze")
        self.on_msg(self._heard)

    @traitlets.validate("maze")
    def _check_level(self, proposal: Any) -> AnyLevel:
        level = proposal["value"]
        if world_of(level) != self._world:
            raise ValueError(
                f"the level is of the world {world_of(level)}, but this widget shows "
                f"{self._world}: make a widget for it"
            )
        return level

    # --- history

    def undo(self) -> None:
        """Take back the last edit, if there is one. A drag is one edit."""
        if self._past:
            self._future.append(self.maze)
            self._go_to(self._past.pop())

    def redo(self) -> None:
        """Repeat the edit that was taken back last, if there is one."""
        if self._future:
            self._past.append(self.maze)
            self._go_to(self._future.pop())

    def _go_to(self, level: AnyLevel) -> None:
        with self._moving():
            self.maze = level
        self._stroke = None
        self._tell_history()  # also if the level is equal to the one before

    def _tell_history(self) -> None:
        self._history = {"undo": bool(self._past), "redo": bool(self._future)}

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """What happens inside is no new edit."""
        self._in_history = True
        try:
            yield
        finally:
            self._in_history = False

    def _edit(self, level: AnyLevel, stroke: object) -> None:
        """Change the level; edits of one stroke are one step of the history."""
        if stroke is not None and stroke == self._stroke:
            with self._moving():
                self.maze = level
            if self._past and self._past[-1] == level:  # back where the stroke began
                self._past.pop()
                self._tell_history()
                stroke = None
        else:
            self.maze = level
        self._stroke = stroke

    def _level_changed(self, change: Mapping[str, Any]) -> None:
        if not self._in_history:
            self._past.append(change["old"])
            self._future.clear()
            self._stroke = None
        self._scene = scene_of(self.maze)
        self._tell_history()
        self._made = self._seed_of(self.maze)

    def _seed_of(self, level: AnyLevel) -> dict[str, int | None]:
        """The seed and the size that made a level, also after undo; empty for drawn levels."""
        for made, seed, size in self._from_seeds:
            if made is level:
                return {"seed": seed, "size": size}
        return {}

    # --- levels from seeds and files

    def create(self, seed: int, size: int | None = None) -> None:
        """Show the level of a seed; see `web.scenes.make`.

        Raises:
            ValueError: a seed or size that the world does not have. Nothing changes.
        """
        level = make(self.maze, seed, size)
        self._from_seeds.append((level, seed, size))
        self.maze = level
        self._made = self._seed_of(level)  # it may be equal to the level before

    def _create_from(self, seed: Any, size: Any) -> None:
        """What the browser's controls can ask for; Python also makes levels of other sizes."""
        sizes = self._kit["new"]["sizes"]
        if size is not None and size not in sizes:
            known = ", ".join(map(str, sizes)) or "no other than null"
            raise ValueError(f"size {size!r:.60} is not one of the controls: choose {known}")
        self.create(seed, size)

    def save(self, name: str) -> None:
        """Save the level in the folder of the widget.

        Raises:
            ValueError: a widget without a folder, or a name that cannot be a file's.
        """
        self._home().save(name, self.maze)
        self._names = self._home().names()

    def load(self, name: str) -> None:
        """Show a level of the folder.

        Raises:
            ValueError: a widget without a folder, or no such level of this world.
        """
        self.maze = self._home().load(name)

    def _home(self) -> Folder:
        if self._folder is None:
            raise ValueError("this widget has no folder for levels: make it with folder=...")
        return self._folder

    # --- messages of the browser

    def _heard(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Do what the browser asks. What cannot be done is answered with a message."""
        answers: dict[str, Callable[[], None]] = {
            "undo": self.undo,
            "redo": self.redo,
            "create": lambda: self._create_from(content["seed"], content.get("size")),
            "save": lambda: self.save(content["name"]),
            "load": lambda: self.load(content["name"]),
            **self._more_answers(content),
        }
        kind = content.get("type")
        if kind == "propose":
            self._answer(content)
        elif isinstance(kind, str) and kind in answers:
            try:
                answers[kind]()
            except KeyError as missing:
                text = f"The message {kind!r} has no {missing}: use the front end of this widget."
                self.send({"type": "refused", "text": text})
            except (OSError, OverflowError, TypeError, ValueError) as error:
                self.send({"type": "refused", "text": sentence(error)})
            else:
                if kind == "save":
                    self.send({"type": "said", "text": f"Saved as {content['name']!r}."})

    def _more_answers(self, content: Mapping[str, Any]) -> dict[str, Callable[[], None]]:
        """What else the browser can ask for, by the type of the message."""
        return {}

    def _answer(self, content: Mapping[str, Any]) -> None:
        refused = None
        try:
            self._edit(level_of(content.get("scene")), content.get("stroke"))
        except (OverflowError, TypeError, ValueError) as error:
            refused = sentence(error)
        self.send({"type": "answer", "by": content.get("by"), "refused": refused})

    # --- pictures

    def picture(self) -> bytes:
        """A PNG of the level, for saved notebooks and web pages."""
        return level_png(self.maze)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._scene['caption']})"


def sentence(error: Exception) -> str:
    """The message of an error as a sentence.

    Example:
        >>> sentence(ValueError("the mouse cannot stand there"))
        'The mouse cannot stand there.'
    """
    text = str(error).strip().rstrip(".")
    is_word = text.split(" ")[0].isalpha()  # names of arguments stay as they are
    return f"{text[:1].upper() if is_word else text[:1]}{text[1:]}."


def level_png(level: AnyLevel) -> bytes:
    """The picture of a level of any world as a PNG.

    Example:
        >>> from procgen_tools import keys_and_chests
        >>> level_png(keys_and_chests.make_level(0))[1:4]
        b'PNG'
    """
    world = world_of(level)
    if world == "crops_and_humans":
        from procgen_tools.worlds.crops_and_humans.human_view import picture

        return pixels_png(picture(level.cells))
    if world == "keys_and_chests":
        from procgen_tools.worlds.keys_and_chests.human_view import pictures
        from procgen_tools.worlds.keys_and_chests.rules import beginning

        return pixels_png(pictures(beginning([level]), cell_pixels=32, show_hidden=True)[0])
    png: bytes = level._repr_png_()
    return png
