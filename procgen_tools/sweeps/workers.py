"""Workers of a sweep: processes on this machine, or the machines of a Ray cluster.

Each job runs in its own process, so that a crash does not affect other jobs. Workers only report
how a job ended; `run` decides whether to try it again.
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
    """How a job ended. `error` is None for success; `again` is whether a retry may succeed."""

    name: str
    error: str | None = None
    again: bool = False


@runtime_checkable
class Workers(Protocol):
    """Run jobs in parallel inside a `with` block. Leaving it stops the running jobs."""

    def __enter__(self) -> Workers: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def submit(self, job: Mapping[str, Any]) -> None:
        """Run a job (`Job.as_plain()`) as soon as a worker is free."""

    def next_ended(self) -> Ended:
        """Wait until one of the submitted jobs ends."""


class LocalWorkers:
    """Processes on this machine.

    Args:
        processes: number of parallel jobs; by default, half of the cores.
        threads: threads of each process; by default, its share of the cores.
        device: the device to train on.
        save_seconds: seconds between checkpoints.
        run: the function that runs a job; it must be importable by its name.

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
    """The main function of a process of `LocalWorkers`."""
    # Ctrl-C is sent to all processes of the terminal. The sweep handles it and stops its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    messages.send(attempt(run, job))


def _end_with_parent() -> None:
    """End this process when the sweep is killed."""
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
    """The machines of a Ray cluster, or of a Ray instance that this process has already started.

    The folders of the sweep must be on a disk that all machines share, at the same path, and
    procgen_tools must be installed on each machine. A machine that only lost its connection
    continues to train. The worker that took over its job waits for it if the disk supports locks
    between machines. Otherwise both write the same run, each file atomically, with the same result.

    Args:
        address: the address of the cluster for `ray.init`: 'auto', 'host:6379',
            'ray://host:10001', or 'local' for a cluster on this machine alone.
        num_cpus: cores per job, which is also the number of its threads.
        num_gpus: GPUs per job.
        device: the device to train on; by default, 'cuda' if a job has a GPU, else 'cpu'.
        save_seconds: seconds between checkpoints.
        run: the function that runs a job.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        ConnectionError: there is no cluster at the address.
        ValueError: less than one core per job.
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
        # Ray must not retry: `run_sweep` counts the attempts. Each job gets a new process, so that
        # it does not inherit the memory of another.
        remote = ray.remote(
            num_cpus=num_cpus, num_gpus=num_gpus, max_retries=0, retry_exceptions=False, max_calls=1
        )
        self._task: Any = remote(attempt)
        self._run = run
        self._running: dict[Any, str] = {}  # by Ray's reference: the name

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
            # The worker or its node died. A task error means that the job could not start; its
            # last line is the cause.
            began = not isinstance(error, self._ray.exceptions.RayTaskError)
            reason = (str(error).strip().splitlines() or [""])[0 if began else -1]
            return Ended(name, f"{type(error).__name__}: {reason[:2000]}", again=began)
        return Ended(name, **failure) if failure else Ended(name)
