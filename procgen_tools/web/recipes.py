"""Interventions with sliders: what a browser can choose, and the intervention that follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import inf, isfinite
from numbers import Real
from typing import Any

from procgen_tools.checks import of_kind, whole_number
from procgen_tools.interventions import (
    Add,
    Clamp,
    Intervention,
    Scale,
    Zero,
    activation_shape,
    cheese_vector,
)
from procgen_tools.models import Policy
from procgen_tools.web.scenes import AnyLevel
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.grid_level import GridLevel

USUAL_LAYER = "embedder.block2.res1.resadd_out"
"""The layer of the published experiments, and the first choice where a policy has it."""


@dataclass(frozen=True)
class Settings:
    """What sliders say. A recipe uses some of it.

    Attributes:
        layer: the name of an activation.
        channel: the number of a channel of this activation.
        coefficient: a number, such as a factor or a value.
        square: a square of the maze.

    Raises:
        TypeError: a setting of another type.
        ValueError: a coefficient that is not finite, a negative channel, or not a square.
    """

    layer: str
    channel: int = 0
    coefficient: int | float = 1.0
    square: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        of_kind("layer", self.layer, str, "give the name of an activation")
        object.__setattr__(self, "channel", whole_number("channel", self.channel, 0))
        object.__setattr__(self, "coefficient", _finite(self.coefficient))
        of_kind("square", self.square, (tuple, list), "give (row, column)")
        if len(self.square) != 2:
            raise ValueError(f"square is {self.square!r:.60}: give (row, column)")
        row, col = (whole_number("square", each) for each in self.square)
        object.__setattr__(self, "square", (row, col))


def _finite(coefficient: Any) -> float:
    of_kind("coefficient", coefficient, Real, "give a number")
    try:
        number = float(coefficient)
    except OverflowError:
        number = inf
    if not isfinite(number):
        raise ValueError(f"coefficient is {coefficient!r:.60}: give a finite number")
    return number


@dataclass(frozen=True, eq=False)
class Recipe:
    """An intervention with sliders.

    Attributes:
        name: what people choose.
        make: the intervention, from the policy, the level and the settings. It raises a ValueError
            with a message for people if there is none.
        uses: the names of the settings that it uses.
        start: the first settings; those that it does not use are ignored.
        span: the smallest and the largest coefficient.

    Example:
        >>> recipe = recipe_of("half", Scale("embedder.fc", 0.5))
        >>> recipe.uses, str(recipe.make(None, None, replace(recipe.start, coefficient=2.0)))
        (('layer', 'coefficient'), 'multiply embedder.fc_out by 2')
    """

    name: str
    make: Callable[[Any, Any, Settings], Intervention]
    uses: tuple[str, ...]
    start: Settings
    span: tuple[float, float] = (-5.0, 5.0)


def usual_recipes(policy: Policy, level: AnyLevel) -> tuple[Recipe, ...]:
    """The recipes for any policy of a world: vectors, zeroed, scaled and clamped channels.

    Example:
        >>> from procgen_tools import maze, models
        >>> [each.name for each in usual_recipes(models.ImpalaPolicy(), maze.make_level(0))]
        ['cheese vector', 'zero a channel', 'scale a channel', 'clamp a channel at a square']
    """
    names = policy.activation_names
    layer = USUAL_LAYER if USUAL_LAYER in names else names[len(names) // 2]
    start = Settings(layer)
    recipes = [
        Recipe(
            "zero a channel",
            lambda _, __, s: Zero(s.layer, channels=[s.channel]),
            ("layer", "channel"),
            start,
        ),
        Recipe(
            "scale a channel",
            lambda _, __, s: Scale(s.layer, s.coefficient, channels=[s.channel]),
            ("layer", "channel", "coefficient"),
            replace(start, coefficient=2.0),
        ),
    ]
    if isinstance(level, GridLevel):
        square = (level.size - 1, level.size - 1)
        recipes.append(
            Recipe(
                "clamp a channel at a square",
                lambda _, each, s: Clamp(
                    s.layer, s.coefficient, each, [s.square], channels=[s.channel]
                ),
                ("layer", "channel", "coefficient", "square"),
                replace(start, coefficient=5.5, square=square),
                (-10.0, 10.0),
            )
        )
    if isinstance(level, Maze):
        vector = Recipe(
            "cheese vector",
            lambda each, maze, s: Add(cheese_vector(each, maze, s.layer), s.coefficient),
            ("layer", "coefficient"),
            replace(start, coefficient=-1.0),
        )
        recipes.insert(0, vector)
    return tuple(recipes)


def recipe_of(name: str, intervention: Intervention) -> Recipe:
    """A recipe whose sliders change the parts of one intervention.

    The coefficient is that of `Add`, the factor of `Scale` or the value of `Clamp`. The layer,
    channel and square are those of the intervention, where it has one. Other interventions, such as
    compositions, have no sliders.

    Args:
        name: what people choose.
        intervention: the intervention.

    Example:
        >>> from procgen_tools.interventions import Zero
        >>> recipe_of("first", Zero("embedder.fc", channels=[3])).start.channel
        3
    """
    parts: set[str] = set()
    if hasattr(intervention, "target"):  # an edit of one activation
        parts = {each.name for each in fields(intervention)}  # type: ignore[arg-type]
    number = next(iter({"coefficient", "factor", "value"} & parts), None)
    uses: dict[str, Callable[[Settings], Mapping[str, Any]]] = {}
    if "layer" in parts and not parts & {"examples", "source"}:  # those fit one layer only
        uses["layer"] = lambda s: {"layer": s.layer}
    channels = getattr(intervention, "channels", None)
    if channels is not None and len(channels) == 1:
        uses["channel"] = lambda s: {"channels": [s.channel]}
    if number is not None:
        uses["coefficient"] = lambda s: {number: s.coefficient}
    squares: Sequence[tuple[int, int]] = getattr(intervention, "squares", ())
    if len(squares) == 1:
        uses["square"] = lambda s: {"squares": [s.square]}

    def make(_: Any, level: Any, settings: Settings) -> Intervention:
        changes: dict[str, Any] = {}
        for change in uses.values():
            changes |= change(settings)
        if "square" in uses:
            changes["maze"] = level
        return replace(intervention, **changes) if changes else intervention  # type: ignore[type-var]

    coefficient = float(getattr(intervention, number)) if number else 1.0
    reach = max(5.0, 2 * abs(coefficient))
    start = Settings(
        layer=next(iter(intervention.layers), ""),
        channel=int(channels[0]) if channels is not None and len(channels) == 1 else 0,
        coefficient=coefficient,
        square=(squares[0][0], squares[0][1]) if len(squares) == 1 else (0, 0),
    )
    return Recipe(name, make, tuple(uses), start, (-reach, reach))


def channels_of(policy: Policy) -> dict[str, int]:
    """The number of channels of every activation of a policy, by name.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> channels_of(ImpalaPolicy())["embedder.fc_out"]
        256
    """
    return {name: activation_shape(policy, name)[0] for name in policy.activation_names}
