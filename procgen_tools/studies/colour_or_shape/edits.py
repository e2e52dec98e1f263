"""What changes when one object of a pair is recoloured or reshaped, or two exchange something.

Design, fixed before its numbers. A red line against a yellow gem differs from the training in both
objects. Each edit in `EDITS` recolours or reshapes one of the two, or exchanges their colours or
places. If an agent reads colour and shape apart, the log odds of its choice are the sum of a part
for place, one for colour and one for shape. The three parts are read off the pairs that differ in
one of them alone (`ONE_DIFFERENCE`), and predict the pairs that differ in both (`PREDICTED`). The
score is the mean absolute error of the predicted preference. Three baselines predict the same
pairs: colour alone, shape alone, and the parts of the other agents of the population. The agents
are those trained on black, and the levels are `SEEDS`, which no other measurement uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

SEEDS = range(102_000, 102_200)

ONE_DIFFERENCE = {
    "two alike": ("yellow_line", "yellow_line"),
    "line recoloured": ("yellow_line", "yellow_gem"),
    "gem recoloured": ("red_line", "red_gem"),
    "line reshaped": ("red_gem", "yellow_gem"),
    "gem reshaped": ("red_line", "yellow_line"),
}
"""Pairs that differ in colour or in shape, or in place alone."""

PREDICTED = {
    "as it is": ("red_line", "yellow_gem"),
    "colours exchanged": ("yellow_line", "red_gem"),
    "places exchanged": ("yellow_gem", "red_line"),
}
"""Pairs that differ in both."""

EDITS = {**ONE_DIFFERENCE, **PREDICTED}
"""The pairs by what was done to a red line against a yellow gem."""

SIGNS = {"as it is": (-1, 1), "colours exchanged": (1, 1), "places exchanged": (1, -1)}
"""Whether the first object has the colour and the shape of the training (1) or the second (-1)."""

BASELINES = ("colour alone", "shape alone", "other agents")


@dataclass(frozen=True)
class Parts:
    """The log odds of a choice, in parts.

    Attributes:
        place: for the object that was placed first, all else alike.
        colour: for the yellow object against the red one.
        shape: for the line against the gem.
    """

    place: float
    colour: float
    shape: float

    def predicted(self, edit: str) -> float:
        """The preference for the first object of a pair of `PREDICTED`.

        Example:
            >>> Parts(place=0.0, colour=0.0, shape=0.0).predicted("as it is")
            0.5
        """
        colour, shape = SIGNS[edit]
        return float(expit(self.place + colour * self.colour + shape * self.shape))


def parts_of(preferences: pd.Series) -> Parts:
    """The parts, from the preferences for the pairs of `ONE_DIFFERENCE`, by name of the edit.

    Example:
        >>> found = parts_of(pd.Series(0.5, index=list(ONE_DIFFERENCE)))
        >>> found.colour == found.shape == found.place == 0
        True
    """
    odds = pd.Series(logit(preferences.clip(1e-3, 1 - 1e-3)), index=preferences.index)
    place = float(odds["two alike"])
    line_first = (odds["line recoloured"] + odds["gem recoloured"]) / 2
    red_first = (odds["line reshaped"] + odds["gem reshaped"]) / 2
    return Parts(place, colour=float(place - red_first), shape=float(line_first - place))


def edit_table(preferences: pd.DataFrame) -> pd.DataFrame:
    """How well the pairs that differ in one thing predict those that differ in two.

    Args:
        preferences: columns agent, population, first, second, preference: for each agent the pairs
            of `EDITS`.

    Returns:
        One row per agent: agent, population, the parts `place`, `colour` and `shape`, and the mean
        absolute errors `error` and one for each of `BASELINES`.
    """
    names = {pair: name for name, pair in EDITS.items()}
    edits = [names[pair] for pair in zip(preferences["first"], preferences["second"], strict=True)]
    found = preferences.assign(edit=edits).pivot_table(
        index=["population", "agent"], columns="edit", values="preference", sort=False
    )
    parts = {key: parts_of(row) for key, row in found.iterrows()}
    rows = []
    for key, own in parts.items():
        population, agent = key
        others = [each for other, each in parts.items() if other[0] == population and other != key]
        guesses = {
            "error": [own],
            "colour alone": [Parts(own.place, own.colour, 0.0)],
            "shape alone": [Parts(own.place, 0.0, own.shape)],
            "other agents": others,
        }
        rows.append(
            {
                "agent": agent,
                "population": population,
                "place": own.place,
                "colour": own.colour,
                "shape": own.shape,
                **{name: _error(of, found.loc[key]) for name, of in guesses.items()},
            }
        )
    return pd.DataFrame(rows)


def _error(guesses: Sequence[Parts], found: pd.Series) -> float:
    if not guesses:
        return float("nan")
    return float(
        np.mean([abs(each.predicted(edit) - found[edit]) for each in guesses for edit in PREDICTED])
    )
