"""Limits are positive."""

from __future__ import annotations

import dataclasses

import pytest

from procgen_tools.app.limits import Limits


@pytest.mark.parametrize("name", [each.name for each in dataclasses.fields(Limits)])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_is_above_zero(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*: give a number above 0"):
        Limits(**{name: value})
