"""Which features of a maze predict whether an agent gets the cheese, and how well.

Each regression is logistic, with an L1 penalty, and is repeated over many random splits of the
rows. It is fitted to the training rows of a split, with features standardised by their mean and
standard deviation there, and scored on the test rows. Splits depend only on their seed, so
regressions on different features of the same rows can be compared split by split.

Outcomes may be probabilities. A probability counts as that share of a success, in fits and in
scores, which avoids the noise of sampled episodes. Intervals contain the middle 95% of splits.
Splits share most of their rows, so an interval shows how much a number varies between splits, not
between samples of mazes. For intervals over mazes, see `collinearity.likelihood_regression`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, TypedDict, Unpack

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped
from tqdm import tqdm

from procgen_tools.shown import brief
from procgen_tools.statistics.logistic import fit_logistic
from procgen_tools.statistics.samples import Sample, check_features, take_sample

Outcomes: TypeAlias = Sequence[float | int] | Shaped[np.ndarray, " row"] | pd.Series
INTERCEPT = "intercept"


@dataclass(frozen=True)
class Splits:
    """Random splits of rows in two: one to train on, one to test on.

    Attributes:
        count: how many.
        test_share: share of the rows to test on.
        seed: split i of a seed is the same however many follow.

    Raises:
        ValueError: no splits, or a share that is not between 0 and 1.
    """

    count: int = 1000
    test_share: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"{self.count} splits: make at least 1")
        if not 0 < self.test_share < 1:
            raise ValueError(f"test_share {self.test_share} is not between 0 and 1: try 0.2")

    def of(self, rows: int) -> Iterator[tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"]]]:
        """The numbers of the rows to train on and to test on, for each split.

        Raises:
            ValueError: so few rows that one of the two would have none.
        """
        test = round(self.test_share * rows)
        if not 0 < test < rows:
            raise ValueError(
                f"a test_share of {self.test_share} of {rows} rows leaves none to "
                f"{'train' if test else 'test'} on: choose another share"
            )
        for i in range(self.count):
            order = np.random.default_rng((self.seed, i)).permutation(rows)
            yield order[test:], order[:test]


THOUSAND_SPLITS = Splits()


@dataclass(frozen=True)
class Spread:
    """A number over many splits: its mean, and the bounds of the middle 95%.

    A format such as '.1%' applies to all three.
    """

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Float[np.ndarray, " split"]) -> Spread:
        low, high = np.percentile(values, [2.5, 97.5])
        return cls(float(values.mean()), float(low), float(high))

    def __format__(self, form: str) -> str:
        return f"{self.mean:{form}} [{self.low:{form}}, {self.high:{form}}]"


@dataclass(frozen=True, eq=False)
class Regression:
    """One logistic regression, repeated over splits.

    Attributes:
        names: of the features.
        rows: number of mazes, training and test rows together.
        base_rate: accuracy, over all rows, of always predicting the more frequent outcome.
        accuracies: (split,) accuracy of the regression on the test rows.
        majority_accuracies: (split,) accuracy on the test rows of always predicting the more
            frequent outcome of the training rows. They scatter around the base rate.
        coefficients: (split, feature) change of the log odds per standard deviation of a feature.
        intercepts: (split,) log odds where all features have their mean.
        row_accuracies: (row,) accuracy on each row, over the splits that tested it; NaN where none
            did. Intervals over mazes can be had of these.
    """

    names: tuple[str, ...]
    rows: int
    base_rate: float
    accuracies: Float[np.ndarray, " split"]
    majority_accuracies: Float[np.ndarray, " split"]
    coefficients: Float[np.ndarray, "split feature"]
    intercepts: Float[np.ndarray, " split"]
    row_accuracies: Float[np.ndarray, " row"]

    __repr__ = brief

    @property
    def accuracy(self) -> Spread:
        return Spread.of(self.accuracies)

    @property
    def gain(self) -> Spread:
        """The accuracy minus the majority accuracy on the same test rows."""
        return Spread.of(self.accuracies - self.majority_accuracies)

    def coefficient_table(self) -> pd.DataFrame:
        """One row per feature, and the intercept; mean, low and high over splits, and how often the
        coefficient was negative, exactly zero and positive (shares of splits)."""
        values = np.column_stack([self.coefficients, self.intercepts])
        low, high = np.percentile(values, [2.5, 97.5], axis=0)
        return pd.DataFrame(
            {
                "mean": values.mean(axis=0),
                "low": low,
                "high": high,
                "negative": (values < 0).mean(axis=0),
                "zero": (values == 0).mean(axis=0),
                "positive": (values > 0).mean(axis=0),
            },
            index=[*self.names, INTERCEPT],
        )


class Options(TypedDict, total=False):
    """How every regression is fitted; see `regression`."""

    splits: Splits
    penalty: float


def regression(
    features: pd.DataFrame,
    outcomes: Outcomes,
    names: Sequence[str] | None = None,
    *,
    splits: Splits = THOUSAND_SPLITS,
    penalty: float = 1.0,
    progress_bar: bool = False,
) -> Regression:
    """Predict the outcomes from the features `names` together.

    Args:
        features: one row per maze, as `feature_table` makes them.
        outcomes: (row,) whether the agent got the cheese, or with what probability.
        names: columns of `features`; defaults to all.
        splits: how many, how large, which seed.
        penalty: weight of the absolute sum of coefficients against the log loss of training rows
            (1 / C in scikit-learn's terms, whose default is 1 too).
        progress_bar: whether to show a bar.

    Raises:
        ValueError: see `take_sample`; a penalty that is not positive; a split that leaves a
            single outcome to train on.
    """
    if not 0 < penalty < np.inf:
        raise ValueError(f"penalty {penalty}: give a positive number, the smaller the weaker")
    sample = take_sample(features, outcomes, names)
    rows = len(sample.outcomes)
    fits, right, tested = [], np.zeros(rows), np.zeros(rows)
    for train, test in tqdm(splits.of(rows), total=splits.count, disable=not progress_bar):
        weights, scores, majority_accuracy = _fit(sample, train, test, penalty)
        fits.append((weights, scores.mean(), majority_accuracy))
        right[test] += scores
        tested[test] += 1
    all_weights, accuracies, majority_accuracies = map(np.array, zip(*fits, strict=True))
    return Regression(
        names=sample.names,
        rows=rows,
        base_rate=sample.base_rate,
        accuracies=accuracies,
        majority_accuracies=majority_accuracies,
        coefficients=all_weights[:, :-1],
        intercepts=all_weights[:, -1],
        row_accuracies=np.where(tested > 0, right / np.maximum(tested, 1), np.nan),
    )


def _fit(
    sample: Sample, train: np.ndarray, test: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """The weights, their accuracy on each test row, and the mean accuracy of the majority there.

    The weights and the majority outcome come from the training rows.
    """
    inputs, outcomes = sample.inputs[train], sample.outcomes[train]
    if outcomes.max() == 0 or outcomes.min() == 1:
        raise ValueError(
            f"the {len(train)} training rows of a split have no outcome but {outcomes[0]:g}: give "
            "more mazes, or a smaller test_share"
        )
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    deviation[deviation == 0] = 1.0  # constant in the training rows: its coefficient becomes 0
    weights = fit_logistic((inputs - mean) / deviation, outcomes, penalty)
    log_odds = (sample.inputs[test] - mean) / deviation @ weights[:-1] + weights[-1]
    expected = sample.outcomes[test]
    scores = np.where(log_odds >= 0, expected, 1 - expected)
    majority = expected.mean() if outcomes.mean() >= 0.5 else 1 - expected.mean()
    return weights, scores, float(majority)


def regressions(
    features: pd.DataFrame,
    outcomes: Outcomes,
    subsets: Mapping[str, Sequence[str]],
    *,
    progress_bar: bool = False,
    **options: Unpack[Options],
) -> Mapping[str, Regression]:
    """A regression for each of several choices of features, over the same splits.

    Args:
        features, outcomes: as for `regression`.
        subsets: names of the features, by a name for the choice.
        progress_bar: whether to show a bar.
        options: `splits` and `penalty`, as for `regression`.

    Raises:
        ValueError: as for `regression`, for any of the choices and before the first is begun.
    """
    for names in subsets.values():
        take_sample(features, outcomes, names)
    done = {
        label: regression(features, outcomes, names, **options)
        for label, names in tqdm(subsets.items(), disable=not progress_bar)
    }
    return MappingProxyType(done)


def accuracy_table(regressions: Mapping[str, Regression]) -> pd.DataFrame:
    """One row per regression: its accuracy, the base rate, and the gain over the majority.

    Columns: features (how many), base_rate; accuracy and gain, each with its _low and _high over
    splits.
    """
    rows = {}
    for label, each in regressions.items():
        rows[label] = {"features": len(each.names), "base_rate": each.base_rate}
        rows[label] |= _columns("accuracy", each.accuracy) | _columns("gain", each.gain)
    return pd.DataFrame.from_dict(rows, orient="index")


def single_accuracies(
    features: pd.DataFrame,
    outcomes: Outcomes,
    names: Sequence[str] | None = None,
    *,
    progress_bar: bool = False,
    **options: Unpack[Options],
) -> pd.DataFrame:
    """How well each feature alone predicts the outcomes, and in which direction.

    One row per feature; the columns of `accuracy_table`, then the coefficient with its _low and
    _high over splits and its sign (-1, 0 or 1: that of the mean).

    Args and errors: as for `regression`; `options` are `splits` and `penalty`.
    """
    chosen = check_features(features, names).columns
    subsets = {name: [name] for name in chosen}
    alone = regressions(features, outcomes, subsets, progress_bar=progress_bar, **options)
    coefficients = {
        name: _columns("coefficient", Spread.of(each.coefficients[:, 0]))
        for name, each in alone.items()
    }
    table = accuracy_table(alone).join(pd.DataFrame.from_dict(coefficients, orient="index"))
    return table.assign(sign=np.sign(table["coefficient"]).astype(int))


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """A regression on several features, and those without one of them each, over the same splits.

    Attributes:
        full: with all features.
        without: by the name of the feature that was left out.
    """

    full: Regression
    without: Mapping[str, Regression]

    __repr__ = brief

    def table(self) -> pd.DataFrame:
        """One row per feature left out: the accuracy without it, and what accuracy is lost.

        The loss is the difference to the full regression in the same split; each with its _low
        and _high over splits. A loss of 0 or less: the others hold what this feature knows.
        """
        rows = {
            name: _columns("accuracy", each.accuracy)
            | _columns("loss", Spread.of(self.full.accuracies - each.accuracies))
            for name, each in self.without.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")


def leave_one_out(
    features: pd.DataFrame,
    outcomes: Outcomes,
    names: Sequence[str] | None = None,
    *,
    progress_bar: bool = False,
    **options: Unpack[Options],
) -> LeaveOneOut:
    """Predict from all features `names`, and without each of them in turn.

    Args and errors: as for `single_accuracies`; also ValueError for a single feature.
    """
    chosen = take_sample(features, outcomes, names).names
    if len(chosen) < 2:
        raise ValueError(f"without {chosen[0]!r} no feature is left: name at least two")
    subsets = {"": chosen} | {
        name: tuple(other for other in chosen if other != name) for name in chosen
    }
    done = dict(regressions(features, outcomes, subsets, progress_bar=progress_bar, **options))
    return LeaveOneOut(full=done.pop(""), without=MappingProxyType(done))


def _columns(name: str, spread: Spread) -> dict[str, float]:
    return {name: spread.mean, f"{name}_low": spread.low, f"{name}_high": spread.high}
