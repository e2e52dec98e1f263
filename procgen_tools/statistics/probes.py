"""Linear probes: what can be read from activations by a weighted sum, and from how few of them.

A probe is fitted on some mazes and tested on others. A probe that succeeds shows that the
information is linearly readable, not that the network uses it. Compare every probe with a baseline
that knows only something trivial, such as the size of the maze (`most_frequent`).
`studies.probing.readings` collects the activations.

    probe = fit_probe(inputs[train], labels[train], best=2)
    (probe.predict(inputs[test]) == labels[test]).mean()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from procgen_tools.checks import check_finite
from procgen_tools.shown import brief
from procgen_tools.statistics.logistic import fit_logistic

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""The inverse penalties (scikit-learn's C) to choose from."""

HELD_OUT = 5
"""One of this many training rows is held out to choose the penalty."""

_PATH = np.logspace(0, -4, 17)
"""The L1 penalties to choose from, as shares of the smallest one with no nonzero weight."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A linear classifier of activations.

    Attributes:
        classes: (class,) the labels, sorted.
        weights: (class, feature) weights of the raw activations, 0 for features that are not read.
        biases: (class,) added to the weighted sums.
    """

    classes: Shaped[np.ndarray, " class"]
    weights: Float[np.ndarray, "class feature"]
    biases: Float[np.ndarray, " class"]

    __repr__ = brief

    def scores(self, inputs: Float[np.ndarray, "*row feature"]) -> Float[np.ndarray, "*row class"]:
        """Log probabilities of the classes, up to an additive constant per row."""
        return inputs @ self.weights.T + self.biases

    def predict(self, inputs: Float[np.ndarray, "*row feature"]) -> Shaped[np.ndarray, "*row"]:
        """The most likely class of each row."""
        return self.classes[self.scores(inputs).argmax(axis=-1)]

    @property
    def features(self) -> tuple[int, ...]:
        """The indices of the features with a nonzero weight."""
        return tuple(np.flatnonzero((self.weights != 0).any(axis=0)).tolist())


def fit_probe(
    inputs: Float[np.ndarray, "row feature"],
    labels: Shaped[np.ndarray, " label"],
    *,
    best: int | None = None,
    strengths: Sequence[float] = STRENGTHS,
    seed: int = 0,
) -> Probe:
    """Fit a multinomial logistic regression, with an L2 penalty chosen on held-out rows.

    Args:
        inputs: (row, feature) activations. They are standardised, and constant features are left
            out.
        labels: (row,) sortable labels, of at least two kinds.
        best: the number of features to read; defaults to all. They are chosen one at a time: each
            is the feature that correlates most with what the earlier ones leave unexplained
            (orthogonal matching pursuit).
        strengths: the inverse penalties to choose from.
        seed: decides which rows are held out.

    Raises:
        ValueError: fewer than ten rows, labels that are all equal, a number of labels that differs
            from the number of rows, inputs that are not finite or none of which varies, or `best`
            below 1.

    Example:
        >>> inputs = np.random.default_rng(0).normal(size=(200, 5))
        >>> probe = fit_probe(inputs, inputs[:, 3] > 0, best=1)
        >>> probe.features
        (3,)
    """
    from sklearn.linear_model import LogisticRegression

    scale = _Scale.of(inputs, labels)
    if best is not None:
        if best < 1:
            raise ValueError(f"best is {best}: give the number of features to read, 1 or more")
        if best < len(scale.kept):
            scale = scale.only(_pursue(scale.apply(inputs), labels, best))
    standard = scale.apply(inputs)

    def fit(rows: np.ndarray | slice, strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=2000, tol=1e-3).fit(
            standard[rows], labels[rows]
        )

    train, test = _held_out(len(labels), seed)
    if len(strengths) > 1 and len(np.unique(labels[train])) > 1:
        right = [
            (fit(train, each).predict(standard[test]) == labels[test]).mean() for each in strengths
        ]
        strengths = [strengths[int(np.argmax(right))]]
    fitted = fit(slice(None), strengths[0])
    return scale.probe(fitted.classes_, fitted.coef_, fitted.intercept_, inputs.shape[1])


def fit_sparse_probe(
    inputs: Float[np.ndarray, "row feature"], labels: Bool[np.ndarray, " label"], *, seed: int = 0
) -> Probe:
    """Fit a logistic regression with the strongest L1 penalty that costs almost nothing.

    This is the strongest penalty whose log loss on held-out rows is within one standard error of
    the smallest. Fast enough for a few hundred features.

    Args:
        inputs: (row, feature) activations. They are standardised, and constant features are left
            out.
        labels: (row,) both True and False must occur.
        seed: decides which rows are held out.

    Raises:
        ValueError: see `fit_probe`.
    """
    scale = _Scale.of(inputs, labels)
    standard = scale.apply(inputs).astype(np.float64)
    outcomes = labels.astype(np.float64)
    train, test = _held_out(len(labels), seed)
    largest = np.abs((outcomes - outcomes.mean()) @ standard).max()
    strongest = 0
    if outcomes[train].min() < outcomes[train].max():
        losses = np.stack(
            [
                _log_losses(
                    standard, outcomes, train, test, largest * share * len(train) / len(labels)
                )
                for share in _PATH
            ]
        )
        best = int(losses.mean(axis=1).argmin())
        error = losses[best].std() / np.sqrt(len(test))
        strongest = int(np.argmax(losses.mean(axis=1) <= losses[best].mean() + error))
    weights = fit_logistic(standard, outcomes, largest * _PATH[strongest])
    return scale.probe(np.array([False, True]), weights[None, :-1], weights[-1:], inputs.shape[1])


def _log_losses(
    standard: Float[np.ndarray, "row feature"],
    outcomes: Float[np.ndarray, " row"],
    train: Int[np.ndarray, " train"],
    test: Int[np.ndarray, " test"],
    penalty: float,
) -> Float[np.ndarray, " test"]:
    weights = fit_logistic(standard[train], outcomes[train], penalty)
    log_odds = standard[test] @ weights[:-1] + weights[-1]
    losses: Float[np.ndarray, " test"] = np.logaddexp(0, log_odds) - outcomes[test] * log_odds
    return losses


def _pursue(
    standard: Float[np.ndarray, "row feature"], labels: Shaped[np.ndarray, " row"], count: int
) -> Int[np.ndarray, " chosen"]:
    """The features that orthogonal matching pursuit chooses, as sorted indices."""
    unexplained = (labels[:, None] == np.unique(labels)).astype(np.float64)
    unexplained -= unexplained.mean(axis=0)
    basis = np.zeros((len(standard), 0))
    free = np.ones(standard.shape[1], bool)
    for _ in range(count):
        told = ((standard.T @ unexplained) ** 2).sum(axis=1)
        chosen = int(np.where(free, told, -1).argmax())
        free[chosen] = False
        direction = standard[:, chosen] - basis @ (basis.T @ standard[:, chosen])
        length = np.linalg.norm(direction)
        if length > 1e-6 * np.sqrt(len(standard)):  # otherwise it is a sum of earlier features
            direction = direction / length
            basis = np.column_stack([basis, direction])
            unexplained -= np.outer(direction, direction @ unexplained)
    return np.flatnonzero(~free)


def most_frequent(
    groups: Shaped[np.ndarray, " row"],
    labels: Shaped[np.ndarray, " row"],
    asked: Shaped[np.ndarray, " asked"],
) -> Shaped[np.ndarray, " asked"]:
    """A baseline: predict the most frequent label of each row's group.

    Args:
        groups: (row,) the groups of the training rows, such as the sizes of their mazes. If all
            are equal, the baseline knows nothing.
        labels: (row,) the labels of the training rows. Ties go to the label that sorts first.
        asked: (asked,) the groups to predict for. A group without training rows gets the most
            frequent label of all rows.

    Example:
        >>> most_frequent(np.array([3, 3, 5]), np.array(["a", "a", "b"]), np.array([5, 3]))
        array(['b', 'a'], dtype='<U1')
    """

    def winner(chosen: Shaped[np.ndarray, " row"]) -> Any:
        kinds, counts = np.unique(chosen, return_counts=True)
        return kinds[counts.argmax()]

    overall = winner(labels)
    known = {group: winner(labels[groups == group]) for group in np.unique(groups)}
    return np.array([known.get(group, overall) for group in asked], dtype=labels.dtype)


def varying(
    inputs: Float[np.ndarray, "row feature"],
) -> tuple[Int[np.ndarray, " kept"], Float[np.ndarray, " kept"], Float[np.ndarray, " kept"]]:
    """The features that are not the same in all rows, with their means and standard deviations.

    Raises:
        ValueError: inputs that are not finite, or none of which varies.

    Example:
        >>> varying(np.array([[1.0, 5.0], [3.0, 5.0]]))
        (array([0]), array([2.]), array([1.]))
    """
    check_finite("the inputs of the probe", inputs)
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    kept = np.flatnonzero(deviation > 1e-6 * np.abs(mean))
    if not len(kept):
        raise ValueError(
            f"none of {inputs.shape[1]} features varies over the rows: give others, or more rows"
        )
    return kept, mean[kept], deviation[kept]


@dataclass(frozen=True, eq=False)
class _Scale:
    """The features that are read, with their means and standard deviations."""

    kept: Int[np.ndarray, " kept"]
    mean: Float[np.ndarray, " kept"]
    deviation: Float[np.ndarray, " kept"]

    @classmethod
    def of(cls, inputs: np.ndarray, labels: np.ndarray) -> _Scale:
        if len(labels) != len(inputs):
            raise ValueError(f"{len(labels)} labels for {len(inputs)} rows: give one for each")
        if len(inputs) < 10:
            raise ValueError(f"{len(inputs)} rows are too few for a probe: give at least ten")
        if (labels == labels[0]).all():
            raise ValueError(
                f"all {len(labels)} labels are {labels[0]}: give rows with at least two different "
                "labels"
            )
        return cls(*varying(inputs))

    def only(self, chosen: Int[np.ndarray, " chosen"]) -> _Scale:
        return _Scale(self.kept[chosen], self.mean[chosen], self.deviation[chosen])

    def apply(self, inputs: np.ndarray) -> np.ndarray:
        return (inputs[:, self.kept] - self.mean) / self.deviation

    def probe(
        self, classes: np.ndarray, coefficients: np.ndarray, intercepts: np.ndarray, features: int
    ) -> Probe:
        """A probe from coefficients of standardised features; two classes share the second's."""
        weights = np.zeros((len(coefficients), features))
        weights[:, self.kept] = coefficients / self.deviation
        biases = intercepts - weights[:, self.kept] @ self.mean
        if len(classes) == 2:
            weights = np.concatenate([np.zeros_like(weights), weights])
            biases = np.concatenate([np.zeros_like(biases), biases])
        return Probe(classes, weights, biases)


def _held_out(rows: int, seed: int) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"]]:
    order = np.random.default_rng(seed).permutation(rows)
    return order[rows // HELD_OUT :], order[: rows // HELD_OUT]
