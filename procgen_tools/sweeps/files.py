"""Sweeps as TOML files: a grid of agents, single agents, and how they are evaluated.

    folder = "sweeps/regions"        # for runs, agents, evaluations and the summary
    trainer = "imitation"            # the default; an agent or the grid may name another
    agent_folder = "trained_models"  # optional: for agents, instead of a folder in `folder`

    [settings]                       # of all agents; see `training.settings`
    samples = 1_800_000

    [settings.ppo]                   # optional: of all agents of one trainer
    steps = 1_000_000

    [grid]                           # one agent for each combination
    rand_region = [1, 5, 15, "anywhere"]
    seed = [0, 1, 2]

    [[grids]]                        # optional: further grids, with settings of their own
    name = "black"                   # the names of its agents begin with this
    use_backgrounds = false
    [grids.axes]
    seed = [0, 1, 2]

    [[agents]]                       # a single agent with its own settings
    name = "region_5_then_ppo"
    trainer = "ppo"
    initial = "rand_region_5_seed_0" # optional: begin with this agent or file
    seed = 7
    snapshot_every = 100_000         # optional, also in [settings]: snapshots in the run's folder
    half_snapshots = true            # store them in half precision
    half = true                      # store the finished agent in half precision

    [evaluation]                     # optional; see `evaluation.agents.EvaluationSettings`
    levels = 500
    conditions = ["in_distribution", "anywhere"]

Agents of `[grid]` are named by their values on the axes, in order, such as `rand_region_5_seed_0`.
Names of agents of `[[grids]]` begin with the name of their grid, such as `black_seed_0`. Paths are
relative to the working directory. `[evaluation]` is only for agents of the maze.
"""

from __future__ import annotations

import itertools
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procgen_tools.names import did_you_mean
from procgen_tools.sweeps.jobs import Job, Sweep, evaluation_plan
from procgen_tools.training.settings import TRAINERS, settings_from

KEYS = (
    *("folder", "trainer", "agent_folder", "settings", "grid", "grids", "agents"),
    "evaluation",
)
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def read_sweep(path: str | os.PathLike[str]) -> Sweep:
    """Read a sweep from a file. Nothing is written or trained.

    Raises:
        OSError: the file is missing or cannot be read.
        ValueError: the file is not TOML, a key or setting is unknown (similar ones are
            suggested), a value has another type or is out of bounds, an axis has no values, two
            agents have the same name, or an `initial` is neither an agent nor a file, or depends
            on its own agent.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise type(error)(
            f"{path} cannot be read ({error.strerror}): name the file of a sweep (.toml), such as "
            "trained_models/family.toml"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as TOML: {error}") from None
    try:
        return sweep_from(values, f"procgen-tools sweep {path.as_posix()}")
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def sweep_from(values: Mapping[str, Any], command: str | None = None) -> Sweep:
    """Make a sweep from a file's contents; see `read_sweep`. The agents store the command."""
    _check_keys(values, KEYS, "a sweep")
    folder = Path(_typed(values, "folder", str, None))
    agent_folder = Path(_typed(values, "agent_folder", str, str(folder / "agents")))
    trainer = _typed(values, "trainer", str, "imitation")
    common = _typed(values, "settings", dict, {})
    evaluation = None
    if "evaluation" in values:
        evaluation = evaluation_plan(_typed(values, "evaluation", dict, {}))
    agents = [*_grid(_typed(values, "grid", dict, {})), *_grids(values), *_singles(values)]
    if not agents:
        raise ValueError("there are no agents: give a [grid] with axes, [[grids]], or [[agents]]")
    _check_names(agent.name for agent in agents)
    names = {agent.name for agent in agents}
    _check_cycles({agent.name: agent.initial for agent in agents})
    jobs = []
    for agent in agents:
        initial, after = agent.initial, None
        if initial in names:
            initial, after = str(agent_folder / f"{initial}.pth"), initial
        elif initial is not None and not Path(initial).is_file():
            raise ValueError(
                f"agent {agent.name!r} begins with {initial!r}, which is neither an agent of this "
                f"sweep nor a file{did_you_mean(initial, names)}"
            )
        settings = {**agent.settings}
        kind = settings.pop("trainer", trainer)
        try:
            settings = {**_common(common, kind), **settings}
            kept = _storage(settings)
            checked = settings_from(kind, settings)
            if evaluation is not None:
                _check_judged(kind)
        except ValueError as error:
            raise ValueError(f"agent {agent.name!r}: {error}") from None
        jobs.append(
            Job(
                name=agent.name,
                trainer=kind,
                settings=checked,
                agent=agent_folder / f"{agent.name}.pth",
                folder=folder / "runs" / agent.name,
                evaluation=evaluation,
                evaluation_file=folder / "evaluations" / f"{agent.name}.json",
                initial=None if initial is None else Path(initial),
                after=after,
                command=command,
                **kept,
            )
        )
    return Sweep(folder, tuple(jobs))


@dataclass(frozen=True)
class _Agent:
    """An agent as written in the file. Its trainer is among its own settings."""

    name: str
    settings: Mapping[str, Any]
    initial: str | None = None


def _grid(axes: Mapping[str, Any]) -> Iterator[_Agent]:
    for axis, choices in axes.items():
        if not isinstance(choices, list) or not choices:
            raise ValueError(
                f"grid axis {axis!r} is {choices!r}: give a list of one value or more, or move it "
                "to [settings]"
            )
    if axes:
        for combination in itertools.product(*axes.values()):
            cell = dict(zip(axes, combination, strict=True))
            yield _Agent("_".join(_label(*item) for item in cell.items()), cell)


def _grids(values: Mapping[str, Any]) -> Iterator[_Agent]:
    for number, table in enumerate(_typed(values, "grids", list, []), 1):
        where = f"number {number} of [[grids]]"
        if not isinstance(table, dict):
            raise ValueError(f"{where} is {table!r}: write it as a table, below [[grids]]")
        try:
            name, axes = _typed(table, "name", str, None), _typed(table, "axes", dict, None)
            agents = list(_grid(axes))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
        own = {key: value for key, value in table.items() if key not in ("name", "axes")}
        for agent in agents:
            yield _Agent(f"{name}_{agent.name}", {**own, **agent.settings})


def _label(axis: str, value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if axis == "trainer" else f"{axis}_{text}"


def _singles(values: Mapping[str, Any]) -> Iterator[_Agent]:
    for number, table in enumerate(_typed(values, "agents", list, []), 1):
        where = f"number {number} of [[agents]]"
        if not isinstance(table, dict):
            raise ValueError(f"{where} is {table!r}: write it as a table, below [[agents]]")
        if "name" not in table:
            raise ValueError(f"{where} has no name: give one, for its files")
        own = {key: value for key, value in table.items() if key not in ("name", "initial")}
        yield _Agent(
            _typed(table, "name", str, None),
            own,
            _typed(table, "initial", str, None) if "initial" in table else None,
        )


def _common(common: Mapping[str, Any], trainer: object) -> dict[str, Any]:
    """The settings of [settings], and of [settings.<trainer>]."""
    for name, value in common.items():
        if isinstance(value, dict) and name not in TRAINERS:
            raise ValueError(f"[settings.{name}] names no trainer{did_you_mean(name, TRAINERS)}")
    for_all = {name: value for name, value in common.items() if name not in TRAINERS}
    own = _typed(common, str(trainer), dict, {})
    return {**for_all, **own}


def _check_judged(trainer: str) -> None:
    world = TRAINERS[trainer].world
    if world != "maze":
        raise ValueError(
            f"{trainer} trains agents of {world}, and [evaluation] judges agents of the maze: "
            "leave [evaluation] out, or train these agents by another file"
        )


def _storage(settings: dict[str, Any]) -> dict[str, Any]:
    """Remove from the settings, and return, how the agent and its snapshots are stored."""
    every = _typed(settings, "snapshot_every", int, 0)
    if every < 0:
        raise ValueError(f"snapshot_every is {every}: give a number from 0 (none) up")
    halves = {name: _typed(settings, name, bool, False) for name in ("half_snapshots", "half")}
    for name in ("snapshot_every", *halves):
        settings.pop(name, None)
    return {"snapshot_every": every, **halves}


def _typed(table: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    if key not in table and default is None:
        raise ValueError(f"there is no {key!r}: give one")
    value = table.get(key, default)
    if type(value) is not kind:  # exact types: true is not a number
        raise ValueError(f"{key!r} is {value!r}: give a TOML {TOML_TYPES[kind]}")
    return value


TOML_TYPES = {str: "string", int: "integer", list: "array", dict: "table", bool: "boolean"}


def _check_keys(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    known = list(known)
    for key in table:
        if key not in known:
            raise ValueError(
                f"{where} has no {key!r}: it takes {', '.join(known)}{did_you_mean(key, known)}"
            )


def _check_names(names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{count} agents are named {name!r}: give each its own name or values")
        if not FILE_NAME.fullmatch(name):
            raise ValueError(
                f"an agent is named {name!r}, which names files: use letters, digits, '.', '_' and "
                "'-', at most 200 of them, and begin with a letter or digit"
            )


def _check_cycles(initial: Mapping[str, str | None]) -> None:
    for name in initial:
        chain = [name]
        while (earlier := initial.get(chain[-1])) in initial:
            assert earlier is not None
            if earlier in chain:
                raise ValueError(
                    f"initial leads back to its own agent: {' <- '.join([*chain, earlier])}: let "
                    "one of them begin with random weights or a file"
                )
            chain.append(earlier)
