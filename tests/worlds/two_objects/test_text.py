"""Levels as text."""

from __future__ import annotations

from typing import Any

import pytest

from procgen_tools.worlds.two_objects.levels import Kind, make_level, variant
from procgen_tools.worlds.two_objects.text import draw, parse


def test_the_first_test_level_of_the_study() -> None:
    drawing = "....2\n.#.#.\n.#.#.\n.#.#.\nM...1"
    assert draw(make_level(100_000)) == drawing == str(make_level(100_000))
    assert parse(drawing) == make_level(100_000)


def test_parse_inverts_draw() -> None:
    for seed in range(20):
        level = make_level(seed, variant(objects=["white_gem", "blue_line"]))
        assert parse(draw(level), ["white_gem", "blue_line"]) == level


def test_kinds_and_sizes_can_be_given() -> None:
    kinds = [Kind("red_line"), Kind("yellow_gem", 0, ends=False)]
    level = parse("2.1\n.#.\nM..", kinds, world_size=9, background=3)
    assert (level.world_size, level.background, level.size) == (9, 3, 3)
    assert level.ending_goals == ("red_line",)
    assert parse("1..\n.#.\nM..").objects == ("red_line",)


@pytest.mark.parametrize(
    ("drawing", "more", "message"),
    [
        ("", {}, "the drawing '' has no rows: give rows of '#' .wall"),
        ("..\n...", {}, r"lengths \[2, 3\]: make them equal"),
        ("1C\nM.", {}, r"unknown symbols \['C'\]"),
        ("11\nM.", {}, "2 squares marked '1'"),
        ("2.\nM.", {}, "no '1': mark the square of the first object"),
        ("1.\nM.", {"objects": ["red_gem", "red_line"]}, "marks 1 objects, but 2 are given"),
        ("1.\nM.", {"objects": ["red_ball"]}, "no object 'red_ball'"),
    ],
)
def test_drawings_that_are_no_levels(drawing: str, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(drawing, **more)


@pytest.mark.usefixtures("unchecked")
def test_a_drawing_is_a_string() -> None:
    with pytest.raises(TypeError, match="the drawing is of type int"):
        parse(3)  # type: ignore[arg-type]


def test_more_names_than_marks_are_refused() -> None:
    with pytest.raises(ValueError, match="marks 2 objects, but 3 are given"):
        parse("2.1\n.#.\nM..", ["green_line", "green_gem", "red_line"])
