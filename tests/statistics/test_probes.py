"""Probes recover planted directions, find nothing where nothing is, and read what they say."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.statistics.probes import Probe, fit_probe, fit_sparse_probe, most_frequent


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    """(row, feature), of very different scales and offsets."""
    rng = np.random.default_rng(0)
    scales = 10.0 ** rng.integers(-3, 4, 12)
    return (rng.normal(size=(1200, 12)) + 3) * scales


def standard(inputs: np.ndarray) -> np.ndarray:
    return (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)


def test_a_planted_direction_is_found(noise: np.ndarray) -> None:
    """Labels from two features: other rows are predicted, and the direction is theirs."""
    labels = standard(noise)[:, 3] - 2 * standard(noise)[:, 7] > 0.5
    train = noise[:800], labels[:800]
    for probe in (fit_probe(*train), fit_probe(*train, best=2), fit_sparse_probe(*train)):
        assert (probe.predict(noise[800:]) == labels[800:]).mean() > 0.96
        direction = (probe.weights[1] - probe.weights[0]) * noise.std(axis=0)
        direction /= np.linalg.norm(direction)
        assert direction[3] == pytest.approx(1 / 5**0.5, abs=0.1)
        assert direction[7] == pytest.approx(-2 / 5**0.5, abs=0.1)


def test_few_features_are_read(noise: np.ndarray) -> None:
    labels = standard(noise)[:, 3] - 2 * standard(noise)[:, 7] > 0.5
    assert fit_probe(noise, labels, best=1).features == (7,)
    assert fit_probe(noise, labels, best=2).features == (3, 7)
    assert len(fit_probe(noise, labels).features) == 12
    assert fit_probe(noise, labels, best=99).features == fit_probe(noise, labels).features


def test_an_l1_penalty_leaves_out_what_tells_nothing(noise: np.ndarray) -> None:
    log_odds = standard(noise)[:, 3] - 2 * standard(noise)[:, 7]
    labels = np.random.default_rng(4).random(1200) < 1 / (1 + np.exp(-log_odds))
    sparse, dense = (
        fit_sparse_probe(noise[:800], labels[:800]),
        fit_probe(noise[:800], labels[:800]),
    )
    assert {3, 7} <= set(sparse.features)
    assert len(sparse.features) <= 5
    right = [(probe.predict(noise[800:]) == labels[800:]).mean() for probe in (sparse, dense)]
    assert right[0] > right[1] - 0.03


def test_a_rare_class_is_not_given_up(noise: np.ndarray) -> None:
    """To always name the frequent one is right in 95%, and says nothing."""
    log_odds = 3 * standard(noise)[:, 3] - 5
    labels = np.random.default_rng(5).random(1200) < 1 / (1 + np.exp(-log_odds))
    assert 0.02 < labels.mean() < 0.15
    assert fit_sparse_probe(noise, labels).features == (3,)


def test_features_that_repeat_others_are_chosen_last(noise: np.ndarray) -> None:
    """Alone the copy of feature 7 tells more than feature 3, beside feature 7 nothing."""
    labels = standard(noise)[:, 3] - 2 * standard(noise)[:, 7] > 0.5
    noise = noise.copy()
    noise[:, 0] = 5 * noise[:, 7] + noise[:, 7].std() * np.random.default_rng(6).normal(size=1200)
    assert fit_probe(noise, labels, best=2).features == (3, 7)


def test_what_a_probe_does_not_read_does_not_matter(noise: np.ndarray) -> None:
    labels = standard(noise)[:, 3] > 0
    probe = fit_probe(noise, labels, best=1)
    changed = noise * np.where(np.arange(12) == 3, 1, 1e3)
    np.testing.assert_array_equal(probe.predict(noise), probe.predict(changed))


def test_nothing_is_found_in_noise(noise: np.ndarray) -> None:
    labels = np.random.default_rng(1).random(1200) < 0.5
    probe = fit_probe(noise[:800], labels[:800])
    assert abs((probe.predict(noise[800:]) == labels[800:]).mean() - 0.5) < 0.1
    assert len(fit_sparse_probe(noise[:800], labels[:800]).features) <= 3


def test_several_classes(noise: np.ndarray) -> None:
    """Three bands of one feature, and labels that are words."""
    label = np.array(["far", "near", "there"])[np.digitize(standard(noise)[:, 5], (-0.5, 0.5))]
    probe = fit_probe(noise[:800], label[:800], best=1)
    assert probe.classes.tolist() == ["far", "near", "there"]
    assert probe.features == (5,)
    assert (probe.predict(noise[800:]) == label[800:]).mean() > 0.9


def test_units_do_not_matter(noise: np.ndarray) -> None:
    labels = standard(noise)[:, 3] + np.random.default_rng(2).normal(size=1200) > 0
    shift, scale = np.linspace(-5, 5, 12) * noise.std(axis=0), np.geomspace(0.1, 10, 12)
    for fit in (fit_probe, fit_sparse_probe):
        plain, moved = fit(noise, labels), fit((noise - shift) * scale, labels)
        difference = plain.scores(noise) - moved.scores((noise - shift) * scale)
        np.testing.assert_allclose(difference, 0, atol=1e-2)


def test_scores_are_log_probabilities_up_to_a_shift(noise: np.ndarray) -> None:
    """The share of a class among rows is the mean probability, as in every logistic regression."""
    rng = np.random.default_rng(3)
    labels = rng.random(1200) < 1 / (1 + np.exp(-standard(noise)[:, 3]))
    scores = fit_probe(noise, labels).scores(noise)
    probability = 1 / (1 + np.exp(scores[:, 0] - scores[:, 1]))
    assert probability.mean() == pytest.approx(labels.mean(), abs=0.01)


def test_features_that_never_vary_are_left_out(noise: np.ndarray) -> None:
    inputs = noise.copy()
    inputs[:, 4] = 1e5
    labels = standard(noise)[:, 3] > 0
    assert 4 not in fit_probe(inputs, labels).features
    assert np.isfinite(fit_sparse_probe(inputs, labels).weights).all()


def test_a_probe_by_hand() -> None:
    probe = Probe(np.array([10, 20]), np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0.0, -2.0]))
    inputs = np.array([[[3.0, 9.0], [1.0, 9.0]]])
    assert probe.scores(inputs).tolist() == [[[0.0, 1.0], [0.0, -1.0]]]
    assert probe.predict(inputs).tolist() == [[20, 10]]
    assert probe.features == (0,)


def test_the_most_frequent_label() -> None:
    groups = np.array([3, 3, 3, 5, 5, 5, 5, 5])
    labels = np.array([1, 1, 0, 0, 0, 0, 0, 1])
    assert most_frequent(groups, labels, np.array([5, 3, 3, 7])).tolist() == [0, 1, 1, 0]
    assert most_frequent(groups * 0, labels, np.zeros(2, int)).tolist() == [0, 0]


def test_errors(noise: np.ndarray) -> None:
    labels = noise[:, 3] > noise[:, 3].mean()
    with pytest.raises(ValueError, match="1199 labels for 1200 rows"):
        fit_probe(noise, labels[1:])
    with pytest.raises(ValueError, match="9 rows are too few"):
        fit_probe(noise[:9], labels[:9])
    with pytest.raises(ValueError, match="all 1200 labels are True"):
        fit_sparse_probe(noise, labels | True)
    with pytest.raises(ValueError, match="best is 0"):
        fit_probe(noise, labels, best=0)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_inputs_must_be_finite_and_vary(wrong: float) -> None:
    inputs = np.random.default_rng(0).normal(size=(40, 3))
    labels = inputs[:, 0] > 0
    inputs[3, 0] = wrong
    with pytest.raises(ValueError, match=f"inputs of the probe contain {wrong}"):
        fit_probe(inputs, labels)
    with pytest.raises(ValueError, match="none of 3 features varies"):
        fit_probe(np.ones((40, 3)), labels)
