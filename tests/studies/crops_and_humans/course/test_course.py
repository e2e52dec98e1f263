"""The course on crops and humans: solutions pass, blanks and typical mistakes are told so.

The answers are taken from the source of the notebooks, so that nothing is trained here.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pytest
import torch

from procgen_tools import crops_and_humans
from procgen_tools.studies.crops_and_humans import course

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "experiments" / "crops_and_humans"
maker = SimpleNamespace(**runpy.run_path(str(ROOT / "scripts" / "make_course.py")))

BLANKS = {
    "empty_cells": (course.check_1, "Step 1"),
    "reward_tensor": (course.check_2, "Step 2"),
    "encode": (course.check_3, "Step 3"),
    "right_side": (course.check_4, "Step 4"),
    "left_side": (course.check_5, "Step 5"),
    "bellman_loss": (course.check_6, "Step 6"),
    "update": (course.check_7, "Step 7"),
    "only_free_walls": (course.check_8, "Step 8"),
    "dreaming_loss": (course.check_9a, "Step 9a"),
    "dream_step": (course.check_9b, "Step 9b"),
    "has_pattern": (course.check_10, "Step 10"),
}


@cache
def functions(notebook: str) -> dict[str, Any]:
    """What the first code cell and those with blanks define, in a notebook."""
    names: dict[str, Any] = {}
    code = [cell.source for cell in maker.notebooks()[notebook].cells if cell.cell_type == "code"]
    exec(code[0], names)
    for source in code:
        if any(source.startswith(f"def {name}(") for name in BLANKS):
            exec(source, names)
    return names


@pytest.mark.parametrize("name", BLANKS)
def test_the_solution_passes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    check, step = BLANKS[name]
    check(functions("solutions")[name])
    assert capsys.readouterr().out.startswith(f"{step}: right.")


@pytest.mark.parametrize("name", BLANKS)
def test_a_blank_is_said_to_be_blank(name: str) -> None:
    check, step = BLANKS[name]
    with pytest.raises(course.WrongAnswer, match=f"^{step} is still blank: fill in {name}"):
        check(functions("exercises")[name])


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


# ------------------------------------------------------------------ source and notebooks


@pytest.mark.parametrize("name", ["exercises", "solutions", "spoilers"])
def test_notebooks_are_what_the_sources_give(name: str) -> None:
    saved = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    assert maker.sources(saved) == maker.sources(maker.notebooks()[name]), (
        "run python scripts/make_course.py --run"
    )


def test_exercises_have_blanks_and_no_outputs() -> None:
    saved = nbformat.read(FOLDER / "exercises.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in saved.cells)
    assert text.count("raise NotImplementedError(") == len(BLANKS)
    assert "*Your answer:*" in text
    assert "An answer." not in text
    for marker in ("# ---", "<answer>"):
        assert not any(marker in source for source in sources_of_all())
    assert not any(cell.get("outputs") for cell in saved.cells)


def test_exercises_and_solutions_differ_in_blanks_alone() -> None:
    exercises, solutions = (maker.notebooks()[name].cells for name in ("exercises", "solutions"))
    assert len(exercises) == len(solutions)
    differing = [
        (one.source, other.source)
        for one, other in zip(exercises, solutions, strict=True)
        if one.source != other.source
    ]
    for blank, _ in differing:
        assert "NotImplementedError" in blank or "*Your answer:*" in blank


def test_exercises_do_not_give_the_trick_away() -> None:
    text = "\n".join(cell.source for cell in maker.notebooks()["exercises"].cells).lower()
    for word in ("planted", "planting", "reversed", "sticks out", "sticks_out", "shift_walls"):
        assert word not in text, word


def sources_of_all() -> Iterator[str]:
    for notebook in maker.notebooks().values():
        yield from (cell.source for cell in notebook.cells)


def test_the_first_blank_of_the_exercises_stops_there() -> None:
    """As a learner meets it: the cells in order, down to the first check."""
    names: dict[str, Any] = {}
    code = [
        cell.source for cell in maker.notebooks()["exercises"].cells if cell.cell_type == "code"
    ]
    first = next(number for number, source in enumerate(code) if "course.check_" in source)
    exec("\n".join(code[:first]), names)
    with pytest.raises(course.WrongAnswer, match="Step 1 is still blank"):
        exec(code[first], names)


@pytest.mark.parametrize(
    ("source", "message"), [("x = 1\n# %%\n", "begins with its first cell"), ("", "first cell")]
)
def test_a_source_must_begin_with_a_cell(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        maker.cells(source)


# ------------------------------------------------------------------ what notebooks work with


def test_examples_are_those_of_the_library() -> None:
    """A learner's own functions and ours make the same examples, so the same agent."""
    from procgen_tools.studies.crops_and_humans.course.material import batch_of

    names = dict(functions("solutions"))
    code = [cell.source for cell in maker.notebooks()["solutions"].cells]
    definition = next(each for each in code if each.startswith("def examples_of("))
    exec(definition.split("\n\n\n")[0], names)
    maze = crops_and_humans.training_mazes()[700].copy()
    ours, theirs = batch_of(maze[None]), names["examples_of"](maze)
    for field in ("inputs", "actions", "rewards", "following", "ended"):
        assert torch.equal(getattr(ours, field), getattr(theirs, field)), field


def test_a_batch_holds_all_moves_of_each_state() -> None:
    from procgen_tools.studies.crops_and_humans.course.material import batch_of

    batch = batch_of(crops_and_humans.training_mazes()[:3]).draw(0, states=5)
    assert batch.actions.tolist() == [0, 1, 2, 3] * 5
    assert torch.equal(batch.inputs[::4], batch.inputs[3::4])


def test_updates_are_those_of_the_trainer() -> None:
    """Step 7, done by the solutions, follows `training.dqn` number for number."""
    from procgen_tools.studies.crops_and_humans.course.material import batch_of
    from procgen_tools.training import dqn
    from procgen_tools.training.settings import PlantingSettings

    settings = PlantingSettings(updates=3, width=8, batch_states=16)
    learner = dqn.Learner(settings)
    network, target = (dqn.Learner(settings).network for _ in range(2))
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    examples = batch_of(crops_and_humans.training_mazes())
    for number in range(3):
        batch = examples.draw(number, states=16)
        loss = functions("solutions")["update"](network, target, optimizer, batch, 0.95)
        assert loss == pytest.approx(learner.update(), rel=1e-4)


def test_approaches_are_one_step_from_an_item() -> None:
    mazes = crops_and_humans.training_mazes()[::50]
    for item in (crops_and_humans.CROP, crops_and_humans.HUMAN):
        found = course.approaches(mazes, item)
        assert len(found) == (mazes == item).sum(), "an item in a dead end has one neighbour"
        stepped = crops_and_humans.step(found.states, found.actions)
        assert (stepped.entered == item).all()
        items = stepped.states.positions
        cells = items[:, 0] * 7 + items[:, 1]
        assert found.held()[np.arange(len(found)), cells].all()
        assert (found.held().sum(dim=1) <= 4).all()


def test_twins_differ_in_their_walls_alone() -> None:
    calm, wild = course.twins()
    assert len(calm) == len(wild) > 100
    assert not crops_and_humans.sticks_out(calm.states.mazes).any()
    assert crops_and_humans.sticks_out(wild.states.mazes).all()
    differ = (calm.inputs() != wild.inputs()).numpy()
    assert differ.any(axis=1).all()
    assert not differ[:, 49:].any()


def test_with_walls_keeps_items_where_there_is_no_wall() -> None:
    maze = crops_and_humans.training_mazes()[700]
    walls = (maze == crops_and_humans.WALL).astype(np.float32)
    assert (course.with_walls(maze[None], walls[None])[0] == maze).all()
    assert (
        course.with_walls(maze[None], np.zeros((1, 7, 7), np.float32)) != crops_and_humans.WALL
    ).all()


def test_rates_of_the_best_policy() -> None:
    rates = course.best_rates(crops_and_humans.production_mazes()[::40])
    assert rates["exits reached"] == 1
    assert rates["humans harvested"] == 0


def test_a_missing_network_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"crops_and_humans/nothing"):
        course.load("nothing")


def test_pictures() -> None:
    mazes = crops_and_humans.training_mazes()[:5]
    draw: list[Callable[[], Any]] = [
        lambda: course.draw_mazes(mazes, titles=list("abcde"), marked=[[(0, 0)]] * 5),
        lambda: course.draw_mazes(mazes[:0]),
        lambda: course.draw_walls({"a": np.zeros((7, 7))}, agent=(1, 2), item=(1, 3)),
        lambda: course.draw_curve([1.0, 0.1], across="update", up="loss", logarithmic=True),
        lambda: course.draw_lines([1, 2], {"a": {"b": [0.0, 1.0]}}, labels=("n", "share")),
    ]
    for picture in draw:
        assert picture()._repr_png_().startswith(b"\x89PNG")
