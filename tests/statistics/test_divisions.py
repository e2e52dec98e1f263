"""Divisions of agents into two groups, and what is expected of them."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from procgen_tools.statistics.divisions import (
    divisions,
    most_separated,
    separations,
)

THREE_OF_SIX = np.array([False, True, False, True, False, True])


def test_all_groups_of_the_size_once_the_own_first() -> None:
    groups = divisions(THREE_OF_SIX)
    assert (groups[0] == THREE_OF_SIX).all()
    assert groups.sum(axis=1).tolist() == [3] * comb(6, 3)
    assert len(np.unique(groups, axis=0)) == comb(6, 3)


@pytest.mark.parametrize("chosen", [[True, True], [False, False]])
def test_an_empty_group_is_an_error(chosen: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"of 2 agents are chosen: choose at least one"):
        divisions(np.array(chosen))


def test_a_separation_is_a_difference_in_standard_deviations_within() -> None:
    numbers = np.random.default_rng(0).normal(size=(6, 4))
    first, others = numbers[THREE_OF_SIX], numbers[~THREE_OF_SIX]
    within = np.sqrt((first.var(axis=0, ddof=1) + others.var(axis=0, ddof=1)) / 2)
    expected = (first.mean(axis=0) - others.mean(axis=0)) / within
    (found,) = separations(numbers, THREE_OF_SIX[None])
    assert np.allclose(found, expected)
    assert np.allclose(separations(numbers, ~THREE_OF_SIX[None]), -expected)


def test_nothing_varies_within() -> None:
    apart = np.where(THREE_OF_SIX, 0.1 + 0.2, 1.0)
    numbers = np.stack([apart, -apart, np.full(6, 0.7), np.zeros(6)], axis=1)
    (found,) = separations(numbers, THREE_OF_SIX[None])
    assert found.tolist() == [-np.inf, np.inf, 0, 0]


def test_groups_that_matter_are_found_and_others_are_not() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(6, 400))
    found = most_separated(noise, THREE_OF_SIX)
    assert len(found.counts) == comb(6, 3) / 2
    assert found.counts.sum() == found.numbers == 400
    assert found.expected == 40
    assert 15 < found.own < 70
    apart = noise + 9.0 * THREE_OF_SIX[:, None] * (np.arange(400) < 200)
    found = most_separated(apart, THREE_OF_SIX)
    assert found.own > 200
    assert found.p == 0.1
    assert most_separated(apart, ~THREE_OF_SIX).own == found.own


def test_numbers_that_are_the_same_for_all_count_for_none() -> None:
    found = most_separated(np.full((6, 5), 0.3), THREE_OF_SIX)
    assert (found.counts.sum(), found.numbers) == (0, 5)


def test_only_the_expected_side_counts() -> None:
    rng = np.random.default_rng(2)
    signs = rng.choice([-1.0, 1.0], size=30)
    numbers = rng.normal(size=(6, 30)) + 9 * np.outer(THREE_OF_SIX, signs)
    found = most_separated(numbers, THREE_OF_SIX, signs)
    assert (found.own, found.expected, found.p) == (30, 1.5, 1 / comb(6, 3))
    assert len(found.counts) == comb(6, 3)
    assert most_separated(numbers, ~THREE_OF_SIX, -signs).own == 30
    assert most_separated(numbers, THREE_OF_SIX, -signs).own == 0
