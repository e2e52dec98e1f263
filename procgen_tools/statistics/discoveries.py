"""Discoveries among many tests, whatever the dependence between the tests.

The claims of a study share mazes and agents, so their tests are dependent, and nobody knows how.
The procedure of Benjamini and Hochberg (1995) needs independent tests, or positive dependence. That
of Benjamini and Yekutieli (2001, theorem 1.3) needs neither, and is stricter by the factor
1 + 1/2 + ... + 1/m for m tests.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Shaped
from scipy.stats import false_discovery_control, ttest_1samp

RATE = 0.05
"""The expected share of false discoveries among all discoveries, at most."""


def p_of_mean(values: Shaped[np.ndarray, " value"]) -> float:
    """The two-sided p-value of Student's test that the mean is zero.

    It is 1 where all values are zero.

    Args:
        values: independent numbers, such as one per agent or one per maze.

    Raises:
        ValueError: fewer than two values.

    Example:
        >>> round(p_of_mean(np.array([0.9, 1.0, 1.1])), 3)
        0.003
    """
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"values have shape {values.shape}: a test needs two numbers or more")
    if (values == 0).all():
        return 1.0
    if np.ptp(values) == 0:
        return 0.0
    return float(ttest_1samp(values, 0.0).pvalue)


def adjusted(p_values: Mapping[str, float]) -> dict[str, float]:
    """For each test, the smallest rate of false discoveries at which it is a discovery.

    Args:
        p_values: by name, of all tests that were made, and not of the promising ones alone.

    Raises:
        ValueError: no tests, or p-values outside 0 to 1.

    Example:
        >>> {name: round(p, 4) for name, p in adjusted({"one": 0.001, "two": 0.02}).items()}
        {'one': 0.003, 'two': 0.03}
    """
    numbers = np.array(list(p_values.values()), dtype=np.float64)
    if not len(numbers) or not ((numbers >= 0) & (numbers <= 1)).all():
        raise ValueError(f"p-values are {numbers.tolist()!r:.60}: give numbers from 0 to 1")
    found = false_discovery_control(numbers, method="by")
    return {name: float(each) for name, each in zip(p_values, found, strict=True)}


def discoveries(p_values: Mapping[str, float], rate: float = RATE) -> dict[str, float]:
    """The tests that are discoveries, with their adjusted p-values.

    Args:
        p_values: by name, of all tests that were made, and not of the promising ones alone.
        rate: the expected share of false discoveries, at most.

    Raises:
        ValueError: no tests, p-values outside 0 to 1, or a rate that is not between 0 and 1.

    Example:
        >>> discoveries({"one": 0.001, "two": 0.02, "three": 0.5})
        {'one': 0.0055}
    """
    if not 0 < rate < 1:
        raise ValueError(f"rate is {rate}: give a number between 0 and 1, such as {RATE}")
    return {name: each for name, each in adjusted(p_values).items() if each <= rate}
