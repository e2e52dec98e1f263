"""From settings to a finished agent, for every trainer in `settings.TRAINERS`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from procgen_tools.files import check_writable
from procgen_tools.models import checkpoint_metadata
from procgen_tools.training import runs
from procgen_tools.training.freed_memory import freed_memory_kept
from procgen_tools.training.locks import locked
from procgen_tools.training.precision import FLOAT32, Precision
from procgen_tools.training.precision_choice import choose
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import Settings, trainer_of


def learner_class(settings: Settings) -> Any:
    """The class of the learner that these settings belong to (see `runs.Learner`).

    Raises:
        TypeError: no trainer has such settings.
    """
    module, _, name = trainer_of(settings).learner.partition(":")
    return getattr(import_module(module), name)


def make_learner(
    settings: Settings,
    device: torch.device | str = "cpu",
    initial: nn.Module | None = None,
    precision: Precision = FLOAT32,
) -> runs.Learner:
    """The learner of these settings.

    Args:
        settings: everything that decides the run.
        device: where to train.
        initial: the network to begin with; None for a new one.
        precision: what layers compute in (see `precision_choice.choose`).

    Raises:
        ValueError: the initial network does not fit the settings, or the device cannot be used.
        TypeError: no trainer has such settings.

    Example:
        >>> from procgen_tools.training.settings import DQNSettings
        >>> make_learner(DQNSettings(width=8, buffer_states=4)).total
        10000
    """
    learner: runs.Learner = learner_class(settings)(
        settings, usable_device(device), initial, precision
    )
    return learner


def train_agent(
    settings: Settings,
    agent: Path,
    folder: Path,
    *,
    device: torch.device | str = "cpu",
    initial: Path | None = None,
    command: str | None = None,
    half: bool = False,
    options: RunOptions | None = None,
) -> bool:
    """Train an agent and write its file, which is the last thing that a run does.

    Args:
        settings: everything that decides the run.
        agent: the file to write. It must not exist yet.
        folder: where the run is kept (see `runs`).
        device: where to train.
        initial: the file of an agent to begin with, of the same kind and size.
        command: stored in the agent's file, with the settings.
        half: store the agent in half precision, which halves its file.
        options: how the run is kept.

    Returns:
        Whether the agent is finished; False if the run stopped at `options.stop_after`.

    Raises:
        ValueError: bad settings, a folder of another run, a finished agent: before training.
        InUseError: another process trains this agent, or trains in this folder.
        FloatingPointError, OSError: see `runs.run`; the last checkpoint is kept.
    """
    options = options or RunOptions()
    _check_free(agent)
    kind = learner_class(settings)
    network = None
    started_from: dict[str, Any] = {}
    if initial is not None:
        network = kind.read_agent(initial)
        started_from = {"started_from": {"file": initial.name, **checkpoint_metadata(initial)}}
    kind.check(settings, network)
    device = usable_device(device)
    check_writable(agent)
    with (
        locked(agent.with_name(f".{agent.name}.lock"), f"the agent {agent}", wait=options.wait),
        freed_memory_kept(),
    ):
        if agent.exists() and options.wait:  # the process that held the lock has made it
            return True
        _check_free(agent)
        runs.remove_unfinished(agent.parent, agent.name)
        checkpoint = folder / runs.CHECKPOINT
        resumes = options.resume and checkpoint.exists()
        kept = checkpoint_metadata(checkpoint) if resumes else None
        precision = choose(settings, device, checkpoint=kept)
        if options.progress_bar:
            tqdm.write(f"computing in {precision.name}, {precision.reason}", file=sys.stderr)
        learner = make_learner(settings, device, network, precision)
        if not runs.run(learner, folder, options):
            return False
        runs.save_agent(
            learner,
            agent,
            half=half,
            wall_time=runs.run_wall_time(folder),
            command=command,
            **started_from,
        )
    return True


def _check_free(agent: Path) -> None:
    if agent.exists():
        raise ValueError(f"{agent} exists: name another file, or move it away")


def usable_device(name: torch.device | str) -> torch.device:
    """The torch device of this name.

    Raises:
        ValueError: a name that torch does not know, or a device that this machine lacks.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device {str(name)!r} cannot be used here ({reason}): try cpu") from error
    return device
