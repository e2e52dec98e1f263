"""Edits and searches by their first argument: a maze, a coded grid or an environment."""

from __future__ import annotations

import pytest

from procgen_tools import maze
from procgen_tools.compat import venvs
from procgen_tools.maze import MazeVenv
from procgen_tools.worlds.maze.edit import to_outer


def venv_of(seed: int) -> MazeVenv:
    return maze.create_venv(1, start_level=seed, num_levels=1, num_threads=4)


def test_edits_by_first_argument() -> None:
    level, venv = maze.make_level(3), venv_of(3)
    assert maze.remove_cheese(level).cheese is None
    assert maze.move_cheese(venv, to_outer(level, level.corner)) is venv
    assert venv.maze(0) == maze.move_cheese(level, level.corner)
    assert maze.remove_cheese(venv, 0) is venv
    assert venv.maze(0).cheese is None
    pair = venvs.get_cheese_venv_pair(3)
    assert [pair.maze(i).cheese for i in (0, 1)] == [level.cheese, None]
    assert maze.remove_all_cheese(pair).maze(0).cheese is None
    with pytest.raises(ValueError, match="environment 1 does not exist"):
        maze.remove_cheese(venv, 1)


@pytest.mark.parametrize(
    ("call", "remedy"),
    [
        (lambda venv: maze.remove_cheese(venv.state(0)), "remove_cheese_from_state"),
        (lambda venv: maze.is_tree(venv), r"venv\.maze\(0\)"),
        (lambda venv: maze.shortest_path(venv, (0, 0), (0, 0)), r"venv\.maze\(0\)"),
        (lambda venv: maze.shortest_path(venv.maze(0), (0, 0)), "needs a goal"),
        (lambda venv: maze.remove_cheese(venv.state(0).full_grid()), "maze_from_grid"),
        (lambda venv: maze.move_cheese(None, (0, 0)), "give a Maze"),
    ],
)
def test_wrong_first_arguments_are_told(call: object, remedy: str) -> None:
    with pytest.raises(TypeError, match=remedy):
        call(venv_of(3))  # type: ignore[operator]


@pytest.mark.usefixtures("unchecked")
def test_a_venv_says_that_a_maze_is_meant() -> None:
    with pytest.raises(AttributeError, match=r"give venv\.maze\(0\)"):
        maze.decision_square(venv_of(3))  # type: ignore[arg-type]
    assert not hasattr(venv_of(3), "nothing")
