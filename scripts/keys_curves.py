#!/usr/bin/env python3
"""Draw the learning curves of the agents of keys and chests: docs/keys_learning.png.

    python scripts/keys_curves.py
    python scripts/keys_curves.py runs/keys_and_chests/runs/seed_1/log.csv    # other runs

Defaults to the logs trained_models/logs/keys_and_chests_*.csv. During training, a few environments
of the test variant are played, too, and the agent learns nothing from them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from procgen_tools.plots.keys import LOOKS
from procgen_tools.plots.style import headline, legend_below
from procgen_tools.shown import save_figure

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "trained_models" / "logs"
FIGURE = ROOT / "docs" / "keys_learning.png"
WORDS = {
    "keys": "keys taken", "return": "chests opened", "hidden_return": "hidden chests opened",
}  # fmt: skip
SMOOTHED = 15
"""Rows of the log in a running mean."""


def draw(logs: dict[str, pd.DataFrame], path: Path) -> None:
    """Draw the figures of episodes in both variants against steps, one line per run."""
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.4), sharey=True, layout="constrained")
    for ax, variant, prefix in zip(axes, ("train", "test"), ("", "val_"), strict=True):
        for name, words in WORDS.items():
            for log in logs.values():
                shown = log[["timesteps", f"{prefix}mean_{name}"]].dropna()
                means = shown.iloc[:, 1].rolling(SMOOTHED, 1).mean()
                ax.plot(shown["timesteps"] / 1e6, means, color=LOOKS[name].colour, label=words)
        ax.set(xlabel="million steps", ylim=(0, 10.5))
        ax.set_title(f"{variant} variant", fontsize=10)
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("per episode")
    legend_below(figure)
    last = pd.concat([log.tail(SMOOTHED) for log in logs.values()])
    keys, opened, hidden = (last[f"val_mean_{name}"].mean() for name in WORDS)
    headline(
        figure,
        f"In the test variant agents learn to take {keys:.1f} keys, to open {opened:.1f} chests, "
        f"and {hidden:.1f} that they cannot see",
        f"{len(logs)} run{'s' * (len(logs) > 1)}, trained in the train variant; running means of "
        f"{SMOOTHED} updates",
    )
    save_figure(figure, path, 110)
    plt.close(figure)


if __name__ == "__main__":
    files = [Path(word) for word in sys.argv[1:]] or sorted(LOGS.glob("keys_and_chests_*.csv"))
    if not files:
        raise SystemExit(f"there are no logs in {LOGS}: name the log.csv of a run")
    draw({str(file): pd.read_csv(file) for file in files}, FIGURE)
    print(FIGURE)
