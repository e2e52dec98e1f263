"""Look at any channel of a policy over the maze, clamp its cells, and see the field follow."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from procgen_tools.hooks import canonical
from procgen_tools.interventions import ClampCell, Intervention, activation_shape, square_cells
from procgen_tools.interventions.base import Composition
from procgen_tools.interventions.seen_pixels import check_cell
from procgen_tools.models import Policy
from procgen_tools.shown import figure_png, save_figure
from procgen_tools.web.activation_panels import figure_of, looking_of, panel_of, short, title_of
from procgen_tools.web.activations import (
    ActivationPicture,
    ActivationReader,
    Choice,
)
from procgen_tools.web.bundle import bundle, theme
from procgen_tools.web.explorations import AFTER, Exploration, Explorer
from procgen_tools.web.looks import check_count, checked_channel, look_of
from procgen_tools.web.panels import bars_of, panels_of
from procgen_tools.web.recipes import USUAL_LAYER
from procgen_tools.web.scenes import AnyLevel, scene_of, world_of
from procgen_tools.widgets.computed import PATIENCE, ComputedWidget, Run, in_a_thread
from procgen_tools.widgets.live import sentence
from procgen_tools.worlds.maze.edit import remove_cheese
from procgen_tools.worlds.maze.grid_level import GridLevel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VALUE = 5.5
"""The value that cells are clamped to at first."""

_TITLES = {AFTER: "with the clamps"}


class ActivationBrowser(ComputedWidget):
    """See a channel of an activation over the maze, and what the agent does when its cells change.

    The colours show the activation with the mouse where it stands in the maze, which can be edited
    as in `MazeEditor`. A click on a cell clamps it to the value of the slider, or moves the mouse,
    and the field and the exact chances follow. The pixels that feed the chosen cell are marked.
    With a second maze, the browser also shows the activation there and the difference, in the same
    colours. A layer without positions is shown as one number per square: its unit with the mouse
    there.

    In a saved notebook or on a web page, the widget is a picture.

    Args:
        level: a level of the maze or of two objects.
        policy: a policy without memory for frames of mazes.
        layer: the name of an activation. Defaults to that of the published experiments.
        channel: the channel or unit. Defaults to the one with the largest absolute number (of the
            difference, with another maze).
        other: a level to compare with, such as the same maze without cheese.
        clamps: clamps that act from the beginning.
        folder: a folder of levels; see `MazeEditor`.
        run: what runs a computation elsewhere. Defaults to a new thread.
        seconds: the time limit of a computation, checked after each forward pass. Defaults to none.

    Attributes:
        maze: the level; see `MazeEditor`.
        layer, channel: what is shown. Another layer keeps the channel if it has one of this number.
        square: the mouse's square (row, col). Setting it moves the mouse.
        cell: the chosen cell (row, col) of the activation, row 0 at the top, or None.
        other: the level to compare with, or None. Its mouse follows as long as both mice stand on
            the same square.
        clamps: the clamps, a tuple of `ClampCell`.
        activation: what is computed of the activation so far, an `ActivationPicture`. Like
            `exploration`, it changes in the thread that computes.
        exploration: the fields and chances, before and after the clamps; see `FieldExplorer`.

    Raises:
        TypeError: not a level on squares, or a network without activation names.
        ValueError: an activation, channel, cell, square or clamp that does not exist.

    Example:
        >>> from procgen_tools import maze, models
        >>> browser = ActivationBrowser(maze.make_level(3), models.ImpalaPolicy(), channel=7)
        >>> browser.clamp(3.0, square=(2, 2))
        >>> print(browser.clamps[0])
        set channel 7 of embedder.block2.res1.resadd_out to 3 at cell (8, 8)
        >>> browser.wait().value
        3.0
    """

    _esm = bundle("activation_widget")
    _css = theme()

    layer = traitlets.Unicode()
    channel = traitlets.Int()
    square = traitlets.Any()
    cell = traitlets.Any()
    other = traitlets.Any()
    clamps = traitlets.Any()
    activation = traitlets.Any()
    exploration = traitlets.Any()
    _layers = traitlets.Dict().tag(sync=True)
    _looking = traitlets.Dict().tag(sync=True)
    _scenes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _map = traitlets.Dict().tag(sync=True)
    _answer_of = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        level: AnyLevel,
        policy: Policy,
        layer: str | None = None,
        *,
        channel: int | None = None,
        other: AnyLevel | None = None,
        clamps: tuple[ClampCell, ...] = (),
        folder: str | os.PathLike[str] | None = None,
        run: Run = in_a_thread,
        seconds: int | float | None = None,
    ) -> None:
        if not isinstance(level, GridLevel):
            raise TypeError(
                f"the level is of type {type(level).__name__}, whose observations are no frames of "
                "squares: give a level of the maze or of two objects"
            )
        self._reader, self._explorer = ActivationReader(policy), Explorer(policy)
        self._policy = policy
        self._ready = False
        names = policy.activation_names
        usual = USUAL_LAYER if USUAL_LAYER in names else names[len(names) // 2]
        super().__init__(
            level,
            folder=folder,
            run=run,
            seconds=seconds,
            exploration=Exploration(level),
            layer=usual if layer is None else layer,
            square=level.mouse,
            clamps=clamps,
            _layers={
                name: {"short": short(name), "shape": list(activation_shape(policy, name))}
                for name in names
            },
        )
        self.other = other
        self.channel = self._reader.strongest(self._inputs()) if channel is None else channel
        self.activation = ActivationPicture(self._inputs())
        self.observe(self._level_edited, "maze")
        self.observe(self._mouse_moved, "square")
        self.observe(self._layer_chosen, "layer")
        self.observe(lambda _: self._update(), ["layer", "channel", "cell", "other", "clamps"])
        self._ready = True
        self._update()

    # --- what users call

    @property
    def channels(self) -> int:
        """The number of channels of the activation, or of units."""
        return int(activation_shape(self._policy, self.layer)[0])

    def clamp(
        self,
        value: int | float,
        *,
        cell: tuple[int, int] | None = None,
        square: tuple[int, int] | None = None,
    ) -> None:
        """Clamp a cell of the shown channel. Another clamp of this cell is replaced.

        Args:
            value: the new activation.
            cell: (row, col) of the activation. Defaults to the chosen cell; a layer without
                positions has none.
            square: a square of the maze, whose cell is clamped (see `square_cells`).

        Raises:
            ValueError: no such cell or square, both of them, or none where one is needed.
        """
        if cell is not None and square is not None:
            raise ValueError(f"cell {cell} and square {square} are both given: give one of them")
        if square is not None:
            place = self.maze.checked_open(square, "clamp")
            side = activation_shape(self._policy, self.layer)[-1]
            (found,) = square_cells(self.maze, [place], side)
            cell = (int(found[0]), int(found[1]))
        cell = self.cell if cell is None else cell
        made = ClampCell(canonical(self.layer), value, cell, channels=(self.channel,))
        made.check(self._policy)
        kept = tuple(each for each in self.clamps if _place(each) != _place(made))
        self.cell = cell
        self.clamps = (*kept, made)

    def wait(self, seconds: int | float = PATIENCE) -> ActivationPicture:
        """Wait until everything is computed, and return what is known of the activation.

        Raises:
            TimeoutError: it takes longer.
            ValueError: the clamps do not fit the policy.
        """
        self._wait(seconds)
        picture: ActivationPicture = self.activation
        return picture

    def figure(self) -> Figure:
        """The activation as a figure: each maze, and the differences."""
        return figure_of(self.wait(), self.channels)

    def save_picture(self, path: str | os.PathLike[str]) -> None:
        """Write the figure to a file, whole or not at all. Its ending chooses the format.

        Raises:
            ValueError: a format that matplotlib does not know.
        """
        figure = self.figure()
        kind = Path(path).suffix.removeprefix(".")
        known = figure.canvas.get_supported_filetypes()
        if kind not in known:
            raise ValueError(f"{os.fspath(path)!r} is no picture: end it in .png, .svg or .pdf")
        save_figure(figure, path, 150)

    def picture(self) -> bytes:
        """A PNG of the figure, for saved notebooks and web pages."""
        return figure_png(self.figure(), dpi=100)

    def __repr__(self) -> str:
        kind = "channel" if self._has_positions() else "unit"
        return f"{kind} {self.channel} of {self.channels} of {canonical(self.layer)}"

    # --- checks: nothing changes if one fails

    @traitlets.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        activation_shape(self._policy, proposal["value"])
        return canonical(proposal["value"])

    @traitlets.validate("channel")
    def _check_channel(self, proposal: Any) -> int:
        return checked_channel(self._policy, self.layer, proposal["value"])

    @traitlets.validate("cell")
    def _check_cell(self, proposal: Any) -> tuple[int, int] | None:
        if proposal["value"] is None:
            return None
        cell = tuple(proposal["value"])
        check_cell(self.layer, activation_shape(self._policy, self.layer), cell)
        return cell

    @traitlets.validate("square")
    def _check_square(self, proposal: Any) -> Any:
        return self.maze.checked_open(proposal["value"], "mouse")

    @traitlets.validate("other")
    def _check_other(self, proposal: Any) -> Any:
        other = proposal["value"]
        if other is not None and world_of(other) != self._world:
            raise ValueError(
                f"the other level is of the world {world_of(other)}, but this widget shows "
                f"{self._world}: compare levels of one world"
            )
        return other

    @traitlets.validate("clamps")
    def _check_clamps(self, proposal: Any) -> tuple[ClampCell, ...]:
        clamps = tuple(proposal["value"])
        for clamp in clamps:
            if not isinstance(clamp, ClampCell):
                raise TypeError(f"{clamp!r:.60} is no clamp of a cell: give ClampCell objects")
            if clamp not in (self.clamps or ()):  # a check takes milliseconds
                clamp.check(self._policy)
        return clamps

    # --- changes

    def _has_positions(self) -> bool:
        return len(activation_shape(self._policy, self.layer)) == 3

    def _level_edited(self, change: Mapping[str, Any]) -> None:
        old, new = change["old"], change["new"]
        other = self.other
        if other is not None and other.mouse == old.mouse and other.is_open(new.mouse):
            self.other = replace(other, mouse=new.mouse, mouse_mirrored=new.mouse_mirrored)
        self.square = new.mouse
        self._update()

    def _mouse_moved(self, change: Mapping[str, Any]) -> None:
        if change["new"] != self.maze.mouse:
            self.maze = replace(self.maze, mouse=change["new"])

    def _layer_chosen(self, change: Mapping[str, Any]) -> None:
        old, new = (activation_shape(self._policy, change[which])[1:] for which in ("old", "new"))
        if len(old) == len(new) == 2 and self.cell is not None:
            row, col = (
                n * after // before for n, before, after in zip(self.cell, old, new, strict=True)
            )
            self.cell = (row, col)
        else:
            self.cell = None
        self.channel = min(self.channel, self.channels - 1)

    def _update(self) -> None:
        """Show what is chosen, and ask for what follows."""
        if not self._ready:
            return
        other = self.other
        self._scenes = [scene_of(self.maze), *([] if other is None else [scene_of(other)])]
        self._looking = looking_of(self._inputs())
        self._request()

    # --- the computation

    def _inputs(self) -> Choice:
        return Choice(self.maze, self.layer, self.channel, self.cell, self.other, self.clamps)

    def _steps(self, inputs: Choice) -> Iterator[ActivationPicture | Exploration | None]:
        yield from self._reader.steps(inputs)
        edit: Intervention | None = Composition(inputs.clamps) if inputs.clamps else None
        yield from self._explorer.steps(inputs.level, edit)

    def _show(self, number: int, result: ActivationPicture | Exploration) -> None:
        if isinstance(result, ActivationPicture):
            self.activation = result
            channels = activation_shape(self._policy, result.choice.layer)[0]
            self._map = {"number": number, "error": "", **panel_of(result, channels)}
            return
        self.exploration = result
        self._answer_of = {
            "number": number,
            "panels": panels_of(result, _TITLES),
            "bars": bars_of(result, _TITLES),
            "edit": "" if result.intervention is None else str(result.intervention),
            "complete": result.complete,
            "error": "",
        }

    def _show_error(self, number: int, inputs: Choice, text: str) -> None:
        self._map = {**self._map, "number": number, "error": text, "complete": True}

    # --- messages of the browser

    def _more_answers(self, content: Mapping[str, Any]) -> dict[str, Callable[[], None]]:
        return {
            name: lambda does=does: self._try(does)  # type: ignore[misc]
            for name, does in {
                "layer": lambda: setattr(self, "layer", content["layer"]),
                "channel": lambda: setattr(self, "channel", int(content["channel"])),
                "cell": lambda: setattr(self, "cell", content["cell"]),
                "square": lambda: setattr(self, "square", tuple(content["square"])),
                "clamp": lambda: self._clamp_from(content),
                "unclamp": lambda: self._unclamp(content["clamp"]),
                "look": lambda: self._look(content),
                "compare": lambda: self._compare(content["with"]),
                "picture": self._send_picture,
            }.items()
        }

    def _try(self, does: Callable[[], None]) -> None:
        """Do something, and say beside the map why it cannot be done."""
        try:
            does()
        except KeyError as missing:
            text = f"The message has no {missing}: use the front end of this widget."
            self.send({"type": "declined", "text": text})
        except (OverflowError, TypeError, ValueError, traitlets.TraitError) as error:
            self.send({"type": "declined", "text": sentence(error)})

    def _clamp_from(self, content: Mapping[str, Any]) -> None:
        cell = content["cell"]
        check_count(len(self.clamps) + 1)
        self.clamp(float(content["value"]), cell=None if cell is None else tuple(cell))

    def _unclamp(self, number: int | None) -> None:
        """Take a clamp away; None stands for all of them."""
        if number is not None and number not in range(len(self.clamps)):
            raise ValueError(f"there is no clamp {number!r:.60}: choose one of the list")
        left = enumerate(() if number is None else self.clamps)
        self.clamps = tuple(clamp for each, clamp in left if each != number)

    def _look(self, content: Mapping[str, Any]) -> None:
        """Choose everything at once, such as what the address of a page names."""
        look = look_of(content, self._policy)
        self.other = look.other
        self.layer = look.layer
        self.channel, self.cell, self.clamps = look.channel, look.cell, look.clamps

    def _compare(self, what: str | None) -> None:
        others = {
            None: lambda: None,
            "now": lambda: self.maze,
            "without cheese": lambda: remove_cheese(self.maze),
        }
        if what not in others:
            raise ValueError(f"there is no comparison {what!r}: choose 'now' or 'without cheese'")
        self.other = others[what]()

    def _send_picture(self) -> None:
        if not self._done.is_set():  # waiting would stop all other messages
            raise ValueError("the picture is not complete yet: try again in a moment")
        name = f"{title_of(self.activation, self.channels)}.png".replace(" ", "_").lower()
        png = base64.b64encode(self.picture()).decode()
        self.send({"type": "picture", "name": name, "png": png})


def _place(clamp: ClampCell) -> tuple[object, ...]:
    """What a clamp changes."""
    channels = None if clamp.channels is None else tuple(clamp.channels)
    return clamp.target, channels, clamp.cell
