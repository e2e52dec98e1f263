"""Resumable runs: a learner, trained in a folder that holds its log and checkpoints.

    <folder>/log.csv                 one row for each `advance` of the learner
    <folder>/events.out.tfevents...  the same for TensorBoard
    <folder>/checkpoint.pth          everything needed to resume; replaced atomically
    <folder>/precision.txt           the precision of the layers, and the reason for it
    <folder>/run.lock                held by the process that trains, to keep others out
    <folder>/model_<done>.pth        snapshots: the agent alone, at chosen points of the run

A learner changes only in `advance`, and checkpoints are written between two calls. Everything that
an update depends on is in the checkpoint, so on the CPU, a run that was killed and resumed ends in
the same weights as a run that was never interrupted.
"""

from __future__ import annotations

import copy
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn
from tqdm import tqdm

from procgen_tools.files import write_text
from procgen_tools.models import checkpoint_metadata, save_policy
from procgen_tools.training.locks import locked
from procgen_tools.training.precision import Precision
from procgen_tools.training.run_log import RunLog
from procgen_tools.training.run_state import check_run, load_state
from procgen_tools.training.settings import Settings

CHECKPOINT = "checkpoint.pth"
PRECISION = "precision.txt"
LOCK = "run.lock"


@runtime_checkable
class Learner(Protocol):
    """What a run trains.

    The trainers' classes are called with (settings, device, initial, precision); `check` and
    `read_agent` are static methods. See `settings.TRAINERS` for how to add one.
    """

    def check(self, settings: Any, initial: Any) -> None:
        """Raise ValueError for settings, or an agent to begin with, that no run can begin with."""

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """What updates the network."""

    @property
    def settings(self) -> Settings:
        """Everything that decides the run."""

    @property
    def trainer(self) -> str:
        """Its name in `settings.TRAINERS`."""

    @property
    def precision(self) -> Precision:
        """The precision of its layers."""

    @property
    def unit(self) -> str:
        """The name of the log's column for `done`, such as samples or updates."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the log besides `unit`, wall time and rate."""

    @property
    def shown(self) -> dict[str, str]:
        """The columns that the progress bar shows, with their formats."""

    @property
    def done(self) -> int:
        """Samples, environment steps or updates so far."""

    @property
    def total(self) -> int:
        """Samples, environment steps or updates of the whole run."""

    def advance(self, tick: Callable[[int], None]) -> dict[str, float | int]:
        """Learn for one row of the log, and return the row's figures.

        Args:
            tick: called with the number of units done since the last call.
        """

    def agent(self) -> nn.Module:
        """The present network."""

    def read_agent(self, path: Path) -> nn.Module:
        """Read an agent of this kind from its file."""

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to resume, besides the settings and the agent."""

    def load_state_dict(self, agent: Any, state: dict[str, Any]) -> None:
        """Resume from a state and the agent that `read_agent` gave."""

    def provenance(self) -> dict[str, Any]:
        """Facts about the training to store in the agent's file."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run is stored. Nothing here changes what it learns.

    Attributes:
        resume: continue from the folder's checkpoint, if there is one.
        save_seconds: seconds between checkpoints. The last update is always stored.
        stop_after: seconds after which the run stops with a checkpoint, so it can be resumed.
        snapshot_every: samples, steps or updates between snapshots of the agent; 0 for none.
        half_snapshots: store snapshots in half precision, which halves their files.
        wait: if another process trains the same agent, wait until it ends instead of failing.
        tensorboard: write TensorBoard events, too.
        progress_bar: show a progress bar.
    """

    resume: bool = False
    save_seconds: float = 120.0
    stop_after: float = math.inf
    snapshot_every: int = 0
    half_snapshots: bool = False
    wait: bool = False
    tensorboard: bool = True
    progress_bar: bool = True


def run(learner: Learner, folder: Path, options: RunOptions | None = None) -> bool:
    """Train the learner. True if the run is complete, False if it stopped at `stop_after`.

    Raises:
        ValueError: the folder holds a checkpoint and `resume` is not set, or its checkpoint or log
            belongs to another run. Nothing is changed.
        InUseError: another process trains in the folder.
        FloatingPointError: a loss is not finite. The last checkpoint is from before it.
        OSError: a file cannot be written. The last checkpoint is intact.
    """
    options = options or RunOptions()
    with locked(folder / LOCK, f"the run in {folder}", wait=options.wait):
        return _run(learner, folder, options)


def _run(learner: Learner, folder: Path, options: RunOptions) -> bool:
    checkpoint = folder / CHECKPOINT
    wall_time = 0.0
    begins = not checkpoint.exists()
    if not begins:
        if not options.resume:
            raise ValueError(f"{checkpoint} exists: resume it (--resume), or choose another folder")
        wall_time = _resume(learner, checkpoint)
    log = RunLog(
        folder,
        (learner.unit, "wall_time", "fps", *learner.columns),
        None if begins else learner.done,
        tensorboard=options.tensorboard,
    )
    remove_unfinished(folder)
    if begins:
        _save(learner, checkpoint, wall_time)  # fails before training if it cannot be written
        _check_space(checkpoint)
    write_text(folder / PRECISION, f"{learner.precision.name}, {learner.precision.reason}\n")
    if options.snapshot_every and learner.done == 0:
        _save_snapshot(learner, folder, wall_time, options)
    with (
        log,
        tqdm(
            total=learner.total,
            initial=min(learner.done, learner.total),
            unit=f" {learner.unit}",
            disable=not options.progress_bar,
            smoothing=0.02,
            mininterval=2,
            dynamic_ncols=True,
        ) as bar,
    ):
        began = saved = time.monotonic()
        stopping = False
        while learner.done < learner.total and not stopping:
            before, started = learner.done, time.monotonic()
            figures = learner.advance(bar.update)
            elapsed = time.monotonic() - started
            wall_time += elapsed
            with _keeping(checkpoint):
                rate = (learner.done - before) / elapsed
                log.write(
                    {
                        learner.unit: learner.done,
                        "wall_time": round(wall_time, 2),
                        "fps": round(rate, 1),
                        **figures,
                    }
                )
                now = time.monotonic()
                stopping = now - began > options.stop_after
                last = learner.done >= learner.total or stopping
                # The snapshot comes first: a run that is killed between the two resumes from
                # before both, and writes both again.
                every = options.snapshot_every
                if every and before // every < learner.done // every:
                    _save_snapshot(learner, folder, wall_time, options)
                if last or now - saved > options.save_seconds:
                    _save(learner, checkpoint, wall_time)
                    saved = now
            bar.set_postfix_str(
                ", ".join(f"{name} {figures[name]:{form}}" for name, form in learner.shown.items())
            )
    return learner.done >= learner.total


def save_agent(learner: Learner, path: Path, *, half: bool = False, **metadata: Any) -> None:
    """Write the present agent to a small file that also records how it was made.

    Args:
        learner: the learner that trained it.
        path: the file to write.
        half: store the parameters in half precision (float16).
        metadata: further facts to store, such as the command.
    """
    agent = learner.agent()
    save_policy(
        copy.deepcopy(agent).half() if half else agent,
        path,
        algorithm=learner.trainer,
        settings=asdict(learner.settings),
        precision=learner.precision.name,
        **{learner.unit: learner.done},
        **learner.provenance(),
        **metadata,
    )


def run_wall_time(folder: Path) -> float:
    """The seconds that the run in a folder has trained, interruptions excluded."""
    return float(checkpoint_metadata(folder / CHECKPOINT)["wall_time"])


def remove_unfinished(folder: Path, name: str = "") -> None:
    """Remove the unfinished files of killed processes (see `files.unfinished`).

    Args:
        folder: a folder in which no other process writes.
        name: the file whose unfinished copies to remove; by default, those of all files.
    """
    for path in folder.iterdir():
        if path.name.startswith(f".{name}") and path.name.endswith(".tmp"):
            path.unlink(missing_ok=True)


def snapshots(folder: Path) -> dict[int, Path]:
    """The files of a run's snapshots, by what was done before each, the first one first.

    Args:
        folder: of the run.
    """
    found = {int(path.stem.removeprefix("model_")): path for path in folder.glob("model_*.pth")}
    return dict(sorted(found.items()))


def _save_snapshot(learner: Learner, folder: Path, wall_time: float, options: RunOptions) -> None:
    path = folder / f"model_{learner.done}.pth"
    save_agent(learner, path, half=options.half_snapshots, wall_time=wall_time)


def _save(learner: Learner, path: Path, wall_time: float) -> None:
    save_policy(
        learner.agent(),
        path,
        trainer=learner.trainer,
        settings=asdict(learner.settings),
        precision=learner.precision.name,
        learner=learner.state_dict(),
        wall_time=wall_time,
    )


def _resume(learner: Learner, path: Path) -> float:
    """Load the checkpoint into the learner, and return the seconds trained so far."""
    state = checkpoint_metadata(path)
    check_run(state, path)
    if state["trainer"] != learner.trainer:
        raise ValueError(
            f"{path} was trained by {state['trainer']!s:.80}, not by {learner.trainer}: resume "
            "it with the command that it began with, or choose another folder"
        )
    kept = state.get("precision", learner.precision.name)
    if kept != learner.precision.name:
        raise ValueError(
            f"{path} was trained with precision={kept!r:.80}, not {learner.precision.name!r}: "
            "resume it with that precision, or choose another folder"
        )
    for name, theirs, ours in learner.settings.beside(state["settings"]):
        if name != "precision" and theirs != ours:  # of precision, the choice counts
            raise ValueError(
                f"{path} was trained with {name}={theirs!r:.80}, not {ours!r}: resume it with the "
                "settings that it began with, or choose another folder"
            )
    load_state(learner, learner.read_agent(path), state, path)
    return float(state["wall_time"])


def _check_space(checkpoint: Path) -> None:
    """Check that there is room for a few checkpoints: a new one is written before the old goes."""
    needed, free = 3 * checkpoint.stat().st_size, shutil.disk_usage(checkpoint.parent).free
    if free < needed:
        checkpoint.unlink()
        raise OSError(
            f"{checkpoint.parent} has {free / 1e6:.0f} MB left and a run needs "
            f"{needed / 1e6:.0f} MB: make room, or choose a folder on another disk"
        )


@contextmanager
def _keeping(checkpoint: Path) -> Iterator[None]:
    """Add to an error in writing that the last checkpoint is intact."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"{error}: the run stops; {checkpoint} holds the last good state: make room, and go "
            "on with --resume"
        ) from error
