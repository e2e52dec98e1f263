#!/usr/bin/env python3
"""Measure the public PPO agent by our studies, and keep the claims in experiments/other_agents.

python scripts/other_agents.py public_ppo FILE        # all of STUDIES, in easy worlds
python scripts/other_agents.py public_ppo FILE probing ablations
python scripts/other_agents.py untrained              # an untrained network of the same size
python scripts/other_agents.py easy_imitators         # our imitators of easy worlds

FILE is the agent's file (procgen-tools agents --public says where it is). Its weights are not
kept. Channels, magnitudes and edits are chosen anew for each agent, by the procedure of each study.
An untrained network is the null of studies that have none of their own. Imitators of easy worlds
tell what comes with the world from what comes with the way of training: those of EASY_AGENTS that
are trained are measured.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from procgen_tools import studies
from procgen_tools.catalogue import agents
from procgen_tools.models import ImpalaPolicy, save_policy
from procgen_tools.models.public_agents import PUBLIC_AGENTS, which_public_agent
from procgen_tools.studies.base import Settings
from procgen_tools.studies.results import FOLDER, write
from procgen_tools.studies.untrained import FIRST_SEED

OTHERS = FOLDER.parent / "other_agents"
"""Results by agent and study."""

PUBLIC, UNTRAINED, EASY = "public_ppo", "untrained", "easy_imitators"
EASY_AGENTS = tuple(f"easy_rand_region_5_seed_{seed}" for seed in range(4))
SCALE = 1
"""Of the public agent, and so of the untrained network."""

WORLD_SIZE = 15

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

OWN_NULL = ("minimal_pairs", "causal_map", "receptive_fields")
"""Studies that measure untrained networks themselves."""


def agent_file(name: str, given: Path | None, folder: Path) -> Path:
    """The agent as a file of its name, so that results call it by this name.

    Args:
        name: PUBLIC or UNTRAINED.
        given: the file of the public agent.
        folder: where the file is made.

    Raises:
        ValueError: no file of the public agent is given, or another file.
    """
    made = folder / f"{name}.pth"
    if name == UNTRAINED:
        save_policy(ImpalaPolicy(SCALE, seed=FIRST_SEED), made)
        return made
    if given is None or which_public_agent(given) != PUBLIC_AGENTS[0]:
        raise ValueError(
            f"{given} is not the {PUBLIC_AGENTS[0].name}: give its file, which "
            "procgen-tools agents --public says how to find"
        )
    shutil.copyfile(given, made)
    return made


def easy_imitators() -> tuple[Path, ...]:
    """The files of EASY_AGENTS that are trained.

    Raises:
        FileNotFoundError: none is.
    """
    files = {agent.name: agent.path for agent in agents() if agent.world == "maze_I"}
    found = tuple(files[name] for name in EASY_AGENTS if name in files)
    if not found:
        raise FileNotFoundError(
            f"there is no {EASY_AGENTS[0]}: train it with python scripts/next_job.py "
            "trained_models/family.toml"
        )
    return found


def measure(name: str, files: Sequence[Path], study: str, folder: Path = OTHERS) -> Path:
    """Run a study of agents in easy worlds, and write what it finds.

    Args:
        name: of the folder of the results.
        files: the agents.
        study: a key of STUDIES.
        folder: of all results.
    """
    mazes = STUDIES[study]
    module = studies.load(study)
    settings = Settings(agents=tuple(files), mazes=mazes, world_size=WORLD_SIZE, progress_bar=True)
    findings = module.run(settings)
    number = f" --mazes {mazes}" if mazes else ""
    named = ",".join(findings.agents) if name == EASY else files[0].name
    command = f"procgen-tools experiment {study} --agents {named}{number} --world-size {WORLD_SIZE}"
    return write(findings, {}, folder / name / study, command)


def main() -> None:
    """Measure the named agents by the named studies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("agent", choices=(PUBLIC, UNTRAINED, EASY))
    parser.add_argument("rest", nargs="*", help="the file of the public agent; studies")
    given = parser.parse_args()
    rest = list(given.rest)
    file = Path(rest.pop(0)) if given.agent == PUBLIC and rest else None
    usual = [name for name in STUDIES if given.agent != UNTRAINED or name not in OWN_NULL]
    for study in rest:
        if study not in STUDIES:
            parser.error(f"{study!r} is not one of {', '.join(STUDIES)}")
    with tempfile.TemporaryDirectory() as folder:
        if given.agent == EASY:
            files = easy_imitators()
        else:
            files = (agent_file(given.agent, file, Path(folder)),)
        for study in rest or usual:
            started = time.perf_counter()
            print(measure(given.agent, files, study), f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
