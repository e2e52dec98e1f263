"""How checks call a learner's function: errors, and answers that are nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools.studies.crops_and_humans import course
from tests.studies.crops_and_humans.course.test_course import BLANKS


@pytest.mark.parametrize("name", BLANKS)
def test_nothing_given_back(name: str) -> None:
    check, step = BLANKS[name]
    with pytest.raises(course.WrongAnswer, match=f"^{step}: .* gives nothing back"):
        check(lambda *_: None)


def test_an_error_is_named_with_its_line_and_kept() -> None:
    def encode(maze: np.ndarray, row: int, col: int) -> torch.Tensor:
        raise IndexError("mine")

    with pytest.raises(course.WrongAnswer, match="encode fails in the line") as caught:
        course.check_3(encode)
    assert 'raise IndexError("mine")' in str(caught.value)
    assert "IndexError: mine" in str(caught.value)
    assert isinstance(caught.value.__cause__, IndexError)


def test_an_error_of_a_function_without_source_is_named() -> None:
    names: dict[str, Any] = {}
    exec("def encode(maze, row, col):\n    return 1 / 0", names)
    with pytest.raises(course.WrongAnswer, match="encode fails: ZeroDivisionError"):
        course.check_3(names["encode"])


def test_a_notebook_shows_the_message_alone() -> None:
    assert course.WrongAnswer("Step 1: no.")._render_traceback_() == ["Not yet. Step 1: no."]
