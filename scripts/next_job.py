#!/usr/bin/env python3
"""Train the next missing agent of a sweep file for a while, on a machine with little installed.

    python scripts/next_job.py                     # the next missing agent, for nine minutes
    python scripts/next_job.py --minutes 25 --device cuda FILE.toml

Run it again until it says that nothing is missing: it goes on where it stopped. It needs torch,
numba, numpy, tqdm, tensorboard, pandas and pyarrow, this checkout, and no network. Agents are
judged afterwards, where the whole package is installed, by `procgen-tools evaluate`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import types
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class _AnyShape:
    """Stands for a jaxtyping annotation, which nothing reads outside the tests."""

    def __class_getitem__(cls, item: Any) -> type:
        return cls


def _any_name(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return _AnyShape


def _import_without_jaxtyping() -> None:
    """Array shapes are annotated with jaxtyping; where it is missing, any names will do."""
    try:
        importlib.import_module("jaxtyping")
    except ModuleNotFoundError:
        stand_in = types.ModuleType("jaxtyping")
        stand_in.__getattr__ = _any_name  # type: ignore[method-assign]
        sys.modules["jaxtyping"] = stand_in


def main() -> int:
    """Train; 0 when nothing is missing any more, 3 when there is more to do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "trained_models" / "gpu.toml")
    parser.add_argument("--minutes", type=float, default=9.0, help="stop after so long")
    parser.add_argument("--device", help="cuda where there is one, else cpu, unless given")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    _import_without_jaxtyping()

    import torch

    from procgen_tools.sweeps.files import read_sweep
    from procgen_tools.training.runs import RunOptions
    from procgen_tools.training.trainers import train_agent

    missing = [job for job in read_sweep(arguments.file).jobs if not job.agent.exists()]
    if not missing:
        print(f"nothing of {arguments.file} is missing")
        return 0
    job = missing[0]
    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    print(f"{job.name}, the first of {len(missing)} missing, on {device}", flush=True)
    options = RunOptions(resume=True, stop_after=60 * arguments.minutes)
    finished = train_agent(
        job.settings, job.agent, job.folder, device=device, initial=job.initial,
        command=f"python scripts/next_job.py {arguments.file.name}", options=options,
    )  # fmt: skip
    print(f"{job.agent} is finished" if finished else f"to be continued: {job.folder}")
    return 0 if finished and len(missing) == 1 else 3


if __name__ == "__main__":
    sys.exit(main())
