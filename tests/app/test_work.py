"""Work: results, time limits, and threads that are free again afterwards."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial

import pytest

from procgen_tools.app.work import Job, Stopped, Workers
from tests.app import apart


def forever() -> None:
    while True:
        time.sleep(0.001)


def test_results_and_errors_come_back() -> None:
    async def both() -> None:
        workers = Workers(1)
        assert await workers.run(lambda: 3, 5.0) == 3
        with pytest.raises(ZeroDivisionError):
            await workers.run(lambda: 1 // 0, 5.0)
        workers.close()

    apart.run(both())


def test_a_time_limit_frees_the_thread() -> None:
    """The only thread computes forever, and then something else."""

    async def late() -> list[int]:
        workers = Workers(1)
        started = time.perf_counter()
        with pytest.raises(TimeoutError):
            await workers.run(forever, 0.05)
        results = [await workers.run(partial(int, number), 5.0) for number in range(20)]
        assert time.perf_counter() - started < 60  # it would never end
        workers.close()
        return results

    assert apart.run(late()) == list(range(20))


def test_waiting_does_not_count() -> None:
    async def crowd() -> list[None]:
        workers = Workers(1)
        jobs = [workers.run(lambda: time.sleep(0.06), 0.4) for _ in range(10)]
        done = await asyncio.gather(*jobs)
        workers.close()
        return done

    assert apart.run(crowd()) == [None] * 10


def test_a_job_can_be_stopped_and_says_so() -> None:
    async def stopped() -> None:
        workers = Workers(1)
        jobs: list[Job[None]] = []
        running = asyncio.ensure_future(workers.run(forever, 60.0, jobs.append))
        await asyncio.sleep(0.05)
        jobs[0].stop()
        with pytest.raises(Stopped):
            await running
        jobs[0].stop()  # one that is over is not affected
        assert await workers.run(lambda: 1, 5.0) == 1
        workers.close()

    apart.run(stopped())


def test_one_that_never_began_never_begins() -> None:
    job = Job(lambda: pytest.fail("it ran"))
    job.stop()
    with pytest.raises(Stopped):
        job()


def test_nothing_is_stopped_while_it_is_held() -> None:
    """The end of a compilation is reached, and nothing after it."""
    reached = []
    held = threading.Event()

    def work() -> None:
        job.hold()
        held.set()
        time.sleep(0.1)
        reached.append("end")
        job.release()
        forever()

    job = Job(work)

    def stop() -> None:
        held.wait(5)
        job.stop()

    threading.Thread(target=stop).start()
    with pytest.raises(Stopped):
        job()
    assert reached == ["end"]


def test_compilations_are_held() -> None:
    """A function that is compiled while its time runs out can be called afterwards."""
    from numba import njit

    @njit
    def compiled(number):  # type: ignore[no-untyped-def]
        total = 0
        for each in range(number):
            total += each * each
        return total

    async def late() -> int:
        workers = Workers(1)
        with pytest.raises(TimeoutError):
            await workers.run(lambda: (compiled(10), forever()), 0.01)
        result = await workers.run(lambda: compiled(10), 30.0)
        workers.close()
        return int(result)

    assert apart.run(late()) == 285
    assert len(compiled.signatures) == 1
