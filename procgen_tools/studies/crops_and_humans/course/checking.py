"""How checks call a learner's function and explain what is wrong with its answer.

A check computes the right answer itself. If the learner's answer differs, the check compares it
with the answers of typical mistakes, and names the mistake that gives the same answer.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

Answer = Callable[..., Any]
"""A learner's function."""

TOLERANCE = 1e-4

BOTH_OF_MAX = (
    "max(dim=...) returns the largest values together with their positions: take its .values, or "
    "use amax(dim=...)."
)


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
        errors: the advice for errors of the function, by a part of their message.
    """

    step: str
    function: Answer
    hint: str
    errors: Mapping[str, str] = field(default_factory=dict)

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
            WrongAnswer: the function is still blank, fails, returns nothing, or changes an
                argument.
        """
        before = [_copy(argument) for argument in arguments]
        try:
            answer = self.function(*arguments)
        except NotImplementedError:
            raise WrongAnswer(
                f"{self.step} is still blank: fill in {self.name}, run its cell, then this one."
            ) from None
        except Exception as error:
            raise self._failed(error) from error
        if answer is None:
            raise self.wrong(f"{self.name} gives nothing back. Does it end with `return ...`?")
        if type(answer).__module__ == "torch.return_types":
            raise self.wrong(BOTH_OF_MAX)
        for number, (old, new) in enumerate(zip(before, arguments, strict=True)):
            if old is not None and not may_change and not same(old, new):
                raise self.wrong(
                    f"{self.name} changes what it is given (argument {number + 1}). Work on a copy."
                )
        return answer

    def _failed(self, error: Exception) -> WrongAnswer:
        """What to say of an error of the function: the error, its line, and what may help."""
        code = getattr(self.function, "__code__", None)
        lines = [
            frame.line
            for frame in traceback.extract_tb(error.__traceback__)
            if code is not None and frame.filename == code.co_filename and frame.line
        ]
        where = f" in the line `{lines[-1]}`" if lines else ""
        advice = {"return_types.max": BOTH_OF_MAX, **self.errors}
        known = [f" {text}" for part, text in advice.items() if part in str(error)]
        return self.wrong(
            f"{self.name} fails{where}: {type(error).__name__}: {error}.{''.join(known[:1])}"
        )

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
    except (TypeError, ValueError, RuntimeError):  # torch refuses to convert some tensors
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
