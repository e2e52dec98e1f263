"""What live widgets compute elsewhere: the newest request wins, and failures are said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from procgen_tools import maze

pytest.importorskip("anywidget")

from procgen_tools.widgets.computed import ComputedWidget

LEVEL = maze.parse("..C\n.##\nM..")


class Counting(ComputedWidget):
    """Counts to the number of open squares of its level, and refuses levels without cheese."""

    _esm = "export default { render() {} };"

    def __init__(self, **options: Any) -> None:
        self.shown: list[tuple[int, Any]] = []
        self.pause = 0.0
        super().__init__(LEVEL, **options)
        self.observe(lambda _: self._request(), "maze")

    def _inputs(self) -> maze.Maze:
        level: maze.Maze = self.maze
        return level

    def _steps(self, inputs: maze.Maze) -> Iterator[int | None]:
        if inputs.cheese is None:
            raise ValueError("there is no cheese: put it somewhere")
        yield None
        for count in range(len(inputs.open_squares())):
            time.sleep(self.pause)
            yield count

    def _show(self, number: int, result: int) -> None:
        self.shown.append((number, result))

    def _show_error(self, number: int, inputs: maze.Maze, text: str) -> None:
        self.shown.append((number, text))


def test_results_are_shown_in_order() -> None:
    widget = Counting()
    widget._request()
    widget._wait(10)
    assert widget.shown == [(1, count) for count in range(7)]


def test_the_newest_request_ends_the_older_one() -> None:
    later: list[Callable[[], None]] = []
    widget = Counting(run=later.append)
    widget._request()
    widget.maze = maze.remove_cheese(LEVEL)
    widget.maze = maze.move_cheese(LEVEL, (0, 2))
    assert len(later) == 1  # one computation at a time
    steps = widget._steps

    def interrupted(inputs: maze.Maze) -> Iterator[int | None]:
        yield from list(steps(inputs))[:3]
        widget._request()
        yield from steps(inputs)

    widget._steps = interrupted  # type: ignore[method-assign]
    later.pop()()
    assert widget.shown == [(3, 0), (3, 1)]
    assert not widget._done.is_set()
    widget._steps = steps  # type: ignore[method-assign]
    later.pop()()  # begins again
    assert widget.shown[2:] == [(4, count) for count in range(7)]
    assert widget._done.is_set()


def test_a_failure_is_shown_and_the_next_level_computed() -> None:
    widget = Counting()
    widget.maze = maze.remove_cheese(LEVEL)
    with pytest.raises(ValueError, match="no cheese"):
        widget._wait(10)
    assert widget.shown == [(1, "There is no cheese: put it somewhere.")]
    widget.undo()
    widget._wait(10)
    assert widget.shown[-1] == (2, 6)


def test_limits_of_time() -> None:
    widget = Counting(seconds=0.01)
    widget.pause = 0.02
    widget._request()
    with pytest.raises(TimeoutError, match=r"longer than 0.01 seconds: choose a smaller level"):
        widget._wait(10)
    assert "choose a smaller level" in widget.shown[-1][1]
    patient = Counting()
    patient.pause = 0.05
    patient._request()
    with pytest.raises(TimeoutError, match=r"nothing complete within 0.01 seconds"):
        patient._wait(0.01)
    patient._wait(10)
