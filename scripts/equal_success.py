#!/usr/bin/env python3
"""Stop the imitators of small mazes at the success of the agents that learned by reinforcement.

    python scripts/next_job.py --minutes 600 trained_models/family.toml   # trains them
    python scripts/equal_success.py
    python scripts/equal_success.py --levels 500

The success of an agent is its mean probability of reaching the cheese in held-out levels like those
of its training, exact. Of the snapshots of each imitator, the one is kept whose success is nearest
to the mean of the agents of PPO, as trained_models/maze_I/<imitator>_stopped.pth.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from procgen_tools.evaluation.conditions import held_out_mazes, trained_rule
from procgen_tools.evaluation.exact_scores import exact_scores
from procgen_tools.models import checkpoint_metadata, load_policy, save_policy
from procgen_tools.sweeps.files import read_sweep
from procgen_tools.training.runs import snapshots

ROOT = Path(__file__).resolve().parent.parent
AGENTS = ROOT / "trained_models" / "maze_I"
SWEEP = ROOT / "trained_models" / "family.toml"

IMITATORS = tuple(f"model_small_rand_region_3_seed_{seed}" for seed in range(3))
REINFORCED = tuple(f"{name}_ppo" for name in IMITATORS)


def success(path: Path, levels: int) -> float:
    """The mean probability of reaching the cheese in held-out levels as in training.

    Args:
        path: the agent's file.
        levels: how many.
    """
    rule = trained_rule(checkpoint_metadata(path))
    assert rule is not None, path
    scores = exact_scores(load_policy(path).float().eval(), held_out_mazes(rule, levels))
    return float(scores.cheese.mean())


def nearest(curve: Mapping[int, float], wanted: float) -> int:
    """The amount of training whose success is nearest to the wanted one; the first of several."""
    return min(curve, key=lambda amount: (abs(curve[amount] - wanted), amount))


def stop(name: str, run: Path, wanted: float, levels: int, folder: Path = AGENTS) -> str:
    """Keep the snapshot of an imitator whose success is nearest to the wanted one.

    Args:
        name: of the imitator.
        run: the folder of its run.
        wanted: the success.
        levels: how many to measure it in.
        folder: where the agent is kept.

    Returns:
        What was kept, in words.

    Raises:
        FileNotFoundError: the run has no snapshots.
    """
    paths = snapshots(run)
    if not paths:
        raise FileNotFoundError(
            f"{run} has no snapshots of {name}: train it with python scripts/next_job.py "
            "trained_models/family.toml"
        )
    curve = {amount: success(path, levels) for amount, path in paths.items()}
    amount = nearest(curve, wanted)
    facts = checkpoint_metadata(paths[amount])
    save_policy(
        load_policy(paths[amount]).half(),
        folder / f"{name}_stopped.pth",
        **{**facts, "command": "python scripts/equal_success.py"},
    )
    return (
        f"{name}: {curve[amount]:.1%} after {amount:,} samples; at the end {curve[max(curve)]:.1%}"
    )


def main() -> None:
    """Measure the agents of PPO, and stop the imitators."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--levels", type=int, default=500, help="number of held-out levels")
    levels = parser.parse_args().levels
    if levels < 1:
        parser.error(f"--levels is {levels}: give 1 or more")
    reached = []
    for name in REINFORCED:
        path = AGENTS / f"{name}.pth"
        if not path.exists():
            parser.error(f"there is no {name}: train it with python scripts/next_job.py {SWEEP}")
        reached.append(success(path, levels))
        print(f"{name}: {reached[-1]:.1%}")
    runs = {job.name: job.folder for job in read_sweep(SWEEP).jobs}
    for name in IMITATORS:
        print(stop(name, ROOT / runs[name], float(np.mean(reached)), levels), flush=True)


if __name__ == "__main__":
    main()
