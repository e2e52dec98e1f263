"""Draw a level and see at once what a policy would do in it, before and after an intervention."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import traitlets

from procgen_tools.checks import of_kind
from procgen_tools.interventions import Intervention
from procgen_tools.models import Policy
from procgen_tools.shown import figure_png
from procgen_tools.web.bundle import bundle, theme
from procgen_tools.web.explorations import AFTER, BEFORE, OTHER, Exploration, Explorer, Timing
from procgen_tools.web.panels import TITLES, bars_of, panels_of
from procgen_tools.web.recipes import Recipe, Settings, channels_of, recipe_of, usual_recipes
from procgen_tools.web.scenes import AnyLevel
from procgen_tools.widgets.computed import PATIENCE, ComputedWidget, Run, in_a_thread
from procgen_tools.widgets.live import level_png
from procgen_tools.worlds.maze.grid import Maze


class FieldExplorer(ComputedWidget):
    """Edit a level and see the policy's field, values and exact chances follow.

    The level is edited as in `MazeEditor`. Fields and chances are computed in a thread, and a newer
    edit ends an older computation. The field appears first, then the chances. With an intervention
    there are panels for the agent, the agent with the edit, and the difference. The sliders change
    the intervention's coefficient, layer, channel and square.

    In a saved notebook or on a web page, the widget is a picture.

    Args:
        level: a level of the maze, of two objects, or of crops and humans.
        policy: a policy without memory, for the level's world.
        interventions: what can be chosen: a mapping of names to interventions or recipes (see
            `web.recipes`). Defaults to recipes for any policy: the cheese vector, and channels
            that are zeroed, scaled or clamped.
        other: another policy, whose field is shown beside the first.
        names: the names of the two policies.
        folder: a folder of levels; see `MazeEditor`.
        run: what runs a computation elsewhere, such as `ThreadPoolExecutor(2).submit`. Defaults to
            a new thread.
        seconds: the time limit of a computation, checked after each forward pass. Defaults to none.

    Attributes:
        maze: the level; see `MazeEditor`.
        exploration: what is computed so far, an `Exploration` with fields, chances and timing. It
            changes in the thread that computes.

    Raises:
        TypeError: not a level, a level of a world without graphs, or a network without activation
            names.

    Example:
        >>> from procgen_tools import maze, models
        >>> explorer = FieldExplorer(maze.make_level(3), models.ImpalaPolicy())
        >>> explorer.choose("cheese vector", coefficient=-2.0)
        >>> exploration = explorer.wait()
        >>> list(exploration.chances), str(exploration.intervention)[:26]
        (['before', 'after'], 'add -2 x the cheese vector')
    """

    _esm = bundle("explorer_widget")
    _css = theme()

    exploration = traitlets.Any()
    _options = traitlets.Dict().tag(sync=True)
    _chosen = traitlets.Dict().tag(sync=True)
    _answer_of = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        level: AnyLevel,
        policy: Policy,
        interventions: Mapping[str, Intervention | Recipe] | None = None,
        *,
        other: Policy | None = None,
        names: tuple[str, str] = (TITLES[BEFORE], TITLES[OTHER]),
        folder: str | os.PathLike[str] | None = None,
        run: Run = in_a_thread,
        seconds: int | float | None = None,
    ) -> None:
        self._explorer = Explorer(policy, other)
        self._policy = policy
        self._titles = {BEFORE: names[0], OTHER: names[1]}
        self._recipes = _recipes(policy, level, interventions)
        if not hasattr(level, "graph"):
            next(self._explorer.steps(level))  # raises a TypeError that says why
        super().__init__(
            level,
            folder=folder,
            run=run,
            seconds=seconds,
            exploration=Exploration(level),
            _options=self._choices(),
            _chosen={"recipe": None},
            _answer_of={},
        )
        self.observe(lambda _: self._request(), "maze")
        self.observe(lambda _: self._request(), "_chosen")
        self._request()

    def _choices(self) -> dict[str, Any]:
        """The recipes and what their sliders can say, for the browser."""
        recipes: list[dict[str, Any]] = [
            {
                "name": recipe.name,
                "uses": list(recipe.uses),
                "span": list(recipe.span),
                "start": {**asdict(recipe.start), "square": list(recipe.start.square)},
            }
            for recipe in self._recipes.values()
        ]
        return {"recipes": recipes, "channels": channels_of(self._policy)}

    # --- what users call

    def choose(self, name: str | None, **settings: Any) -> None:
        """Choose an intervention and the settings of its sliders.

        Args:
            name: the name of the intervention; None for none.
            settings: any of layer, channel, coefficient and square. The others are those that the
                intervention starts with.

        Raises:
            TypeError: a setting of another type.
            ValueError: an unknown name or setting, or a value that a setting cannot have.
        """
        if name is None:
            self._chosen = {"recipe": None}
            return
        recipe = self._recipe(name)
        unknown = sorted(set(settings) - set(recipe.uses))
        if unknown:
            raise ValueError(
                f"{name!r} has no {unknown[0]!r}: give some of {', '.join(recipe.uses) or 'none'}"
            )
        chosen = asdict(replace(recipe.start, **settings))
        self._chosen = {"recipe": name, **chosen, "square": list(chosen["square"])}

    def wait(self, seconds: int | float = PATIENCE) -> Exploration:
        """Wait until the current level and intervention are computed, and return the result.

        Raises:
            TimeoutError: it takes longer.
            ValueError: the intervention does not fit the policy or the level.
        """
        self._wait(seconds)
        exploration: Exploration = self.exploration
        return exploration

    @property
    def timing(self) -> Timing:
        """The seconds of the last computation, and of the picture in the browser, if known."""
        return self.wait().timing

    def picture(self) -> bytes:
        """A PNG of the fields, for saved notebooks and web pages."""
        from procgen_tools.fields import VectorField
        from procgen_tools.plots import fields as figures
        from procgen_tools.plots import situations

        shown = self.wait().fields
        before, second = shown[BEFORE], shown.get(AFTER, shown.get(OTHER))
        if not isinstance(before, VectorField):
            return level_png(self.maze)
        if not isinstance(second, VectorField):
            of_maze = isinstance(self.maze, Maze)
            draw = situations.chances_figure if of_maze else figures.field_figure
            return figure_png(draw(before))
        name = self._chosen["recipe"]
        changed = self._titles[OTHER] if name is None else f"{TITLES[AFTER]}: {name}"
        titles = (self._titles[BEFORE], changed, "difference")
        marks = {}
        if name is not None and "square" in self._recipe(name).uses:
            marks["target"] = tuple(self._chosen["square"])
        return figure_png(figures.plot_vfs(before, second, titles=titles, marks=marks))

    # --- the computation

    def _recipe(self, name: str) -> Recipe:
        if name not in self._recipes:
            known = ", ".join(map(repr, self._recipes))
            raise ValueError(f"there is no intervention {name!r}: choose one of {known}")
        return self._recipes[name]

    def _intervention(self, edit: Mapping[str, Any], level: AnyLevel) -> Intervention | None:
        if edit.get("recipe") is None:
            return None
        recipe = self._recipe(edit["recipe"])
        settings = Settings(
            layer=edit["layer"],
            channel=int(edit["channel"]),
            coefficient=float(edit["coefficient"]),
            square=(int(edit["square"][0]), int(edit["square"][1])),
        )
        return recipe.make(self._policy, level, settings)

    def _inputs(self) -> tuple[AnyLevel, dict[str, Any]]:
        return self.maze, dict(self._chosen)

    def _steps(self, inputs: tuple[AnyLevel, dict[str, Any]]) -> Iterator[Exploration | None]:
        level, edit = inputs
        yield from self._explorer.steps(level, self._intervention(edit, level))

    def _show(self, number: int, result: Exploration) -> None:
        self.exploration = result
        self._tell(number, result)

    def _show_error(self, number: int, inputs: tuple[AnyLevel, Any], text: str) -> None:
        self._tell(number, Exploration(inputs[0]), text)

    def _tell(self, number: int, exploration: Exploration, error: str = "") -> None:
        """Show what is known in the browser."""
        self._answer_of = {
            "number": number,
            "panels": panels_of(exploration, self._titles),
            "bars": bars_of(exploration, self._titles),
            "edit": "" if exploration.intervention is None else str(exploration.intervention),
            "complete": exploration.complete,
            "error": error,
        }

    def _more_answers(self, content: Mapping[str, Any]) -> dict[str, Callable[[], None]]:
        return {
            "choose": lambda: self._choose_from(content["edit"]),
            "seen": lambda: self._seen(content["number"], float(content["milliseconds"])),
        }

    def _choose_from(self, edit: Any) -> None:
        known = {each.name for each in fields(Settings)} | {"recipe"}
        if not isinstance(edit, Mapping) or set(edit) - known:
            raise ValueError(f"the edit is {edit!r:.60}: give some of {', '.join(sorted(known))}")
        name = edit.get("recipe")
        if name is not None:
            of_kind("recipe", name, str, "give the name of an intervention")
        settings = {each: edit[each] for each in edit if each != "recipe"}
        if isinstance(settings.get("square"), list):
            settings["square"] = tuple(settings["square"])
        self.choose(name, **settings)

    def _seen(self, number: int, milliseconds: float) -> None:
        """The browser has drawn the complete picture of a request."""
        if number != self._wanted:
            return  # a newer one is on its way
        exploration = self.exploration
        timing = replace(exploration.timing, picture=milliseconds / 1000)
        self.exploration = replace(exploration, timing=timing)


def _recipes(
    policy: Policy, level: AnyLevel, interventions: Mapping[str, Intervention | Recipe] | None
) -> dict[str, Recipe]:
    if interventions is None:
        return {recipe.name: recipe for recipe in usual_recipes(policy, level)}
    return {
        name: replace(each, name=name) if isinstance(each, Recipe) else recipe_of(name, each)
        for name, each in interventions.items()
    }
