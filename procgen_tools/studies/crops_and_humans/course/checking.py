"""How checks call a learner's function and explain what is wrong with its answer.

A check computes the right answer itself. If the learner's answer differs, the check compares it
with the answers of typical mistakes, and names the mistake that gives the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

Answer = Callable[..., Any]
"""A learner's function."""

TOLERANCE = 1e-4


class WrongAnswer(ValueError):
    """An answer that is not right yet. The message says where to look."""

    def _render_traceback_(self) -> list[str]:
        """The traceback in a notebook: only the message."""
        return [f"Not yet. {self}"]


@dataclass(frozen=True)
class Exercise:
    """One blank.

    Attributes:
        step: the name of the step, such as "Step 3".
        function: the learner's function.
        hint: the advice if no typical mistake explains the answer.
    """

    step: str
    function: Answer
    hint: str

    @property
    def name(self) -> str:
        """The name of the learner's function."""
        return getattr(self.function, "__name__", "function")

    def wrong(self, message: str) -> WrongAnswer:
        """The error to raise."""
        return WrongAnswer(f"{self.step}: {message}")

    def ask(self, *arguments: Any, may_change: bool = False) -> Any:
        """Call the learner's function and return its answer.

        Args:
            arguments: the arguments of the function.
            may_change: whether it may change arrays and tensors among the arguments.

        Raises:
            WrongAnswer: the function is still blank, returns nothing, or changes an argument.
            Exception: any error of the function, with a note.
        """
        before = [_copy(argument) for argument in arguments]
        try:
            answer = self.function(*arguments)
        except NotImplementedError:
            raise WrongAnswer(
                f"{self.step} is still blank: fill in {self.name}, run its cell, then this one."
            ) from None
        except Exception as error:
            error.add_note(f"{self.step}: this came from within your {self.name}.")
            raise
        if answer is None:
            raise self.wrong(f"{self.name} gives nothing back. Does it end with `return ...`?")
        for number, (old, new) in enumerate(zip(before, arguments, strict=True)):
            if old is not None and not may_change and not same(old, new):
                raise self.wrong(
                    f"{self.name} changes what it is given (argument {number + 1}). Work on a copy."
                )
        return answer

    def compare(
        self, answer: Any, right: Any, mistakes: Mapping[str, Any] | None = None, where: str = ""
    ) -> None:
        """Check that an answer is right.

        Args:
            answer: the learner's answer: a tensor, an array or a number.
            right: the right answer.
            mistakes: messages, each with the wrong answer that it explains.
            where: the case, in words.

        Raises:
            WrongAnswer: the answer is not right.
        """
        given, wanted = plain(answer), plain(right)
        if same(given, wanted):
            return
        place = f" ({where})" if where else ""
        for message, wrong in (mistakes or {}).items():
            if same(given, plain(wrong)):
                raise self.wrong(f"{message}{place}")
        if given.shape != wanted.shape:
            raise self.wrong(
                f"the answer has shape {given.shape} and should have {wanted.shape}{place}. "
                f"{self.hint}"
            )
        index = tuple(np.argwhere(~_close(given, wanted))[0].tolist())
        entry = f"entry {list(index)} is" if index else "the answer is"
        raise self.wrong(
            f"{entry} {given[index]:.5g} and should be {wanted[index]:.5g}{place}. {self.hint}"
        )

    def right(self, praise: str = "") -> None:
        """Print that the answer is right."""
        print(f"{self.step}: right. {praise}".rstrip())


def plain(answer: Any) -> np.ndarray:
    """An answer as an array of numbers, or of objects if it is something else."""
    if isinstance(answer, torch.Tensor):
        return answer.detach().cpu().double().numpy()
    try:
        return np.asarray(answer, np.float64)
    except (TypeError, ValueError):
        return np.asarray(str(answer), object)


def same(one: Any, other: Any) -> bool:
    """Whether two answers have the same shape and the same numbers up to rounding."""
    one, other = plain(one), plain(other)
    if one.shape != other.shape or object in (one.dtype, other.dtype):
        return False
    return bool(_close(one, other).all())


def _close(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(np.isclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))


def _copy(argument: Any) -> Any:
    """A copy of an array or a tensor; None for anything else."""
    if isinstance(argument, torch.Tensor):
        return argument.detach().clone()
    return argument.copy() if isinstance(argument, np.ndarray) else None
