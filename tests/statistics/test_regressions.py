"""Regressions over splits, on made-up mazes whose coefficients are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from procgen_tools.statistics.regressions import (
    Regression,
    Splits,
    Spread,
    accuracy_table,
    leave_one_out,
    regression,
    regressions,
    single_accuracies,
)

FEW = Splits(30)
TRUE = {"near": -1.5, "far": 0.8, "idle": 0.0}
INTERCEPT = 0.7


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    """Standard normal but for units: the regression has to undo them."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(2000, 3)), columns=list(TRUE))
    return table * [10.0, 1.0, 0.01] + [100.0, 0.0, -3.0]


@pytest.fixture(scope="module")
def chances(features: pd.DataFrame) -> np.ndarray:
    scaled = (features - features.mean()) / features.std()
    return expit(scaled.to_numpy() @ list(TRUE.values()) + INTERCEPT)


@pytest.fixture(scope="module")
def got_cheese(chances: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).random(len(chances)) < chances


@pytest.fixture(scope="module")
def fitted(features: pd.DataFrame, got_cheese: np.ndarray) -> Regression:
    return regression(features, got_cheese, splits=FEW)


def test_known_coefficients_are_recovered(fitted: Regression) -> None:
    table = fitted.coefficient_table()
    assert table["mean"].to_numpy() == pytest.approx([*TRUE.values(), INTERCEPT], abs=0.15)
    assert table.loc["near", ["negative", "zero", "positive"]].tolist() == [1, 0, 0]
    assert table.loc["far", ["negative", "zero", "positive"]].tolist() == [0, 0, 1]
    assert table[["negative", "zero", "positive"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert (table["low"] < table["mean"]).all()
    assert (table["mean"] < table["high"]).all()


def test_probabilities_recover_them_closer(features: pd.DataFrame, chances: np.ndarray) -> None:
    fitted = regression(features, chances, splits=FEW)
    means = fitted.coefficient_table()["mean"].to_numpy()
    assert means == pytest.approx([*TRUE.values(), INTERCEPT], abs=0.02)
    # The best that anyone can do, who must name one outcome for each maze.
    best = np.maximum(chances, 1 - chances).mean()
    assert fitted.accuracy.mean == pytest.approx(best, abs=0.01)
    assert fitted.base_rate == pytest.approx(chances.mean())


def test_the_base_rate_is_that_of_the_majority(
    features: pd.DataFrame, got_cheese: np.ndarray, fitted: Regression
) -> None:
    share = np.count_nonzero(got_cheese) / len(got_cheese)
    assert share > 0.5
    assert fitted.base_rate == share
    reverse = regression(features, ~got_cheese, splits=FEW)
    assert reverse.base_rate == share
    assert reverse.coefficients == pytest.approx(-fitted.coefficients, abs=1e-6)
    assert reverse.accuracies == pytest.approx(fitted.accuracies)
    assert reverse.majority_accuracies == pytest.approx(fitted.majority_accuracies)


def test_accuracy_by_hand(features: pd.DataFrame, got_cheese: np.ndarray) -> None:
    """One split, scored row by row."""
    split = Splits(1, test_share=0.3, seed=4)
    fitted = regression(features, got_cheese, splits=split)
    ((train, test),) = split.of(len(features))
    assert len(test) == 600
    right = majority = 0
    for row in test:
        log_odds = fitted.intercepts[0]
        for name, coefficient in zip(fitted.names, fitted.coefficients[0], strict=True):
            known = features[name].iloc[train]
            log_odds += coefficient * (features[name].iloc[row] - known.mean()) / known.std(ddof=0)
        right += (log_odds > 0) == got_cheese[row]
        majority += (got_cheese[train].mean() > 0.5) == got_cheese[row]
    assert fitted.accuracies[0] == pytest.approx(right / 600)
    assert fitted.majority_accuracies[0] == pytest.approx(majority / 600)
    assert fitted.gain.mean == pytest.approx((right - majority) / 600)
    assert np.isnan(fitted.row_accuracies[train]).all()
    assert fitted.row_accuracies[test].sum() == pytest.approx(right)


def test_rows_and_splits_count_the_same_successes(
    features: pd.DataFrame, got_cheese: np.ndarray
) -> None:
    splits = Splits(30)
    fitted = regression(features, got_cheese, splits=splits)
    tested = np.bincount(np.concatenate([test for _, test in splits.of(2000)]), minlength=2000)
    assert np.isnan(fitted.row_accuracies).tolist() == (tested == 0).tolist()
    successes = np.nansum(fitted.row_accuracies * tested)
    assert successes == pytest.approx(fitted.accuracies.sum() * 400)


def test_the_majority_is_that_of_the_training_half(features: pd.DataFrame) -> None:
    """With as many successes as failures, the other half mostly disagrees."""
    outcomes = np.random.default_rng(5).permutation(np.arange(100) < 50)
    fitted = regression(features[:100], outcomes, ["idle"], splits=FEW)
    disagree = 0
    for (train, test), accuracy in zip(FEW.of(100), fitted.majority_accuracies, strict=True):
        guess = outcomes[train].sum() >= 40
        assert accuracy == pytest.approx((outcomes[test] == guess).mean())
        disagree += accuracy < 0.5
    assert disagree > 20


def test_the_test_half_has_no_say_in_the_fit(
    features: pd.DataFrame, got_cheese: np.ndarray
) -> None:
    """An outlandish row changes the coefficients of the splits that train on it, and no other."""
    splits = Splits(20)
    before = regression(features, got_cheese, splits=splits)
    outlandish = features.copy()
    outlandish.iloc[7] *= 1000
    flipped = got_cheese.copy()
    flipped[7] = ~flipped[7]
    after = regression(outlandish, flipped, splits=splits)
    changed = (np.abs(after.coefficients - before.coefficients) > 1e-9).any(axis=1)
    trained_on = [7 in train for train, _ in splits.of(len(features))]
    assert 0 < sum(trained_on) < 20
    assert changed.tolist() == trained_on


def test_units_do_not_matter(
    features: pd.DataFrame, got_cheese: np.ndarray, fitted: Regression
) -> None:
    other = regression(features * [3.0, -0.2, 40.0] + 5, got_cheese, splits=FEW)
    assert other.coefficients == pytest.approx(fitted.coefficients * [1, -1, 1], abs=1e-6)
    assert other.accuracies == pytest.approx(fitted.accuracies, abs=0.003)


def test_splits() -> None:
    splits = list(Splits(50, test_share=0.25, seed=3).of(40))
    tested = np.zeros(40)
    for train, test in splits:
        assert len(test) == 10
        assert sorted([*train, *test]) == list(range(40))
        tested[test] += 1
    assert tested.min() > 2  # 12.5 expected
    for (one, _), (again, _) in zip(
        splits, Splits(10, test_share=0.25, seed=3).of(40), strict=False
    ):
        assert np.array_equal(one, again)
    assert not np.array_equal(splits[0][0], splits[1][0])


def test_seeds(features: pd.DataFrame, got_cheese: np.ndarray, fitted: Regression) -> None:
    again = regression(features, got_cheese, splits=FEW)
    assert np.array_equal(again.coefficients, fitted.coefficients)
    assert np.array_equal(again.accuracies, fitted.accuracies)
    other = regression(features, got_cheese, splits=Splits(30, seed=1))
    assert not np.array_equal(other.coefficients, fitted.coefficients)


def test_a_penalty_empties_the_idle_feature_first(
    features: pd.DataFrame, got_cheese: np.ndarray
) -> None:
    table = regression(features, got_cheese, splits=FEW, penalty=150.0).coefficient_table()
    assert table.loc["idle", "zero"] == 1
    assert table.loc["near", "negative"] == 1


def test_one_feature_at_a_time(features: pd.DataFrame, got_cheese: np.ndarray) -> None:
    table = single_accuracies(features, got_cheese, splits=FEW)
    assert list(table.index) == list(TRUE)
    assert table.loc["near", "sign"] == -1
    assert table.loc["far", "sign"] == 1
    assert table.loc["near", "accuracy"] > table.loc["far", "accuracy"]
    assert table.loc["near", "gain_low"] > 0
    assert abs(table.loc["idle", "gain"]) < 0.01
    alone = regression(features, got_cheese, ["far"], splits=FEW)
    assert table.loc["far", "accuracy"] == alone.accuracy.mean
    assert table.loc["far", "coefficient_high"] == Spread.of(alone.coefficients[:, 0]).high


def test_leaving_one_out(
    features: pd.DataFrame, got_cheese: np.ndarray, fitted: Regression
) -> None:
    """Beside a copy of itself a feature is no loss; alone in what it knows, it is."""
    echo = features["near"] + 0.01 * np.random.default_rng(2).normal(size=len(features))
    left = leave_one_out(features.assign(echo=echo), got_cheese, splits=FEW)
    table = left.table()
    assert table.loc["far", "loss_low"] > 0
    assert abs(table.loc[["near", "echo", "idle"], "loss"]).max() < 0.005
    assert left.without["echo"].names == tuple(TRUE)
    assert np.array_equal(left.without["echo"].accuracies, fitted.accuracies)  # the same splits
    both = leave_one_out(features, got_cheese, ["near", "far"], splits=FEW).table()
    assert both.loc["near", "loss"] > both.loc["far", "loss"] > 0


def test_chosen_subsets(
    features: pd.DataFrame, got_cheese: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    subsets = {"both": ["near", "far"], "idle": ["idle"]}
    done = regressions(features, got_cheese, subsets, splits=FEW, progress_bar=True)
    assert "2/2" in capsys.readouterr().err
    table = accuracy_table(done)
    assert table["features"].tolist() == [2, 1]
    assert table.loc["both", "accuracy"] == done["both"].accuracy.mean
    assert (table["base_rate"] == got_cheese.mean()).all()
    assert table.loc["both", "gain_low"] > table.loc["idle", "gain_high"]
    assert done["both"].coefficients.shape == (30, 2)


def test_spread() -> None:
    spread = Spread.of(np.arange(201.0))
    assert (spread.mean, spread.low, spread.high) == (100, 5, 195)
    assert f"{Spread(0.824, 0.81, 0.84):.1%}" == "82.4% [81.0%, 84.0%]"


ERRORS: dict[str, tuple[Callable[[pd.DataFrame, np.ndarray], Any], str]] = {
    "missing": (
        lambda x, y: regression(x.assign(near=np.nan), y),
        r"2000 of 2000 rows have missing or infinite features \(near\)",
    ),
    "penalty": (lambda x, y: regression(x, y, penalty=0.0), "penalty 0.0"),
    "one alone": (lambda x, y: leave_one_out(x, y, ["far"]), "name at least two"),
    "no splits": (lambda x, y: Splits(0), "make at least 1"),
    "share": (lambda x, y: Splits(test_share=1.0), "test_share 1.0"),
    "empty half": (lambda x, y: next(Splits(test_share=0.01).of(10)), "leaves none to test on"),
    "rare": (
        lambda x, y: regression(x, np.arange(2000) == 0, splits=Splits(200)),
        "training rows of a split have no outcome but 0",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case: str, features: pd.DataFrame, got_cheese: np.ndarray) -> None:
    call, message = ERRORS[case]
    with pytest.raises(ValueError, match=message):
        call(features, got_cheese)


def test_nothing_is_begun_when_a_subset_is_wrong(
    features: pd.DataFrame, got_cheese: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from procgen_tools.statistics import regressions as statistics

    monkeypatch.setattr(statistics, "fit_logistic", None)
    with pytest.raises(ValueError, match="did you mean 'idle'"):
        regressions(features, got_cheese, {"first": ["far"], "second": ["idel"]})
