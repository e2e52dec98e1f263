"""The agent of an audit, its world, and the players that it is compared with."""

from __future__ import annotations

import copy
import hashlib
import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from procgen_tools.catalogue import find_agent
from procgen_tools.episodes.answers import MemoryPolicy
from procgen_tools.evaluation.conditions import check_goal, trained_goal
from procgen_tools.fields import StateField, VectorField
from procgen_tools.interventions import NOTHING, Intervention
from procgen_tools.models import checkpoint_metadata, load_policy, load_q_network
from procgen_tools.models.checkpoints import load_cnn_lstm
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.models.interface import need
from procgen_tools.models.stable_baselines_files import load_stable_baselines
from procgen_tools.names import did_you_mean
from procgen_tools.shown import summary
from procgen_tools.studies.keys_and_chests.measure import untrained as initial_network
from procgen_tools.training.settings import CHEESE
from procgen_tools.vfield import assemble, state_field
from procgen_tools.worlds.asked import Asked
from procgen_tools.worlds.graph import Level, OnSquares
from procgen_tools.worlds.maze.actions import NUM_ACTIONS

EXACT_WORLDS = ("maze", "two_objects", "crops_and_humans")
"""The worlds whose levels are graphs, so that an audit is exact."""

KEYS = "keys_and_chests"
"""Its levels have too many states for exact answers, and its agents have a memory."""

WORLDS = (*EXACT_WORLDS, KEYS)

SIZES = {"world_size", "maze_size", "max_maze_size"}
"""Settings of levels that the maze alone has."""

FOLDERS = {"maze_I": "maze"}
"""Folders of agents that are not named after their world."""

AGENT, UNTRAINED, RANDOM = "agent", "untrained", "random"
PLAYERS = (AGENT, UNTRAINED, RANDOM)
"""The agent, an untrained network of its kind, and random actions."""


def how_measured(world: str) -> str:
    """What is exact and what is sampled in audits of a world, in a sentence."""
    if world in EXACT_WORLDS:
        return "All chances are exact: nothing is sampled but levels and controls."
    return "Levels, controls and episodes are sampled."


@dataclass(frozen=True, eq=False)
class Audited:
    """An agent, ready to be audited.

    Attributes:
        name: its name.
        world: one of `WORLDS`.
        policy: the network.
        untrained: a network of the same kind with new random weights.
        settings: of its training, as its file records them; empty if it does not.
        digest: the start of the SHA-256 of its parameters.
        edit: acts on the network in the whole audit.
    """

    name: str
    world: str
    policy: Any
    untrained: Any
    settings: Mapping[str, Any]
    digest: str
    edit: Intervention = NOTHING

    def __repr__(self) -> str:
        return summary(self, self.title, f"world {self.world}", self.digest)

    @property
    def title(self) -> str:
        """The name, and the edit if there is one."""
        return f"{self.name}, {self.edit}" if self.edit.layers else self.name

    def edited(self) -> AbstractContextManager[None]:
        """A context in which the edit acts on the network."""
        return self.edit.on(self.policy, may_be_idle=True)

    def players(self) -> dict[str, Any]:
        """Networks by player; None for random actions."""
        return {AGENT: self.policy, UNTRAINED: self.untrained, RANDOM: None}

    def asked(self, *, levels: int, census: int | None) -> Asked:
        """The levels of the audit (see `worlds.asked`)."""
        module = importlib.import_module(f"procgen_tools.worlds.{self.world}.asked")
        found: Asked = module.asked(self.settings, levels=levels, census=census)
        return found


def read_agent(
    agent: str | os.PathLike[str] | torch.nn.Module,
    world: str | None = None,
    *,
    name: str | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    edit: Intervention = NOTHING,
) -> Audited:
    """Load an agent for an audit.

    Args:
        agent: a checkpoint, the name of an agent, or a network with the interface of
            `models.Policy` (see `models.adapt` for networks of your own).
        world: one of `WORLDS`. Defaults to that of the agent's folder, then to that of the goal
            which its file records, and then to "maze".
        name: defaults to that of the file.
        seed: of the untrained network's weights.
        settings: of the training, in place of those that the file records, such as
            `{"world_size": 15}`.
        edit: acts on the network in the whole audit: compare it with an audit without the edit.

    Raises:
        FileNotFoundError: there is no such agent.
        TypeError: a network without the interface; in keys and chests, another than
            `models.CnnLstmPolicy`.
        ValueError: an unknown world, an agent of another world, one with a memory outside keys and
            chests, sizes of levels for another world than the maze, or an edit that does not fit
            the network or is for batches of one size.

    Example:
        >>> read_agent("rand_region_5").world
        'maze'
    """
    if world is not None and world not in WORLDS:
        hint = did_you_mean(world, WORLDS)
        raise ValueError(f"world is {world!r}{hint}: choose one of {', '.join(WORLDS)}")
    recorded: Mapping[str, Any] = {}
    if isinstance(agent, torch.nn.Module):
        policy, found_world, found_name = agent, world or WORLDS[0], name or type(agent).__name__
    else:
        path = find_agent(agent)
        found_name = name or path.stem.removeprefix("model_")
        of_folder = FOLDERS.get(path.parent.name, path.parent.name)
        found_world = world or (of_folder if of_folder in WORLDS else _world_of_file(path))
        if of_folder in WORLDS and of_folder != found_world:
            raise ValueError(
                f"{path} is an agent of {of_folder}, not of {found_world}: leave --world out"
            )
        policy, recorded = _load(path, found_world)
    if found_world == KEYS:
        if not isinstance(policy, CnnLstmPolicy):
            raise TypeError(
                f"{found_name} is {type(policy).__name__}: an audit in {KEYS} needs a "
                "models.CnnLstmPolicy"
            )
    elif isinstance(policy, MemoryPolicy):
        raise ValueError(
            f"{found_name} has a memory ({type(policy).__name__}): its moves depend on its path, "
            f"so there are no exact answers in {found_world}; audit an agent without memory"
        )
    else:
        need(policy, "logits_and_value", "parameters", what="an audit")
    policy.eval()
    sizes = sorted(SIZES & set(settings or ()))
    if found_world != WORLDS[0] and sizes:
        raise ValueError(
            f"levels of {found_world} have sizes of their own: leave {' and '.join(sizes)} out"
        )
    if edit.layers:
        edit.check(policy)
        if edit.batch is not None:
            raise ValueError(
                f"the edit ({edit}) is for {edit.batch} observations: an audit needs one that "
                "treats all observations alike"
            )
    kept = {**recorded, **(settings or {})}
    return Audited(
        found_name, found_world, policy, untrained(policy, seed=seed), kept, digest_of(policy), edit
    )


def _world_of_file(path: Path) -> str:
    """The world of the goal that a file records; archives of Stable-Baselines have keys."""
    if path.suffix == ".zip":
        return KEYS
    return WORLDS[0] if trained_goal(checkpoint_metadata(path)) == CHEESE else "two_objects"


def _load(path: Path, world: str) -> tuple[Any, Mapping[str, Any]]:
    if world == "crops_and_humans":
        return load_q_network(path), {}
    if world == KEYS:
        return (load_stable_baselines if path.suffix == ".zip" else load_cnn_lstm)(path), {}
    metadata = checkpoint_metadata(path)
    if world == WORLDS[0]:
        check_goal(metadata, str(path))
    return load_policy(path), metadata.get("settings") or {}


def untrained(policy: torch.nn.Module, *, seed: int) -> Any:
    """A copy with new random weights, drawn by the `reset_parameters` methods of its modules.

    Modules without this method keep their weights. A `CnnLstmPolicy` gets the initial weights of
    its training, which are orthogonal.

    Example:
        >>> from procgen_tools.models import ImpalaPolicy
        >>> policy = ImpalaPolicy(seed=1)
        >>> other = untrained(policy, seed=0)
        >>> bool((other.fc_policy.weight == policy.fc_policy.weight).any())
        False
    """
    if type(policy) is CnnLstmPolicy:
        return initial_network(policy, seed=seed)
    fresh = copy.deepcopy(policy)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in fresh.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
    return fresh.eval()


def digest_of(policy: torch.nn.Module) -> str:
    """The start of the SHA-256 of a network's parameters."""
    total = hashlib.sha256()
    for name, tensor in policy.state_dict().items():
        total.update(name.encode())
        total.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()[:16]


def digest_of_edit(edit: Intervention) -> str:
    """The start of the SHA-256 of an edit: its description, and every array in it."""
    total = hashlib.sha256(str(edit).encode())
    for value in _values(edit):
        total.update(value)
    return total.hexdigest()[:16]


def _values(thing: Any) -> Iterator[bytes]:
    if is_dataclass(thing):
        for each in fields(thing):
            yield from _values(getattr(thing, each.name))
    elif isinstance(thing, list | tuple):
        for each in thing:
            yield from _values(each)
    elif isinstance(thing, torch.Tensor):
        yield thing.detach().cpu().contiguous().numpy().tobytes()
    elif isinstance(thing, np.ndarray):
        yield np.ascontiguousarray(thing).tobytes()
    else:
        yield repr(thing).encode()


def field_of(policy: Any, level: Level) -> VectorField | StateField:
    """The field of a policy in a level; of random actions for None.

    Random actions are uniform over the actions of the world, of which several may be the same move.
    """
    if policy is not None:
        return state_field(policy, level)
    parts = [len(view) for view in level.views()]
    if isinstance(level, OnSquares):
        return assemble(
            level, [(torch.zeros(part, NUM_ACTIONS), torch.zeros(part)) for part in parts]
        )
    count = level.graph().leads_to.shape[1]
    return StateField(level, np.full((sum(parts), count), 1 / count), np.zeros(sum(parts)))
