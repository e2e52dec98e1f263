"""Exact preferences of several agents for several pairs, kept in one file per agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from procgen_tools.episodes.records import Setting, read_kept, write_records
from procgen_tools.evaluation.preferences import LevelSet, Preference, exact_preference

TABLE_COLUMNS = ("agent", "first", "second", "preference", "capability", "timeouts", "bound")
"""The columns of `preference_table`."""


def preference_table(
    agents: Mapping[str, Callable[[], Any]],
    levels: LevelSet,
    pairs: Sequence[Sequence[str]],
    folder: Path,
    *,
    tolerance: float | int = 0.0,
    precision: str = "float32",
    processes: int = 1,
    progress_bar: bool = False,
) -> pd.DataFrame:
    """The exact preferences of several agents for several pairs, one row per agent and pair.

    Each agent's rows are kept in a file, written when its pairs are done, so that a run that is
    broken off goes on with the next agent.

    Args:
        agents: by name, a function that loads the policy.
        levels: the levels; the objects are replaced by those of each pair.
        pairs: pairs of objects.
        folder: of the files, one per agent.
        tolerance, precision: see `exact_preference`.
        processes: how many agents are measured at once, each by a process with one thread. With
            more than 1, the functions in `agents` must be picklable.
        progress_bar: whether to show one.

    Returns:
        Columns agent, first, second (the objects), preference, capability, timeouts, bound.

    Raises:
        ValueError: an unknown object or precision, fewer than 1 process, or a file that is damaged
            or of other pairs, levels, tolerance or precision.
    """
    if processes < 1:
        raise ValueError(f"processes is {processes}: give a number from 1 up")
    objects = [levels.levels[0].with_objects(*pair).objects for pair in pairs]
    paths = {name: folder / f"{name}.parquet" for name in agents}
    settings: dict[str, Setting] = {
        "levels": levels.digest, "tolerance": float(tolerance), "precision": precision,
    }  # fmt: skip
    missing = {name: load for name, load in agents.items() if not paths[name].exists()}
    with tqdm(total=len(agents), disable=not progress_bar, unit=" agents") as bar:
        bar.update(len(agents) - len(missing))
        if missing:
            levels = levels.with_graphs()  # once, and not in every process
        jobs = [(name, load, levels, pairs, tolerance, precision)
                for name, load in missing.items()]  # fmt: skip
        with _mapped(processes) as mapped:
            for name, rows in mapped(_rows, jobs):
                write_records(paths[name], rows, settings=settings)
                bar.update()
    return pd.concat([_read(path, objects, settings) for path in paths.values()], ignore_index=True)


@contextmanager
def _mapped(processes: int) -> Iterator[Callable[..., Any]]:
    """A `map` in this process, or in several with one thread each; results come in order."""
    if processes == 1:
        yield map
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        yield pool.map


def _rows(
    job: tuple[str, Callable[[], Any], LevelSet, Sequence[Sequence[str]], float | int, str],
) -> tuple[str, pd.DataFrame]:
    """An agent's rows, by its name."""
    name, load, levels, pairs, tolerance, precision = job
    policy = load()
    found = [
        exact_preference(
            policy, levels.with_objects(*pair), tolerance=tolerance, precision=precision
        )
        for pair in pairs
    ]
    return name, pd.DataFrame([_row(name, each) for each in found])


def _row(agent: str, found: Preference) -> dict[str, Any]:
    first, second = found.levels.levels[0].objects
    return {
        "agent": agent,
        "first": first,
        "second": second,
        "preference": found.preference,
        "capability": found.capability,
        "timeouts": found.timeouts,
        "bound": found.bound,
    }


def _read(
    path: Path, pairs: list[tuple[str, ...]], settings: Mapping[str, Setting]
) -> pd.DataFrame:
    table = read_kept(path, TABLE_COLUMNS, settings=settings)
    own = list(zip(table["first"], table["second"], strict=True))
    if own != pairs:
        raise ValueError(
            f"{path} holds {len(own)} other pairs than those asked for: name another folder, or "
            "delete the file"
        )
    return table
