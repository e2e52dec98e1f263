"""What an agent reads of an object: its colour channels and its shape, and what follows from it.

Design, fixed before its numbers. Objects that show on a black background (seven colours, two
shapes) are put against each other in `PAIRS`, 24 pairs drawn with a fixed seed, in the levels
`SEEDS`, which no other measurement uses. For each agent, a logistic model

    logit(preference for the first) = bias + w · (first − second),

whose features of an object are its red, green and blue channel and whether it is a line, is fitted
to the first 16 pairs (ridge penalty `RIDGE`) and predicts the other 8. Two baselines predict the
same pairs: no model, which predicts the mean of the agent's own 16 pairs for every pair; and the
distance in colour, which has one feature in place of four: how much nearer, in red, green and blue,
the first object is to the yellow of the training. The score is the mean absolute error of the
predicted preference, averaged over the 8 pairs, for each agent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.optimize import minimize
from scipy.special import expit

from procgen_tools.worlds.two_objects.objects import COLOURS, SHAPES

SEEDS = range(101_000, 101_200)
NUM_PAIRS, NUM_FITTED = 24, 16
RIDGE = 0.1

FEATURES = ("red", "green", "blue", "line")
TRAINED_COLOUR = "yellow"


def _pairs() -> tuple[tuple[str, str], ...]:
    visible = [f"{colour}_{shape}" for shape in SHAPES for colour in COLOURS if colour != "black"]
    rng = np.random.default_rng(0)
    pairs: list[tuple[str, str]] = []
    while len(pairs) < NUM_PAIRS:
        first, second = rng.choice(visible, 2, replace=False).tolist()
        if (first, second) not in pairs and (second, first) not in pairs:
            pairs.append((first, second))
    return tuple(pairs)


PAIRS = _pairs()


def features(name: str) -> Float[np.ndarray, "feature=4"]:
    """The features of an object: red, green and blue in 0..1, and whether it is a line.

    Example:
        >>> features("cyan_line")
        array([0., 1., 1., 1.])
    """
    colour, shape = name.split("_")
    return np.array([*(channel / 255 for channel in COLOURS[colour]), float(shape == "line")])


def nearness(name: str) -> Float[np.ndarray, "feature=1"]:
    """Minus the distance of an object's colour from yellow, in units of a channel.

    Example:
        >>> nearness("red_gem")
        array([-1.])
    """
    colour, trained = features(name)[:3], features(f"{TRAINED_COLOUR}_line")[:3]
    return np.array([-float(np.linalg.norm(colour - trained))])


def fitted(
    differences: Float[np.ndarray, "pair feature"], preferences: Float[np.ndarray, " pair"]
) -> Float[np.ndarray, " coefficient"]:
    """The bias and weights of the logistic model, by penalised maximum likelihood.

    The bias is not penalised.

    Example:
        >>> weights = fitted(np.array([[1.0], [-1.0]]), np.array([0.9, 0.1]))
        >>> bool(weights[1] > 0)
        True
    """
    design = np.column_stack([np.ones(len(differences)), differences])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = design @ weights
        penalty = RIDGE * np.append(0.0, weights[1:])
        value = (np.logaddexp(0, scores) - preferences * scores).sum() + 0.5 * penalty @ weights
        return float(value), design.T @ (expit(scores) - preferences) + penalty

    return np.asarray(minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS").x)


def predicted(
    weights: Float[np.ndarray, " coefficient"], differences: Float[np.ndarray, "pair feature"]
) -> Float[np.ndarray, " pair"]:
    """The preferences that a fitted model predicts."""
    return np.asarray(expit(weights[0] + differences @ weights[1:]))


def model_table(preferences: pd.DataFrame) -> pd.DataFrame:
    """What each agent reads, and how well that predicts the pairs that were not used.

    Args:
        preferences: columns agent, first, second, preference, for each agent the rows of `PAIRS`.

    Returns:
        One row per agent: agent, the weights `red`, `green`, `blue`, `line`, and the mean absolute
        errors `error`, `error_without_model` and `error_of_distance`.
    """
    rows = []
    for agent, table in preferences.groupby("agent", sort=False):
        firsts, seconds = table["first"].tolist(), table["second"].tolist()
        found = table["preference"].to_numpy(np.float64)
        use, rest = slice(NUM_FITTED), slice(NUM_FITTED, None)
        own, by_distance = (
            np.array([of(one) - of(two) for one, two in zip(firsts, seconds, strict=True)])
            for of in (features, nearness)
        )
        weights = fitted(own[use], found[use])
        distance = fitted(by_distance[use], found[use])
        rows.append(
            {
                "agent": agent,
                **dict(zip(FEATURES, weights[1:].tolist(), strict=True)),
                "error": _error(predicted(weights, own[rest]), found[rest]),
                "error_without_model": _error(np.full(len(found[rest]), found[use].mean()),
                                              found[rest]),
                "error_of_distance": _error(predicted(distance, by_distance[rest]), found[rest]),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _error(guesses: Sequence[float] | np.ndarray, found: np.ndarray) -> float:
    return float(np.abs(np.asarray(guesses) - found).mean())
