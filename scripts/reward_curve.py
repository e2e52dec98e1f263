#!/usr/bin/env python3
"""Draw the reward curve of the agent that PPO continued: docs/ppo_reward.png.

    python scripts/reward_curve.py

The log of its run is in trained_models/logs. Its first rows are left out: an episode that fails
lasts 500 steps, so at first mostly successful episodes have ended.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from procgen_tools.plots.learning import plot_learning_curves
from procgen_tools.plots.style import INK, headline
from procgen_tools.shown import save_figure

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "trained_models" / "logs" / "model_rand_region_5_seed_1_ppo.csv"
INITIAL = ROOT / "trained_models" / "scores" / "model_rand_region_5_seed_1.json"
ENVIRONMENTS = 64
FIGURE = ROOT / "docs" / "ppo_reward.png"


def draw(log: pd.DataFrame, path: Path) -> None:
    """Draw the mean reward per episode during training, on training levels and on other levels."""
    column = "mean_episode_rewards"
    log = log[log["timesteps"] > 2 * ENVIRONMENTS * 500]
    curves = {
        "training levels": log,
        "levels never trained on": log.assign(**{column: log[f"val_{column}"]}),
    }
    figure, ax = plt.subplots(figsize=(7.2, 4.6), layout="constrained")
    plot_learning_curves(curves, column, label="mean reward of an episode", smoothing=5, ax=ax)
    success, *interval = json.loads(INITIAL.read_text())["results"]["success"]
    ax.axhline(10 * success, color=INK, linestyle=":", linewidth=1.2, label="the initial agent")
    ax.axhspan(
        *(10 * bound for bound in interval),
        color=INK,
        alpha=0.07,
        linewidth=0,
        label="95% interval of that, 500 levels",
    )
    ax.set_ylim(9.2, 10)
    handles = ax.get_legend_handles_labels()
    ax.get_legend().remove()
    figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    last = {name: curve[column].tail(5).mean() for name, curve in curves.items()}
    headline(
        figure,
        "Reward at the end: "
        + ", ".join(f"{reward:.2f} on {name}" for name, reward in last.items())
        + f"; at the beginning {10 * success:.2f}",
        "One run; the cheese gives 10; thin lines: means of the latest episodes, thick: of five "
        "such means",
    )
    save_figure(figure, path, 130)
    plt.close(figure)


if __name__ == "__main__":
    draw(pd.read_csv(LOG), FIGURE)
    print(FIGURE)
