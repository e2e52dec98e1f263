#!/usr/bin/env python3
"""Draw the reward curve of the agent that PPO continued: docs/ppo_reward.png.

    python scripts/reward_curve.py

The log of its run stands in trained_models/logs. Its first rows are left out: an episode that
fails lasts 500 steps, so that at first mostly those that succeed have ended.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from procgen_tools.files import unfinished
from procgen_tools.plots.learning import plot_learning_curves

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "trained_models" / "logs" / "model_rand_region_5_seed_1_ppo.csv"
INITIAL = ROOT / "trained_models" / "scores" / "model_rand_region_5_seed_1.json"
ENVIRONMENTS = 64
FIGURE = ROOT / "docs" / "ppo_reward.png"


def draw(log: pd.DataFrame, path: Path) -> None:
    """Mean reward an episode while it trains, on training levels and on others."""
    column = "mean_episode_rewards"
    log = log[log["timesteps"] > 2 * ENVIRONMENTS * 500]
    curves = {
        "training levels": log,
        "levels never trained on": log.assign(**{column: log[f"val_{column}"]}),
    }
    ax = plot_learning_curves(curves, column, label="mean reward an episode", smoothing=5)
    success, *interval = json.loads(INITIAL.read_text())["results"]["success"]
    ax.axhline(10 * success, color="black", linestyle=":", linewidth=1.2)
    ax.axhspan(*(10 * bound for bound in interval), color="black", alpha=0.07, linewidth=0)
    ax.annotate(
        "the agent it began with, on 500 levels [95%]",
        (0.99, 10 * success),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
        fontsize=8,
    )
    ax.set_title("PPO from an imitating agent; the cheese gives 10", loc="left", fontsize=10)
    ax.set_ylim(9.2, 10)
    with unfinished(path) as temporary:
        ax.figure.savefig(temporary, dpi=130, format="png")
    plt.close(ax.figure)


if __name__ == "__main__":
    draw(pd.read_csv(LOG), FIGURE)
    print(FIGURE)
