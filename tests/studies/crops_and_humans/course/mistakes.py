"""Mistakes that learners make in exercises, and what the checks say of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from procgen_tools.studies.crops_and_humans import course

Check = Callable[[Any], None]


def each_mistake(
    mistakes: Mapping[Check, Mapping[str, Callable[..., Any]]],
) -> pytest.MarkDecorator:
    """Parametrizes a test with the check, the message and the wrong answer of each mistake.

    Args:
        mistakes: for each check, the wrong answers by what the message says of them.
    """
    cases = [(check, *each) for check, wrong in mistakes.items() for each in wrong.items()]
    return pytest.mark.parametrize(
        ("check", "message", "wrong"),
        cases,
        ids=[f"{check.__name__}: {message}" for check, message, _ in cases],
    )


def assert_named(check: Check, message: str, wrong: Callable[..., Any]) -> None:
    """The check refuses the wrong answer, and its message says why."""
    with pytest.raises(course.WrongAnswer, match=re.escape(message)):
        check(wrong)
