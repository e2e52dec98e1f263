"""The maze editor: what a hand does in a browser is what the level becomes in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from procgen_tools import crops_and_humans, keys_and_chests, maze, two_objects
from procgen_tools.worlds.maze.grid import Square
from tests.browser import Hosted

pytest.importorskip("anywidget")

from procgen_tools.widgets.maze_editor import MazeEditor, side_by_side, venv_editors

LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")

Host = Callable[..., Hosted]


def test_states_are_procgens() -> None:
    editor = MazeEditor(LEVEL)
    other = MazeEditor(maze.make_level(0))
    other.state = editor.state
    assert other.maze == LEVEL
    assert len(editor.state) > 1000


def test_side_by_side() -> None:
    grid = side_by_side([MazeEditor(LEVEL), MazeEditor(LEVEL)])
    assert [each.maze for each in grid.children] == [LEVEL, LEVEL]


def test_edits_reach_their_environment() -> None:
    venv = maze.create_venv(3, start_level=0, num_levels=1)
    (editor,) = venv_editors(venv, [1])
    before = venv.maze(0)
    square = before.open_squares()[3]
    editor.maze = maze.move_cheese(editor.maze, square)
    assert venv.maze(1).cheese == square
    assert venv.maze(0) == venv.maze(2) == before
    editor.undo()
    assert venv.maze(1) == before


def test_clicks_toggle_walls_and_drags_paint(hosted: Host) -> None:
    host = hosted(MazeEditor(LEVEL))
    host.click(2, 3)
    host.until(lambda: bool(host.widget.maze.walls[2, 3]))
    host.click(2, 3)
    host.until(lambda: host.widget.maze == LEVEL)
    # Quick: one move of the pointer over four squares.
    host.page.mouse.move(*host.point(0, 1))
    host.page.mouse.down()
    host.page.mouse.move(*host.point(0, 4))
    host.page.mouse.up()
    host.until(lambda: bool(host.widget.maze.walls[0, 1:].all()))
    host.widget.undo()  # a drag is one edit
    host.until(lambda: host.widget.maze == LEVEL)


def test_things_are_dragged(hosted: Host) -> None:
    host = hosted(MazeEditor(LEVEL))
    seen = []
    host.widget.observe(lambda change: seen.append(change["new"].cheese), "maze")
    host.drag((4, 4), (3, 4), (2, 4), (2, 2))
    host.until(lambda: host.widget.maze.cheese == (2, 2))
    assert Square(3, 4) in seen  # on the way, before the button is released
    host.page.get_by_role("button", name="Undo").click()
    host.until(lambda: host.widget.maze == LEVEL)
    host.page.get_by_role("button", name="Redo").click()
    host.until(lambda: host.widget.maze.cheese == (2, 2))


def test_a_refusal_is_explained_and_changes_nothing(hosted: Host) -> None:
    host = hosted(MazeEditor(LEVEL))
    host.drag((0, 0), (1, 1))
    host.until(lambda: "The mouse cannot stand at (1, 1)" in host.text(".pt-message"))
    assert host.widget.maze == LEVEL
    host.click(2, 3)
    host.until(lambda: host.text(".pt-message") == "")


def test_tools_place_and_remove(hosted: Host) -> None:
    host = hosted(MazeEditor(LEVEL))
    tool = host.page.locator(".pt-tools button")
    tool.get_by_text("erase").click()
    host.click(4, 4)
    host.until(lambda: host.widget.maze.cheese is None)
    assert "there is no cheese" in host.text(".pt-notes")
    host.click(0, 0)  # the mouse cannot be removed
    host.talk()
    assert host.widget.maze.mouse == (0, 0)
    tool.get_by_text("cheese").click()
    host.click(2, 2)
    host.until(lambda: host.widget.maze.cheese == (2, 2))


def test_everything_works_from_the_keyboard(hosted: Host) -> None:
    host = hosted(MazeEditor(LEVEL))
    keys = host.page.keyboard
    host.page.locator(".pt-board").focus()
    for key in ("ArrowUp", "ArrowRight"):
        keys.press(key)
    assert host.text(".pt-spoken") == "row 1, column 1: wall"
    keys.press("Enter")
    host.until(lambda: not host.widget.maze.walls[1, 1])
    keys.press("ArrowLeft")
    keys.press("ArrowDown")
    assert host.text(".pt-spoken") == "row 0, column 0: mouse"
    keys.press(" ")
    assert "picked up: mouse" in host.text(".pt-spoken")
    keys.press("ArrowRight")
    keys.press(" ")
    host.until(lambda: host.widget.maze.mouse == (0, 1))
    keys.press("Control+z")
    host.until(lambda: host.widget.maze.mouse == (0, 0))
    keys.press("Control+y")
    host.until(lambda: host.widget.maze.mouse == (0, 1))
    keys.press("ArrowDown")
    assert host.text(".pt-spoken") == "edge"


def test_controls(hosted: Host) -> None:
    host = hosted(MazeEditor(LEVEL))
    host.page.get_by_label("seed").fill("3")
    host.page.get_by_role("combobox", name="size", exact=True).select_option("7 × 7")
    host.until(lambda: host.widget.maze.size == 7)
    assert host.widget.maze == maze.make_level(3, maze.LevelRule(maze_size=7))
    host.page.get_by_role("combobox", name="background").select_option("black")
    host.until(lambda: host.widget.maze.background is None)
    host.page.get_by_role("combobox", name="mouse faces").select_option("right")
    host.until(lambda: bool(host.widget.maze.mouse_mirrored))


def test_the_controls_name_the_level_that_is_shown(hosted: Host) -> None:
    """Also after undo, and not once it was edited."""
    host = hosted(MazeEditor(LEVEL))
    seed = host.page.get_by_label("seed")
    size = host.page.get_by_role("combobox", name="size", exact=True)

    def shown() -> tuple[str, str]:
        return seed.input_value(), size.input_value()

    assert shown() == ("", "null")
    size.select_option("7 × 7")
    host.until(lambda: shown() == ("0", "7"))
    host.page.get_by_role("button", name="Next level").click()
    host.until(lambda: host.widget.maze == maze.make_level(1, maze.LevelRule(maze_size=7)))
    host.until(lambda: shown() == ("1", "7"))
    host.widget.maze = maze.remove_cheese(host.widget.maze)
    host.until(lambda: shown() == ("", "7"))
    for expected in (("1", "7"), ("0", "7"), ("", "null")):
        host.page.get_by_role("button", name="Undo").click()
        host.until(lambda expected=expected: shown() == expected)
    assert host.widget.maze == LEVEL
    host.page.get_by_role("button", name="Redo").click()
    host.until(lambda: shown() == ("0", "7"))


def test_other_worlds(hosted: Host) -> None:
    crops = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
    host = hosted(MazeEditor(crops))
    empty = next(
        (6 - row, col)
        for row in range(7)
        for col in range(1, 7)
        if crops.cells[row, col] == crops_and_humans.EMPTY
    )
    host.page.locator(".pt-tools button").get_by_text("crop").click()
    host.click(*empty)
    host.until(lambda: host.widget.maze.cells[6 - empty[0], empty[1]] == crops_and_humans.CROP)

    host = hosted(MazeEditor(keys_and_chests.parse("#####/#@.k#/#...#/#h.c#/#####")))
    host.drag((3, 1), (3, 2))
    host.until(lambda: host.widget.maze.player == (1, 2))

    objects = two_objects.make_level(1)
    host = hosted(MazeEditor(objects))
    host.page.get_by_role("combobox", name="first object").select_option("green gem")
    host.until(lambda: host.widget.maze.objects == ("green_gem", "yellow_gem"))
    first = objects.things[0].square
    host.drag(first, (first.row, first.col + 1))
    moved = replace(objects.things[0], square=Square(first.row, first.col + 1))
    host.until(lambda: host.widget.maze.things[0].square == moved.square)
