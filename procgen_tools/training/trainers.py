"""From settings to a finished agent: the one way in, for the command line and for sweeps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from procgen_tools.files import check_writable
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, checkpoint_metadata, load_policy
from procgen_tools.training import imitation, ppo, runs
from procgen_tools.training.freed_memory import freed_memory_kept
from procgen_tools.training.locks import locked
from procgen_tools.training.precision import FLOAT32, Precision
from procgen_tools.training.precision_choice import choose
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import ImitationSettings, Settings


def make_learner(
    settings: Settings,
    device: torch.device | str = "cpu",
    initial: ImpalaPolicy | None = None,
    precision: Precision = FLOAT32,
) -> runs.Learner:
    """The learner of these settings.

    Args:
        settings: what decides the run.
        device: where to train.
        initial: a policy to begin with; a new one unless given.
        precision: that layers compute in (see `precision_choice.choose`).

    Raises:
        ValueError: an initial policy that the settings do not describe, or an unusable device.
    """
    device = usable_device(device)
    if initial is not None:
        _check_initial(settings, initial)
    if isinstance(settings, ImitationSettings):
        return imitation.Learner(settings, device, initial, precision)
    return ppo.Learner(settings, device, initial, precision)


def train_agent(
    settings: Settings,
    agent: Path,
    folder: Path,
    *,
    device: torch.device | str = "cpu",
    initial: Path | None = None,
    command: str | None = None,
    options: RunOptions | None = None,
) -> bool:
    """Train an agent and write its file, the last thing that a run does; whether it was done.

    Args:
        settings: what decides the run.
        agent: the file to write, which must not be there yet.
        folder: where the run is kept (see `runs`).
        device: where to train.
        initial: an agent to begin with, of the same scale and kind.
        command: stored in the agent's file, with the settings.
        options: how the run is kept.

    Raises:
        ValueError: bad settings, a folder of another run, a finished agent: before training.
        InUseError: another process trains this agent, or in this folder.
        FloatingPointError, OSError: see `runs.run`; the last checkpoint is kept.
    """
    options = options or RunOptions()
    _check_free(agent)
    policy = None
    started_from: dict[str, Any] = {}
    if initial is not None:
        policy = load_policy(initial)
        started_from = {"started_from": {"file": initial.name, **checkpoint_metadata(initial)}}
        _check_initial(settings, policy)
    device = usable_device(device)
    settings.rule  # noqa: B018 (raises for levels that cannot be)
    check_writable(agent)
    with (
        locked(agent.with_name(f".{agent.name}.lock"), f"the agent {agent}", wait=options.wait),
        freed_memory_kept(),
    ):
        if agent.exists() and options.wait:  # made by the process that was waited for
            return True
        _check_free(agent)
        runs.remove_unfinished(agent.parent, agent.name)
        checkpoint = folder / runs.CHECKPOINT
        resumes = options.resume and checkpoint.exists()
        kept = checkpoint_metadata(checkpoint) if resumes else None
        precision = choose(settings, device, checkpoint=kept)
        if options.progress_bar:
            tqdm.write(f"computing in {precision.name}, {precision.reason}", file=sys.stderr)
        learner = make_learner(settings, device, policy, precision)
        if not runs.run(learner, folder, options):
            return False
        runs.save_agent(
            learner, agent, wall_time=runs.run_wall_time(folder), command=command, **started_from
        )
    return True


def _check_free(agent: Path) -> None:
    if agent.exists():
        raise ValueError(f"{agent} exists: name another file, or move it away")


def usable_device(name: torch.device | str) -> torch.device:
    """The torch device of this name.

    Raises:
        ValueError: a name that torch does not know, or a device that is not in this machine.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device {str(name)!r} cannot be used here ({reason}): try cpu") from error
    return device


def _check_initial(settings: Settings, initial: ImpalaPolicy) -> None:
    if initial.scale != settings.scale:
        raise ValueError(
            f"the agent to begin with has scale {initial.scale}, the settings {settings.scale}: "
            "make them equal"
        )
    remembers = isinstance(initial, RecurrentPolicy)
    if remembers != getattr(settings, "recurrent", False):
        raise ValueError(
            f"the agent to begin with is {'' if remembers else 'not '}recurrent, and the settings "
            f"say {'no' if remembers else 'recurrent'}: make them agree"
        )
