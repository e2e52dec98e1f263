"""Linear probes: planted numbers are read, noise is not, and levels decide the intervals."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.statistics.linear_probes import (
    determination,
    determination_gain,
    fit_linear_probe,
    ranking,
    slope,
)

RNG = np.random.default_rng(0)
LEVELS = np.repeat(np.arange(40), 10)


def planted() -> tuple[np.ndarray, np.ndarray]:
    keys = RNG.integers(0, 4, 400).astype(np.float64)
    inputs = RNG.normal(size=(400, 12))
    inputs[:, 4] += keys
    inputs[:, 7] = 3.0
    return inputs, keys


def test_a_planted_number_is_read_on_other_levels() -> None:
    inputs, keys = planted()
    train = LEVELS < 30
    probe = fit_linear_probe(inputs[train], keys[train], LEVELS[train])
    found = determination(keys[~train], probe.predict(inputs[~train]), LEVELS[~train])
    assert 0.3 < found.low < found.value < found.high < 0.8
    assert probe.weights[7] == 0
    assert np.abs(probe.weights).argmax() == 4
    gain = determination_gain(
        keys[~train], probe.predict(inputs[~train]), np.full(100, keys.mean()), LEVELS[~train]
    )
    assert gain.low > 0.3


def test_noise_is_not_read_and_gets_the_strongest_penalty() -> None:
    keys = RNG.normal(size=400)
    probe = fit_linear_probe(RNG.normal(size=(400, 30)), keys, LEVELS)
    assert probe.penalty >= 1e3
    other = determination(RNG.normal(size=400), probe.predict(RNG.normal(size=(400, 30))), LEVELS)
    assert other.value < 0.05


def test_the_penalty_is_chosen_on_other_levels() -> None:
    """Features that tell levels apart help on the levels' own rows only."""
    of_level, features = RNG.normal(size=40), RNG.normal(size=(40, 35))
    assert fit_linear_probe(features[LEVELS], of_level[LEVELS], LEVELS).penalty >= 100
    rows = np.arange(400)  # as if every row were a level
    assert fit_linear_probe(features[LEVELS], of_level[LEVELS], rows).penalty <= 10


def test_intervals_are_over_levels() -> None:
    """Rows that repeat a level add nothing."""
    targets, guesses, levels = RNG.normal(size=60), RNG.normal(size=60) / 4, np.arange(60) // 2
    once = determination(targets, guesses, levels)
    often = determination(np.tile(targets, 9), np.tile(guesses, 9), np.tile(levels, 9))
    assert often.interval == pytest.approx(once.interval)


def test_determination_follows_its_definition() -> None:
    targets, guesses = RNG.normal(size=400), RNG.normal(size=400)
    expected = 1 - ((targets - guesses) ** 2).sum() / ((targets - targets.mean()) ** 2).sum()
    assert determination(targets, guesses, LEVELS).value == pytest.approx(expected)
    others = RNG.normal(size=400)
    gain = (
        determination(targets, guesses, LEVELS).value - determination(targets, others, LEVELS).value
    )
    found = determination_gain(targets, guesses, others, LEVELS).value
    assert found == pytest.approx(gain)
    assert determination(np.ones(400), guesses, LEVELS).value == 0


def test_slopes_are_differences_of_means() -> None:
    held = RNG.integers(0, 2, 400)
    inputs = RNG.normal(size=(400, 3))
    means = inputs[held == 1].mean(axis=0) - inputs[held == 0].mean(axis=0)
    assert slope(inputs, held) == pytest.approx(means)


def test_the_ranking_counts_ordered_pairs() -> None:
    labels, scores = RNG.random(400) < 0.3, RNG.integers(0, 5, 400)
    pairs = scores[labels][:, None] - scores[~labels]
    expected = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    found = ranking(labels, scores, LEVELS)
    assert found.value == pytest.approx(expected)
    assert found.low < expected < found.high
    assert ranking(np.ones(400, bool), scores, LEVELS).value == 0.5


def test_too_little_data_is_refused() -> None:
    with pytest.raises(ValueError, match="give two or more"):
        fit_linear_probe(np.ones((4, 1)), np.arange(4.0), np.zeros(4, int))
    with pytest.raises(ValueError, match="all 4 targets are equal"):
        fit_linear_probe(np.ones((4, 1)), np.ones(4), np.arange(4))
    with pytest.raises(ValueError, match="all 4 targets are equal"):
        slope(np.ones((4, 1)), np.ones(4))


def test_inputs_must_be_finite_and_vary() -> None:
    inputs = np.random.default_rng(0).normal(size=(40, 3))
    targets, levels = inputs[:, 0].copy(), np.arange(40) // 4
    inputs[3, 0] = np.nan
    with pytest.raises(ValueError, match="inputs of the probe contain nan"):
        fit_linear_probe(inputs, targets, levels)
    with pytest.raises(ValueError, match="none of 3 features varies"):
        fit_linear_probe(np.ones((40, 3)), targets, levels)
