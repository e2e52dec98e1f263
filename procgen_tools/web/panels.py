"""Panels: fields, their differences and exact chances as plain JSON for the browser.

A panel has these entries::

    {
      "title": "before",
      "squares": [[0, 0], ...],       as in scenes: rows count from the bottom
      "moves": [[...], ...],          per square: LEFT, RIGHT, UP, DOWN, STAY
      "hidden": [[4, 4]],             squares without arrows, because the episode ends there
      "values": {"numbers": [...], "limits": [low, high], "map": "sequential", "label": "value"},
      "amounts": {...} or null,       a difference: the total variation of each square
      "arrows": [[...], ...] or null  a difference: the change of the mean move
    }
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from procgen_tools.chains import Chances
from procgen_tools.fields import StateField, VectorField, difference
from procgen_tools.plots.fields import SMALLEST_LIMIT
from procgen_tools.web.explorations import AFTER, BEFORE, OTHER, Exploration
from procgen_tools.web.kits import figure_style
from procgen_tools.worlds.crops_and_humans.levels import SIZE
from procgen_tools.worlds.crops_and_humans.rules import ACTIONS
from procgen_tools.worlds.maze.squares import MOVES

TITLES = {BEFORE: "agent", AFTER: "with the edit", OTHER: "other agent"}


def panels_of(
    exploration: Exploration, titles: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The panels of what is known: each field, and its difference from the first.

    Args:
        exploration: what is known.
        titles: titles of panels, by BEFORE, AFTER and OTHER. Defaults to TITLES.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.web.explorations import Explorer
        >>> *_, last = Explorer(models.ImpalaPolicy()).steps(maze.make_level(3))
        >>> [panel["title"] for panel in panels_of(last)]
        ['agent']
    """
    named = {**TITLES, **(titles or {})}
    grids = {name: _Grid(each) for name, each in exploration.fields.items()}
    if not grids:
        return []
    values = np.concatenate([grid.values for grid in grids.values()])
    low, high = float(values.min()), float(values.max())
    limits = [low, max(high, low + SMALLEST_LIMIT)]
    shown = [
        grids[name].panel(named[name], limits) for name in (BEFORE, AFTER, OTHER) if name in grids
    ]
    for name in (AFTER, OTHER):
        if name in grids:
            shown.append(grids[name].change_from(grids[BEFORE], f"difference: {named[name]}"))
    return shown


def bars_of(
    exploration: Exploration, titles: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The exact chances of each goal, and of none, by panel; see `bars.js`.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.web.explorations import Explorer
        >>> *_, last = Explorer(models.ImpalaPolicy()).steps(maze.make_level(3))
        >>> [bar["name"] for bar in bars_of(last)]
        ['cheese', 'corner', 'neither']
    """
    named = {**TITLES, **(titles or {})}
    chances = exploration.chances
    if not chances:
        return []
    first = next(iter(chances.values()))
    order = [name for name in (BEFORE, AFTER, OTHER) if name in chances]
    looks = figure_style()
    bars = []
    places = list(exploration.level.landmarks()) if hasattr(exploration.level, "landmarks") else []
    for number, goal in enumerate((*first.visits, "neither")):
        number = places.index(goal) if goal in places else number  # as the mark on the board
        look = looks["goals"].get(goal) or looks["series"][number % len(looks["series"])]
        rows = [{"label": named[name], "chance": _chance(chances[name], goal)} for name in order]
        bars.append({"name": goal, "look": look, "rows": rows})
    return bars


def _chance(chances: Chances, goal: str) -> float:
    return float(chances.neither if goal == "neither" else chances.visits[goal])


class _Grid:
    """A field on the squares of its scene."""

    def __init__(self, field: VectorField | StateField) -> None:
        self.field = field
        if isinstance(field, VectorField):
            self.squares = [list(square) for square in field.squares]
            self.moves: Float[np.ndarray, "square 5"] = field.probabilities
            self.values = field.values
            self.hidden = [list(square) for square in field.maze.ending_squares()]
        else:
            self._on_cells(field)

    def _on_cells(self, field: StateField) -> None:
        """The states of crops and humans in which nothing has been harvested."""
        graph = field.graph()
        untouched = ~graph.ends
        for name, states in graph.goals.items():
            if name not in field.level.ending_goals:
                untouched &= ~states
        states = np.flatnonzero(untouched)
        moves = {name: field.by_state[states, number] for number, name in enumerate(ACTIONS)}
        stays = np.zeros(len(states))
        self.moves = np.stack([moves.get(name, stays) for name in MOVES], axis=1)
        self.values = field.values[np.searchsorted(np.flatnonzero(~graph.ends), states)]
        places = graph.places[states].tolist()
        self.squares = [[SIZE - 1 - place // SIZE, place % SIZE] for place in places]
        over = graph.places[np.flatnonzero(graph.ends)].tolist()
        self.hidden = [[SIZE - 1 - place // SIZE, place % SIZE] for place in over]

    def panel(self, title: str, limits: list[float]) -> dict[str, Any]:
        return {
            "title": title,
            "squares": self.squares,
            "moves": _rounded(self.moves),
            "hidden": self.hidden,
            "values": _heat(self.values, limits, "sequential", "value"),
            "amounts": None,
            "arrows": None,
        }

    def change_from(self, before: _Grid, title: str) -> dict[str, Any]:
        difference(before.field, self.field)  # refuses fields of different mazes
        moves = self.moves - before.moves
        variation = np.abs(moves).sum(axis=1) / 2
        values = self.values - before.values
        most = max(float(np.abs(values).max()), SMALLEST_LIMIT)
        largest = max(float(variation.max()), SMALLEST_LIMIT)
        return {
            "title": title,
            "squares": self.squares,
            "moves": _rounded(self.moves),
            "hidden": self.hidden,
            "values": _heat(values, [-most, most], "diverging", "change of value"),
            "amounts": _heat(variation, [0.0, largest], "amounts", "total variation"),
            "arrows": _rounded(
                np.stack([moves[:, 1] - moves[:, 0], moves[:, 2] - moves[:, 3]], axis=1)
            ),
        }


def _heat(
    numbers: Float[np.ndarray, " square"], limits: list[float], colours: str, label: str
) -> dict[str, Any]:
    return {"numbers": _rounded(numbers), "limits": limits, "map": colours, "label": label}


def _rounded(numbers: Float[np.ndarray, " ..."]) -> Any:
    return np.round(numbers, 5).tolist()
