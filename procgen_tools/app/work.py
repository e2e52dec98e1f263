"""Computations in threads, with a time limit, so that the server answers meanwhile."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from numba.core import event

Result = TypeVar("Result")

COMPILATION = "numba:compiler_lock"
"""The event of numba around everything that its compiler does."""


class Stopped(Exception):
    """A computation was stopped before its end."""


class _Interrupt(BaseException):
    """Raised inside the thread of a computation that is to stop."""


class Job(Generic[Result]):
    """One computation, which can be stopped from another thread.

    It stops at the next instruction of Python, so a single call of compiled code runs to its end.
    Between `hold` and `release` it does not stop.

    Args:
        function: the computation.
        begun: called in its thread when it begins.
    """

    def __init__(
        self, function: Callable[[], Result], begun: Callable[[], None] = lambda: None
    ) -> None:
        self._function, self._begun = function, begun
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._over = False
        self._holds = 0
        self.stopped = False

    def __call__(self) -> Result:
        """Run the computation in this thread.

        Raises:
            Stopped: `stop` was called before it was over.
        """
        try:
            try:
                with self._lock:
                    if self.stopped:
                        raise Stopped
                    self._thread = threading.get_ident()
                self._begun()
                return self._function()
            finally:
                self._end()
        except _Interrupt:
            self._end()
            raise Stopped from None

    def stop(self) -> None:
        """Stop the computation. One that is over is not affected."""
        with self._lock:
            if self._over or self.stopped:
                return
            self.stopped = True
            if self._thread is not None and not self._holds:
                _raise_in(self._thread, _Interrupt)

    def hold(self) -> None:
        """Do not stop until `release`. Called in the thread of the computation."""
        with self._lock:
            self._holds += 1

    def release(self) -> None:
        """Stop now if `stop` was called since `hold`."""
        with self._lock:
            self._holds -= 1
            if self.stopped and not self._holds and self._thread is not None:
                _raise_in(self._thread, _Interrupt)

    def _end(self) -> None:
        with self._lock:
            self._over = True
            if self._thread is not None:
                _raise_in(self._thread, None)  # one that is on its way would hit the next job


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    what = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


class _Compilations(event.Listener):
    """Holds each job while numba compiles in its thread: functions compiled halfway are broken."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job[Any]] = {}

    def on_start(self, _: event.Event) -> None:
        if (job := self.jobs.get(threading.get_ident())) is not None:
            job.hold()

    def on_end(self, _: event.Event) -> None:
        if (job := self.jobs.get(threading.get_ident())) is not None:
            job.release()


class Workers:
    """Threads for the computations of all visitors.

    Args:
        count: the number of threads.

    Example:
        >>> workers = Workers(2)
        >>> asyncio.run(workers.run(lambda: 1 + 1, seconds=5.0))
        2
        >>> workers.close()
    """

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="procgen-tools app")
        self._compilations = _Compilations()
        event.register(COMPILATION, self._compilations)

    async def run(
        self,
        function: Callable[[], Result],
        seconds: int | float,
        started: Callable[[Job[Result]], None] = lambda job: None,
    ) -> Result:
        """The result of a computation.

        Args:
            function: the computation.
            seconds: its time limit, counted from when a thread is free.
            started: gets the job, which can be stopped.

        Raises:
            TimeoutError: the computation took longer.
            Stopped: the job was stopped.
        """
        loop = asyncio.get_running_loop()
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            job.stop()

        def begun() -> None:
            loop.call_soon_threadsafe(lambda: timers.append(loop.call_later(seconds, expire)))

        timers: list[asyncio.TimerHandle] = []
        job = Job(function, begun)
        started(job)
        try:
            return await asyncio.shield(loop.run_in_executor(self._pool, self._watched, job))
        except Stopped:
            if expired:
                raise TimeoutError from None
            raise
        except asyncio.CancelledError:
            job.stop()
            raise
        finally:
            for timer in timers:
                timer.cancel()

    def _watched(self, job: Job[Result]) -> Result:
        thread = threading.get_ident()
        self._compilations.jobs[thread] = job
        try:
            return job()
        finally:
            del self._compilations.jobs[thread]

    def close(self) -> None:
        """End the threads once they are idle. Computations that have not begun never begin."""
        event.unregister(COMPILATION, self._compilations)
        self._pool.shutdown(wait=False, cancel_futures=True)
