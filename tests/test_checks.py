"""Checks of arguments: what passes comes back, what does not is named with rule and remedy."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools import checks


@pytest.mark.parametrize(
    "value", [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3)], ids=repr
)
def test_integers_of_every_kind_are_whole_numbers(value: Any) -> None:
    number = checks.whole_number("n", value, 0, 3)
    assert (type(number), number) == (int, 3)


@pytest.mark.parametrize(
    "value",
    [3.0, "3", None, True, np.True_, np.float32(3), np.array([3]), torch.tensor(True), 3j, [3]],
    ids=repr,
)
def test_nothing_else_is(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^size is .*, of type \w+: give a whole number; be kind$"):
        checks.whole_number("size", value, hint="be kind")


@pytest.mark.parametrize(
    ("value", "limits", "rule"),
    [
        (0, {"low": 1}, "give a whole number from 1 up"),
        (4, {"high": 3}, "give a whole number up to 3"),
        (-1, {"low": 0, "high": 3}, r"give a whole number in 0\.\.3"),
        (4, {"low": 0, "high": 3}, r"give a whole number in 0\.\.3"),
    ],
)
def test_limits_are_told(value: int, limits: dict[str, int], rule: str) -> None:
    with pytest.raises(ValueError, match=rf"^n is {value}: {rule}$"):
        checks.whole_number("n", value, **limits)


def test_only_booleans_are_true_or_false() -> None:
    assert checks.true_or_false("flag", np.True_) is True
    assert checks.true_or_false("flag", False) is False
    for value in (1, "yes", None, np.array([True])):
        with pytest.raises(TypeError, match=r"flag is .*: give True or False"):
            checks.true_or_false("flag", value)


def test_memory_is_checked_before_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 1000}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    checks.check_memory("num", 10, 100_000)
    with pytest.raises(ValueError, match=r"num is 11: .* 0\.0 GB.* give at most 10"):
        checks.check_memory("num", 11, 100_000)


def test_finite_numbers_of_half_precision() -> None:
    checks.check_finite("large numbers", np.full(10**5, 6e4, np.float16))
    checks.check_finite("large numbers", torch.full((10**5,), 6e4, dtype=torch.float16))
    for wrong in (np.array([1.0, -np.inf]), torch.tensor([1.0, -torch.inf])):
        with pytest.raises(ValueError, match="numbers contain -inf"):
            checks.check_finite("numbers", wrong)
