"""The design of the study: which agents are trained, and how.

It is the sweep `design.toml`, which was written before any of its agents was trained.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procgen_tools.sweeps.files import sweep_from
from procgen_tools.sweeps.jobs import Job
from procgen_tools.training.settings import ImitationSettings

FILE = Path(__file__).with_name("design.toml")

REGION, FREE = "region", "anywhere"
"""Where the cheese is in training."""

ON, OFF = "on", "off"
"""Whether the examples shift to large mazes, and to squares on the way to the cheese."""

CONDITIONS = ((REGION, OFF), (REGION, ON), (FREE, OFF), (FREE, ON))
"""Where the cheese is, and whether the examples shift."""

SHIFT_FROM = 200_000
"""Examples after which the shift begins. Until then, it makes no difference to a run."""

FAST_SEEDS = 2


@dataclass(frozen=True)
class Run:
    """One agent of the design.

    Attributes:
        job: how it is trained, and where its snapshots are.
        cheese: REGION or FREE.
        shift: ON or OFF.
        seed: of the run. The same seeds are in every condition.
    """

    job: Job
    cheese: str
    shift: str
    seed: int

    @property
    def snapshots(self) -> range:
        """The examples seen at each snapshot; the first is the untrained network."""
        settings = self.job.settings
        assert isinstance(settings, ImitationSettings)
        return range(0, settings.samples + 1, self.job.snapshot_every)

    @property
    def columns(self) -> dict[str, Any]:
        """What a table says of the run."""
        return {
            "agent": self.job.name, "cheese": self.cheese, "shift": self.shift, "seed": self.seed,
        }  # fmt: skip


def runs(folder: Path | None = None, *, fast: bool = False) -> tuple[Run, ...]:
    """All agents of the design.

    Args:
        folder: where they are trained; by default where the sweep says.
        fast: two seeds of two batches each, as a smoke test.

    Example:
        >>> [run.job.name for run in runs()][:2]
        ['region_shift_seed_10', 'region_shift_seed_11']
    """
    values = tomllib.loads(FILE.read_text(encoding="utf-8"))
    if folder is not None:
        values |= {"folder": str(folder), "agent_folder": str(folder / "agents")}
    if fast:
        common = values["settings"]["imitation"]
        common |= {
            "samples": 64,
            "batch_size": 32,
            "snapshot_every": 32,
            "row_steps": 1,
            "precision": "float32",
        }
        for grid in values["grids"]:
            shifts = grid["shift_from"] < grid["shift_until"]
            grid |= {"shift_from": 32 if shifts else 64, "shift_until": 64}
            grid["axes"]["seed"] = grid["axes"]["seed"][:FAST_SEEDS]
    jobs = sweep_from(values, f"procgen-tools sweep {FILE.name}").jobs
    return tuple(_run(job) for job in jobs)


def _run(job: Job) -> Run:
    settings = job.settings
    assert isinstance(settings, ImitationSettings)
    cheese = FREE if settings.rand_region is None else REGION
    shift = ON if settings.shift_from < settings.samples else OFF
    return Run(job, cheese, shift, settings.seed)
