"""Checks of a run's checkpoint before a learner resumes from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

KEYS = ("trainer", "settings", "learner", "wall_time")
CHANGING = ("lr", "params")
"""Entries of an optimiser's groups that a run changes, and the indices of the parameters."""


def check_run(checkpoint: Mapping[str, Any], path: Path) -> None:
    """Check that a file is the checkpoint of a run.

    Args:
        checkpoint: its contents besides the agent.
        path: the file, for messages.

    Raises:
        ValueError: the file is no such checkpoint, or is damaged.
    """
    if not set(KEYS) <= checkpoint.keys():
        raise ValueError(
            f"{path} is no checkpoint of a training run: give the folder of a run that "
            "`procgen-tools train` began, or begin a new one"
        )
    for name in ("settings", "learner"):
        if not isinstance(checkpoint[name], dict):
            raise _damaged(path, f"{name} is {checkpoint[name]!r:.80}, not a dictionary")
    seconds = checkpoint["wall_time"]
    if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
        raise _damaged(path, f"wall_time is {seconds!r:.80}, not a number of seconds")


def load_state(learner: Any, agent: Any, checkpoint: Mapping[str, Any], path: Path) -> None:
    """Load a checkpoint into a new learner.

    Args:
        learner: a `runs.Learner` that has not learned yet.
        agent: the agent of the checkpoint.
        checkpoint: see `check_run`.
        path: the file, for messages.

    Raises:
        ValueError: a state that the learner cannot have reached. The learner cannot be used then.
    """
    state = checkpoint["learner"]
    try:
        _check_like("learner", state, learner.state_dict())
        for name, value in agent.state_dict().items():
            _check_finite(name, value)
        learner.load_state_dict(agent, state)
        if not 0 <= learner.done <= learner.total:
            raise ValueError(f"it stands at {learner.done} of {learner.total} {learner.unit}")
        _check_optimizer(learner.optimizer)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, what: str) -> ValueError:
    return ValueError(
        f"{path} cannot be resumed: {what[:300]}. It is damaged or of another version: take "
        "an older copy of the folder, or begin a new run in another one"
    )


def _check_like(name: str, theirs: Any, ours: Any) -> None:
    """Check that the structure equals ours (keys, types, shapes) and that numbers are possible."""
    if type(theirs) is not type(ours) and not (isinstance(theirs, dict) and isinstance(ours, dict)):
        raise ValueError(f"{name} is of type {type(theirs).__name__}, not {type(ours).__name__}")
    if isinstance(ours, Tensor):
        if theirs.shape != ours.shape or theirs.dtype != ours.dtype:
            raise ValueError(
                f"{name} has shape {tuple(theirs.shape)} and type {theirs.dtype}, not "
                f"{tuple(ours.shape)} and {ours.dtype}"
            )
        _check_finite(name, theirs)
    elif name.endswith(".optimizer"):
        _check_groups(theirs, ours)
    elif isinstance(ours, dict):
        if name.endswith(".settings"):  # compared by their owner, which knows newer settings
            return
        differing = sorted(map(str, theirs.keys() ^ ours.keys()))
        if differing:
            raise ValueError(f"{name} and what it should be differ in {', '.join(differing)[:80]}")
        for key, value in ours.items():
            _check_like(f"{name}.{key}", theirs[key], value)
    elif isinstance(ours, int) and not 0 <= theirs < 2**63:
        raise ValueError(f"{name} is {theirs!r:.80}")


def _check_finite(name: str, value: Tensor) -> None:
    if value.is_floating_point() and not value.isfinite().all():
        raise ValueError(f"{name} holds numbers that are not finite")


def _check_groups(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Check the optimiser's settings, which load_state_dict would accept unchecked."""
    for group, own in zip(theirs["param_groups"], ours["param_groups"], strict=True):
        for name in own.keys() & group.keys() - set(CHANGING):  # versions of torch differ
            if group[name] != own[name]:
                raise ValueError(f"the optimiser has {name}={group[name]!r:.80}, not {own[name]!r}")


def _check_optimizer(optimizer: torch.optim.Optimizer) -> None:
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, Tensor):
                _check_finite(name, value)
                if value.ndim and value.shape != parameter.shape:
                    raise ValueError(
                        f"{name} of the optimiser has shape {tuple(value.shape)} for a parameter "
                        f"of shape {tuple(parameter.shape)}"
                    )
