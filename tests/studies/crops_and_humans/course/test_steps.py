"""Steps block later ones until they are passed, hints come when asked for, and progress is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procgen_tools.studies.crops_and_humans import course
from procgen_tools.studies.crops_and_humans.course.steps import STEPS
from tests.studies.crops_and_humans.course.test_course import functions


def answers() -> dict[str, Any]:
    """The solutions, in a namespace of their own."""
    names = dict(functions("solutions"))
    for step in STEPS.values():
        code = names[step.function].__code__
        defaults = names[step.function].__defaults__
        names[step.function] = type(names[step.function])(code, names, step.function, defaults)
    return names


def passed(count: int, names: dict[str, Any], kept: Path | None = None) -> course.Steps:
    """Steps of which the first few have passed."""
    steps = course.Steps(kept)
    for step in list(STEPS.values())[:count]:
        steps.check(step.name, names[step.function])
    return steps


def test_every_check_of_the_course_is_a_step() -> None:
    checks = {name for name in course.__all__ if name.startswith("check_")}
    assert {f"check_{name}" for name in STEPS} == checks
    assert all(step.check is getattr(course, f"check_{name}") for name, step in STEPS.items())


def test_the_solutions_pass_in_order() -> None:
    names = answers()
    steps = passed(len(STEPS), names)
    steps.require(*(names[step.function] for step in STEPS.values()))
    assert repr(steps) == "Passed: all 11 steps."


@pytest.mark.parametrize("count", range(len(STEPS) - 1))
def test_a_step_waits_for_the_one_before(count: int) -> None:
    names = answers()
    order = list(STEPS.values())
    steps = passed(count, names)
    with pytest.raises(course.WrongAnswer, match=f"^Step {order[count].name} comes first"):
        steps.check(order[count + 1].name, names[order[count + 1].function])


def test_a_wrong_earlier_step_is_blamed_not_the_present_one() -> None:
    """With a wrong left side, the loss is wrong as well, and the left side is named."""
    names = answers()
    steps = passed(5, names)

    def left_side(network: Any, batch: Any) -> Any:
        return network(batch.inputs).amax(dim=1)

    names["left_side"] = left_side
    with pytest.raises(course.WrongAnswer, match=r"^Step 5 comes first: left_side was defined aga"):
        steps.check(6, names["bellman_loss"])
    with pytest.raises(course.WrongAnswer, match=r"^Step 5: the largest value is taken"):
        steps.check(5, left_side)
    with pytest.raises(course.WrongAnswer, match=r"^Step 5 comes first: left_side has not passed"):
        steps.check(6, names["bellman_loss"])


def test_cells_wait_for_the_functions_that_they_use() -> None:
    names = answers()
    steps = passed(2, names)
    steps.require(names["empty_cells"], names["reward_tensor"])
    with pytest.raises(course.WrongAnswer, match="this cell uses encode"):
        steps.require(names["encode"])
    again = answers()["empty_cells"]
    with pytest.raises(course.WrongAnswer, match="empty_cells was defined again"):
        steps.require(again)
    with pytest.raises(ValueError, match="walk is not a function of a step: pass functions such"):
        steps.require(walk)


def walk() -> None:
    """A function that belongs to no step."""


def test_hints_come_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    steps = course.Steps()
    for step in STEPS.values():
        for _ in range(len(step.hints) + 1):
            steps.hint(step.name)
        said = capsys.readouterr().out.splitlines()
        assert said[-1] == said[0]
        assert [line.partition(": ")[2] for line in said[:-1]] == list(step.hints)
        assert len(step.hints) >= 2


def test_progress_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "progress.json"
    names = answers()
    assert repr(course.Steps(kept)) == "Passed: none of 11 steps. Next: step 1, empty_cells."
    passed(3, names, kept)
    later = course.Steps(kept)
    assert repr(later) == (
        "Passed before: 1, 2, 3 of 11 steps. Next: step 4, right_side. Run the cells above it "
        "again."
    )
    with pytest.raises(course.WrongAnswer, match="Step 1 comes first"):
        later.check(4, names["right_side"])  # only functions of this run count
    later.check(1, names["empty_cells"])
    assert "1, 2, 3 of 11" in repr(course.Steps(kept))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"passed": 3}'])
def test_a_file_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    kept = tmp_path / "progress.json"
    kept.write_text(text)
    with pytest.raises(ValueError, match="holds no passed steps"):
        course.Steps(kept)
    assert kept.read_text() == text


@pytest.mark.parametrize("step", [11, "9c", 9])
def test_a_step_that_is_not_there_is_refused(step: int | str) -> None:
    with pytest.raises(ValueError, match=f"there is no step {step!r}: choose one of 1, 2"):
        course.Steps().check(step, walk)
