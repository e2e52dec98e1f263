"""The steps of the course in their order: a step opens when all steps before it are passed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from procgen_tools.files import unfinished
from procgen_tools.names import did_you_mean
from procgen_tools.studies.crops_and_humans.course.checking import Answer, WrongAnswer
from procgen_tools.studies.crops_and_humans.course.dreaming_checks import (
    check_8,
    check_9a,
    check_9b,
)
from procgen_tools.studies.crops_and_humans.course.learning_checks import (
    check_4,
    check_5,
    check_6,
    check_7,
)
from procgen_tools.studies.crops_and_humans.course.world_checks import (
    check_1,
    check_2,
    check_3,
    check_10,
)


@dataclass(frozen=True)
class Step:
    """One step of the course.

    Attributes:
        name: the number of the step, such as "9a".
        function: the name of the function that the learner writes.
        check: raises `WrongAnswer` unless the function is right.
        hints: shown one after the other.
    """

    name: str
    function: str
    check: Callable[[Answer], None]
    hints: tuple[str, ...]


STEPS: Mapping[str, Step] = MappingProxyType(
    {
        step.name: step
        for step in (
            Step(
                "1",
                "empty_cells",
                check_1,
                (
                    "np.argwhere finds where something is true.",
                    "np.argwhere(maze == crops_and_humans.EMPTY).tolist() is a list of [row, "
                    "column]: make a tuple of each.",
                ),
            ),
            Step(
                "2",
                "reward_tensor",
                check_2,
                (
                    "Begin with torch.full((7, 7), -0.25).",
                    "torch.from_numpy(maze) == crops_and_humans.WALL says where the walls are. "
                    "Assign to rewards[...] there, and do the same for the other codes.",
                ),
            ),
            Step(
                "3",
                "encode",
                check_3,
                (
                    "torch.cat joins parts, and torch.eye(7)[row] is one-hot.",
                    "Flatten the maze first. Then (codes == crops_and_humans.WALL).float() is the "
                    "first part, of 49 numbers.",
                ),
            ),
            Step(
                "4",
                "right_side",
                check_4,
                (
                    "The best value of each example is the largest over its four actions: "
                    "amax(dim=1). Where the episode ended, there is no future.",
                    "with torch.no_grad(): best = target(batch.following).amax(dim=1). Multiply "
                    "with (~batch.ended).float().",
                ),
            ),
            Step(
                "5",
                "left_side",
                check_5,
                (
                    "The network gives four values for each example: choose one column in each "
                    "row, with gather or by indexing.",
                    "values[torch.arange(len(batch)), ...]: which number belongs at the dots?",
                ),
            ),
            Step(
                "6",
                "bellman_loss",
                check_6,
                ("Use your two sides.", "The error is left minus right: square it, then average."),
            ),
            Step(
                "7",
                "update",
                check_7,
                (
                    "The order: zero_grad, loss, backward, clip, step.",
                    "loss.backward() fills the gradients. nn.utils.clip_grad_norm_ takes "
                    "network.parameters() and 10.0. At the end, return loss.item().",
                ),
            ),
            Step(
                "8",
                "only_free_walls",
                check_8,
                (
                    "Make a new tensor with torch.zeros_like(gradient), and fill in 49 columns.",
                    "~held is true where a wall may change. Multiply gradient[:, :49] by it.",
                ),
            ),
            Step(
                "9a",
                "dreaming_loss",
                check_9a,
                (
                    "Q(action) minus the others is also 2 Q(action) minus all four.",
                    "values[torch.arange(len(actions)), actions] are the Qs of the actions.",
                ),
            ),
            Step(
                "9b",
                "dream_step",
                check_9b,
                (
                    "inputs.detach().requires_grad_() is a copy that takes gradients, and "
                    "torch.autograd.grad(loss, inputs) computes them.",
                    "Use loss_of, not dreaming_loss. Then only_free_walls, a step against the "
                    "gradient, and clamp(0, 1).",
                ),
            ),
            Step(
                "10",
                "has_pattern",
                check_10,
                (
                    "Compare with crops_and_humans.WALL alone. In which cells did the dreams open "
                    "walls?",
                    "maze[1::2, 1::2] are the cells of odd row and odd column.",
                ),
            ),
        )
    }
)
"""The steps by name, in their order."""


class Steps:
    """The steps that a learner has passed, in one run of a notebook.

    Args:
        kept: a file to write the passed steps to, which a later run reports; None for no file.

    Raises:
        ValueError: the file is not a list of passed steps.

    Example:
        >>> steps = Steps()
        >>> steps.hint(6)
        Step 6, hint 1 of 2: Use your two sides.
        >>> steps
        Passed: none of 11 steps. Next: step 1, empty_cells.
    """

    def __init__(self, kept: str | os.PathLike[str] | None = None) -> None:
        self._kept = None if kept is None else Path(kept)
        self._passed: dict[str, Answer] = {}
        self._hints_shown = dict.fromkeys(STEPS, 0)
        self._before = self._read()

    def __repr__(self) -> str:
        if self._passed or not self._before:
            return _progress("Passed", tuple(self._passed))
        return f"{_progress('Passed before', self._before)} Run the cells above it again."

    def check(self, step: int | str, function: Answer) -> None:
        """Check a learner's function, if all steps before are passed.

        Args:
            step: the number of the step, such as 3 or "9a".
            function: the function to check.

        Raises:
            ValueError: there is no such step.
            WrongAnswer: the answer is not right, or an earlier step is not passed.
        """
        chosen = _step(step)
        names = list(STEPS)
        for earlier in names[: names.index(chosen.name)]:
            present = getattr(function, "__globals__", {})
            self._need(earlier, present, f"step {chosen.name} opens when all steps before it pass")
        self._passed.pop(chosen.name, None)
        chosen.check(function)
        self._passed[chosen.name] = function
        self._write()

    def require(self, *functions: Answer) -> None:
        """Check that these very functions have passed their checks.

        Raises:
            ValueError: a function is not one that the learner writes.
            WrongAnswer: a function has not passed, or was changed since.
        """
        steps = {step.function: step for step in STEPS.values()}
        for function in functions:
            name = getattr(function, "__name__", repr(function))
            if name not in steps:
                raise ValueError(
                    f"{name} is not a function of a step: pass functions such as "
                    f"{', '.join(list(steps)[:3])}"
                )
            self._need(steps[name].name, {name: function}, f"this cell uses {name}")

    def hint(self, step: int | str) -> None:
        """Print the next hint for a step. After the last one, begin again.

        Raises:
            ValueError: there is no such step.
        """
        chosen = _step(step)
        number = self._hints_shown[chosen.name] % len(chosen.hints)
        self._hints_shown[chosen.name] += 1
        print(
            f"Step {chosen.name}, hint {number + 1} of {len(chosen.hints)}: {chosen.hints[number]}"
        )

    def _need(self, name: str, present: Mapping[str, object], why: str) -> None:
        """Check that a step is passed, and that its function is still the one that passed."""
        function = STEPS[name].function
        if name not in self._passed:
            raise WrongAnswer(
                f"Step {name} comes first: {function} has not passed its check, and {why}. Run "
                f"steps.check({_shown(name)}, {function})"
            )
        if present.get(function, self._passed[name]) is not self._passed[name]:
            raise WrongAnswer(
                f"Step {name} comes first: {function} was defined again after its check. Run "
                f"steps.check({_shown(name)}, {function}) again"
            )

    def _read(self) -> tuple[str, ...]:
        if self._kept is None or not self._kept.exists():
            return ()
        try:
            passed = json.loads(self._kept.read_text(encoding="utf-8"))["passed"]
            return tuple(step for step in STEPS if step in passed)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self._kept} holds no passed steps ({error}): delete it, or name another file"
            ) from None

    def _write(self) -> None:
        if self._kept is not None:
            # Steps passed in an earlier run stay passed, for the report of the next run.
            passed = [step for step in STEPS if step in self._passed or step in self._before]
            with unfinished(self._kept) as temporary:
                temporary.write_text(json.dumps({"passed": passed}) + "\n", encoding="utf-8")


def _step(name: int | str) -> Step:
    if str(name) not in STEPS:
        raise ValueError(
            f"there is no step {name!r}: choose one of {', '.join(STEPS)}"
            f"{did_you_mean(str(name), STEPS)}"
        )
    return STEPS[str(name)]


def _shown(name: str) -> str:
    return name if name.isdigit() else repr(name)


def _progress(begin: str, passed: tuple[str, ...]) -> str:
    following = next((step for step in STEPS.values() if step.name not in passed), None)
    count = f"{begin}: {', '.join(passed) if passed else 'none'} of {len(STEPS)} steps."
    if following is None:
        return f"{begin}: all {len(STEPS)} steps."
    return f"{count} Next: step {following.name}, {following.function}."
