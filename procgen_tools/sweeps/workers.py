"""Workers of a sweep: processes on this machine, or the machines of a Ray cluster.

Each job runs in a process of its own, so that one that dies takes no other with it. Workers only
say how a job ended; whether it is tried again is decided in `run`.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

from procgen_tools.sweeps.jobs import attempt, train_job

Run = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Ended:
    """How a job ended: `error` is None if it is done; `again` if the error may pass."""

    name: str
    error: str | None = None
    again: bool = False


@runtime_checkable
class Workers(Protocol):
    """Do jobs side by side, inside a `with` block; leaving it stops those that still run."""

    def __enter__(self) -> Workers: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def submit(self, job: Mapping[str, Any]) -> None:
        """Do a job (`Job.as_plain()`) as soon as a worker is free."""

    def next_ended(self) -> Ended:
        """Wait until one of the submitted jobs has ended."""


class LocalWorkers:
    """Processes on this machine.

    Args:
        processes: jobs at once; half of the cores if None.
        threads: of each process; its share of the cores if None.
        device: to train on.
        save_seconds: between checkpoints.
        run: does a job; importable by its name.

    Raises:
        ValueError: fewer than one process.
    """

    def __init__(
        self,
        processes: int | None = None,
        *,
        threads: int | None = None,
        device: str = "cpu",
        save_seconds: float = 120.0,
        run: Run = train_job,
    ) -> None:
        cores = os.cpu_count() or 1
        self.processes = max(1, cores // 2) if processes is None else processes
        if self.processes < 1:
            raise ValueError(f"{self.processes} processes do no work: give 1 or more")
        self._how = {
            "device": device,
            "threads": threads or max(1, cores // self.processes),
            "save_seconds": save_seconds,
        }
        self._run = run
        self._context = multiprocessing.get_context("spawn")
        self._queue: deque[Mapping[str, Any]] = deque()
        self._running: dict[int, tuple[str, Any, Any]] = {}  # sentinel: name, process, messages

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._queue.clear()
        for _, process, _ in self._running.values():
            process.terminate()
        for _, process, _ in self._running.values():
            process.join(5)
            process.kill()
            process.join()
        self._running.clear()

    def submit(self, job: Mapping[str, Any]) -> None:
        self._queue.append(job)
        self._start()

    def next_ended(self) -> Ended:
        if not self._running:
            raise RuntimeError("no job was submitted that could end")
        sentinel = multiprocessing.connection.wait(list(self._running))[0]
        assert isinstance(sentinel, int)
        name, process, messages = self._running.pop(sentinel)
        process.join()
        told = messages.poll()
        try:
            failure = messages.recv() if told else None
        except (EOFError, OSError):
            told, failure = False, None
        messages.close()
        self._start()
        if told and failure is None and process.exitcode == 0:
            return Ended(name)
        return Ended(name, **failure) if failure else Ended(name, _death(process.exitcode), True)

    def _start(self) -> None:
        while self._queue and len(self._running) < self.processes:
            job = self._queue.popleft()
            receiving, sending = self._context.Pipe(duplex=False)
            process = self._context.Process(
                target=_work, args=(self._run, {**job, **self._how}, sending), daemon=True
            )
            process.start()
            sending.close()
            self._running[process.sentinel] = (job["name"], process, receiving)


def _work(run: Run, job: Mapping[str, Any], messages: Any) -> None:
    """What a process of `LocalWorkers` does."""
    # Ctrl-C reaches the whole terminal: the sweep answers it, and stops its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    messages.send(attempt(run, job))


def _end_with_parent() -> None:
    """A sweep that is killed leaves nobody behind who trains on."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _death(exitcode: int) -> str:
    if exitcode >= 0:
        return f"the worker ended with exit code {exitcode}"
    try:
        return f"the worker was killed by {signal.Signals(-exitcode).name}"
    except ValueError:
        return f"the worker was killed by signal {-exitcode}"


class RayWorkers:
    """The machines of a Ray cluster, or of a Ray that this process has already begun.

    The folders of the sweep must be on a disk that all of them share, at the same path, and
    procgen_tools installed on each. A machine that only lost its connection trains on; the worker
    that took its job over waits for it, as far as the disk supports locks between machines. On a
    disk without them both write the same run, each file in one step, and the agent is the same.

    Args:
        address: of the cluster, as `ray.init` takes it: 'auto', 'host:6379', 'ray://host:10001',
            or 'local' for a cluster on this machine alone.
        num_cpus: cores a job, of the cluster's count; also its threads.
        num_gpus: GPUs a job.
        device: to train on; 'cuda' if a job has a GPU, unless given.
        save_seconds: between checkpoints.
        run: does a job.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        ConnectionError: there is no cluster at the address.
        ValueError: less than one core a job.
    """

    def __init__(
        self,
        address: str,
        *,
        num_cpus: int = 1,
        num_gpus: float = 0.0,
        device: str | None = None,
        save_seconds: float = 120.0,
        run: Run = train_job,
    ) -> None:
        try:
            import ray
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "a sweep on a cluster needs Ray: pip install 'procgen-tools[scale]'"
            ) from error
        if num_cpus < 1:
            raise ValueError(f"a job with {num_cpus} cores cannot train: give 1 or more")
        self._ray: Any = ray
        self._address = address
        self._begun = False
        self._how = {
            "device": device or ("cuda" if num_gpus else "cpu"),
            "threads": num_cpus,
            "save_seconds": save_seconds,
        }
        # Ray is not to try again itself: `run_sweep` counts attempts. A new process for each job,
        # so that none inherits another's memory.
        remote = ray.remote(
            num_cpus=num_cpus, num_gpus=num_gpus, max_retries=0, retry_exceptions=False, max_calls=1
        )
        self._task: Any = remote(attempt)
        self._run = run
        self._running: dict[Any, str] = {}  # what Ray promised: name

    def __enter__(self) -> RayWorkers:
        if not self._ray.is_initialized():
            self._ray.init(address=self._address, log_to_driver=False, logging_level="ERROR")
            self._begun = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for promise in self._running:
            self._ray.cancel(promise, force=True)
        self._running.clear()
        if self._begun:
            self._ray.shutdown()

    def submit(self, job: Mapping[str, Any]) -> None:
        self._running[self._task.remote(self._run, {**job, **self._how})] = job["name"]

    def next_ended(self) -> Ended:
        if not self._running:
            raise RuntimeError("no job was submitted that could end")
        (promise,), _ = self._ray.wait(list(self._running), num_returns=1)
        name = self._running.pop(promise)
        try:
            failure = self._ray.get(promise)
        except self._ray.exceptions.RayError as error:
            # The worker or its node died; a task error means that it could not even begin, and
            # ends in its cause.
            began = not isinstance(error, self._ray.exceptions.RayTaskError)
            reason = (str(error).strip().splitlines() or [""])[0 if began else -1]
            return Ended(name, f"{type(error).__name__}: {reason[:2000]}", again=began)
        return Ended(name, **failure) if failure else Ended(name)
