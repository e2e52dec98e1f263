"""How checks call a learner's function: errors, and answers that are nothing."""

from __future__ import annotations

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


def test_other_errors_pass_through_with_a_note() -> None:
    def encode(maze: np.ndarray, row: int, col: int) -> torch.Tensor:
        raise IndexError("mine")

    with pytest.raises(IndexError, match="mine") as caught:
        course.check_3(encode)
    assert caught.value.__notes__ == ["Step 3: this came from within your encode."]


def test_a_notebook_shows_the_message_alone() -> None:
    assert course.WrongAnswer("Step 1: no.")._render_traceback_() == ["Not yet. Step 1: no."]
