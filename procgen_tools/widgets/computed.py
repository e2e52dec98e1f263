"""The base of live widgets that show what is computed from a level."""

from __future__ import annotations

import os
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from procgen_tools.web.scenes import AnyLevel
from procgen_tools.widgets.live import LevelWidget, sentence

PAUSE = 0.015
"""Seconds to wait for a newer edit before a computation begins."""
PATIENCE = 60.0
"""Seconds to wait for the first picture of a saved notebook."""

_FAILURES = (ArithmeticError, LookupError, RuntimeError, TimeoutError, TypeError, ValueError)
"""What a computation may raise: errors of torch too, and those of choices that do not fit together
in the moment between two of them. A newer request then follows."""

Run = Callable[[Callable[[], None]], Any]


def in_a_thread(work: Callable[[], None]) -> None:
    """Run a computation in a new thread."""
    threading.Thread(target=work, name="ComputedWidget").start()


class ComputedWidget(LevelWidget):
    """A level, and results that are computed from it elsewhere, step by step.

    A subclass takes a snapshot of what it depends on in `_inputs`, computes in `_steps`, and shows
    each result with `_show`. It calls `_request` when something has changed; a newer request ends
    an older computation.

    Args:
        level: see `LevelWidget`.
        folder: a folder of levels; see `MazeEditor`.
        run: what runs a computation elsewhere, such as `ThreadPoolExecutor(2).submit`.
        seconds: the time limit of a computation, checked after each step; None for no limit.
    """

    def __init__(
        self,
        level: AnyLevel,
        *,
        folder: str | os.PathLike[str] | None = None,
        run: Run = in_a_thread,
        seconds: int | float | None = None,
        **traits: Any,
    ) -> None:
        self._run, self._seconds = run, seconds
        self._lock = threading.Lock()
        self._wanted = 0
        self._working = False
        self._done = threading.Event()
        self._error: Exception | None = None
        super().__init__(level, folder=folder, **traits)

    @abstractmethod
    def _inputs(self) -> Any:
        """What the results depend on, as a value that later edits leave alone."""

    @abstractmethod
    def _steps(self, inputs: Any) -> Iterator[Any]:
        """Results of the inputs; None is a step without a new one."""

    @abstractmethod
    def _show(self, number: int, result: Any) -> None:
        """Set traits from a result of request `number`."""

    @abstractmethod
    def _show_error(self, number: int, inputs: Any, text: str) -> None:
        """Show why request `number` has no results."""

    def _wait(self, seconds: int | float) -> None:
        """Wait for the results of the last request.

        Raises:
            TimeoutError: it takes longer.
            ValueError: there are none; the message says why.
        """
        if not self._done.wait(seconds):
            raise TimeoutError(f"nothing complete within {seconds} seconds: wait longer")
        if self._error is not None:
            raise self._error

    def _request(self) -> None:
        """Ask for a computation. One that is at work, if any, begins again."""
        with self._lock:
            self._wanted += 1
            self._done.clear()
            if not self._working:
                self._working = True
                self._run(self._work)

    def _work(self) -> None:
        time.sleep(PAUSE)  # a drag asks many times
        number, inputs = self._wanted, self._inputs()
        try:
            error = None
            self._compute(number, inputs)
        except _FAILURES as raised:
            error = raised
        with self._lock:
            if number == self._wanted:
                self._error = error
                self._working = False
                if error is not None:
                    self._show_error(number, inputs, sentence(error))
                self._done.set()
                return
        self._run(self._work)  # others that wait for the same threads have their turn

    def _compute(self, number: int, inputs: Any) -> None:
        started = time.monotonic()
        for result in self._steps(inputs):
            if number != self._wanted:
                return
            if self._seconds is not None and time.monotonic() - started > self._seconds:
                raise TimeoutError(
                    f"this takes longer than {self._seconds:g} seconds: choose a smaller level or "
                    "a smaller agent"
                )
            if result is not None:
                self._show(number, result)
