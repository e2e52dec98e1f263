#!/usr/bin/env python3
"""Measure agents of other worlds and trainers by our studies: see experiments/other_agents.

python scripts/other_agents.py public_ppo FILE        # all of STUDIES, in easy worlds
python scripts/other_agents.py public_ppo FILE probing ablations
python scripts/other_agents.py untrained              # an untrained network of the same size
python scripts/other_agents.py easy_imitators         # our imitators of easy worlds
python scripts/other_agents.py small_agents           # PPO from scratch and imitators, small mazes
python scripts/other_agents.py small_untrained        # an untrained network in small mazes
python scripts/other_agents.py untrained_hard         # three untrained networks in hard worlds

FILE is the agent's file (procgen-tools agents --public says where it is). Its weights are not
kept. Channels, magnitudes and edits are chosen anew for each agent, by the procedure of each study.
An untrained network is the null of studies that have none of their own. Imitators of easy worlds
tell what comes with the world from what comes with the way of training: those of EASY_AGENTS that
are trained are measured. SMALL_AGENTS, in mazes of up to 7 x 7 squares, share their world and their
success, and differ in the way of training.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from procgen_tools import studies
from procgen_tools.catalogue import agents
from procgen_tools.models import ImpalaPolicy, load_policy, save_policy
from procgen_tools.models.public_agents import PUBLIC_AGENTS, which_public_agent
from procgen_tools.studies.base import Settings, shipped_agent
from procgen_tools.studies.other_agents import (
    EASY,
    OTHERS,
    PUBLIC,
    SMALL,
    SMALL_UNTRAINED,
    UNTRAINED,
    UNTRAINED_HARD,
)  # fmt: skip
from procgen_tools.studies.results import write
from procgen_tools.studies.untrained import FIRST_SEED
from procgen_tools.worlds.maze.grid import EASY_WORLD_SIZE, HARD_WORLD_SIZE

EASY_AGENTS = tuple(f"easy_rand_region_5_seed_{seed}" for seed in range(4))
SMALL_AGENTS = tuple(
    f"small_rand_region_3_seed_{seed}_{end}" for end in ("ppo", "stopped") for seed in range(3)
)
"""Three by PPO from scratch, and three imitators of equal success (scripts/equal_success.py)."""

SMALL_SIDE = 7
"""The largest side of the mazes of SMALL_AGENTS."""

SCALE = 1
"""Of all agents, and so of untrained networks."""

HARD_SEEDS = range(FIRST_SEED, FIRST_SEED + 3)
"""Of the untrained networks in hard worlds."""

STUDIES: Mapping[str, int | None] = {
    "cheese_vector": None,
    "top_right_vector": None,
    "value_head": None,
    "cheese_channels": None,
    "minimal_pairs": None,
    "attribution": None,
    "causal_map": None,
    "receptive_fields": None,
    "retargeting": None,
    "ablations": None,
    "behavioral_demos": None,
    "cheese_scrubbing": None,
    "probing": None,
    "behavioral_stats": 2000,
}
"""The studies, and the number of mazes where it is not that of the published run."""

NO_ROOM = ("minimal_pairs", "causal_map")
"""Studies whose mazes are larger than those of SMALL_AGENTS."""

GROUPS = (PUBLIC, UNTRAINED, EASY, SMALL, SMALL_UNTRAINED, UNTRAINED_HARD)

OWN_NULL = ("minimal_pairs", "causal_map", "receptive_fields")
"""Studies that measure untrained networks themselves."""


def agent_file(name: str, given: Path | None, folder: Path) -> Path:
    """The agent as a file of its name, so that results call it by this name.

    Args:
        name: PUBLIC, or that of an untrained network.
        given: the file of the public agent.
        folder: where the file is made.

    Raises:
        ValueError: no file of the public agent is given, or another file.
    """
    made = folder / f"{name}.pth"
    if name != PUBLIC:
        save_policy(ImpalaPolicy(SCALE, seed=FIRST_SEED), made)
        return made
    if given is None or which_public_agent(given) != PUBLIC_AGENTS[0]:
        raise ValueError(
            f"{given} is not the {PUBLIC_AGENTS[0].name}: give its file, which "
            "procgen-tools agents --public says how to find"
        )
    shutil.copyfile(given, made)
    return made


def untrained_files(folder: Path) -> tuple[Path, ...]:
    """Untrained networks of HARD_SEEDS as files.

    Args:
        folder: where the files are made.
    """
    files = tuple(folder / f"{UNTRAINED}_{seed}.pth" for seed in HARD_SEEDS)
    for seed, file in zip(HARD_SEEDS, files, strict=True):
        save_policy(ImpalaPolicy(SCALE, seed=seed), file)
    return files


def easy_imitators() -> tuple[Path, ...]:
    """The files of EASY_AGENTS that are trained.

    Raises:
        FileNotFoundError: none is.
    """
    files = _trained()
    found = tuple(files[name] for name in EASY_AGENTS if name in files)
    if not found:
        raise _missing(EASY_AGENTS[0])
    return found


def small_agents() -> tuple[Path, ...]:
    """The files of SMALL_AGENTS.

    Raises:
        FileNotFoundError: one is missing, and the others could not be divided into equal groups.
    """
    files = _trained()
    for name in SMALL_AGENTS:
        if name not in files:
            raise _missing(name)
    return tuple(files[name] for name in SMALL_AGENTS)


def _trained() -> dict[str, Path]:
    return {agent.name: agent.path for agent in agents() if agent.world == "maze_I"}


def _missing(name: str) -> FileNotFoundError:
    command = "python scripts/next_job.py trained_models/family.toml"
    if name.endswith("_stopped"):
        command += ", and then python scripts/equal_success.py"
    return FileNotFoundError(f"there is no {name}: train it with {command}")


def studies_of(group: str) -> list[str]:
    """The studies that are run for a group of agents, where none are named."""
    left_out = {
        UNTRAINED: OWN_NULL,
        UNTRAINED_HARD: OWN_NULL,
        SMALL: NO_ROOM,
        SMALL_UNTRAINED: (*NO_ROOM, *OWN_NULL),
    }
    return [name for name in STUDIES if name not in left_out.get(group, ())]


def measure(name: str, files: Sequence[Path], study: str, folder: Path = OTHERS) -> Path:
    """Run a study of agents, and write what it finds.

    All are measured in easy worlds, but UNTRAINED_HARD in hard ones.

    Args:
        name: of the folder of the results.
        files: the agents.
        study: a key of STUDIES.
        folder: of all results.
    """
    mazes = STUDIES[study]
    side = SMALL_SIDE if name in (SMALL, SMALL_UNTRAINED) else None
    world_size = HARD_WORLD_SIZE if name == UNTRAINED_HARD else EASY_WORLD_SIZE
    module = studies.load(study)
    settings = Settings(
        agents=tuple(files),
        mazes=mazes,
        world_size=world_size,
        max_maze_size=side,
        progress_bar=True,
    )
    # An untrained network always moves alike, so its probes predict what trained agents do.
    null = name == UNTRAINED_HARD and study == "probing"
    doers = {"doers": [load_policy(shipped_agent(at)) for at in range(len(files))]} if null else {}
    findings = module.run(settings, **doers)
    named = ",".join(findings.agents) if name in (EASY, SMALL, UNTRAINED_HARD) else files[0].name
    command = f"procgen-tools experiment {study} --agents {named}"
    command += f" --mazes {mazes}" if mazes else ""
    command += "" if world_size == HARD_WORLD_SIZE else f" --world-size {world_size}"
    command += f" --max-maze-size {side}" if side else ""
    command = f"python scripts/other_agents.py {UNTRAINED_HARD} probing" if null else command
    return write(findings, {}, folder / name / study, command)


def measure_all(
    name: str, files: Sequence[Path], chosen: Sequence[str], folder: Path = OTHERS
) -> list[str]:
    """Run studies one after the other (see `measure`).

    Returns:
        The studies that these agents or their mazes do not allow, for which the reason was printed.
    """
    impossible = []
    for study in chosen:
        started = time.perf_counter()
        try:
            print(measure(name, files, study, folder), f"{time.perf_counter() - started:.0f} s")
        except ValueError as error:  # such as: all agents reach the cheese in all mazes
            print(f"{study} cannot be measured: {error}")
            impossible.append(study)
    return impossible


def main() -> None:
    """Measure the named agents by the named studies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("agent", choices=GROUPS)
    parser.add_argument("rest", nargs="*", help="the file of the public agent; studies")
    given = parser.parse_args()
    rest = list(given.rest)
    file = Path(rest.pop(0)) if given.agent == PUBLIC and rest else None
    for study in rest:
        if study not in STUDIES:
            parser.error(f"{study!r} is not one of {', '.join(STUDIES)}")
    with tempfile.TemporaryDirectory() as folder:
        if given.agent == EASY:
            files = easy_imitators()
        elif given.agent == SMALL:
            files = small_agents()
        elif given.agent == UNTRAINED_HARD:
            files = untrained_files(Path(folder))
        else:
            files = (agent_file(given.agent, file, Path(folder)),)
        impossible = measure_all(given.agent, files, rest or studies_of(given.agent))
    if impossible:
        sys.exit(f"not measured: {', '.join(impossible)}")


if __name__ == "__main__":
    main()
