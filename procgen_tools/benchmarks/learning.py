"""Learning curves of PPO from scratch on 5 x 5 mazes, over a few seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from procgen_tools.plots.learning import plot_learning_curves
from procgen_tools.plots.style import INK, headline
from procgen_tools.shown import save_figure
from procgen_tools.training.run_log import read_log
from procgen_tools.training.runs import RunOptions
from procgen_tools.training.settings import PPOSettings
from procgen_tools.training.trainers import train_agent
from procgen_tools.worlds.maze.levels import make_bank
from procgen_tools.worlds.maze.paths import shortest_path

if TYPE_CHECKING:
    import pandas as pd

SETTINGS = PPOSettings(
    world_size=15,
    maze_size=5,
    rand_region=None,
    use_backgrounds=False,
    steps=40 * 64 * 128,
    num_envs=64,
    rollout_steps=128,
    minibatches=16,
    learning_rate=1e-3,
    discount=0.95,
    value_clip=0.0,
    value_coefficient=0.1,
    validation_envs=8,
)
"""The published recipe, adapted to small mazes. Paths are short, so the discount is smaller and
updates are frequent. In so small a batch, a large coefficient would let the value loss drown out
the policy loss."""

COLUMN = "val_mean_episode_len"


def run(seeds: Iterable[int], folder: Path, figure: Path, device: str = "cpu") -> str:
    """Train one run per seed, draw the learning curves, and return the final scores as text.

    Args:
        seeds: seeds of the runs. Finished runs in `folder` are not trained again.
        folder: folder of the runs.
        figure: file of the figure.
        device: where to train.
    """
    for seed in seeds:
        settings = replace(SETTINGS, seed=seed)
        agent = folder / f"seed_{seed}.pth"
        if not agent.exists():
            options = RunOptions(resume=True)
            train_agent(settings, agent, folder / f"seed_{seed}", device=device, options=options)
    logs = {f"seed {seed}": read_log(folder / f"seed_{seed}") for seed in seeds}
    draw(logs, figure)
    shortest = shortest_possible()
    lines = [
        f"5 x 5 mazes: at least {shortest:.2f} steps to the cheese; {SETTINGS.steps:,} trained"
    ]
    for name, log in logs.items():
        last = log.tail(5)
        lines.append(
            f"  {name}: {last[COLUMN].mean():6.2f} steps on unseen levels, "
            f"{last['val_success'].mean():.1%} solved, {log['wall_time'].iloc[-1] / 60:.0f} min"
        )
    return "\n".join([*lines, f"  {figure}"])


def shortest_possible(levels: int = 2000) -> float:
    """The mean length of the shortest path to the cheese in the first levels, in steps."""
    lengths = []
    for maze in make_bank(range(levels), SETTINGS.rule):
        path = shortest_path(maze, maze.mouse, maze.cheese) if maze.cheese else None
        if path:
            lengths.append(len(path) - 1)
    return float(np.mean(lengths))


def draw(logs: dict[str, pd.DataFrame], figure: Path) -> None:
    """Draw the steps per episode on validation levels, and the smallest possible number."""
    import matplotlib.pyplot as plt

    sheet, ax = plt.subplots(figsize=(7.2, 4.6), layout="constrained")
    plot_learning_curves(
        logs, COLUMN, label="mean length of an episode [steps]", smoothing=3, ax=ax
    )
    ax.set_yscale("log")
    shortest = shortest_possible()
    ax.axhline(shortest, color=INK, linestyle=":", linewidth=1.2, label="shortest way")
    ax.legend(frameon=False, fontsize=9)
    ends = ", ".join(f"{log[COLUMN].tail(5).mean():.1f}" for log in logs.values())
    done = max(log["timesteps"].max() for log in logs.values())
    headline(
        sheet,
        f"After {done:,} steps of PPO, episodes last {ends} steps; the minimum is {shortest:.1f}",
        f"{len(logs)} seeds from scratch, unseen 5 × 5 mazes; thin lines: each "
        "validation, thick: means of three",
    )
    save_figure(sheet, figure, 150)
    plt.close(sheet)
