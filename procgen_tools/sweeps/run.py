"""Sweeps: train and evaluate many agents, on the cores of one machine or on a cluster.

A sweep can be stopped and started again at any time, with the same call: finished agents are
skipped, and unfinished ones continue from their checkpoints. The jobs of workers that die are tried
again in the same way. A run is a function of its settings, so interruptions do not change the
agent.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from procgen_tools.files import write_text
from procgen_tools.sweeps.files import read_sweep
from procgen_tools.sweeps.jobs import (
    Job,
    Sweep,
    check_finished,
)
from procgen_tools.sweeps.workers import Ended, LocalWorkers, RayWorkers, Workers
from procgen_tools.training.settings import ANYWHERE

__all__ = [
    "Ended",
    "Job",
    "LocalWorkers",
    "Outcome",
    "RayWorkers",
    "Sweep",
    "Workers",
    "read_sweep",
    "run_sweep",
    "summary",
    "summary_csv",
]

State = Literal["trained", "skipped", "failed"]


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job. `skipped` was finished before; `attempts` counts those of this call."""

    job: Job
    state: State
    attempts: int = 0
    error: str | None = None


def run_sweep(
    sweep: Sweep,
    workers: Workers,
    *,
    retries: int = 3,
    report: Callable[[str], None] = print,
) -> list[Outcome]:
    """Run all unfinished jobs of a sweep, and write `summary.csv`.

    Args:
        sweep: see `read_sweep`.
        workers: run the jobs. They are entered here, and left at the end or on interruption.
        retries: further attempts at a job after errors that may be temporary, such as a full disk
            or a worker that died. After other errors, the job fails and the others continue.
        report: called with a line for each event.

    Returns:
        One outcome per job, in the order of the sweep.

    Raises:
        ValueError: a finished agent was trained with other settings. No job has started then.
    """
    outcomes: dict[str, Outcome] = {}
    for job in sweep.jobs:
        if job.agent.exists():
            check_finished(job)
        if job.is_finished():
            outcomes[job.name] = Outcome(job, "skipped")
    waiting = [job for job in sweep.jobs if job.name not in outcomes]
    report(f"{len(waiting)} agents to make, {len(outcomes)} finished before")
    if waiting:
        with workers:
            _work_off(waiting, workers, outcomes, retries, report)
    results = [outcomes[job.name] for job in sweep.jobs]
    write_text(sweep.folder / "summary.csv", summary_csv(results))
    return results


def _work_off(
    waiting: list[Job],
    workers: Workers,
    outcomes: dict[str, Outcome],
    retries: int,
    report: Callable[[str], None],
) -> None:
    """Run the waiting jobs, each after the job that makes its initial agent; fill `outcomes`."""
    jobs = {job.name: job for job in waiting}
    attempts: Counter[str] = Counter()
    running: set[str] = set()

    def settle(name: str, state: State, error: str | None = None) -> None:
        outcomes[name] = Outcome(jobs[name], state, attempts[name], error)
        report(f"{name}: {state}" + (f": {error}" if error else ""))

    while waiting or running:
        for job in list(waiting):
            before = None if job.after is None else outcomes.get(job.after)
            if job.after is not None and before is None:
                continue
            waiting.remove(job)
            if before is not None and before.state == "failed":
                settle(job.name, "failed", f"{job.after}, which it begins with, has failed")
            else:
                attempts[job.name] += 1
                running.add(job.name)
                workers.submit(job.as_plain())
        if not running:
            continue
        ended = workers.next_ended()
        if ended.error is None and not jobs[ended.name].is_finished():
            ended = Ended(
                ended.name,
                f"the worker has finished, but {jobs[ended.name].agent.absolute()} is not seen "
                "from here: keep the folder on a disk that all machines share",
            )
        if ended.error and ended.again and attempts[ended.name] <= retries:
            report(
                f"{ended.name}: {ended.error}; again from its checkpoint, "
                f"{attempts[ended.name]} of {retries}"
            )
            attempts[ended.name] += 1
            workers.submit(jobs[ended.name].as_plain())
        else:
            running.remove(ended.name)
            settle(ended.name, "failed" if ended.error else "trained", ended.error)


def summary(outcomes: Sequence[Outcome]) -> str:
    """An aligned table of the outcomes and evaluations, followed by the errors."""
    rows = [_row(outcome) for outcome in outcomes]
    columns = _columns(rows)
    cells = [columns, *([_shown(row.get(name)) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    lines += [f"{each.job.name}: {each.error}" for each in outcomes if each.error]
    return "\n".join(lines)


def summary_csv(outcomes: Sequence[Outcome]) -> str:
    """The same as CSV, with all settings, full precision, and a column of errors."""
    rows = []
    for each in outcomes:
        settings = {
            name: ANYWHERE if value is None else value
            for name, value in asdict(each.job.settings).items()
        }
        row: dict[str, Any] = {}
        for name, value in _row(each).items():
            ends = ("", "_low", "_high") if isinstance(value, list) else ("",)
            parts = value if isinstance(value, list) else [value]
            row |= {name + end: part for end, part in zip(ends, parts, strict=True)}
        rows.append({**row, "error": each.error, "file": str(each.job.agent), **settings})
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "agent": outcome.job.name,
        "trainer": outcome.job.trainer,
        "state": outcome.state,
        "attempts": outcome.attempts,
        **outcome.job.results(),
    }


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The names of all columns, in order of first occurrence."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _shown(value: object) -> str:
    if isinstance(value, list):  # a share or mean, with its interval
        middle, low, high = value
        return f"{middle:.1%} [{low:.1%}, {high:.1%}]"
    return "" if value is None else str(value)
