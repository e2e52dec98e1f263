#!/usr/bin/env python3
"""Train the next missing agent of a sweep file for a limited time, with few packages installed.

    python scripts/next_job.py                     # the next missing agent, for nine minutes
    python scripts/next_job.py --minutes 25 --device cuda FILE.toml
    python scripts/next_job.py --minutes 600 trained_models/family.toml   # on one core

Run it again until it reports that nothing is missing: it continues where it stopped or was killed.
Several instances can run in parallel: agents that another process trains are skipped. It uses one
thread by default (`--threads`). It needs this checkout, torch, numba, numpy, tqdm, tensorboard,
pandas and pyarrow, and no network. Evaluate the agents afterwards, where the whole package is
installed, with `procgen-tools evaluate`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import types
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class _AnyShape:
    """A placeholder for jaxtyping annotations, which are only read by the tests."""

    def __class_getitem__(cls, item: Any) -> type:
        return cls


def _any_name(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return _AnyShape


def _import_without_jaxtyping() -> None:
    """Replace jaxtyping, which annotates array shapes, by placeholders where it is missing."""
    try:
        importlib.import_module("jaxtyping")
    except ModuleNotFoundError:
        stand_in = types.ModuleType("jaxtyping")
        stand_in.__getattr__ = _any_name  # type: ignore[method-assign]
        sys.modules["jaxtyping"] = stand_in


def main() -> int:
    """Train. 0: nothing is missing any more; 3: more to do; 4: other processes do the rest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "trained_models" / "gpu.toml")
    parser.add_argument("--minutes", type=float, default=9.0, help="stop after this time")
    parser.add_argument("--device", help="by default, cuda if there is one, else cpu")
    parser.add_argument("--threads", type=int, default=1, help="number of threads on the CPU")
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"--threads is {arguments.threads}: give 1 or more")
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):  # read when they are loaded
        os.environ[f"{library}_NUM_THREADS"] = str(arguments.threads)
    sys.path.insert(0, str(ROOT))
    _import_without_jaxtyping()

    from procgen_tools.sweeps.files import read_sweep

    missing = [job for job in read_sweep(arguments.file).jobs if not job.agent.exists()]
    if not missing:
        print(f"nothing of {arguments.file} is missing")
        return 0
    import torch

    torch.set_num_threads(arguments.threads)
    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    for job in missing:
        if job.initial is not None and not job.initial.exists():
            print(f"{job.name} begins with {job.initial}, which does not exist yet")
            continue
        finished = _train(job, device, arguments)
        if finished is None:
            continue
        print(f"{job.agent} is finished" if finished else f"to be continued: {job.folder}")
        return 0 if finished and len(missing) == 1 else 3
    print("other processes train what is missing")
    return 4


def named(file: Path) -> str:
    """A sweep file as it is named from the folder of this repository; elsewhere only its name."""
    file = file.resolve()
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name


def _train(job: Any, device: str, arguments: argparse.Namespace) -> bool | None:
    """Whether the agent is finished now; None if another process trains it."""
    from procgen_tools.training.locks import InUseError
    from procgen_tools.training.runs import RunOptions
    from procgen_tools.training.trainers import train_agent

    print(f"{job.name} on {device}", flush=True)
    options = RunOptions(
        resume=True,
        stop_after=60 * arguments.minutes,
        snapshot_every=job.snapshot_every,
        half_snapshots=job.half_snapshots,
    )
    command = f"python scripts/next_job.py {named(arguments.file)}"
    try:
        return train_agent(
            job.settings,
            job.agent,
            job.folder,
            device=device,
            initial=job.initial,
            command=command,
            half=job.half,
            options=options,
        )
    except InUseError as error:
        print(error)
        return None


if __name__ == "__main__":
    sys.exit(main())
